"""BPR of Crosslift and of implicit on the same ratings, taken in turns: processor seconds per epoch and what was learned.

Usage: python implicit_bpr.py path/to/ml_100k/ratings.csv.gz   (with `pip install crosslift implicit` in that Python)

A fifth of the ratings, drawn at random, is kept back. AUC and HR@10 are means over customers, over what each has not
rated before. Both run on one thread and are charged processor time. implicit draws what was not bought in proportion to
popularity and Crosslift uniformly, as Rendle et al. 2009 do.
"""

import gzip
import os
import statistics
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # what implicit itself asks for

import crosslift
import implicit.cpu.bpr
import numpy as np
import scipy.sparse

TURNS = 3
SETTINGS = {"factors": 64, "iterations": 50, "learning_rate": 0.05, "regularization": 0.01}


def read(name):
    with gzip.open(name, "rt") as file:
        file.readline()
        pairs = np.array([line.split(",")[:2] for line in file], dtype=np.int64)
    users, items = (np.unique(pairs[:, column], return_inverse=True)[1] for column in (0, 1))
    order = np.random.default_rng(0).permutation(len(pairs))
    cut = len(pairs) * 4 // 5
    shape = (users.max() + 1, items.max() + 1)
    return [
        scipy.sparse.csr_matrix((np.ones(len(part), np.float32), (users[part], items[part])), shape=shape)
        for part in (order[:cut], order[cut:])
    ]


def judge(train, later, scores):
    aucs, hits = [], []
    for user in range(train.shape[0]):
        wanted = np.zeros(train.shape[1], bool)
        wanted[later[user].indices] = True
        asked = np.ones(train.shape[1], bool)
        asked[train[user].indices] = False
        if not (wanted & asked).any():
            continue
        mine, right = scores[user][asked], wanted[asked]
        ranks = np.argsort(np.argsort(mine)) + 1
        positives, negatives = right.sum(), (~right).sum()
        aucs.append((ranks[right].sum() - positives * (positives + 1) / 2) / (positives * negatives))
        hits.append(right[np.argsort(-mine)[:10]].any())
    return f"AUC {np.mean(aucs):.4f}  HR@10 {np.mean(hits):.3f}"


def timed(fit):
    began = time.process_time()
    model = fit()
    return (time.process_time() - began) / SETTINGS["iterations"], model


def main():
    train, later = read(sys.argv[1])
    ours, theirs = [], []
    for turn in range(TURNS):
        ours.append(timed(lambda turn=turn: crosslift.BPR(**SETTINGS, threads=1, seed=turn).fit(train)))
        other = implicit.cpu.bpr.BayesianPersonalizedRanking(**SETTINGS, num_threads=1, random_state=turn)
        theirs.append(timed(lambda other=other: other.fit(train, show_progress=False) or other))
    popularity = np.broadcast_to(np.asarray(train.sum(axis=0)), train.shape)
    print(f"implicit {implicit.__version__}; processor ms per epoch, median of {TURNS} turns")
    for name, turns in (("crosslift", ours), ("implicit", theirs)):
        model = turns[0][1]
        factors = (model.user_factors, model.item_factors)
        milliseconds = 1000 * statistics.median(seconds for seconds, _ in turns)
        print(f"{name:10} {milliseconds:7.2f} ms  {judge(train, later, factors[0] @ factors[1].T)}")
    print(f"{'popularity':10}             {judge(train, later, popularity)}")


if __name__ == "__main__":
    main()
