"""Bayesian personalised ranking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import _core
from ._factors import FactorModel
from ._progress import ProgressEvent
from ._sparse import csr_parts


class BPR(FactorModel):
    """Customer and item factors from which item was bought and which was not.

    Rendle, Freudenthaler, Gantner, Schmidt-Thieme 2009: gradient steps on the likelihood that a customer prefers each
    item bought to an item, drawn uniformly, that was not. What was bought how often does not count.

    Parameters
    ----------
    factors : int
        Length of the embeddings, 1 to 1024.
    iterations : int
        Epochs; each goes through every purchase once.
    learning_rate, regularization : float
        Of each step.
    seed : int
        Of the first factors and of the draws. The result does not depend on `threads`.
    threads : int
        0 takes all that this process may use.
    device : str
        "cpu", "cuda", "cuda:1" or "auto".
    verbose : int
        1 shows a progress bar.

    Attributes
    ----------
    customer_factors_, item_factors_ : ndarray of float32, read-only
        customers x factors and items x factors; also named ``user_factors`` and ``item_factors``.
    customer_matrix_, item_matrix_ : Matrix
        The same numbers where they were trained, for DLPack and ``__cuda_array_interface__`` without a copy.
    train_auc_ : list of float
        After each epoch, the share of its drawn pairs in which the item bought already scored higher.
    n_epochs_ : int
        Whole epochs done.
    """

    def __init__(
        self,
        *,
        factors: int = 64,
        iterations: int = 50,
        learning_rate: float = 0.05,
        regularization: float = 0.01,
        seed: int = 0,
        threads: int = 0,
        device: str = "cpu",
        verbose: int = 0,
    ) -> None:
        self.factors = factors
        self.iterations = iterations
        self.learning_rate = learning_rate
        self.regularization = regularization
        self.seed = seed
        self.threads = threads
        self.device = device
        self.verbose = verbose

    _core_model = _core.BprModel

    def fit(self, customer_items: Any, y: Any = None, *, callback: Callable[[ProgressEvent], Any] | None = None) -> BPR:
        """Trains on a customers x items matrix whose stored cells are purchases.

        Parameters
        ----------
        customer_items : scipy sparse matrix or array, or two-dimensional ndarray
            A stored zero is no purchase; other values must be positive, and count alike.
        y : ignored
        callback : callable, optional
            Gets a :class:`ProgressEvent` after each epoch; a true answer stops the training after the last whole
            epoch. Ctrl-C does so too, and then raises KeyboardInterrupt; the model is set nonetheless.

        Raises
        ------
        InvalidArgument
            A parameter is out of range, or a value is negative or not finite.
        """
        rows = csr_parts(customer_items, "customer_items")
        self._cache = None
        return self._train(lambda on_step: _core.fit_bpr(rows, self._options(), on_step), callback, self.verbose)

    @property
    def train_auc_(self) -> list[float]:
        return self._fitted().train_auc

    @property
    def n_epochs_(self) -> int:
        return self._fitted().epochs
