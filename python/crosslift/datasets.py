"""Real purchases that come with Crosslift."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _core
from .catalog import Catalog
from .transactions import Transactions

_FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Dataset:
    """Cleaned purchases and their catalog; :meth:`frames` has the files as they are."""

    name: str
    transactions: Transactions
    catalog: Catalog

    def frames(self) -> tuple[Any, Any]:
        """The two files as pandas frames (transactions, items), nothing cleaned: ids and sizes are text."""
        import pandas as pd

        numbers = {"quantity": float, "unit_price": float, "shelf_price": float, "price": float, "is_product": int}

        def read(file: str) -> Any:
            path = _FOLDER / self.name / file
            columns = pd.read_csv(path, nrows=0).columns
            return pd.read_csv(path, dtype={column: numbers.get(column, str) for column in columns})

        transactions = read("transactions.csv.gz")
        transactions["timestamp"] = pd.to_datetime(transactions["timestamp"])
        return transactions, read("items.csv.gz")


def online_retail() -> Dataset:
    """Invoices of a UK web shop for gifts, 2010-12-01 to 2011-11-01: 21,528 invoices, 3,914 items.

    Whole baskets with customers, times and prices paid; the categories are what the name says an item is ("BAG >
    LUNCH BAG": derived, the shop tells none), the variant group the digits of the item code. Postage, fees and vouchers are left out, and lines without a
    price, which correct the stock.

    Source: Chen, Sain, Guo (2012), UCI Machine Learning Repository, "Online Retail", CC BY 4.0.
    """
    return _read("online_retail")


def complete_journey() -> Dataset:
    """Grocery shopping of 2,389 households at a US retailer in 2017: a random draw of 89,970 receipt lines.

    Three levels of category, brands, makers, pack sizes and shelf prices; baskets are incomplete by the draw.

    Source: 84.51 / dunnhumby, "The Complete Journey 2.0", CC0.
    """
    return _read("complete_journey")


def _read(name: str) -> Dataset:
    transactions, catalog = _core.bundled_data(name)
    return Dataset(name, Transactions._of(transactions), Catalog._of(catalog))
