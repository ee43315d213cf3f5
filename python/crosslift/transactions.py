"""Purchases: what comes in, cleaned by written rules, nothing silently lost."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, NamedTuple

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
