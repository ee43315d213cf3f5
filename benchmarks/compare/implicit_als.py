"""ALS sweeps of Crosslift and of implicit on the same purchases, taken in turns, printed as ratios.

Usage: python implicit_als.py path/to/train_bench   (with `pip install implicit` in that Python)

Both run on one thread and are charged processor time, so that other work on the machine disturbs little. The check is
the objective that each has reached after the same number of sweeps (random starts differ, so it agrees to a few
digits).
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # what implicit itself asks for

import implicit.cpu.als
import numpy as np
import scipy.sparse

TURNS = 3
SWEEPS = 4


def ours(program, name, matrix_file):
    text = subprocess.run(
        [program, f"--benchmark_filter={name}", "--benchmark_format=json"],
        env={**os.environ, "CROSSLIFT_BENCH_MATRIX": matrix_file},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    result = json.loads(text)["benchmarks"][0]
    return result["cpu_s"], result["loss"]


def read_matrix(file):
    rows, cols, cells = np.fromfile(file, np.int64, 3)
    indptr = np.fromfile(file, np.int64, rows + 1, offset=24)
    offset = 24 + 8 * (rows + 1)
    indices = np.fromfile(file, np.int32, cells, offset=offset)
    values = np.fromfile(file, np.float32, cells, offset=offset + 4 * cells)
    return scipy.sparse.csr_matrix((values, indices, indptr), shape=(rows, cols))


def objective(matrix, x, y, regularization):
    """Hu, Koren and Volinsky's, with confidence 1 + r; implicit's own loss is another one."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    loss = np.sum((x.T @ x) * (y.T @ y)) + regularization * (np.sum(x * x) + np.sum(y * y))
    for part in np.array_split(np.arange(matrix.nnz), 32):
        s = np.einsum("ij,ij->i", x[rows[part]], y[matrix.indices[part]])
        r = matrix.data[part].astype(np.float64)
        loss += np.sum((1 + r) * (1 - s) ** 2 - s * s)
    return loss


def theirs(matrix, factors, cg):
    # implicit reads values as confidences c, of which 1 is the background.
    confidence = matrix.copy()
    confidence.data = confidence.data + 1
    stamps = []
    model = implicit.cpu.als.AlternatingLeastSquares(
        factors=factors, regularization=30, alpha=1, iterations=SWEEPS, use_cg=cg, num_threads=1, random_state=1
    )
    model.cg_steps = 3
    model.fit(confidence, show_progress=False, callback=lambda *_: stamps.append(time.process_time()))
    seconds = (stamps[-1] - stamps[0]) / (len(stamps) - 1)
    return seconds, objective(matrix, model.user_factors, model.item_factors, 30)


def main():
    program = sys.argv[1]
    print(f"implicit {implicit.__version__}; processor seconds per sweep, median of {TURNS} turns (least .. most)")
    with tempfile.NamedTemporaryFile() as file:
        ours(program, "als/factors:64/cg:1/threads:1/", file.name)
        matrix = read_matrix(file.name)
        for factors in (64, 128):
            for cg in (False, True):
                name = f"als/factors:{factors}/cg:{int(cg)}/threads:1/"
                turns = [(ours(program, name, file.name), theirs(matrix, factors, cg)) for _ in range(TURNS)]
                mine, other = ([t[i][0] for t in turns] for i in (0, 1))
                a, b = statistics.median(mine), statistics.median(other)
                print(
                    f"d={factors} {'cg 3 steps' if cg else 'exact':10}  crosslift {a:.3f} ({min(mine):.3f} .. "
                    f"{max(mine):.3f})  implicit {b:.3f} ({min(other):.3f} .. {max(other):.3f})  ratio {b / a:.2f}  "
                    f"objective {turns[-1][0][1]:.6g} / {turns[-1][1][1]:.6g}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
