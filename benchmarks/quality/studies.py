"""Studies of single questions: purity of complements, catalogs larger than the closed form."""

from __future__ import annotations

from typing import Any

import crosslift
import numpy as np
from parts import EASE_GRID, Workshop, report
from scipy import sparse
from sets import cut

PURITY_SETS = ["online_retail", "fruithut"]
PURITY_FACTORS = 256
POPULARITIES = (0, 0.25, 0.5, 0.75, 1)

INSIDE = {"online_retail": 1000, "lgsor": 1500}
EXTENDED, ALONE = "{:,} items inside", "{:,} items inside, others by content"


def basket_rows(baskets: list[list[str]], columns: dict[str, int]) -> sparse.csr_array:
    items = [sorted({columns[item] for item in basket}) for basket in baskets]
    indptr = np.cumsum([0, *(len(it) for it in items)])
    indices = np.concatenate([np.array(it, dtype=np.int64) for it in items])
    return sparse.csr_array(
        (np.ones(len(indices), dtype=np.float32), indices, indptr), shape=(len(items), len(columns))
    )


def sppmi_rival(train: crosslift.Transactions, popularity: float) -> crosslift.evaluate.Rival:
    columns = {str(item): n for n, item in enumerate(train.items)}
    lines = train.to_pandas()
    baskets = lines["item_id"].astype(str).groupby(lines["basket_id"], sort=False).agg(list)
    model = crosslift.Sppmi(factors=PURITY_FACTORS, popularity=popularity).fit(basket_rows(list(baskets), columns))
    return lambda queries, customers: model.score_baskets(basket_rows(queries, columns))


def purity(shop: Workshop, name: str) -> Any:
    """What share of offers lies in the query's leaves, against the hit rate: SPPMI from lift to conditional counts."""
    train, later, _ = cut(name, shop.data)
    rivals = {f"SPPMI, popularity {it:g}": sppmi_rival(train, it) for it in POPULARITIES}
    options = shop.options(**{**shop.settings(name), "baselines": ["co-count", "lift"]}, ease_grid=EASE_GRID[name])
    return report(
        crosslift.evaluate.basket_completion(shop.default_engine(name), train, later, compare=rivals, **options)
    )


def best_alone(train: crosslift.Transactions, items: int) -> int:
    """The `min_baskets` that leaves about so many best sellers."""
    lines = train.to_pandas().drop_duplicates(["basket_id", "item_id"])
    larger = lines[lines.groupby("basket_id")["item_id"].transform("size") > 1]
    return int(larger["item_id"].value_counts().iloc[items]) + 1


def large_catalog(shop: Workshop, name: str) -> Any:
    """What is left of the hit rate where the closed form has room for some of the items only."""
    train, later, _ = cut(name, shop.data)
    inside = INSIDE[name]
    compare = {
        EXTENDED.format(inside): shop.variant(name, "extended", max_items=inside),
        ALONE.format(inside): shop.variant(name, "alone", max_items=inside, min_baskets=best_alone(train, inside)),
    }
    options = shop.options(ease_grid=EASE_GRID[name], **{**shop.settings(name), "baselines": ["ALS fold-in"]})
    return report(
        crosslift.evaluate.basket_completion(shop.default_engine(name), train, later, compare=compare, **options)
    )
