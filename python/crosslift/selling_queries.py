"""The queries of the engine that are made of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .offer_list import Id, OfferList, offers_of
from .offer_query import OfferQuery
from .selling import (
    Bundle,
    Comparison,
    Contact,
    OfferPlan,
    PlacementOffers,
    ReminderList,
    TargetList,
    bundle_of,
    comparison_of,
    contacts_in,
    placement_of,
    plan_of,
    reminders_of,
    targets_of,
)

Placements = str | Sequence[str] | Mapping[str, Mapping[str, Any]]


class SellingQueries:
    """Sets, reminders, placements, plans and comparisons of :class:`OfferEngine`.

    ``query`` and ``**options`` are those of :meth:`OfferEngine.cross_sell`. Each ``_batch`` answers many questions on
    ``threads`` threads (0: all), the same as one by one.
    """

    def bundle(
        self,
        item: Id,
        customer: Id | None = None,
        query: OfferQuery | None = None,
        *,
        max_items: int = 3,
        min_margin: float = 0.0,
        services: bool = True,
        **options: Any,
    ) -> Bundle:
        """A set around `item`: its series first, then what goes best with the set so far, one per category.

        Parameters
        ----------
        max_items : int
            Items of the whole set, `item` included.
        min_margin : float
            The set never earns less after the discount, money; other than 0 the catalog must know cost or margin.
        services : bool
            The set may hold services.
        **options
            ``discount`` is on the whole set, ``budget`` the most that it may cost after it.
        """
        batch = self.bundle_batch(
            [item],
            [customer],
            query,
            max_items=max_items,
            min_margin=min_margin,
            services=services,
            threads=1,
            **options,
        )
        return batch[0]

    def bundle_batch(
        self,
        items: Sequence[Id],
        customers: Sequence[Id | None] | None = None,
        query: OfferQuery | None = None,
        *,
        max_items: int = 3,
        min_margin: float = 0.0,
        services: bool = True,
        threads: int = 0,
        **options: Any,
    ) -> list[Bundle]:
        """:meth:`bundle` for each item."""
        chosen = {"max_items": max_items, "min_margin": min_margin, "services": services}
        found = self._fitted().bundles(items, customers, self._wishes(query, options), chosen, threads)
        return [bundle_of(it) for it in found]

    def replenish(
        self,
        customer: Id,
        query: OfferQuery | None = None,
        *,
        horizon_days: float = 14.0,
        companions: bool = True,
        **options: Any,
    ) -> ReminderList:
        """What this customer is about to buy again, most likely first, each with one companion.

        Parameters
        ----------
        horizon_days : float
            How far ahead to look from ``as_of``.
        companions : bool
            One cross-sell beside each due item; ``discount`` is for these.
        """
        return self.replenish_batch(
            [customer], query, horizon_days=horizon_days, companions=companions, threads=1, **options
        )[0]

    def replenish_batch(
        self,
        customers: Sequence[Id],
        query: OfferQuery | None = None,
        *,
        horizon_days: float = 14.0,
        companions: bool = True,
        threads: int = 0,
        **options: Any,
    ) -> list[ReminderList]:
        """:meth:`replenish` for each customer."""
        ahead = {"horizon_days": horizon_days, "companions": companions}
        found = self._fitted().replenish(customers, self._wishes(query, options), ahead, threads)
        return [reminders_of(it) for it in found]

    def next_basket(
        self, customer: Id, query: OfferQuery | None = None, *, horizon_days: float = 14.0, **options: Any
    ) -> OfferList:
        """The k items of the next basket: what is due, most likely first, then what :meth:`recommend` finds."""
        return self.next_basket_batch([customer], query, horizon_days=horizon_days, threads=1, **options)[0]

    def next_basket_batch(
        self,
        customers: Sequence[Id],
        query: OfferQuery | None = None,
        *,
        horizon_days: float = 14.0,
        threads: int = 0,
        **options: Any,
    ) -> list[OfferList]:
        """:meth:`next_basket` for each customer."""
        ahead = {"horizon_days": horizon_days, "companions": False}
        found = self._fitted().next_baskets(customers, self._wishes(query, options), ahead, threads)
        return [offers_of(it) for it in found]

    def offers(
        self,
        basket: Sequence[Id] = (),
        customer: Id | None = None,
        placement: str = "product_page",
        query: OfferQuery | None = None,
        *,
        contacts: Sequence[Contact | tuple[Any, ...]] = (),
        limits: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> PlacementOffers:
        """Every list that a place of the shop takes, no item twice, under frequency cap and cool-down.

        Parameters
        ----------
        placement : str
            "product_page", "cart", "checkout" (with up-sells), "post_purchase" or "newsletter" (without).
        contacts : list of Contact
            What this customer was shown before; the answer's ``contacts`` are these and the new ones.
        limits : dict, optional
            Instead of the placement's usual numbers: ``upsells``, ``cross_sells``, ``reminders``, ``recommendations``,
            ``frequency_cap``, ``repeat_cap``, ``frequency_days``, ``declined_days``, ``cooldown_days``,
            ``category_cooldown_days`` (dict), ``anchor_days``, ``after_upsell``.
        """
        return self.offers_batch(
            [basket], [customer], placement, query, contacts=[contacts], limits=limits, threads=1, **options
        )[0]

    def offers_batch(
        self,
        baskets: Sequence[Sequence[Id]],
        customers: Sequence[Id | None] | None = None,
        placement: str = "product_page",
        query: OfferQuery | None = None,
        *,
        contacts: Sequence[Sequence[Contact | tuple[Any, ...]]] | None = None,
        limits: Mapping[str, Any] | None = None,
        threads: int = 0,
        **options: Any,
    ) -> list[PlacementOffers]:
        """:meth:`offers` for each basket and its customer; ``contacts`` has one list for each."""
        seen = None if contacts is None else [contacts_in(it) for it in contacts]
        wishes = self._wishes(query, options)
        found = self._fitted().offers(baskets, customers, placement, dict(limits or {}), seen, wishes, threads)
        return [placement_of(it) for it in found]

    def plan(
        self,
        customers: Sequence[Id] | None = None,
        placements: Placements = "newsletter",
        query: OfferQuery | None = None,
        *,
        baskets: Sequence[Sequence[Id]] | None = None,
        contacts: Sequence[Sequence[Any]] | None = None,
        threads: int = 0,
        **options: Any,
    ) -> OfferPlan:
        """:meth:`offers` for many customers and placements in one table.

        Parameters
        ----------
        customers : list of ids, optional
            None: all.
        placements : str, list of str or dict
            In the order of contact: each sees what the ones before it showed. A dict gives each its ``limits``.
        baskets, contacts : list, optional
            One entry per customer. Without a basket the customer's latest one stands for it.
        """
        engine = self._fitted()
        names = [placements] if isinstance(placements, str) else placements
        limits = names if isinstance(names, Mapping) else {name: {} for name in names}
        found = engine.plan(
            engine.customer_ids() if customers is None else customers,
            [(name, dict(wanted)) for name, wanted in limits.items()],
            baskets,
            None if contacts is None else [contacts_in(it) for it in contacts],
            self._wishes(query, options),
            threads,
        )
        return plan_of(found)

    def target_customers(self, item: Id, query: OfferQuery | None = None, **options: Any) -> TargetList:
        """The k customers to whose taste `item` is most, among those that :meth:`recommend` may offer it to."""
        return self.target_customers_batch([item], query, threads=1, **options)[0]

    def target_customers_batch(
        self, items: Sequence[Id], query: OfferQuery | None = None, *, threads: int = 0, **options: Any
    ) -> list[TargetList]:
        """:meth:`target_customers` for each item."""
        found = self._fitted().target_customers(items, self._wishes(query, options), threads)
        return [targets_of(it) for it in found]

    def segment_of(self, customer: Id | None) -> str | None:
        """Who this customer is by all the purchases: the first that fits of

        - "new": at most one basket, also an id that the purchases do not know;
        - "promo_driven": at least five purchases of known price, more than half of them at most 0.95 of the item's
          regular price (the catalog's, else the median paid);
        - "repeat": everybody else.

        None for None (anybody), and where no customer is known at all. Where prices are unknown nobody is promo_driven.
        """
        return None if customer is None else self.segment_of_batch([customer])[0]

    def segment_of_batch(self, customers: Sequence[Id] | None = None) -> list[str | None]:
        """:meth:`segment_of` for each customer; None: for all, in the order of ``customer_ids_``."""
        engine = self._fitted()
        return engine.segments_of(engine.customer_ids() if customers is None else customers)

    def compare(self, first: Id, second: Id) -> Comparison:
        """Pros and cons of `second` against `first`, with price and price per unit."""
        return comparison_of(first, second, self._fitted().compare(first, second))
