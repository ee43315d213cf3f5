"""What is left of hit rate where the closed form has room for some of the items only."""

from __future__ import annotations

from typing import Any

import crosslift
from parts import BAR, EASE_GRID, TRIALS, Workshop, report
from sets import cut

INSIDE = {"online_retail": 1000, "lgsor": 1500}
EXTENDED, ALONE = "{} items inside", "{} items inside, others by content"


def best_alone(train: crosslift.Transactions, items: int) -> int:
    """The `min_baskets` that leaves about so many best sellers."""
    lines = train.to_pandas().drop_duplicates(["basket_id", "item_id"])
    larger = lines[lines.groupby("basket_id")["item_id"].transform("size") > 1]
    return int(larger["item_id"].value_counts().iloc[items]) + 1


def compute(shop: Workshop, name: str) -> Any:
    train, later, _ = cut(name, shop.data)
    inside = INSIDE[name]
    alone = shop.variant(name, "alone", max_items=inside, min_baskets=best_alone(train, inside))
    compare = {
        EXTENDED.format(inside): shop.variant(name, "extended", max_items=inside),
        ALONE.format(inside): alone,
    }
    judged = crosslift.evaluate.basket_completion(
        shop.default_engine(name),
        train,
        later,
        compare=compare,
        **shop.options(ease_grid=EASE_GRID[name], baselines=["ALS fold-in"], tuning_trials=TRIALS),
    )
    return report(judged)


def methods(name: str) -> list[str]:
    return [BAR, "ALS fold-in", ALONE.format(INSIDE[name]), EXTENDED.format(INSIDE[name]), "crosslift"]
