"""The data sets of the quality report, how they are read and where they are cut."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import crosslift

LATER_SHARE = 0.1  # newest share of the baskets that everything is judged on


@dataclass(frozen=True)
class DataSet:
    """Where a set comes from and which of its columns are categories (coarse to fine)."""

    name: str
    category: tuple[str, ...]
    bundled: str = ""
    columns: dict[str, str] = field(default_factory=dict)

    def available(self, folder: Path) -> bool:
        return bool(self.bundled) or (folder / self.name / "transactions.csv.gz").exists()

    def read(self, folder: Path) -> tuple[crosslift.Transactions, crosslift.Catalog]:
        if self.bundled:
            data = getattr(crosslift.datasets, self.bundled)()
            if not self.columns:
                return data.transactions, data.catalog
            items = data.frames()[1]
            items = items[items["is_product"].astype(str) == "1"]
            return data.transactions, crosslift.Catalog(items, category=list(self.category), **self.columns)
        place = folder / self.name
        return (
            crosslift.Transactions.from_csv(place / "transactions.csv.gz"),
            crosslift.Catalog.from_csv(place / "items.csv.gz", category=list(self.category), **self.columns),
        )


SETS = {
    it.name: it
    for it in (
        # The last word of the name, as in the measurements that the goals come from; engines use a finer derivation.
        DataSet("online_retail", ("name_noun",), bundled="online_retail", columns={"variant": "family"}),
        DataSet("lgsor", ("department", "group", "category", "subcategory")),
        DataSet("fruithut", ("cat1", "cat2", "leaf")),
        DataSet("groceries", ("level1", "level2")),
        DataSet("complete_journey", ("department", "category", "type"), bundled="complete_journey"),
        DataSet("bundles_electronic", ("cat1", "cat2", "cat3", "leaf")),
        DataSet("bundles_clothing", ("cat1", "cat2", "cat3", "leaf")),
    )
}
BASKET_SETS = ["online_retail", "lgsor", "fruithut", "groceries"]
CUSTOMER_SETS = ["online_retail", "lgsor"]
TRADE_UP_SETS = ["complete_journey", "lgsor"]
BUNDLE_SETS = ["bundles_electronic", "bundles_clothing"]


@lru_cache(maxsize=2)
def cut(name: str, folder: Path) -> tuple[crosslift.Transactions, crosslift.Transactions, crosslift.Catalog]:
    """Earlier and later purchases and the catalog of a set."""
    purchases, catalog = SETS[name].read(folder)
    earlier, later = purchases.split_by_time(LATER_SHARE)
    return earlier, later, catalog


def rolled(name: str, folder: Path, steps: int) -> tuple[crosslift.Transactions, crosslift.Transactions]:
    """The cut of :func:`cut`, moved back by `steps` slices."""
    purchases, _ = SETS[name].read(folder)
    baskets = len(purchases.baskets)
    kept = purchases
    for _ in range(steps):
        kept, _ = kept.split_by_time(LATER_SHARE * baskets / len(kept.baskets))
    return kept.split_by_time(LATER_SHARE * baskets / len(kept.baskets))


def marked(name: str, folder: Path) -> tuple[crosslift.Transactions, crosslift.Transactions, crosslift.Catalog]:
    """Sessions before the cut, the bundles that people marked in later sessions, and the catalog."""
    import pandas as pd

    place = folder / name
    lines = pd.read_csv(place / "transactions.csv.gz", dtype=str)
    lines = lines[lines["timestamp"].notna()].assign(timestamp=lambda it: pd.to_datetime(it["timestamp"]))
    purchases = crosslift.Transactions(lines.assign(quantity=1.0, unit_price=float("nan")))
    # People marked few bundles: three tenths of the sessions are kept for judging.
    earlier, later = purchases.split_by_time(0.3)
    bundles = pd.read_csv(place / "bundles.csv.gz", dtype=str)
    bundles = bundles[bundles["basket_id"].isin(set(map(str, later.baskets)))]
    sets = crosslift.Transactions(bundles[["bundle_id", "item_id"]], basket_id="bundle_id")
    items = pd.read_csv(place / "items.csv.gz", dtype=str).assign(price=lambda it: it["price"].astype(float))
    return earlier, sets, crosslift.Catalog(items, category=list(SETS[name].category))
