"""Answers of the queries that are made of others: sets, reminders, placements, plans, comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .offer_list import Id, Offer, OfferList, offers_of


@dataclass(frozen=True)
class Bundle:
    """A set around one item. ``added`` is empty where nothing completes it: then there is no bundle.

    ``discount`` is the share off; prices in ``added`` are after it. Money that is not known is NaN.
    """

    anchor: Id
    anchor_name: str
    added: OfferList
    sum_price: float
    discount: float
    bundle_price: float
    margin: float
    completes_series: bool
    sentence: str
    warnings: list[str]

    def to_pandas(self) -> Any:
        """What was added, one row per item."""
        return self.added.to_pandas()

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Reminder:
    """A due item. ``due`` and ``last`` are seconds since 1970 (``numpy.datetime64(due, "s")``); a ``due`` before the
    time asked for is overdue. ``offer.probability``: bought within the horizon."""

    offer: Offer
    due: int
    last: int
    usual_gap_days: float
    purchases: int
    companion: Offer | None


class ReminderList(list[Reminder]):
    """Reminders, most likely first, and `warnings`."""

    def __init__(self, reminders: Iterable[Reminder] = (), warnings: Iterable[str] = ()) -> None:
        super().__init__(reminders)
        self.warnings = list(warnings)

    def to_pandas(self) -> Any:
        """One row per due item; dates as datetime64, the companion's item in a column."""
        import pandas as pd

        rows = [
            {
                "item": it.offer.item, "name": it.offer.name, "probability": it.offer.probability, "due": it.due,
                "last": it.last, "usual_gap_days": it.usual_gap_days, "purchases": it.purchases,
                "price": it.offer.price, "companion": None if it.companion is None else it.companion.item,
                "sentence": it.offer.sentence,
            }
            for it in self
        ]  # fmt: skip
        columns = ["item", "name", "probability", "due", "last", "usual_gap_days", "purchases", "price"]
        frame = pd.DataFrame(rows, columns=[*columns, "companion", "sentence"])
        for name in ("due", "last"):
            frame[name] = pd.to_datetime(frame[name], unit="s")
        return frame


class Contact(NamedTuple):
    """An offer that a customer was shown at `time` (as in the purchases: seconds since 1970, or an order number), and
    what became of it: "none", "accepted" or "declined"."""

    item: Id
    time: int
    answer: str = "none"


@dataclass(frozen=True)
class PlacementOffers:
    """The lists for one place of the shop; no item stands in two of them.

    ``cross_sell_after[n]`` is the cross-sell once ``upsell[n]`` took the place of its anchor. ``contacts`` are those
    handed in and these offers: hand them in next time.
    """

    placement: str
    upsell: OfferList
    cross_sell: OfferList
    recommend: OfferList
    replenish: ReminderList
    cross_sell_after: list[OfferList]
    contacts: list[Contact]
    warnings: list[str]

    def to_pandas(self) -> Any:
        """One row per offer of every list; the column "kind" tells them apart."""
        reminders = [offer for it in self.replenish for offer in (it.offer, it.companion) if offer is not None]
        return OfferList([*reminders, *self.upsell, *self.cross_sell, *self.recommend]).to_pandas()


class PlannedOffer(NamedTuple):
    customer: Id
    placement: str
    rank: int
    offer: Offer


@dataclass(frozen=True)
class OfferPlan:
    """Offers for many customers and placements.

    ``coverage``: share of the catalog that is offered to anybody; ``novelty``: mean of -log2(share of baskets with the
    item); ``expected_margin``: sum where it is known.
    """

    offers: list[PlannedOffer]
    customers: int
    reached: int
    coverage: float
    novelty: float
    expected_margin: float
    warnings: list[str]

    def to_pandas(self) -> Any:
        """One row per offer: customer, placement, rank, then the columns of an offer."""
        frame = OfferList(it.offer for it in self.offers).to_pandas()
        for place, name in enumerate(("customer", "placement", "rank")):
            frame.insert(place, name, [getattr(it, name) for it in self.offers])
        return frame


