"""The parts of the quality report, in the order in which they are computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import item2vec
import parts
import studies
from parts import Workshop
from sets import BASKET_SETS, BUNDLE_SETS, CUSTOMER_SETS, TRADE_UP_SETS

PARTS: dict[str, Callable[[Workshop], Any]] = {}


def _add(prefix: str, names: list[str], compute: Callable[[Workshop, str], Any]) -> None:
    for name in names:
        PARTS[f"{prefix}-{name}"] = lambda shop, name=name: compute(shop, name)


_add("tuning", BASKET_SETS, parts.tuning)
_add("t1", BASKET_SETS, parts.basket_completion)
_add("bundles", BUNDLE_SETS, parts.marked_bundles)
_add("t2", BASKET_SETS, parts.item_complements)
_add("t3", CUSTOMER_SETS, parts.next_basket)
_add("t4", TRADE_UP_SETS, parts.trade_up)
_add("p_up", TRADE_UP_SETS, parts.acceptance)
_add("t6", [*TRADE_UP_SETS, "online_retail"], parts.replenishment)
_add("receipt", ["online_retail"], parts.next_on_receipt)
_add("rolling", ["online_retail", "fruithut", "groceries"], parts.rolling)
_add("rolling_t6", ["online_retail"], parts.rolling_replenishment)
_add("large", list(studies.INSIDE), studies.large_catalog)
_add("purity", studies.PURITY_SETS, studies.purity)
_add("item2vec", item2vec.ITEM2VEC_SETS, item2vec.compute)


def data_set_of(part: str) -> str:
    return part.split("-", 1)[1]
