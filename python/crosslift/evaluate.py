"""Honest offline judgement: later purchases, whole-catalog ranking, tuned baselines, intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from . import _core
from ._progress import ProgressEvent, run
from .offers import OfferEngine
from .transactions import Transactions


class Estimate(NamedTuple):
    """A number with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class EvaluationReport:
    """One row of metrics per method. ``print(report)`` is the table."""

    task: str
    queries: int
    clusters: int
    methods: dict[str, dict[str, Estimate]]
    notes: list[str]
    table: str = field(repr=False, compare=False)
    json: str = field(repr=False, compare=False)

    def to_pandas(self) -> Any:
        """Values only, methods x metrics."""
        import pandas as pd

        rows = {
            method: {name: estimate.value for name, estimate in metrics.items()}
            for method, metrics in self.methods.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index")

    def __str__(self) -> str:
        return self.table


def basket_completion(
    engine: OfferEngine,
    train: Transactions,
    later: Transactions,
    *,
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
    callback, verbose
        As in :meth:`OfferEngine.fit`.
    **options
        ``max_targets_per_basket`` (10), ``max_queries`` (20,000), ``bootstrap`` (1,000 resamples), ``seed``,
        ``ease_grid`` (the baseline's lambdas; the best on these very queries counts), ``threads``.

    Returns
    -------
    EvaluationReport
        Popularity, co-count, lift, cosine kNN, tuned EASE and the engine: HR@1/10/20, nDCG@10, MRR and more, and
        the ratio of HR@10 to EASE's.
    """
    return _judge(_core.evaluate_basket_completion, engine, train, later, options, callback, verbose)


def trade_up(
    engine: OfferEngine,
    train: Transactions,
    later: Transactions,
    *,
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
    return _judge(_core.evaluate_trade_up, engine, train, later, options, callback, verbose)


def _judge(
    judge: Any,
    engine: OfferEngine,
    train: Transactions,
    later: Transactions,
    options: dict[str, Any],
    callback: Callable[[ProgressEvent], Any] | None,
    verbose: int,
) -> EvaluationReport:
    parts, interruption = run(
        lambda on_step: judge(engine._fitted(), train._core, later._core, options, on_step), callback, verbose
    )
    if interruption is not None:
        raise interruption
    task, queries, clusters, methods, notes, table, json = parts
    named = {method: {name: Estimate(*numbers) for name, *numbers in metrics} for method, metrics in methods}
    return EvaluationReport(task, queries, clusters, named, notes, table, json)