class Target(NamedTuple):
    customer: Id
    offer: Offer


class TargetList(list[Target]):
    """Customers for an item, best first, and `warnings`."""

    def __init__(self, customers: Iterable[Target] = (), warnings: Iterable[str] = ()) -> None:
        super().__init__(customers)
        self.warnings = list(warnings)

    def to_pandas(self) -> Any:
        """One row per customer, then the columns of the offer."""
        frame = OfferList(it.offer for it in self).to_pandas()
        frame.insert(0, "customer", [it.customer for it in self])
        return frame


class ComparedAttribute(NamedTuple):
    """`verdict` on the second item against the first: "better", "worse", "equal" or "unknown"."""

    name: str
    first: float
    second: float
    verdict: str
    must_have: bool


class ComparedPrice(NamedTuple):
    first: float
    second: float
    difference: float


@dataclass(frozen=True)
class Comparison:
    """Pros and cons of the second item against the first. ``unit`` is "100 g", "100 ml" or "piece", and empty where the
    pack sizes do not allow a price per unit."""

    first: Id
    second: Id
    first_name: str
    second_name: str
    same_category: bool
    attributes: list[ComparedAttribute]
    price: ComparedPrice
    unit_price: ComparedPrice
    unit: str
    sentence: str
    warnings: list[str]

    def to_pandas(self) -> Any:
        """One row per attribute, then price and price per unit."""
        import pandas as pd

        rows = [(it.name, it.first, it.second, it.verdict) for it in self.attributes]
        rows.append(("price", self.price.first, self.price.second, ""))
        if self.unit:
            rows.append((f"price per {self.unit}", self.unit_price.first, self.unit_price.second, ""))
        return pd.DataFrame(rows, columns=["attribute", "first", "second", "verdict"])

    def __str__(self) -> str:
        return self.sentence


def offer_of(fields: tuple[Any, ...]) -> Offer:
    return offers_of(([fields], []))[0]


def bundle_of(found: tuple[Any, ...]) -> Bundle:
    anchor, name, added, *rest = found
    return Bundle(anchor, name, offers_of((added, [])), *rest)


def reminders_of(found: tuple[Any, ...]) -> ReminderList:
    rows, warnings = found
    return ReminderList(
        (
            Reminder(offer_of(offer), *facts, None if beside is None else offer_of(beside))
            for offer, *facts, beside in rows
        ),
        warnings,
    )


def placement_of(found: tuple[Any, ...]) -> PlacementOffers:
    placement, upsell, cross_sell, recommend, reminders, after, contacts, warnings = found
    lists = [offers_of((it, [])) for it in (upsell, cross_sell, recommend)]
    return PlacementOffers(
        placement, *lists, reminders_of((reminders, [])), [offers_of((it, [])) for it in after],
        [Contact(*it) for it in contacts], warnings,
    )  # fmt: skip


def plan_of(found: tuple[Any, ...]) -> OfferPlan:
    lines, *facts = found
    return OfferPlan([PlannedOffer(*where, offer_of(offer)) for *where, offer in lines], *facts)


def targets_of(found: tuple[Any, ...]) -> TargetList:
    customers, warnings = found
    return TargetList((Target(customer, offer_of(offer)) for customer, offer in customers), warnings)


def comparison_of(first: Id, second: Id, found: tuple[Any, ...]) -> Comparison:
    first_name, second_name, same, attributes, price, unit_price, *rest = found
    return Comparison(
        first, second, first_name, second_name, same, [ComparedAttribute(*it) for it in attributes],
        ComparedPrice(*price), ComparedPrice(*unit_price), *rest,
    )  # fmt: skip


def contacts_in(contacts: Sequence[Any]) -> list[tuple[Any, ...]]:
    return [tuple(Contact(*it)) for it in contacts]
