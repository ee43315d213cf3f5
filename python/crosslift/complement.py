"""What goes with what, as embeddings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import _core
from ._estimator import Estimator
from ._progress import ProgressEvent
from ._sparse import best, csr_parts, rows_of, to_scipy
from .retrieval import Retriever


class ComplementModel(Estimator):
    """EASE's item-item matrix as in- and out-embeddings plus a few sparse residuals.

    The score of item j for a basket is intercept_j + sum over its items i of (in_i . out_j + residual_ij). Two
    embeddings per item, because what goes with an item is not what could replace it: in-out products find
    complements, in-in cosines find substitutes.

    Parameters
    ----------
    tune : bool
        Chooses EASE's settings on the newest part of the baskets, then fits on all.
    factors : int
        Rank of the embeddings; 0: residuals only.
    residuals : float
        Sparse residuals per item, on average; 0: embeddings only.
    min_baskets, max_items : int
        Items in fewer baskets are not modelled; so many best sellers are held by the closed form, slower ones get
        sparse rows and columns by its block inverse.
    seed : int
    regularization, popularity_regularization, size_exponent, half_life_days, intercept, intercept_weight, line_share,
    damping
        EASE's settings where `tune` is False; see :class:`Ease`.
    threads, device, verbose
        As in :class:`ImplicitALS`.

    Attributes
    ----------
    in_factors_, out_factors_ : ndarray of float32, items x factors, read-only
    residuals_ : scipy csr_array of float32, items x items
        Row = item in the basket.
    intercept_ : ndarray of float32, items
    chosen_ : dict
        EASE's settings that were used.
    trials_ : list of dict
        What tuning tried, with ``validation_hr10`` and ``validation_ndcg``.
    kept_hr10_ : float
        Validation HR@10 of this form over that of the full matrix; 0 where not measured.
    modelled_items_, extended_items_ : int
        Items inside the closed form's matrix, and slower sellers beside it.
    """

    def __init__(
        self,
        *,
        tune: bool = True,
        factors: int = 64,
        residuals: float = 512.0,
        min_baskets: int = 3,
        max_items: int = 8000,
        seed: int = 0,
        regularization: float = 100.0,
        popularity_regularization: float = 0.0,
        size_exponent: float = 0.0,
        half_life_days: float = 0.0,
        intercept: bool = False,
        intercept_weight: float = 1.0,
        line_share: float = 0.0,
        damping: float = 0.0,
        threads: int = 0,
        device: str = "cpu",
        verbose: int = 0,
    ) -> None:
        self.tune = tune
        self.factors = factors
        self.residuals = residuals
        self.min_baskets = min_baskets
        self.max_items = max_items
        self.seed = seed
        self.regularization = regularization
        self.popularity_regularization = popularity_regularization
        self.size_exponent = size_exponent
        self.half_life_days = half_life_days
        self.intercept = intercept
        self.intercept_weight = intercept_weight
        self.line_share = line_share
        self.damping = damping
        self.threads = threads
        self.device = device
        self.verbose = verbose

    def fit(
        self,
        baskets: Any,
        y: Any = None,
        *,
        time: Any = None,
        age_days: Any = None,
        lines: Any = None,
        callback: Callable[[ProgressEvent], Any] | None = None,
    ) -> ComplementModel:
        """Fits on a baskets x items matrix; stored cells count as 1.

        Parameters
        ----------
        baskets : sparse matrix
        y : ignored
        time : array of int, optional
            One per basket, seconds or order: what is newest is validated on. None: as they stand.
        age_days : array of float, optional
            One per basket, for the half-life. None: no decay.
        lines : array of int, optional
            Place on the receipt of each stored cell, in the order of columns within a row. None: `line_share` stays 0.
        callback : callable, optional
            Gets a :class:`ProgressEvent` after each step.
        """
        rows = csr_parts(baskets, "baskets")
        times = np.ascontiguousarray([] if time is None else time, dtype=np.int64)
        ages = np.ascontiguousarray([] if age_days is None else age_days, dtype=np.float32)
        places = np.ascontiguousarray([] if lines is None else lines, dtype=np.int32)
        return self._train(
            lambda on_step: _core.fit_complement(rows, times, ages, places, self._options(), on_step),
            callback,
            self.verbose,
        )

    def _train(self, fit: Any, callback: Any, verbose: int) -> Any:
        self._parts_made = self._substitutes = None
        return super()._train(fit, callback, verbose)

    _parts_made: dict[str, Any] | None = None
    _substitutes: Retriever | None = None

    @property
    def _parts(self) -> dict[str, Any]:
        model = self._fitted()
        if self._parts_made is None:
            self._parts_made = model.parts()
        return self._parts_made

    @property
    def in_factors_(self) -> np.ndarray:
        return self._parts["in_factors"]

    @property
    def out_factors_(self) -> np.ndarray:
        return self._parts["out_factors"]

    @property
    def residuals_(self) -> Any:
        return to_scipy(self._parts["residuals"])

    @property
    def intercept_(self) -> np.ndarray:
        return self._parts["intercept"]

    @property
    def chosen_(self) -> dict[str, Any]:
        names = ("regularization", "popularity_regularization", "size_exponent", "half_life_days", "intercept")
        return {name: self._parts["options"][name] for name in (*names, "intercept_weight", "line_share", "damping")}

    @property
    def trials_(self) -> list[dict[str, Any]]:
        return self._parts["trials"]

    @property
    def kept_hr10_(self) -> float:
        return self._parts["kept_hr10"]

    @property
    def modelled_items_(self) -> int:
        return self._parts["modelled_items"]

    @property
    def extended_items_(self) -> int:
        return self._parts["extended_items"]

    @property
    def n_features_in_(self) -> int:
        return len(self.intercept_)

    def score_baskets(self, baskets: Any) -> np.ndarray:
        """Scores (float32, n x items) of a baskets x items matrix; stored cells count as 1."""
        return self._fitted().score(csr_parts(baskets, "baskets"))

    def recommend(self, baskets: Any, *, k: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """The best complements of each basket, without its own: (items, scores), n x k, padded with -1 and -inf."""
        parts = csr_parts(baskets, "baskets")
        return best(self._fitted().score(parts), k, [rows_of(parts, row) for row in range(parts[0])])

    def similar_items(self, item: int, *, k: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """Substitutes: the items of the nearest in-embedding (cosine), without the item: (items, scores)."""
        if not 0 <= item < self.n_features_in_:
            raise _core.InvalidArgument(f"item {item} is out of range; there are {self.n_features_in_}")
        if self._substitutes is None:
            self._substitutes = Retriever(self.in_factors_, cosine=True, threads=self.threads, device=self.device)
        return self._substitutes.top_k(self.in_factors_[item], k, filters={"exclude": [item]})

    @classmethod
    def _of(cls, model: _core.ComplementModel) -> ComplementModel:
        made = cls(**model.parts()["options"])
        made._model = model
        return made

    def __getstate__(self) -> dict[str, Any]:
        state = {"params": self.get_params(deep=False)}
        return state if self._model is None else {**state, "parts": self._parts}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state["params"])
        if "parts" in state:
            self._model = _core.ComplementModel.from_parts(state["parts"])
