"""Sparse rows on their way into the library and back, without needing scipy before it is there."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._core import InvalidArgument

CsrParts = tuple[int, int, np.ndarray, np.ndarray, "np.ndarray | None"]


def csr_parts(matrix: Any, what: str) -> CsrParts:
    """(rows, cols, indptr, indices, values) of a scipy sparse matrix or array of any format, or of a dense array.

    Columns come sorted, repeated cells summed, stored zeros left out. Indices of 32 and 64 bits are taken.
    """
    if hasattr(matrix, "tocsr"):
        matrix = matrix.tocsr()
        if not matrix.has_canonical_format or (len(matrix.data) and not np.all(matrix.data)):
            matrix = matrix.copy()
            matrix.sum_duplicates()
            matrix.eliminate_zeros()
        (rows, cols), indptr, indices, values = matrix.shape, matrix.indptr, matrix.indices, matrix.data
    elif isinstance(matrix, np.ndarray) and matrix.ndim == 2:
        at, indices = np.nonzero(matrix)
        (rows, cols), values = matrix.shape, matrix[at, indices]
        indptr = np.concatenate([[0], np.cumsum(np.bincount(at, minlength=rows))])
    else:
        raise InvalidArgument(
            f"{what} is a {type(matrix).__name__}; a scipy sparse matrix (csr_matrix, csr_array) or a two-dimensional "
            "NumPy array is wanted"
        )
    if values.dtype.kind not in "biuf":
        raise InvalidArgument(f"{what} holds values of type {values.dtype}; numbers are wanted")
    if cols > np.iinfo(np.int32).max:
        raise InvalidArgument(f"{what} has {cols} columns; 2^31 - 1 is the most")
    ones = bool(np.all(values == 1))
    return (
        int(rows),
        int(cols),
        np.ascontiguousarray(indptr, dtype=np.int64),
        np.ascontiguousarray(indices, dtype=np.int32),
        None if ones else np.ascontiguousarray(values, dtype=np.float32),
    )


def to_scipy(parts: CsrParts) -> Any:
    """The parts as a scipy csr_array."""
    from scipy.sparse import csr_array

    rows, cols, indptr, indices, values = parts
    data = np.ones(len(indices), dtype=np.float32) if values is None else values
    return csr_array((data, indices, indptr), shape=(rows, cols))


def rows_of(parts: CsrParts, row: int) -> np.ndarray:
    """Columns stored in one row."""
    return parts[3][parts[2][row] : parts[2][row + 1]]


def basket_parts(baskets: Any, items: int) -> CsrParts:
    """The parts of a baskets x items matrix for a model that knows `items` items."""
    parts = csr_parts(baskets, "baskets")
    if parts[1] != items:
        raise InvalidArgument(f"the baskets have {parts[1]} columns, the model knows {items}")
    return parts


def best(scores: np.ndarray, k: int, exclude: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The k best columns of each row: higher score first, then the lower column; -1 and -inf where there are fewer."""
    if k < 1:
        raise InvalidArgument(f"k is {k}; it must be at least 1")
    scores = np.array(scores, dtype=np.float32)
    for row, columns in enumerate(exclude):
        scores[row, columns] = -np.inf
    k_there = min(k, scores.shape[1])
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k_there]
    values = np.take_along_axis(scores, order, axis=1)
    order = np.where(np.isneginf(values), -1, order).astype(np.int32)
    gap = ((0, 0), (0, k - k_there))
    return np.pad(order, gap, constant_values=-1), np.pad(values, gap, constant_values=-np.inf)
