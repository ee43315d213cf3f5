"""ALS epochs of implicit's GPU code on a matrix that benchmarks/train/als_gpu.cpp wrote.

Usage: python implicit_gpu_als.py MATRIX FACTORS [FACTORS ...]   (with implicit and rmm for CUDA 13)

Prints one JSON object per number of factors: milliseconds of an epoch in the steady state (3 steps of conjugate
gradients) and, for the first, the objective after as many epochs as als_gpu trains.
"""

import json
import statistics
import sys
import time

import implicit
import implicit.gpu.als
import numpy as np
import scipy.sparse

EPOCHS = 8


def read_matrix(file):
    rows, cols, cells = np.fromfile(file, np.int64, 3)
    indptr = np.fromfile(file, np.int64, rows + 1, offset=24)
    offset = 24 + 8 * (rows + 1)
    indices = np.fromfile(file, np.int32, cells, offset=offset)
    values = np.fromfile(file, np.float32, cells, offset=offset + 4 * cells)
    return scipy.sparse.csr_matrix((values, indices, indptr.astype(np.int32)), shape=(rows, cols))


def objective(matrix, x, y, regularization):
    """Hu, Koren and Volinsky's with confidence 1 + r."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    squares = sum(np.sum(f.astype(np.float64) ** 2) for f in (x, y))
    loss = np.sum((x.T @ x).astype(np.float64) * (y.T @ y)) + regularization * squares
    for part in np.array_split(np.arange(matrix.nnz), 64):
        s = np.einsum("ij,ij->i", x[rows[part]], y[matrix.indices[part]]).astype(np.float64)
        r = matrix.data[part].astype(np.float64)
        loss += np.sum((1 + r) * (1 - s) ** 2 - s * s)
    return float(loss)


def main():
    matrix = read_matrix(sys.argv[1])
    confidence = matrix.copy()  # implicit reads values as confidences c, of which 1 is the background
    confidence.data = confidence.data + 1
    for number, factors in enumerate(map(int, sys.argv[2:])):
        stamps = []
        model = implicit.gpu.als.AlternatingLeastSquares(
            factors=factors, regularization=30, alpha=1, iterations=EPOCHS, random_state=1
        )
        model.fit(confidence, show_progress=False, callback=lambda *_, to=stamps: to.append(time.perf_counter()))
        epochs = np.diff(stamps)[1:] * 1000
        result = {"factors": factors, "version": implicit.__version__, "epoch_ms": statistics.median(epochs)}
        result["least_ms"], result["most_ms"] = float(epochs.min()), float(epochs.max())
        if number == 0:
            x, y = (np.asarray(f.to_numpy()) for f in (model.user_factors, model.item_factors))
            result["loss"] = objective(matrix, x[:, :factors], y[:, :factors], 30)
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
