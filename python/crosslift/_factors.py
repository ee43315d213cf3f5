"""What models of customer and item factors share: the factors, fold-in, recommendations, similar rows, files."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from . import _core
from ._estimator import Estimator, from_bytes, to_bytes
from ._sparse import csr_parts, rows_of
from .retrieval import Retriever, is_mask


class FactorModel(Estimator):
    """Customer and item factors; ``fit`` is the subclass's."""

    device: str
    threads: int
    _core_model: ClassVar[Any]
    _cache: dict[Any, Any] | None = None  # of the fitted model: arrays on the host, retrievers

    @property
    def customer_factors_(self) -> np.ndarray:
        return self._cached("customer_factors", lambda: np.asarray(self.customer_matrix_, np.float32))

    @property
    def item_factors_(self) -> np.ndarray:
        return self._cached("item_factors", lambda: np.asarray(self.item_matrix_, np.float32))

    user_factors = customer_factors_
    item_factors = item_factors_

    @property
    def customer_matrix_(self) -> _core.Matrix:
        """The customers' factors where they were trained, for DLPack and the CUDA array interface: no copy."""
        return self._fitted().customer_factors

    @property
    def item_matrix_(self) -> _core.Matrix:
        """The items' factors where they were trained, for DLPack and the CUDA array interface: no copy."""
        return self._fitted().item_factors

    @property
    def stopped_early_(self) -> bool:
        """True where the training was stopped before its end."""
        return self._fitted().stopped_early

    @property
    def n_features_in_(self) -> int:
        return self._fitted().item_factors.shape[0]

    def fold_in(self, customer_items: Any) -> np.ndarray:
        """Factors (n x factors) of customers or baskets that were not trained, with the items as they are.

        `customer_items` has one row per customer and as many columns as there are items.
        """
        return np.asarray(self._fitted().fold_in(csr_parts(customer_items, "customer_items")), np.float32)

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
            Items never, or alone, to be returned; or an array of bool with one entry per item.
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
        if fold_in:
            queries = np.asarray(self._fitted().fold_in(rows), np.float32)
        else:
            queries = self._rows(self.customer_factors_, customer, "customer")
        wishes: list[dict[str, Any]] = [{"exclude": exclude, "allow": allow} for _ in queries]
        if exclude_bought and rows is not None:
            if rows[0] != len(queries):
                raise _core.InvalidArgument(f"customer_items has {rows[0]} rows for {len(queries)} customers")
            for n, wish in enumerate(wishes):
                also: Any = [] if exclude is None else np.atleast_1d(exclude)
                also = np.flatnonzero(also) if is_mask(also) else also
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
        factors = self.item_matrix_ if what == "items" else self.customer_matrix_
        return self._cached(
            (what, cosine), lambda: Retriever(factors, cosine=cosine, threads=self.threads, device=self.device)
        )

    def _cached(self, name: Any, make: Callable[[], Any]) -> Any:
        self._fitted()
        if self._cache is None:
            self._cache = {}
        if name not in self._cache:
            self._cache[name] = make()
        return self._cache[name]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the factors as a model file (safetensors layout)."""
        self._fitted().save(os.fspath(path))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Any:
        """Reads what :meth:`save` wrote. Raises FormatError for a damaged file."""
        return cls._of(cls._core_model.load(os.fspath(path)))

    @classmethod
    def _of(cls, model: Any) -> Any:
        made = cls(**model.options)
        made._model = model
        return made

    def __getstate__(self) -> dict[str, Any]:
        state = {"params": self.get_params(deep=False)}
        return state if self._model is None else {**state, "model": to_bytes(self._model.save)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state["params"])
        if "model" in state:
            self._model = from_bytes(self._core_model.load, state["model"])
