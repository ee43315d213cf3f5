"""Each part of the quality report: from data to numbers, kept in a folder so that parts can be computed again alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import crosslift
from sets import SETS, cut, marked, rolled

ANONYMOUS, PERSONAL, BAR = "crosslift", "crosslift, personal", "EASE"
DISCOVERY = "crosslift, discovery"
SERVED_FACTORS, SERVED_RESIDUALS = 128, 64
TRIALS, VALIDATION_QUERIES = 6, 1000
# Lambdas of the yardstick; a note in the report says where the best stands at an end.
EASE_GRID = {
    "online_retail": [5, 10, 20, 50, 100],
    "lgsor": [50, 100, 200],
    "fruithut": [20, 50, 100, 200, 500],
    "groceries": [20, 50, 100, 200, 500, 1000],
}

# hr@10 anonymous, hr@10 personal, new to the customer, cross-leaf with the query's leaves removed.
GOALS = {
    "online_retail": (1.03, 1.11, 1.00, 1.03),
    "lgsor": (1.10, 1.62, 1.00, 1.11),
    "fruithut": (0.995, None, None, 1.0),
    "groceries": (0.995, None, None, 1.0),
}


@dataclass
class Workshop:
    """Where data lie and results are kept."""

    data: Path
    cache: Path
    threads: int = 0
    queries: int = 20_000

    def engine(self, name: str, kind: str, make: Callable[[], crosslift.OfferEngine]) -> crosslift.OfferEngine:
        """A fitted engine, from the cache where it was fitted before."""
        path = self.cache / "engines" / f"{name}-{kind}.safetensors"
        if path.exists():
            return crosslift.OfferEngine.load(path)
        engine = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        engine.save(path)
        return engine

    def default_engine(self, name: str) -> crosslift.OfferEngine:
        train, _, catalog = cut(name, self.data)
        return self.engine(name, "default", lambda: crosslift.OfferEngine(threads=self.threads).fit(train, catalog))

    def variant(self, name: str, kind: str, **form: Any) -> crosslift.OfferEngine:
        """The default engine's chosen settings, served in another form."""
        train, _, catalog = cut(name, self.data)
        chosen = self.default_engine(name).complement_.chosen_
        settings = {key: chosen[key] for key in crosslift.Ease().get_params() if key in chosen and key != "verbose"}

        def make() -> crosslift.OfferEngine:
            model = crosslift.ComplementModel(tune=False, **{**settings, **form})
            # The other models play no part in baskets without customers: kept small.
            taste = crosslift.ImplicitALS(factors=8, iterations=1)
            return crosslift.OfferEngine(complement=model, taste=taste, threads=self.threads).fit(train, catalog)

        return self.engine(name, kind, make)

    def options(self, **more: Any) -> dict[str, Any]:
        kept = {
            "threads": self.threads,
            "seed": 0,
            "max_queries": self.queries,
            "validation_queries": VALIDATION_QUERIES,
        }
        return {**kept, **more}

    def result(self, part: str) -> Any:
        path = self.cache / f"{part}.json"
        return json.loads(path.read_text()) if path.exists() else None

    def keep(self, part: str, result: Any) -> None:
        self.cache.mkdir(parents=True, exist_ok=True)
        (self.cache / f"{part}.json").write_text(json.dumps(result, indent=1))

    def settings(self, name: str) -> dict[str, Any]:
        """Settings of baselines tuned before on this set: not tuned again."""
        tuned = self.result(f"tuning-{name}") or []
        given = {"settings": [(it["method"], it["setting"]) for it in tuned]} if tuned else {"tuning_trials": TRIALS}
        return given


def report(judged: crosslift.evaluate.EvaluationReport) -> dict[str, Any]:
    return json.loads(judged.json)


def tuning(shop: Workshop, name: str) -> Any:
    """Settings of the baselines, chosen on the validation slice of training."""
    train, later, _ = cut(name, shop.data)
    few = shop.options(tuning_trials=TRIALS, bootstrap=0, permutations=0, ease_grid=[100])
    few["max_queries"] = 1
    return report(crosslift.evaluate.basket_completion(shop.default_engine(name), train, later, **few))["tuned"]


