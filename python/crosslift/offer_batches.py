"""Many questions at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .offer_list import Id, OfferList, offers_of
from .offer_query import OfferQuery


class OfferBatches:
    """Queries of :class:`OfferEngine` for many questions on ``threads`` threads (0: all), the same as one by one.

    ``customers`` has one entry per question (None: anybody), or is None. ``query`` and ``**options`` are those of
    :meth:`OfferEngine.cross_sell`, the same for all.
    """

    def cross_sell_batch(
        self,
        baskets: Sequence[Sequence[Id]],
        customers: Sequence[Id | None] | None = None,
        query: OfferQuery | None = None,
        *,
        threads: int = 0,
        **options: Any,
    ) -> list[OfferList]:
        """:meth:`OfferEngine.cross_sell` for each basket."""
        wishes = self._wishes(query, options)
        return [offers_of(it) for it in self._fitted().cross_sell_batch(baskets, customers, wishes, threads)]

    def upsell_batch(
        self,
        items: Sequence[Id],
        customers: Sequence[Id | None] | None = None,
        query: OfferQuery | None = None,
        *,
        threads: int = 0,
        **options: Any,
    ) -> list[OfferList]:
        """:meth:`OfferEngine.upsell` for each item."""
        wishes = self._wishes(query, options)
        return [offers_of(it) for it in self._fitted().upsell_batch(items, customers, wishes, threads)]

    def recommend_batch(
        self, customers: Sequence[Id | None], query: OfferQuery | None = None, *, threads: int = 0, **options: Any
    ) -> list[OfferList]:
        """:meth:`OfferEngine.recommend` for each customer."""
        wishes = self._wishes(query, options)
        return [offers_of(it) for it in self._fitted().recommend_batch(customers, wishes, threads)]

    def similar_items_batch(
        self, items: Sequence[Id], query: OfferQuery | None = None, *, threads: int = 0, **options: Any
    ) -> list[OfferList]:
        """:meth:`OfferEngine.similar_items` for each item."""
        wishes = self._wishes(query, options)
        return [offers_of(it) for it in self._fitted().similar_items_batch(items, wishes, threads)]
