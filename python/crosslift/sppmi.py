"""SPPMI: what goes together beyond chance, as embeddings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import _core
from ._estimator import Estimator, named_parts
from ._progress import ProgressEvent
from ._sparse import basket_parts, best, csr_parts, rows_of


class Sppmi(Estimator):
    """Shifted positive pointwise mutual information of baskets, factorised (Levy & Goldberg 2014).

    `in_factors_[i] . out_factors_[j]` says how much more often than by chance j is bought with i: complements. Two items
    with the same companions have near `in_factors_`: substitutes. For studies of purity; for hit rates take
    :class:`ComplementModel`.

    Parameters
    ----------
    factors : int
        Rank of the embeddings.
    shift : float
        k: ln(k) is taken off before what is negative becomes 0.
    smoothing : float
        a, 0 to 1: exponent on how often j is bought.
    popularity : float
        pi, 0 to 1: 0 orders offers by lift, 1 by how often they are bought with the basket's items.
    half_life_days : float
        A basket's weight halves with each; 0: no decay. Needs `age_days` in :meth:`fit`.
    seed : int
    threads, device, verbose
        As in :class:`ImplicitALS`.

    Attributes
    ----------
    in_factors_, out_factors_ : ndarray of float32, items x factors, read-only
    popularity_ : ndarray of float32, items
        Added to each item's score; -inf for one that no basket of two items holds.
    """

    def __init__(
        self,
        *,
        factors: int = 256,
        shift: float = 1.0,
        smoothing: float = 0.75,
        popularity: float = 0.25,
        half_life_days: float = 0.0,
        seed: int = 0,
        threads: int = 0,
        device: str = "cpu",
        verbose: int = 0,
    ) -> None:
        self.factors = factors
        self.shift = shift
        self.smoothing = smoothing
        self.popularity = popularity
        self.half_life_days = half_life_days
        self.seed = seed
        self.threads = threads
        self.device = device
        self.verbose = verbose

    def fit(
        self,
        baskets: Any,
        y: Any = None,
        *,
        age_days: Any = None,
        callback: Callable[[ProgressEvent], Any] | None = None,
    ) -> Sppmi:
        """Fits on a baskets x items matrix; stored cells count as 1. Needs items^2 * 8 bytes.

        `age_days` has one age per basket. Ctrl-C raises KeyboardInterrupt and leaves the model as it was.
        """
        rows = csr_parts(baskets, "baskets")
        ages = np.ascontiguousarray([] if age_days is None else age_days, dtype=np.float32)
        return self._train(
            lambda on_step: named_parts(
                _core.fit_sppmi(rows, ages, self._options(), on_step), "in_factors", "out_factors", "popularity"
            ),
            callback,
            self.verbose,
        )

    @property
    def in_factors_(self) -> np.ndarray:
        return self._fitted()["in_factors"]

    @property
    def out_factors_(self) -> np.ndarray:
        return self._fitted()["out_factors"]

    @property
    def popularity_(self) -> np.ndarray:
        return self._fitted()["popularity"]

    @property
    def n_features_in_(self) -> int:
        return len(self.popularity_)

    def score_baskets(self, baskets: Any) -> np.ndarray:
        """Scores (float32, n x items) of a baskets x items matrix; stored cells count as 1."""
        parts = basket_parts(baskets, self.n_features_in_)
        means = np.zeros((parts[0], self.in_factors_.shape[1]), dtype=np.float32)
        for row in range(parts[0]):
            items = rows_of(parts, row)
            if len(items):
                means[row] = self.in_factors_[items].mean(axis=0)
        return means @ self.out_factors_.T + self.popularity_

    def recommend(self, baskets: Any, *, k: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """The best items for each basket, without its own: (items, scores), n x k, padded with -1 and -inf."""
        parts = csr_parts(baskets, "baskets")
        return best(self.score_baskets(baskets), k, [rows_of(parts, row) for row in range(parts[0])])