def basket_completion(shop: Workshop, name: str) -> Any:
    """T1 with all baselines, the goals, and the engine's matrix in other forms."""
    train, later, _ = cut(name, shop.data)
    rivals = {
        "full matrix": shop.variant(name, "full", factors=0, residuals=float(len(train.items))),
        "served": shop.variant(name, "served", factors=SERVED_FACTORS, residuals=float(SERVED_RESIDUALS)),
    }
    anonymous, personal, new, cross = GOALS[name]
    goals = [
        ("hr@10", ANONYMOUS, BAR, anonymous),
        ("other_leaves_hr@10", ANONYMOUS, BAR, cross),
        ("hr@10", "served", "full matrix", 0.98),
    ]
    if personal:
        goals += [("hr@10", PERSONAL, BAR, personal)]
        goals += [("new_to_customer_hr@10", method, ANONYMOUS, new) for method in (PERSONAL, DISCOVERY)]
    judged = crosslift.evaluate.basket_completion(
        shop.default_engine(name),
        train,
        later,
        compare=rivals,
        goals=goals,
        **shop.options(ease_grid=EASE_GRID[name], **shop.settings(name)),
    )
    return {**report(judged), "chosen": shop.default_engine(name).complement_.chosen_}


def next_on_receipt(shop: Workshop, name: str) -> Any:
    """Prefix -> next item, where the lines stand in the order of buying."""
    train, later, _ = cut(name, shop.data)
    names = ["popularity", "co-count", "cosine kNN", "PerNIR"]
    options = shop.options(receipt_order=True, baselines=names, tuning_trials=TRIALS, ease_grid=[20, 50, 100])
    options["max_queries"] = min(shop.queries, 10_000)
    return report(crosslift.evaluate.basket_completion(shop.default_engine(name), train, later, **options))


def item_complements(shop: Workshop, name: str) -> Any:
    train, later, _ = cut(name, shop.data)
    options = shop.options(**shop.settings(name))
    return report(crosslift.evaluate.item_complements(shop.default_engine(name), train, later, **options))


def next_basket(shop: Workshop, name: str) -> Any:
    train, later, _ = cut(name, shop.data)
    options = shop.options(tuning_trials=TRIALS, validation_queries=500)
    return report(crosslift.evaluate.next_basket(shop.default_engine(name), train, later, **options))


def trade_up(shop: Workshop, name: str) -> Any:
    train, later, _ = cut(name, shop.data)
    engine = shop.default_engine(name)
    options = shop.options()
    return {
        definition: report(crosslift.evaluate.trade_up(engine, train, later, own_maximum=own, **options))
        for definition, own in (("last", False), ("own_maximum", True))
    }


def acceptance(shop: Workshop, name: str) -> Any:
    """P(up): does the next purchase in a leaf cost more than the dearest of the one before?"""
    train, later, _ = cut(name, shop.data)
    return report(crosslift.evaluate.acceptance(shop.default_engine(name), train, later, **shop.options()))


def replenishment_options(shop: Workshop) -> dict[str, Any]:
    return {**shop.options(bootstrap=200), "max_queries": min(shop.queries, 5_000)}


def replenishment(shop: Workshop, name: str) -> Any:
    train, later, _ = cut(name, shop.data)
    options = replenishment_options(shop)
    return report(crosslift.evaluate.replenishment(shop.default_engine(name), train, later, **options))


def marked_bundles(shop: Workshop, name: str) -> Any:
    train, sets, catalog = marked(name, shop.data)
    engine = shop.engine(name, "default", lambda: crosslift.OfferEngine(threads=shop.threads).fit(train, catalog))
    return report(crosslift.evaluate.bundles(engine, train, sets, **shop.options(tuning_trials=TRIALS)))


def earlier_slices(shop: Workshop, name: str) -> Iterator[tuple[crosslift.OfferEngine, Any, Any]]:
    """Engine, training and later part of the slices before the last, oldest first: is a gain there every time?"""
    catalog = SETS[name].read(shop.data)[1]
    for steps in (2, 1):
        train, later = rolled(name, shop.data, steps)
        engine = shop.engine(
            name, f"rolled-{steps}", lambda train=train: crosslift.OfferEngine(threads=shop.threads).fit(train, catalog)
        )
        yield engine, train, later


def rolling(shop: Workshop, name: str) -> Any:
    options = shop.options(baselines=["popularity"], tuning_trials=0, ease_grid=EASE_GRID[name])
    return [
        report(crosslift.evaluate.basket_completion(*slice_of_three, **options))
        for slice_of_three in earlier_slices(shop, name)
    ]


def rolling_replenishment(shop: Workshop, name: str) -> Any:
    return [
        report(crosslift.evaluate.replenishment(*slice_of_three, **replenishment_options(shop)))
        for slice_of_three in earlier_slices(shop, name)
    ]
