"""Exact top-K by inner product over embeddings from anywhere, filtered while it scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import _core


class Retriever:
    """Item embeddings made ready for search. Any number of threads may query one retriever.

    Parameters
    ----------
    item_factors : array of float32, items x factors
        A NumPy array, the ``item_matrix_`` of a model, or anything with ``__dlpack__`` or
        ``__cuda_array_interface__`` (a tensor of PyTorch, an array of CuPy), on the host or on a GPU. Not copied where
        it is float32 with contiguous rows on the device that searches.
    cosine : bool
        Ranks by cosine instead of inner product; an item whose factors are all zero scores 0.
    category : array of int, optional
        One per item, -1 unknown.
    price : array of float, optional
        One per item, NaN unknown.
    bias : array of float, optional
        Added to each item's score.
    threads : int
        0 takes all that this process may use.
    device : str
        "cpu", "cuda", "cuda:1" or "auto".

    Raises
    ------
    InvalidArgument
        The factors are not a matrix of finite numbers, or a column is not one per item.
    """

    def __init__(
        self,
        item_factors: Any,
        *,
        cosine: bool = False,
        category: Any = None,
        price: Any = None,
        bias: Any = None,
        threads: int = 0,
        device: str = "cpu",
    ) -> None:
        options = {
            "cosine": cosine,
            "category": _column(category, np.int32),
            "price": _column(price, np.float32),
            "bias": _column(bias, np.float32),
            "threads": threads,
            "device": device,
        }
        self._core = _core.Retriever(as_matrix(item_factors), options)

    @property
    def items(self) -> int:
        return self._core.items()

    @property
    def factors(self) -> int:
        return self._core.factors()

    def top_k(
        self, queries: Any, k: int = 10, *, filters: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The best `k` items for each query vector.

        Parameters
        ----------
        queries : array of float32, n x factors, or a single vector
        k : int
        filters : dict or list of dict, optional
            One for all queries or one per query, with any of ``exclude``, ``allow`` (rows of items, or an array of bool
            with one entry per item), ``categories``, ``exclude_categories``, ``min_price``, ``max_price``. With a
            price bound, items of unknown price are out.

        Returns
        -------
        rows, scores : ndarray of int32, ndarray of float32
            n x k (k for a single vector): higher score first, ties by lower row; padded with -1 and -inf.
        """
        vectors = as_matrix(queries)
        single = len(vectors.shape) == 1
        wishes = [filters] if isinstance(filters, Mapping) else list(filters or [])
        wanted = [_filter(it, self.items) for it in wishes]
        rows, scores = self._core.top_k(vectors[None, :] if single else vectors, k, wanted)
        return (rows[0], scores[0]) if single else (rows, scores)


def as_matrix(array: Any) -> Any:
    """What is on a GPU, or a Matrix, as it is; else a contiguous float32 array over the same memory where that is
    possible."""
    if isinstance(array, _core.Matrix) or hasattr(array, "__cuda_array_interface__"):
        return array
    if not isinstance(array, np.ndarray) and hasattr(array, "__dlpack__"):
        if array.__dlpack_device__()[0] != _HOST:
            return array
        array = np.from_dlpack(array)
    return np.ascontiguousarray(array, dtype=np.float32)


_HOST = 1  # the CPU among DLPack's kinds of devices


def _column(values: Any, dtype: type) -> np.ndarray:
    return np.ascontiguousarray([] if values is None else values, dtype=dtype)


def _filter(wishes: Mapping[str, Any], items: int) -> dict[str, Any]:
    rows = ("exclude", "allow", "categories", "exclude_categories")
    if unknown := set(wishes) - {*rows, "min_price", "max_price"}:
        raise _core.InvalidArgument(f"a filter has unknown entries {sorted(unknown)}")
    wanted: dict[str, Any] = {}
    for name, value in wishes.items():
        if value is None:
            continue
        if name not in rows:
            wanted[name] = float(value)
        elif not is_mask(value):
            wanted[name] = _column(value, np.int32)
        elif name in ("exclude", "allow") and np.shape(value) == (items,):
            if name == "allow":
                wanted["allow_bitmap"] = _bitmap(value)
            else:
                wanted[name] = np.flatnonzero(value).astype(np.int32)
        else:
            raise _core.InvalidArgument(
                f"'{name}' of a filter is an array of bool of shape {np.shape(value)}; exclude and allow take one with "
                f"an entry for each of the {items} items"
            )
    return wanted


def is_mask(values: Any) -> bool:
    """Is it an array (or a list) of bool?"""
    return bool(np.asarray(values).dtype.kind == "b")


def _bitmap(mask: Any) -> np.ndarray:
    """Bit row % 32 of word row // 32."""
    padded = np.zeros(-(-len(mask) // 32) * 32, bool)
    padded[: len(mask)] = np.asarray(mask)
    return np.packbits(padded, bitorder="little").view("<u4").astype(np.uint32)
