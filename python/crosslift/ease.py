"""EASE: the item-item regression in closed form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import _core
from ._estimator import Estimator, named_parts
from ._progress import ProgressEvent
from ._sparse import basket_parts, best, csr_parts, rows_of


class Ease(Estimator):
    """Weights B with zero diagonal that predict each item of a basket from the others (Steck 2019, generalised).

    Parameters
    ----------
    regularization : float
        lambda, > 0. It matters: tune it before you compare.
    popularity_regularization : float
        theta: adds theta * (baskets with the item) to lambda.
    size_exponent : float
        a: a basket of n items weighs (n - 1)^-a.
    half_life_days : float
        A basket's weight halves with each; 0: no decay. Needs `age_days` in :meth:`fit`.
    intercept : bool
        Adds a constant row.
    intercept_weight : float
        Scales the constant row's share of the scores.
    line_share : float
        s: that share of a basket's weight goes to items within six lines of each other. Needs `lines` in :meth:`fit`.
    damping : float
        gamma: scores are divided by popularity^gamma.
    threads, device, verbose
        As in :class:`ImplicitALS`.

    Attributes
    ----------
    weights_ : ndarray of float32, items x items, read-only
        Row = item in the basket, column = item scored.
    intercept_ : ndarray of float32, items
    """

    def __init__(
        self,
        *,
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
        age_days: Any = None,
        lines: Any = None,
        callback: Callable[[ProgressEvent], Any] | None = None,
    ) -> Ease:
        """Fits on a baskets x items matrix; stored cells count as 1. Needs items^2 * 8 bytes.

        `age_days` has one age per basket, `lines` the place on the receipt of each stored cell, in the order of columns
        within a row. Ctrl-C raises KeyboardInterrupt and leaves the model as it was.
        """
        rows = csr_parts(baskets, "baskets")
        ages = np.ascontiguousarray([] if age_days is None else age_days, dtype=np.float32)
        places = np.ascontiguousarray([] if lines is None else lines, dtype=np.int32)
        return self._train(
            lambda on_step: named_parts(
                _core.fit_ease(rows, ages, places, self._options(), on_step), "weights", "intercept"
            ),
            callback,
            self.verbose,
        )

    @property
    def weights_(self) -> np.ndarray:
        return self._fitted()["weights"]

    @property
    def intercept_(self) -> np.ndarray:
        return self._fitted()["intercept"]

    @property
    def n_features_in_(self) -> int:
        return len(self.intercept_)

    def score_baskets(self, baskets: Any) -> np.ndarray:
        """Scores (float32, n x items) of a baskets x items matrix; stored cells count as 1."""
        parts = basket_parts(baskets, self.n_features_in_)
        scores = np.tile(self.intercept_, (parts[0], 1))
        for row in range(parts[0]):
            scores[row] += self.weights_[rows_of(parts, row)].sum(axis=0)
        return scores

    def recommend(self, baskets: Any, *, k: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """The best items for each basket, without its own: (items, scores), n x k, padded with -1 and -inf."""
        parts = csr_parts(baskets, "baskets")
        return best(self.score_baskets(baskets), k, [rows_of(parts, row) for row in range(parts[0])])
