"""The engine: one fit from purchases and catalog, then offers with their reasons."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import _core
from ._estimator import Estimator, from_bytes, to_bytes
from ._progress import ProgressEvent
from .als import ImplicitALS
from .catalog import Catalog
from .complement import ComplementModel
from .offer_batches import OfferBatches
from .offer_list import Id, Offer, OfferList, offers_of
from .offer_query import OfferQuery
from .selling_queries import SellingQueries
from .transactions import Transactions


class OfferEngine(OfferBatches, SellingQueries, Estimator):
    """Cross-sell, up-sell and recommendations from a shop's purchases.

    Parameters
    ----------
    complement : ComplementModel, optional
        Settings of what goes with what; None: the defaults.
    taste : ImplicitALS, optional
        Settings of the customers' taste; None: 64 factors, 10 sweeps, objective "rendle", regularization 0.003.
    cold_start : bool
        Places items that too few baskets hold by what the catalog says of them: categories, brand, maker, words of the
        name, price.
    trade_up : dict, optional
        Settings of the trade-up model: ``min_price_ratio``, ``l2``, ``windows``, ``window_share``, ``max_events``.
    context : str
        What counts as bought together: one receipt ("basket"), receipts of a customer at most `session_hours` apart
        ("session"), or receipts of a customer within `window_days` ("window"); the last two need dates.
    seed : int
        Of every model inside.
    threads : int
        0 takes all that this process may use; results do not depend on it.
    device : str
        "cpu", "cuda", "cuda:1" or "auto".
    verbose : int
        1 shows progress bars.

    Attributes
    ----------
    item_ids_, customer_ids_ : list
        In the order of the columns of :meth:`score_baskets` and of the factors' rows.
    complement_, taste_ : ComplementModel, ImplicitALS
        The trained models inside.
    fit_seconds_ : float

    Examples
    --------
    >>> import crosslift
    >>> data = crosslift.datasets.online_retail()
    >>> engine = crosslift.OfferEngine().fit(data.transactions, data.catalog)
    >>> offers = engine.cross_sell(["85123A"], k=3)
    """

    def __init__(
        self,
        *,
        complement: ComplementModel | None = None,
        taste: ImplicitALS | None = None,
        cold_start: bool = True,
        trade_up: dict[str, Any] | None = None,
        context: str = "basket",
        session_hours: float = 12.0,
        window_days: float = 30.0,
        seed: int = 0,
        threads: int = 0,
        device: str = "cpu",
        verbose: int = 0,
    ) -> None:
        self.complement = complement
        self.taste = taste
        self.cold_start = cold_start
        self.trade_up = trade_up
        self.context = context
        self.session_hours = session_hours
        self.window_days = window_days
        self.seed = seed
        self.threads = threads
        self.device = device
        self.verbose = verbose

    def fit(
        self,
        transactions: Any,
        catalog: Any = None,
        *,
        callback: Callable[[ProgressEvent], Any] | None = None,
    ) -> OfferEngine:
        """Trains every model of the engine.

        Parameters
        ----------
        transactions : Transactions or frame
            A bare frame is read with the default column names.
        catalog : Catalog or frame, optional
            Up-sell needs one with categories; a bare frame has none (make a :class:`Catalog` to name them).
        callback : callable, optional
            Gets a :class:`ProgressEvent` after each step of each stage.

        Raises
        ------
        DataError
            No basket has two items that can be modelled, or the frames cannot be used.
        KeyboardInterrupt
            Ctrl-C, within a second; the engine stays as it was.
        """
        lines = transactions if isinstance(transactions, Transactions) else Transactions(transactions)
        items = catalog if isinstance(catalog, Catalog) else Catalog(catalog)
        options = (
            {
                "context": self.context,
                "session_hours": self.session_hours,
                "window_days": self.window_days,
                "cold_start": self.cold_start,
                "seed": self.seed,
                "threads": self.threads,
                "device": self.device,
            },
            {} if self.complement is None else self.complement._options(),
            {} if self.taste is None else self.taste._options(),
            dict(self.trade_up or {}),
        )
        return self._train(
            lambda on_step: _core.fit_offer_engine(lines._core, items._core, options, on_step), callback, self.verbose
        )

    # --- offers -----------------------------------------------------------------------------------------------------

    def cross_sell(
        self, basket: Sequence[Id], customer: Id | None = None, query: OfferQuery | None = None, **options: Any
    ) -> OfferList:
        """What goes with this basket: complements of the whole set. One item = "frequently bought together".

        Parameters
        ----------
        basket : list of ids
            Unknown ids are left out and named in ``warnings``.
        customer : id, optional
            None or an unknown one: anybody.
        query : OfferQuery, optional
            How to offer; None: the defaults.
        **options
            Fields of :class:`OfferQuery`, over those of `query`: ``k=5, budget=20, objective="margin"``.
        """
        return offers_of(self._fitted().cross_sell(basket, customer, self._wishes(query, options)))

    def upsell(
        self, item: Id, customer: Id | None = None, query: OfferQuery | None = None, **options: Any
    ) -> OfferList:
        """Better, dearer versions of `item` in its leaf category, within the budget.

        Arguments as in :meth:`cross_sell`. An item without category, or without price and tier, has no up-sell offers.
        """
        return offers_of(self._fitted().upsell(item, customer, self._wishes(query, options)))

    def recommend(self, customer: Id | None, query: OfferQuery | None = None, **options: Any) -> OfferList:
        """What this customer would want next; popular items for a customer that is not known.

        Arguments as in :meth:`cross_sell`.
        """
        return offers_of(self._fitted().recommend(customer, self._wishes(query, options)))

    def similar_items(self, item: Id, query: OfferQuery | None = None, **options: Any) -> OfferList:
        """Substitutes: items that the same customers buy. Arguments as in :meth:`cross_sell`."""
        return offers_of(self._fitted().similar_items(item, self._wishes(query, options)))

    def explain(self, offer: Offer) -> str:
        """An offer in full, line by line: sentence, price, counted evidence, each reason with its share of the score."""
        return _core.explain(offer)

    # --- raw scores -------------------------------------------------------------------------------------------------

    def score_baskets(
        self,
        baskets: Sequence[Sequence[Id]],
        customers: Sequence[Id | None] | None = None,
        as_of: Any = None,
        history: str = "mixed",
    ) -> tuple[np.ndarray, list[str] | list[int]]:
        """Raw model scores without rules, for experiments.

        Parameters
        ----------
        baskets : list of lists of ids
            Unknown ids are ignored.
        customers : list of ids, optional
            One per basket; unknown or None: anonymous.
        as_of : optional
            As in :meth:`cross_sell`.
        history : {"mixed", "discovery", "buy_again"}
            What the purchases of a known customer do. "mixed": one list, own history lifts what they buy again.
            "discovery": only items new to the customer, ordered as for anybody; the others score -inf. "buy_again":
            only items that they bought; the others score -inf. One list can serve only one of the two best: for items
            new to the customer take "discovery".

        Returns
        -------
        scores : ndarray of float32, n x items
        item_ids : list
            The ids of the columns.
        """
        engine = self._fitted()
        return engine.score_baskets(baskets, customers, self._time(as_of), history), engine.item_ids()

    def score_upsells(
        self,
        items: Sequence[Id],
        candidates: Sequence[Sequence[Id]],
        customers: Sequence[Id | None] | None = None,
        as_of: Any = None,
    ) -> list[np.ndarray]:
        """Raw trade-up scores without rules: for each item an array of float32 in the order of its candidates.

        An unknown candidate scores NaN. Purchases after `as_of` are not looked at (sales are then counted anew, once per
        call); a date after the latest purchase changes nothing. Other arguments as in :meth:`score_baskets`.
        """
        return self._fitted().score_upsells(items, candidates, customers, self._time(as_of))

    def trade_up_probability(
        self, items: Sequence[Id], customers: Sequence[Id | None] | None = None, as_of: Any = None
    ) -> np.ndarray:
        """P(up) for each item: that a customer who takes it now buys something dearer at their next purchase in its
        category. It describes what people did on their own, not what an offer makes them do.

        Returns a float64 array; NaN for an unknown item, one without price or category, and where too few returns were
        seen to learn from. Other arguments as in :meth:`score_baskets`.
        """
        return np.asarray(self._fitted().trade_up_probability(items, customers, self._time(as_of)))

    # --- what was learned -------------------------------------------------------------------------------------------

    @property
    def item_ids_(self) -> list[str] | list[int]:
        return self._fitted().item_ids()

    @property
    def customer_ids_(self) -> list[str] | list[int]:
        return self._fitted().customer_ids()

    @property
    def catalog_(self) -> Catalog:
        """The catalog with one row per item, in the order of `item_ids_`."""
        return Catalog._of(self._fitted().catalog())

    @property
    def complement_(self) -> ComplementModel:
        return ComplementModel._of(self._fitted().complement())

    @property
    def taste_(self) -> ImplicitALS:
        return ImplicitALS._of(self._fitted().taste())

    @property
    def fit_seconds_(self) -> float:
        return self._fitted().summary()["fit_seconds"]

    def summary(self) -> dict[str, Any]:
        """What was learned from: counts of customers, items and baskets, seconds, and the models' own facts."""
        return self._fitted().summary()

    # --- on disk ----------------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a model file (safetensors layout), whole or not at all. Raises FileError."""
        self._fitted().save(os.fspath(path))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> OfferEngine:
        """Reads what :meth:`save` wrote.

        Raises
        ------
        FileError
            The file cannot be opened.
        FormatError
            It is truncated, damaged, or of a newer version.
        """
        return cls._of(_core.OfferEngine.load(os.fspath(path)))

    @classmethod
    def _of(cls, core: _core.OfferEngine) -> OfferEngine:
        engine, complement, taste, trade_up = core.options()
        made = cls(complement=ComplementModel(**complement), taste=ImplicitALS(**taste), trade_up=trade_up, **engine)
        made._model = core
        return made

    def __getstate__(self) -> dict[str, Any]:
        state = {"params": self.get_params(deep=False)}
        return state if self._model is None else {**state, "model": to_bytes(self._model.save)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state["params"])
        if "model" in state:
            self._model = from_bytes(_core.OfferEngine.load, state["model"])

    def _wishes(self, query: OfferQuery | None, options: dict[str, Any]) -> dict[str, Any]:
        """The fields of `query` with `options` over them, as the library takes them."""
        wishes = (query or OfferQuery()).replace(**options)._wishes()
        wishes["as_of"] = self._time(wishes["as_of"])
        return wishes

    def _time(self, as_of: Any) -> int | None:
        return None if as_of is None else as_time(as_of, self._fitted().summary()["time_kind"])


def as_time(value: Any, kind: str) -> int:
    """A time in the unit of the purchases: seconds since 1970 for timestamps, the number itself for an order."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    if kind != "timestamp":
        raise _core.InvalidArgument(
            f"as_of is {value!r}, but the purchases have {'an order' if kind == 'order' else 'no time'}: give an integer"
        )
    if isinstance(value, str):
        return _core.parse_timestamp(value)
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    if isinstance(value, (datetime.date, np.datetime64)):
        moment = np.datetime64(value).astype("datetime64[s]")
        if not np.isnat(moment):
            return int(moment.astype(np.int64))
    raise _core.InvalidArgument(f"as_of is {value!r}; a datetime, datetime64, ISO 8601 text or an integer is wanted")
