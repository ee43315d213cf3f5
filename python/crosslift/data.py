"""Purchases and catalogs: what comes in, cleaned by written rules, nothing silently lost."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from . import _core
from ._frames import columns_of


class RejectedRow(NamedTuple):
    """A row that was not used: its number (see the report), one of a few fixed reasons, and what stood there."""

    line: int
    reason: str
    value: str


@dataclass(frozen=True)
class TransactionReport:
    """What became of the rows.

    ``rejected`` lists every row that was left out; its ``line`` is the line of the file (the header is line 1), or the
    row of the frame counted from 0. ``str(report)`` is the report for people.
    """

    lines: int
    kept: int
    duplicates: int
    unknown_customer: int
    unknown_price: int
    rejected: list[RejectedRow] = field(repr=False)
    reasons: dict[str, int]
    text: str = field(repr=False, compare=False)

    def __str__(self) -> str:
        return self.text


class Transactions:
    """Receipt lines: who bought what, in which basket, when, how many and for how much.

    Parameters
    ----------
    frame : frame
        A pandas or polars frame, a pyarrow table, a DuckDB relation, anything with ``__arrow_c_stream__``, a dict of
        columns, or a NumPy structured array. One row is one line of a receipt.
    customer_id, basket_id, item_id, timestamp, quantity, unit_price : str
        Names of the columns. ``basket_id`` and ``item_id`` must be there; another default name that is absent means
        "unknown", a name of your own that is absent is an error.

    Notes
    -----
    Ids are text or integers (integers come back as integers); "011" stays "011". Times are datetime64 of any unit,
    Python datetimes, ISO 8601 text, or integers (an order: it sorts and splits, half-lives in days are off). A time
    with a zone is taken in UTC. Numbers may come as text.

    A row without item or basket, with a quantity of zero or less, with a negative or infinite price, with a malformed
    number or time, or without a time while others have one is rejected and listed in :meth:`report`.

    Raises
    ------
    DataError
        A column is missing or of a type that cannot be used (floating-point ids), or no row is left.
    """

    def __init__(
        self,
        frame: Any,
        *,
        customer_id: str = "customer_id",
        basket_id: str = "basket_id",
        item_id: str = "item_id",
        timestamp: str = "timestamp",
        quantity: str = "quantity",
        unit_price: str = "unit_price",
    ) -> None:
        names = _transaction_columns(
            customer_id=customer_id, basket_id=basket_id, item_id=item_id,
            timestamp=timestamp, quantity=quantity, unit_price=unit_price,
        )  # fmt: skip
        self._core = _core.transactions(columns_of(frame, names.values()), names)

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str], **columns: str) -> Transactions:
        """Reads a CSV file, plain or gzip, with a header line. Ids are text; ``columns`` as in the constructor.

        Raises
        ------
        FileError
            The file cannot be opened.
        DataError
            It is broken (the message names the line) or lacks a column.
        """
        return cls._of(_core.transactions_from_csv(os.fspath(path), _transaction_columns(**columns)))

    @classmethod
    def _of(cls, core: _core.Transactions) -> Transactions:
        made = cls.__new__(cls)
        made._core = core
        return made

    def __len__(self) -> int:
        return len(self._core)

    @property
    def time_kind(self) -> str:
        """Either "timestamp", "order" or "none"."""
        return self._core.time_kind

    @property
    def customers(self) -> list[str] | list[int]:
        """Customer ids in the order of their first appearance."""
        return self._core.customers()

    @property
    def baskets(self) -> list[str] | list[int]:
        """Basket ids in the order of their first appearance."""
        return self._core.baskets()

    @property
    def items(self) -> list[str] | list[int]:
        """Item ids in the order of their first appearance."""
        return self._core.items()

    def report(self) -> TransactionReport:
        """What became of the rows: counts, and every rejected row with its reason."""
        lines, kept, duplicates, customer, price, rejected, reasons, text = self._core.report()
        return TransactionReport(
            lines, kept, duplicates, customer, price, [RejectedRow(*row) for row in rejected], reasons, text
        )

    def to_pandas(self) -> Any:
        """The cleaned rows as a pandas frame with the default column names."""
        import pandas as pd

        customer, basket, item, time, quantity, unit_price = self._core.columns()
        columns: dict[str, Any] = {"customer_id": customer, "basket_id": basket, "item_id": item}
        if self.time_kind != "none":
            columns["timestamp"] = time.astype("datetime64[s]") if self.time_kind == "timestamp" else time
        return pd.DataFrame({**columns, "quantity": quantity, "unit_price": unit_price})

    def split_by_time(self, share: float) -> tuple[Transactions, Transactions]:
        """Splits at one point in time: (the earlier baskets, the newest ``share`` of all baskets)."""
        earlier, later, _ = self._core.split_by_time(share)
        return self._of(earlier), self._of(later)

    def __repr__(self) -> str:
        customers, baskets, items = self._core.counts()
        rejected = len(self._core.report()[5])
        return (
            f"Transactions({len(self):,} lines, {baskets:,} baskets, {items:,} items, {customers:,} customers, "
            f"{rejected:,} rejected)"
        )


class Catalog:
    """What is sold: categories, prices, names and whatever else is known about the items.

    Parameters
    ----------
    frame : frame, optional
        As for :class:`Transactions`; one row per item. None is a catalog that knows nothing.
    item_id : str
        Column of the ids; it must be there.
    category : str or list of str, optional
        Columns of the category path, coarse to fine: ``["department", "category", "type"]``. An item's leaf is its
        finest known category.
    price, brand : str
        Columns that may be absent under their default names.
    name : str or list of str
        Columns of the name, joined by a space.
    manufacturer, pack_size, cost, margin, available, variant, tier : str, optional
        Columns: maker; free text such as "16 OZ"; cost and margin of a unit, in money; sold or not; group of items
        that differ in colour or pattern only; rung of a ladder (higher is better).
    attributes : list of str or dict, optional
        Columns of numbers that make an item better: a list (higher is better), or a dict from column to
        ``dict(direction="higher_is_better" or "lower_is_better", weight=1.0, must_have=False)``. An up-sell offer is
        never worse in an attribute that is a must-have.

    Raises
    ------
    DataError
        A column that you named is absent, or of a type that cannot be used.
    """

    def __init__(
        self,
        frame: Any = None,
        *,
        item_id: str = "item_id",
        category: str | list[str] | None = None,
        price: str | None = "price",
        name: str | list[str] | None = "name",
        brand: str | None = "brand",
        manufacturer: str | None = None,
        pack_size: str | None = None,
        cost: str | None = None,
        margin: str | None = None,
        available: str | None = None,
        variant: str | None = None,
        tier: str | None = None,
        attributes: Iterable[str] | Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        if frame is None:
            self._core = _core.Catalog()
            return
        names = _catalog_columns(
            item_id=item_id, category=category, price=price, name=name, brand=brand, manufacturer=manufacturer,
            pack_size=pack_size, cost=cost, margin=margin, available=available, variant=variant, tier=tier,
            attributes=attributes,
        )  # fmt: skip
        self._core = _core.catalog(columns_of(frame, _all_names(names)), names)

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str], **columns: Any) -> Catalog:
        """Reads a CSV file, plain or gzip, with a header line. Ids are text; ``columns`` as in the constructor."""
        return cls._of(_core.catalog_from_csv(os.fspath(path), _catalog_columns(**columns)))

    @classmethod
    def _of(cls, core: _core.Catalog) -> Catalog:
        made = cls.__new__(cls)
        made._core = core
        return made

    def __len__(self) -> int:
        return len(self._core)

    @property
    def items(self) -> list[str] | list[int]:
        """Item ids, in the order of their rows."""
        return self._core.items()

    @property
    def names(self) -> list[str]:
        """Names in the order of `items`; the id where an item has none."""
        return self._core.names()

    @property
    def price(self) -> np.ndarray:
        """Prices in the order of `items` (float32, NaN unknown)."""
        price = self._core.price()
        return price if len(price) else np.full(len(self), np.nan, dtype=np.float32)

    def rejected(self) -> list[RejectedRow]:
        """Rows that were not used, each with its reason."""
        return [RejectedRow(*row) for row in self._core.rejected()]

    def to_pandas(self) -> Any:
        """Item, name, leaf category (levels joined by " > ") and price as a pandas frame."""
        import pandas as pd

        return pd.DataFrame(
            {"item_id": self.items, "name": self.names, "category": self._core.leaves(), "price": self.price}
        )

    def __repr__(self) -> str:
        leaves = Counter(self._core.leaves())
        leaves.pop(None, None)
        return f"Catalog({len(self):,} items, {len(leaves):,} leaf categories, {len(self.rejected()):,} rejected)"


def _transaction_columns(
    *,
    customer_id: str = "customer_id",
    basket_id: str = "basket_id",
    item_id: str = "item_id",
    timestamp: str = "timestamp",
    quantity: str = "quantity",
    unit_price: str = "unit_price",
) -> dict[str, str]:
    return {
        "customer": customer_id, "basket": basket_id, "item": item_id,
        "time": timestamp, "quantity": quantity, "unit_price": unit_price,
    }  # fmt: skip


def _as_list(names: str | Iterable[str] | None) -> list[str]:
    if names is None:
        return []
    return [names] if isinstance(names, str) else list(names)


def _attribute_columns(attributes: Iterable[str] | Mapping[str, Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    usual = {"direction": "higher_is_better", "weight": 1.0, "must_have": False}
    if not isinstance(attributes, Mapping):
        return [{"column": column, **usual} for column in _as_list(attributes)]
    for column, wishes in attributes.items():
        if unknown := set(wishes) - set(usual):
            raise _core.InvalidArgument(
                f"attribute '{column}' has unknown settings {sorted(unknown)}; there are {sorted(usual)}"
            )
    return [{"column": column, **usual, **wishes} for column, wishes in attributes.items()]


def _catalog_columns(
    *,
    item_id: str = "item_id",
    category: str | list[str] | None = None,
    price: str | None = "price",
    name: str | list[str] | None = "name",
    brand: str | None = "brand",
    manufacturer: str | None = None,
    pack_size: str | None = None,
    cost: str | None = None,
    margin: str | None = None,
    available: str | None = None,
    variant: str | None = None,
    tier: str | None = None,
    attributes: Iterable[str] | Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    return {
        "item": item_id,
        "category": _as_list(category),
        "price": price or "",
        "name": _as_list(name),
        "brand": brand or "",
        "manufacturer": manufacturer or "",
        "pack_size": pack_size or "",
        "cost": cost or "",
        "margin": margin or "",
        "available": available or "",
        "variant": variant or "",
        "tier": tier or "",
        "attributes": _attribute_columns(attributes),
    }


def _all_names(columns: dict[str, Any]) -> list[str]:
    names: list[str] = []
    for key, value in columns.items():
        if key == "attributes":
            names += [attribute["column"] for attribute in value]
        else:
            names += [value] if isinstance(value, str) else value
    return [name for name in names if name]
