"""Implicit-feedback alternating least squares."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from . import _core
from ._estimator import Estimator, from_bytes, to_bytes
from ._progress import ProgressEvent
from ._sparse import csr_parts, rows_of
from .retrieval import Retriever


class ImplicitALS(Estimator):
    """Customer and item factors from who bought what.

    Parameters
    ----------
    factors : int
        Length of the embeddings, 1 to 1024.
    iterations : int
        Sweeps; each solves for all customers, then for all items.
    objective : {"hu_koren_volinsky", "rendle"}
        "hu_koren_volinsky": all cells count, stored ones with confidence 1 + alpha * r (Hu, Koren, Volinsky 2008).
        "rendle": unobserved_weight on all cells and a regularization that grows with the frequency of the row to the
        power nu (Rendle, Krichene, Zhang, Koren 2021, "Revisiting the performance of iALS").
    regularization, alpha, unobserved_weight, nu : float
        Of the objective; the last two belong to "rendle".
    solver : {"cholesky", "cg", "ials_pp"}
        Exact; `cg_steps` steps of conjugate gradients; or iALS++ (Rendle, Krichene, Zhang, Koren 2021), which solves
        `block_size` factors at a time and suits many factors.
    block_size : int
        Factors of a block of iALS++, 1 to 128.
    precision : {"strict", "mixed"}
        "strict": 32-bit floats throughout. "mixed": the sums over a row's purchases are of factors rounded to 16 bits,
        added in 32; on a GPU by tensor cores. See docs/als.md.
    factor_dtype : {"float32", "float16"}
        How factors are stored while training and in the model; "float16" with one scale per matrix. The arrays below
        are float32 either way.
    calculate_loss : bool
        Evaluates the objective after each sweep, see ``loss_``.
    seed : int
        Of the first factors. The result does not depend on `threads`.
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
    loss_ : list of float
        Objective after each sweep, where it was calculated.
    n_sweeps_ : int
        Whole sweeps done.
    """

    def __init__(
        self,
        *,
        factors: int = 64,
        iterations: int = 15,
        objective: str = "hu_koren_volinsky",
        regularization: float = 0.01,
        alpha: float = 1.0,
        unobserved_weight: float = 0.1,
        nu: float = 1.0,
        solver: str = "cholesky",
        cg_steps: int = 3,
        block_size: int = 64,
        precision: str = "strict",
        factor_dtype: str = "float32",
        calculate_loss: bool = False,
        seed: int = 0,
        threads: int = 0,
        device: str = "cpu",
        verbose: int = 0,
    ) -> None:
        self.factors = factors
        self.iterations = iterations
        self.objective = objective
        self.regularization = regularization
        self.alpha = alpha
        self.unobserved_weight = unobserved_weight
        self.nu = nu
        self.solver = solver
        self.cg_steps = cg_steps
        self.block_size = block_size
        self.precision = precision
        self.factor_dtype = factor_dtype
        self.calculate_loss = calculate_loss
        self.seed = seed
        self.threads = threads
        self.device = device
        self.verbose = verbose

    _searchers: dict[tuple[str, bool], Retriever] | None = None

    def fit(
        self, customer_items: Any, y: Any = None, *, callback: Callable[[ProgressEvent], Any] | None = None
    ) -> ImplicitALS:
        """Trains on a customers x items matrix of confidences r > 0.

        Parameters
        ----------
        customer_items : scipy sparse matrix or array, or two-dimensional ndarray
            A stored zero is no purchase.
        y : ignored
        callback : callable, optional
            Gets a :class:`ProgressEvent` after each sweep; a true answer stops the training after the last whole
            sweep. Ctrl-C does so too, and then raises KeyboardInterrupt; the model is set nonetheless.

        Raises
        ------
        InvalidArgument
            A parameter is out of range, or a value is negative or not finite.
        """
        rows = csr_parts(customer_items, "customer_items")
        self._searchers = None
        return self._train(lambda on_step: _core.fit_als(rows, self._options(), on_step), callback, self.verbose)

    @property
    def customer_factors_(self) -> np.ndarray:
        return self._fitted().customer_factors

    @property
    def item_factors_(self) -> np.ndarray:
        return self._fitted().item_factors

    user_factors = customer_factors_
    item_factors = item_factors_

    @property
    def loss_(self) -> list[float]:
        return self._fitted().loss

    @property
    def n_sweeps_(self) -> int:
        return self._fitted().sweeps

    @property
    def stopped_early_(self) -> bool:
        """True where the training was stopped before all sweeps were done."""
        return self._fitted().stopped_early

    @property
    def n_features_in_(self) -> int:
        return self._fitted().item_factors.shape[0]

    def fold_in(self, customer_items: Any) -> np.ndarray:
        """Factors (n x factors) of customers or baskets that were not trained: one exact half step.

        `customer_items` has one row per customer and as many columns as there are items.
        """
        return self._fitted().fold_in(csr_parts(customer_items, "customer_items"))

    def objective_value(self, customer_items: Any) -> float:
        """The objective over all cells of a matrix of the shape trained on."""
        return self._fitted().objective(csr_parts(customer_items, "customer_items"))

    def recommend(
        self,
        customer: Any = None,
        customer_items: Any = None,
        *,
        k: int = 10,
        exclude_bought: bool = True,
        exclude: Any = None,
        allow: Any = None,
        fold_in: bool = False,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The best items for customers, by inner product.

        Parameters
        ----------
        customer : int or array of int, optional
            Rows of trained customers. Not needed with `fold_in`.
        customer_items : sparse matrix, optional
            One row per asked customer: what they bought. Needed for `exclude_bought` and `fold_in`.
        k : int
        exclude_bought : bool
            Leaves out the items of `customer_items`, where it is given.
        exclude, allow : array of int, optional
            Items never, or alone, to be returned.
        fold_in : bool
            Computes the factors from `customer_items` instead of taking the trained ones.

        Returns
        -------
        items, scores : ndarray of int32, ndarray of float32
            k long for a single customer, n x k else; padded with -1 and -inf where there are fewer.
        """
        rows = None if customer_items is None else csr_parts(customer_items, "customer_items")
        if fold_in and rows is None:
            raise _core.InvalidArgument("fold_in=True needs customer_items: one row per customer of what they bought")
        if not fold_in and customer is None:
            raise _core.InvalidArgument("name customers by row, or give customer_items and fold_in=True")
        queries = self._fitted().fold_in(rows) if fold_in else self._rows(self.customer_factors_, customer, "customer")
        wishes: list[dict[str, Any]] = [{"exclude": exclude, "allow": allow} for _ in queries]
        if exclude_bought and rows is not None:
            if rows[0] != len(queries):
                raise _core.InvalidArgument(f"customer_items has {rows[0]} rows for {len(queries)} customers")
            for n, wish in enumerate(wishes):
                also: Any = [] if exclude is None else np.atleast_1d(exclude)
                wish["exclude"] = np.union1d(rows_of(rows, n), also)
        found = self._searcher("items", False).top_k(queries, k, filters=wishes)
        single = not fold_in and np.ndim(customer) == 0
        return (found[0][0], found[1][0]) if single else found

    def similar_items(self, item: Any, *, k: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """Items of the nearest direction (cosine), without the item itself; shapes as in :meth:`recommend`."""
        return self._similar("items", self.item_factors_, item, k)

    def similar_customers(self, customer: Any, *, k: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """Customers of the nearest direction (cosine), without the customer; shapes as in :meth:`recommend`."""
        return self._similar("customers", self.customer_factors_, customer, k)

    def _similar(self, what: str, factors: np.ndarray, row: Any, k: int) -> tuple[np.ndarray, np.ndarray]:
        queries = self._rows(factors, row, what[:-1])
        wishes = [{"exclude": [it]} for it in np.atleast_1d(row)]
        rows, scores = self._searcher(what, True).top_k(queries, k, filters=wishes)
        return (rows[0], scores[0]) if np.ndim(row) == 0 else (rows, scores)

    @staticmethod
    def _rows(factors: np.ndarray, rows: Any, what: str) -> np.ndarray:
        wanted = np.atleast_1d(np.asarray(rows))
        if wanted.dtype.kind not in "iu":
            raise _core.InvalidArgument(f"{what} is {rows!r}; a row number or an array of them is wanted")
        if len(wanted) and (wanted.min() < 0 or wanted.max() >= len(factors)):
            raise _core.InvalidArgument(f"{what} {rows!r} is out of range; there are {len(factors)}")
        return factors[wanted]

    def _searcher(self, what: str, cosine: bool) -> Retriever:
        if self._searchers is None:
            self._searchers = {}
        if (what, cosine) not in self._searchers:
            factors = self.item_factors_ if what == "items" else self.customer_factors_
            self._searchers[what, cosine] = Retriever(factors, cosine=cosine, threads=self.threads, device=self.device)
        return self._searchers[what, cosine]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the factors as a model file (safetensors layout)."""
        self._fitted().save(os.fspath(path))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> ImplicitALS:
        """Reads what :meth:`save` wrote. Raises FormatError for a damaged file."""
        return cls._of(_core.AlsModel.load(os.fspath(path)))

    @classmethod
    def _of(cls, model: _core.AlsModel) -> ImplicitALS:
        made = cls(**model.options)
        made._model = model
        return made

    def __getstate__(self) -> dict[str, Any]:
        state = {"params": self.get_params(deep=False)}
        return state if self._model is None else {**state, "model": to_bytes(self._model.save)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state["params"])
        if "model" in state:
            self._model = from_bytes(_core.AlsModel.load, state["model"])
