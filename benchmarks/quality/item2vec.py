"""item2vec (Barkan and Koenigstein 2016) by gensim, tuned like the other baselines; one worker and a fixed seed."""

from __future__ import annotations

from typing import Any

import crosslift
import numpy as np
from parts import EASE_GRID, TRIALS, VALIDATION_QUERIES, Workshop, report
from sets import cut

METHOD = "item2vec"
ITEM2VEC_SETS = ["online_retail", "fruithut", "groceries"]
# The first is near the paper's, which pairs all items of a basket. `out`: in-vectors against out-vectors, not their cosine.
SETTINGS: list[dict[str, Any]] = [
    {
        "vector_size": 40,
        "negative": 15,
        "ns_exponent": 0.75,
        "sample": 1e-5,
        "alpha": 0.025,
        "epochs": 20,
        "out": False,
    },
    {
        "vector_size": 64,
        "negative": 15,
        "ns_exponent": 0.75,
        "sample": 1e-3,
        "alpha": 0.025,
        "epochs": 10,
        "out": False,
    },
    {"vector_size": 64, "negative": 15, "ns_exponent": 0.75, "sample": 1e-3, "alpha": 0.025, "epochs": 10, "out": True},
    {"vector_size": 64, "negative": 10, "ns_exponent": 0.0, "sample": 1e-3, "alpha": 0.025, "epochs": 10, "out": True},
    {"vector_size": 64, "negative": 10, "ns_exponent": -0.5, "sample": 1e-4, "alpha": 0.05, "epochs": 20, "out": False},
    {"vector_size": 100, "negative": 10, "ns_exponent": 0.5, "sample": 1e-4, "alpha": 0.05, "epochs": 15, "out": True},
][:TRIALS]
WINDOW = 10  # items on either side of one, in the order of the receipt; gensim draws it from 1 to this many


def rival(train: crosslift.Transactions, setting: dict[str, Any]) -> crosslift.evaluate.Rival:
    from gensim.models import Word2Vec

    lines = train.to_pandas()
    baskets = lines["item_id"].astype(str).groupby(lines["basket_id"], sort=False).agg(list)
    options = {key: value for key, value in setting.items() if key != "out"}
    model = Word2Vec(list(baskets), sg=1, window=WINDOW, min_count=1, workers=1, seed=1, **options)
    items = [str(item) for item in train.items]
    row = {item: n for n, item in enumerate(items)}
    places = [model.wv.key_to_index[item] for item in items]
    into = model.wv.vectors[places]
    if setting["out"]:
        out = model.syn1neg[places]
    else:
        into = into / np.maximum(np.linalg.norm(into, axis=1, keepdims=True), 1e-12)
        out = into

    def score(queries: list[list[str]], customers: list[str]) -> np.ndarray:
        means = np.stack([into[[row[item] for item in query]].mean(axis=0) for query in queries])
        return means @ out.T

    return score


def tune(shop: Workshop, engine: crosslift.OfferEngine, train: crosslift.Transactions) -> dict[str, Any]:
    """The setting with the best HR@10 on the newest tenth of training, and what each was worth."""
    earlier, newest = train.split_by_time(0.1)
    trials = []
    for setting in SETTINGS:
        judged = report(
            crosslift.evaluate.basket_completion(
                engine, earlier, newest, compare={METHOD: rival(earlier, setting)}, threads=shop.threads,
                max_queries=VALIDATION_QUERIES, baselines=["popularity"], tuning_trials=0, bootstrap=0, permutations=0,
                ease_grid=[],
            )
        )  # fmt: skip
        line = next(it for it in judged["methods"] if it["method"] == METHOD)
        trials.append({"setting": text(setting), "validation": line["metrics"]["hr@10"]["value"]})
    best = max(range(len(trials)), key=lambda n: trials[n]["validation"])
    return {"method": METHOD, "setting": trials[best]["setting"], "trials": trials, "index": best}


def compute(shop: Workshop, name: str) -> Any:
    train, later, _ = cut(name, shop.data)
    engine = shop.default_engine(name)
    tuned = tune(shop, engine, train)
    rivals = {METHOD: rival(train, SETTINGS[tuned["index"]])}
    chosen = {**shop.settings(name), "baselines": ["cosine kNN", "ALS fold-in"]}
    judged = crosslift.evaluate.basket_completion(
        engine, train, later, compare=rivals, **shop.options(ease_grid=EASE_GRID[name], **chosen)
    )
    return {**report(judged), "item2vec": tuned}


def text(setting: dict[str, Any]) -> str:
    return ", ".join(
        f"{key} {value:g}" if not isinstance(value, bool) else f"{key} {value}" for key, value in setting.items()
    )
