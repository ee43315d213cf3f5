"""How to offer: one set of rules and defaults for every query, the same as in C++ and on the command line."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from . import _core
from .offer_list import Id


@dataclass(frozen=True)
class OfferRule:
    """A shop's own wish.

    Offers made by a rule carry the flag "pinned" or "attached", say so in their sentence, and still pass availability,
    exclude, budget, "already bought" and the margin gate.

    Parameters
    ----------
    action : str
        "pin": comes first in cross_sell and recommend. "attach": comes first in cross_sell when the basket holds
        `with_item` or an item of `with_category`. "deny": is never offered, in any query; with `with_item` or
        `with_category`: not beside those.
    item, category : id or str, optional
        What the rule is about, one of the two. A category is the name of any level, or a leaf's path "A > B".
    with_item, with_category : id or str, optional
        What it goes with.
    cap : int
        pin, attach: offers that the rule may make in one list.
    segment : str, optional
        Only for customers of this segment, as :meth:`OfferEngine.segment_of` tells it; None: for anybody.

    Examples
    --------
    >>> OfferRule("attach", category="ANTIVIRUS", with_category="LAPTOPS")
    """

    action: str
    item: Id | None = None
    category: str | None = None
    with_item: Id | None = None
    with_category: str | None = None
    cap: int = 1
    segment: str | None = None


@dataclass(frozen=True)
class OfferQuery:
    """How to offer. Every query of :class:`OfferEngine` takes one, or its fields as keywords.

    Parameters
    ----------
    k : int
        Offers wanted; fewer is normal.
    objective : str, optional
        What the list is ranked by, among the items that pass every gate: "relevance" (the model's score), "revenue"
        (probability times price) or "margin" (expected margin; the catalog must know cost or margin). None: relevance;
        for upsell margin where the catalog knows it.
    max_per_category : int
        cross_sell: offers per leaf category, 0: no limit.
    allow_same_category : bool
        cross_sell: may offer items of a leaf that is in the basket.
    allow_bought : bool
        May offer what the customer bought before.
    only_new_categories : bool
        recommend: only from leaf categories that the customer never bought from.
    min_support : int
        cross_sell: baskets that must hold an item of the basket and the offer together.
    min_g2 : float
        cross_sell: significance of that; 10.83 is p < 0.001.
    min_relevance : float
        Relevance floor, 0 to 1; no objective lifts an item over it.
    exclude, allow : list of ids
        Never these; if not empty, only these.
    rules : list of OfferRule
        Pin, attach, deny.
    upsell_by : str
        "price": the ratio of prices is in the band (by tier where the item has no price). "unit_price": the ratio of
        prices per gram, millilitre or piece is. "tier": a higher rung.
    min_price_ratio, max_price_ratio : float
        upsell: bounds of the offer's price over the item's; above 1.
    min_value_ratio : float
        upsell: gain in attributes (standard deviations in the leaf, mean by weight) over (price ratio - 1), at least;
        0: off.
    budget : float
        No offer is dearer, in money.
    price_quantile : float
        upsell: offers above this quantile of what the customer is expected to pay in the leaf come after the others
        and are flagged; 1: off.
    segments : list of str
        If not empty, offers are made only to customers of these segments ("new", "promo_driven", "repeat", see
        :meth:`OfferEngine.segment_of`); anybody else gets none, with a warning.
    personalization : float
        Weight of own history, 0 to 1; 0 answers as if the customer were not known.
    popularity : float
        0 to 1; 1 ranks by how often, 0 by how specifically items go together.
    attribute_weights : dict, optional
        upsell: what this customer cares about, attribute of the catalog to log-odds per standard deviation; added to
        what the customer's purchases tell.
    as_of : datetime, datetime64, ISO text or int, optional
        Now; None: the latest purchase.
    offer_cost : float
        Money that making one offer costs.
    discount : float
        Share off the price of what is offered, 0 to below 1. All prices and margins are after it.
    incrementality : float
        Share of accepted cross-sells that would not have been bought anyway. Purchases alone cannot tell it.
    sale_loss_risk : float
        Probability that offering an up-sell loses the sale. Purchases alone cannot tell it.
    """

    k: int = 10
    objective: str | None = None
    max_per_category: int = 1
    allow_same_category: bool = False
    allow_bought: bool = False
    only_new_categories: bool = False
    min_support: int = 3
    min_g2: float = 10.83
    min_relevance: float = 0.05
    exclude: Sequence[Id] = ()
    allow: Sequence[Id] = ()
    rules: Sequence[OfferRule] = ()
    upsell_by: str = "price"
    min_price_ratio: float = 1.05
    max_price_ratio: float = 2.0
    min_value_ratio: float = 0.0
    budget: float = math.inf
    price_quantile: float = 0.95
    segments: Sequence[str] = ()
    personalization: float = 1.0
    popularity: float = 1.0
    attribute_weights: Mapping[str, float] = field(default_factory=dict)
    as_of: Any = None
    offer_cost: float = 0.0
    discount: float = 0.0
    incrementality: float = 1.0
    sale_loss_risk: float = 0.0

    def replace(self, **options: Any) -> OfferQuery:
        """A copy with some fields changed. Raises TypeError for a name that is none of them."""
        known = [it.name for it in fields(self)]
        for name in options:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"; did you mean '{near[0]}'?" if near else f"; there are {known}"
                raise TypeError(f"an offer query has no option '{name}'{hint}")
        return replace(self, **options)

    def _wishes(self) -> dict[str, Any]:
        """The fields as the library takes them; `as_of` as it came."""
        wishes = {it.name: getattr(self, it.name) for it in fields(self)}
        if isinstance(self.rules, OfferRule):
            raise _core.InvalidArgument("rules is one OfferRule; give a list of them")
        wishes["rules"] = [
            (it.action, it.item, it.category, it.with_item, it.with_category, it.cap, it.segment) for it in self.rules
        ]
        if isinstance(self.segments, str):
            raise _core.InvalidArgument(f"segments is {self.segments!r}; give a list of words")
        wishes["segments"] = list(self.segments)
        wishes["attribute_weights"] = list(dict(self.attribute_weights).items())
        return wishes
