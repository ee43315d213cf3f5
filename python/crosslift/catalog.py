"""What is sold: categories, prices, names and whatever else is known about items."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from . import _core
from ._frames import columns_of
from .transactions import RejectedRow


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
    manufacturer, pack_size, cost, margin, available, variant, series, service, ladder,
    tier : str, optional
        Columns: maker; free text such as "16 OZ"; cost and margin of a unit, in money; sold or not; group of items
        that differ in colour or pattern only; items made to be owned together (a trilogy, a range); a service or not;
        items that are one product in better and better versions (plans basic, pro, enterprise); rung of a ladder
        (higher is better).
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
        series: str | None = None,
        service: str | None = None,
        ladder: str | None = None,
        tier: str | None = None,
        attributes: Iterable[str] | Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        if frame is None:
            self._core = _core.Catalog()
            return
        names = _catalog_columns(
            item_id=item_id, category=category, price=price, name=name, brand=brand, manufacturer=manufacturer,
            pack_size=pack_size, cost=cost, margin=margin, available=available, variant=variant,
            series=series, service=service, ladder=ladder, tier=tier, attributes=attributes,
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
        leaves = set(self._core.leaves()) - {None}
        return f"Catalog({len(self):,} items, {len(leaves):,} leaf categories, {len(self.rejected()):,} rejected)"


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
    series: str | None = None,
    service: str | None = None,
    ladder: str | None = None,
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
        "series": series or "",
        "service": service or "",
        "ladder": ladder or "",
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
