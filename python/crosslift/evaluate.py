"""Honest offline judgement: later purchases, whole-catalog ranking, tuned baselines, intervals, tests."""

from __future__ import annotations

import json as _json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from . import _core
from ._progress import ProgressEvent, run
from .offers import OfferEngine
from .transactions import Transactions

Rival = OfferEngine | Callable[[list[list[str]], list[str]], Any]


class Estimate(NamedTuple):
    """A number with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


class Comparison(NamedTuple):
    """One method against another on the same queries, with the p-value of a paired sign-flip test by cluster.

    ``p_holm`` is corrected over all methods in ``over`` for the same metric and method; NaN without permutations.
    """

    metric: str
    method: str
    over: str
    ratio: Estimate
    p_value: float
    p_holm: float


class Verdict(NamedTuple):
    """A goal and whether the ratio reached it.

    Above 1 a goal is reached when the ratio is at the goal and its lower bound above 1; at 1 or below, when the ratio is
    at the goal.
    """

    metric: str
    method: str
    over: str
    goal: float
    ratio: Estimate
    reached: bool


class Tuned(NamedTuple):
    """The setting that a baseline is judged with, and the validation score of each one tried."""

    method: str
    setting: str
    trials: dict[str, float]


@dataclass(frozen=True)
class EvaluationReport:
    """One row of metrics per method. ``print(report)`` is the table, ``report.json`` holds everything."""

    task: str
    queries: int
    clusters: int
    methods: dict[str, dict[str, Estimate]]
    notes: list[str]
    table: str = field(repr=False, compare=False)
    json: str = field(repr=False, compare=False)
    comparisons: list[Comparison] = field(repr=False, default_factory=list)
    verdicts: list[Verdict] = field(repr=False, default_factory=list)
    tuned: list[Tuned] = field(repr=False, default_factory=list)

    def to_pandas(self, what: str = "values") -> Any:
        """A data frame.

        Parameters
        ----------
        what : "values" | "intervals" | "comparisons" | "verdicts" | "tuned"
            Methods x metrics (values only); one row per method and metric with its interval; one row per comparison,
            verdict, or setting tried.
        """
        import pandas as pd

        if what == "values":
            rows = {
                method: {name: estimate.value for name, estimate in metrics.items()}
                for method, metrics in self.methods.items()
            }
            return pd.DataFrame.from_dict(rows, orient="index")
        if what == "intervals":
            lines = [
                {"method": method, "metric": name, **estimate._asdict()}
                for method, metrics in self.methods.items()
                for name, estimate in metrics.items()
            ]
            return pd.DataFrame(lines, columns=["method", "metric", "value", "low", "high"])
        if what == "tuned":
            trials = [
                (tuned.method, setting, score, setting == tuned.setting)
                for tuned in self.tuned
                for setting, score in tuned.trials.items()
            ]
            return pd.DataFrame(trials, columns=["method", "setting", "validation", "chosen"])
        if what not in ("comparisons", "verdicts"):
            wanted = "'values', 'intervals', 'comparisons', 'verdicts' or 'tuned'"
            raise _core.InvalidArgument(f"what is {what!r}; it must be {wanted}")
        kind = Comparison if what == "comparisons" else Verdict
        rows = [row._asdict() | row.ratio._asdict() for row in getattr(self, what)]
        names = [*(name for name in kind._fields if name != "ratio"), *Estimate._fields]
        return pd.DataFrame(rows, columns=names)

    def __str__(self) -> str:
        return self.table


def basket_completion(
    engine: OfferEngine,
    train: Transactions,
    later: Transactions,
    *,
    compare: Mapping[str, Rival] | None = None,
    goals: Sequence[tuple[str, str, str, float]] = (),
    callback: Callable[[ProgressEvent], Any] | None = None,
    verbose: int = 0,
    **options: Any,
) -> EvaluationReport:
    """Hides each item of later baskets in turn and asks for it; the whole catalog is ranked except the query.

    Parameters
    ----------
    engine : OfferEngine
        Fitted on `train`.
    train, later : Transactions
        Purchases before and after one point in time, see :meth:`Transactions.split_by_time`.
    compare : mapping of str to OfferEngine or function, optional
        Other models, judged on the same queries. A function gets a list of baskets (lists of item ids) and a list of
        customer ids ("" = anonymous) and returns an array of baskets x items, columns in the order of ``train.items``;
        higher is better, ``-inf`` is not ranked.
    goals : sequence of (metric, method, over, value), optional
        Ratios to give a verdict on, such as ``("hr@10", "crosslift", "EASE", 1.03)``.
    callback, verbose
        As in :meth:`OfferEngine.fit`.
    **options
        ``max_targets_per_basket`` (10), ``max_queries`` (20,000), ``bootstrap`` (1,000 resamples), ``permutations``
        (10,000 per sign-flip test), ``seed``, ``baselines`` (names; default all), ``tuning_trials`` (8 settings per
        baseline on the validation slice; 0: textbook settings), ``validation_share`` (0.1 of training's baskets),
        ``validation_queries`` (2,000), ``settings`` (pairs of baseline and setting as an earlier report's ``tuned`` tells
        them: those are not tuned again), ``receipt_order`` (False; True asks for the next item of each receipt),
        ``ease_grid`` (lambdas of the yardstick; the best on these very queries counts), ``threads``.

    Returns
    -------
    EvaluationReport
        The baselines of docs/evaluation.md, tuned on a validation slice of `train`; EASE tuned on the very queries;
        the engine without and with customers: HR@1/5/10/20, nDCG, MRR by kind of query, coverage, popularity,
        substitutes, and the ratio of HR@10 to EASE's.

    Raises
    ------
    InvalidArgument
        For options out of range, names that are not there, or a function whose scores have another shape.
    DataError
        Where no later basket has two items known from training.
    """
    return _judge(_core.evaluate_basket_completion, engine, train, later, options, compare, goals, callback, verbose)


def item_complements(
    engine: OfferEngine,
    train: Transactions,
    later: Transactions,
    *,
    compare: Mapping[str, Rival] | None = None,
    goals: Sequence[tuple[str, str, str, float]] = (),
    callback: Callable[[ProgressEvent], Any] | None = None,
    verbose: int = 0,
    **options: Any,
) -> EvaluationReport:
    """Asks for the partners of single items: pairs of other leaves that later baskets hold beyond chance.

    Items with at least five partners (three later baskets with both, G2 >= 10.83) are queries; metrics are precision
    and recall at 20 and 50. Arguments and errors as in :func:`basket_completion`.
    """
    return _judge(_core.evaluate_item_complements, engine, train, later, options, compare, goals, callback, verbose)


def bundles(
    engine: OfferEngine,
    train: Transactions,
    marked: Transactions,
    *,
    compare: Mapping[str, Rival] | None = None,
    goals: Sequence[tuple[str, str, str, float]] = (),
    callback: Callable[[ProgressEvent], Any] | None = None,
    verbose: int = 0,
    **options: Any,
) -> EvaluationReport:
    """Asks for the mates of each item in sets that people marked as belonging together.

    `marked` has one "basket" per set. All items of the engine's catalog are ranked, sold or not (a function in
    `compare` returns one column per catalog item); ``cold_recall@k`` looks only at mates that `train` never sold. Other
    arguments and errors as in :func:`basket_completion`.
    """
    return _judge(_core.evaluate_bundles, engine, train, marked, options, compare, goals, callback, verbose)


def next_basket(
    engine: OfferEngine,
    train: Transactions,
    later: Transactions,
    *,
    goals: Sequence[tuple[str, str, str, float]] = (),
    callback: Callable[[ProgressEvent], Any] | None = None,
    verbose: int = 0,
    **options: Any,
) -> EvaluationReport:
    """Each known customer's first later basket: recall and nDCG at 10 and 20, beside own frequency and TIFU-kNN.

    For reference: repeat purchase decides it. Arguments and errors as in :func:`basket_completion`.
    """
    return _judge(_core.evaluate_next_basket, engine, train, later, options, None, goals, callback, verbose)


def trade_up(
    engine: OfferEngine,
    train: Transactions,
    later: Transactions,
    *,
    goals: Sequence[tuple[str, str, str, float]] = (),
    callback: Callable[[ProgressEvent], Any] | None = None,
    verbose: int = 0,
    **options: Any,
) -> EvaluationReport:
    """Asks which dearer item of the leaf a customer went on to, among 2 to 100 candidates.

    ``min_price_ratio`` (1.10) says what counts as dearer, ``own_maximum`` (False) compares with the dearest item that
    the customer bought in the leaf instead of the last; other arguments as in :func:`basket_completion`.

    Returns
    -------
    EvaluationReport
        Next dearer, popular dearer, transition count and the engine: HR@1/3, MRR and more.
    """
    return _judge(_core.evaluate_trade_up, engine, train, later, options, None, goals, callback, verbose)


def acceptance(
    engine: OfferEngine,
    train: Transactions,
    later: Transactions,
    *,
    callback: Callable[[ProgressEvent], Any] | None = None,
    verbose: int = 0,
    **options: Any,
) -> EvaluationReport:
    """Asks whether a customer who comes back to a category goes for something dearer, as P(up) says.

    A query is a known customer's return to a category in `later`; ``max_queries`` of them are drawn, ``min_price_ratio``
    (1.10) says what counts as dearer. Other arguments as in :func:`basket_completion`.

    Returns
    -------
    EvaluationReport
        Share of dearer baskets, the item's own rate and the engine: areas under the ROC curve (and above the better of
        the two) and the precision-recall curve, Brier score, calibration error over ten bins of equal mass.
    """
    return _judge(_core.evaluate_acceptance, engine, train, later, options, None, (), callback, verbose)


def replenishment(
    engine: OfferEngine,
    train: Transactions,
    later: Transactions,
    *,
    callback: Callable[[ProgressEvent], Any] | None = None,
    verbose: int = 0,
    **options: Any,
) -> EvaluationReport:
    """Asks whether a customer buys an item again within 7 and within 14 days.

    A query is a known customer at one of the moments a week apart from the end of `train` on; its items are those that
    the customer had bought on two days or more by then. ``max_queries`` of them are drawn; other arguments as in
    :func:`basket_completion`. Both purchases need timestamps.

    Returns
    -------
    EvaluationReport
        Own frequency, plain and recent, the item's usual gap, recency and the engine: area under the precision-recall
        curve, its ratio to the best of them, Brier score, calibration error, HR@1/3/10 over customers.
    """
    return _judge(_core.evaluate_replenishment, engine, train, later, options, None, (), callback, verbose)


def _judge(
    judge: Any,
    engine: OfferEngine,
    train: Transactions,
    later: Transactions,
    options: dict[str, Any],
    compare: Mapping[str, Rival] | None,
    goals: Sequence[tuple[str, str, str, float]],
    callback: Callable[[ProgressEvent], Any] | None,
    verbose: int,
) -> EvaluationReport:
    rivals = {str(name): _rival(name, rival) for name, rival in (compare or {}).items()}
    wanted = [(str(metric), str(method), str(over), float(value)) for metric, method, over, value in goals]
    parts, interruption = run(
        lambda on_step: judge(engine._fitted(), train._core, later._core, options, rivals, wanted, on_step),
        callback,
        verbose,
    )
    if interruption is not None:
        raise interruption
    return _report_of(parts)


def _report_of(parts: tuple[Any, ...]) -> EvaluationReport:
    task, queries, clusters, methods, notes, table, text = parts
    named = {method: {name: Estimate(*numbers) for name, *numbers in metrics} for method, metrics in methods}
    return EvaluationReport(task, queries, clusters, named, notes, table, text, *_details(text))


def _rival(name: str, rival: Rival) -> Any:
    if isinstance(rival, OfferEngine):
        return rival._fitted()
    if not callable(rival):
        raise _core.InvalidArgument(f"compare[{name!r}] is {rival!r}; give a fitted OfferEngine or a function")

    def scores(baskets: list[list[str]], customers: list[str]) -> Any:
        import numpy as np

        return np.ascontiguousarray(rival(baskets, customers), dtype=np.float32)

    return scores


def _details(text: str) -> tuple[list[Comparison], list[Verdict], list[Tuned]]:
    """Comparisons, verdicts and tuned settings, from the report's JSON."""

    def number(value: float | None) -> float:
        return float("nan") if value is None else value

    def estimate(parts: dict[str, float | None]) -> Estimate:
        return Estimate(*(number(parts[name]) for name in Estimate._fields))

    report = _json.loads(text)
    comparisons = [
        Comparison(
            it["metric"],
            it["method"],
            it["over"],
            estimate(it["ratio"]),
            number(it["p_value"]),
            number(it["p_holm"]),
        )
        for it in report["comparisons"]
    ]
    verdicts = [
        Verdict(it["metric"], it["method"], it["over"], it["goal"], estimate(it["ratio"]), it["reached"])
        for it in report["verdicts"]
    ]
    tuned = [
        Tuned(it["method"], it["setting"], {trial["setting"]: number(trial["validation"]) for trial in it["trials"]})
        for it in report["tuned"]
    ]
    return comparisons, verdicts, tuned
