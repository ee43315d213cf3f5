"""Search for engine options on a validation slice; the test slice is put aside first and never looked at."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import _core, evaluate
from .als import ImplicitALS
from .catalog import Catalog
from .complement import ComplementModel
from .offers import OfferEngine
from .transactions import Transactions

#: What is searched by default: the settings of the complement model's closed form.
DEFAULT_SEARCH: dict[str, Any] = {
    "complement.regularization": (5.0, 1000.0, "log"),
    "complement.popularity_regularization": (0.0, 0.3),
    "complement.size_exponent": (0.0, 0.6),
    "complement.half_life_days": [0.0, 90.0, 180.0, 365.0],
    "complement.intercept": [False, True],
    "complement.damping": (0.0, 0.1),
}

_METRICS = {"basket_completion": "hr@10", "trade_up": "mrr"}


@dataclass(frozen=True)
class Trial:
    """Options that were tried and the metric on the validation slice."""

    options: dict[str, Any]
    score: float


@dataclass(frozen=True)
class TuneResult:
    """What a search found. ``earlier`` are the purchases it saw, ``test`` those it did not."""

    best: dict[str, Any]
    score: float
    trials: list[Trial]
    earlier: Transactions = field(repr=False)
    test: Transactions = field(repr=False)

    def engine(self) -> OfferEngine:
        """An engine with the best options, to be fitted."""
        return _engine(self.best)

    def to_pandas(self) -> Any:
        """One row per trial: its options and ``score``."""
        import pandas as pd

        return pd.DataFrame([{**trial.options, "score": trial.score} for trial in self.trials])


def tune(
    purchases: Transactions,
    catalog: Catalog | None = None,
    *,
    search: Mapping[str, Any] | None = None,
    trials: int = 20,
    task: str = "basket_completion",
    metric: str | None = None,
    method: str = "crosslift",
    sampler: str = "random",
    test_share: float = 0.1,
    validation_share: float = 0.1,
    seed: int = 0,
    callback: Callable[[Trial], Any] | None = None,
    **options: Any,
) -> TuneResult:
    """Tries engine options on the newest part of the purchases before the test slice.

    Parameters
    ----------
    purchases : Transactions
        With times. The newest `test_share` of the baskets is cut off first and never used; the newest
        `validation_share` of the rest judges each trial, an engine fitted on what comes before.
    catalog : Catalog, optional
    search : mapping, optional
        From option to what may be tried: a list of choices, or ``(low, high)``, or ``(low, high, "log")``; whole bounds
        give whole numbers. Options are ``"complement.NAME"``, ``"taste.NAME"`` and ``"trade_up.NAME"`` with the names of
        :class:`ComplementModel`, :class:`ImplicitALS` and of the engine's ``trade_up``. Default: ``DEFAULT_SEARCH``.
    trials : int
        Engines to fit, at least 1.
    task : "basket_completion" | "trade_up"
    metric : str, optional
        Of the task's report; the highest wins, of equals the first. Default: ``"hr@10"``, or ``"mrr"`` for trade_up.
    method : str
        The report's line: ``"crosslift"``, ``"crosslift, personal"`` or, for trade_up, ``"crosslift, anonymous"``.
    sampler : "random" | "optuna"
        "optuna" is Optuna's tree-structured Parzen estimator and needs ``pip install 'crosslift[tune]'``.
    seed : int
        The same seed tries the same options.
    callback : callable, optional
        Gets each :class:`Trial`.
    **options
        Of the judge, see :func:`crosslift.evaluate.basket_completion`: ``max_queries`` and others.

    Raises
    ------
    InvalidArgument
        For an option, metric, method or range that is not there.
    ImportError
        Where Optuna is asked for and not installed.
    """
    space = dict(DEFAULT_SEARCH if search is None else search)
    _check(space, trials, task, sampler)
    earlier, test = purchases.split_by_time(test_share)
    train, validation = earlier.split_by_time(validation_share)
    wanted = metric or _METRICS[task]
    tried: list[Trial] = []

    def attempt(chosen: dict[str, Any]) -> float:
        engine = _engine(chosen).fit(train, catalog)
        report = _judge(task, engine, train, validation, {"seed": seed, **options})
        if method not in report.methods or wanted not in report.methods[method]:
            raise _core.InvalidArgument(
                f"there is no {wanted!r} of {method!r} in the report; methods are {list(report.methods)}, metrics "
                f"{list(next(iter(report.methods.values())))}"
            )
        tried.append(Trial(chosen, report.methods[method][wanted].value))
        if callback is not None:
            callback(tried[-1])
        return tried[-1].score

    (_search_optuna if sampler == "optuna" else _search_randomly)(space, trials, seed, attempt)
    best = max(tried, key=lambda trial: trial.score)
    return TuneResult(best.options, best.score, tried, earlier, test)


def _judge(task: str, engine: OfferEngine, train: Transactions, later: Transactions, options: dict[str, Any]) -> Any:
    quick = {"bootstrap": 0, "permutations": 0, **options}
    if task == "trade_up":
        return evaluate.trade_up(engine, train, later, **quick)
    # Nothing is compared here: one baseline, no yardstick.
    alone = {"baselines": ["popularity"], "tuning_trials": 0, "ease_grid": []}
    return evaluate.basket_completion(engine, train, later, **{**alone, **quick})


def _engine(chosen: Mapping[str, Any]) -> OfferEngine:
    parts: dict[str, dict[str, Any]] = {"complement": {}, "taste": {}, "trade_up": {}}
    for name, value in chosen.items():
        part, _, option = name.partition(".")
        parts[part][option] = value
    closed_form = {"tune": False} if parts["complement"].keys() & _CLOSED_FORM else {}
    return OfferEngine(
        complement=ComplementModel(**closed_form, **parts["complement"]) if parts["complement"] else None,
        taste=ImplicitALS(**{**_core.engine_defaults()[2], **parts["taste"]}) if parts["taste"] else None,
        trade_up=parts["trade_up"] or None,
    )


# With one of these given, fit takes the closed form's settings as they are.
_CLOSED_FORM = _core.ease_defaults().keys() - {"threads", "device"}


def _check(space: Mapping[str, Any], trials: int, task: str, sampler: str) -> None:
    if task not in _METRICS:
        raise _core.InvalidArgument(f"task is {task!r}; it must be one of {list(_METRICS)}")
    if sampler not in ("random", "optuna"):
        raise _core.InvalidArgument(f"sampler is {sampler!r}; it must be 'random' or 'optuna'")
    if trials < 1:
        raise _core.InvalidArgument(f"trials is {trials}; it must be 1 or more")
    if not space:
        raise _core.InvalidArgument("search is empty; name at least one option and what may be tried")
    known = {
        "complement": ComplementModel().get_params(),
        "taste": ImplicitALS().get_params(),
        "trade_up": _core.engine_defaults()[3],
    }
    for name, values in space.items():
        part, _, option = name.partition(".")
        if option not in known.get(part, {}):
            raise _core.InvalidArgument(
                f"search names {name!r}; options are written 'complement.NAME', 'taste.NAME' or 'trade_up.NAME'"
                + (f", and {part} has {sorted(known[part])}" if part in known else "")
            )
        _check_values(name, values)


def _check_values(name: str, values: Any) -> None:
    good = isinstance(values, list) and len(values) > 0
    if isinstance(values, tuple) and len(values) in (2, 3):
        numbers = all(isinstance(bound, (int, float)) for bound in values[:2])
        good = numbers and values[0] < values[1] and (len(values) == 2 or (values[2] == "log" and values[0] > 0))
    if not good:
        raise _core.InvalidArgument(
            f"search[{name!r}] is {values!r}; give a list of choices, (low, high) or (low, high, 'log') with low > 0"
        )


def _search_randomly(
    space: Mapping[str, Any], trials: int, seed: int, attempt: Callable[[dict[str, Any]], float]
) -> None:
    draw = random.Random(seed)

    def pick(values: Any) -> Any:
        if isinstance(values, list):
            return draw.choice(values)
        low, high = values[:2]
        share = draw.random()
        number = low * (high / low) ** share if len(values) == 3 else low + (high - low) * share
        return round(number) if isinstance(low, int) and isinstance(high, int) else number

    for _ in range(trials):
        attempt({name: pick(values) for name, values in space.items()})


def _search_optuna(
    space: Mapping[str, Any], trials: int, seed: int, attempt: Callable[[dict[str, Any]], float]
) -> None:
    try:
        import optuna
    except ImportError as error:
        raise ImportError(
            "sampler='optuna' needs Optuna: pip install 'crosslift[tune]', or sampler='random'"
        ) from error

    def pick(trial: Any, name: str, values: Any) -> Any:
        if isinstance(values, list):
            # By place: Optuna's choices must be plain values.
            return values[trial.suggest_categorical(name, range(len(values)))]
        low, high = values[:2]
        log = len(values) == 3
        whole = isinstance(low, int) and isinstance(high, int)
        return (trial.suggest_int if whole else trial.suggest_float)(name, low, high, log=log)

    quiet = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
        study.optimize(lambda trial: attempt({n: pick(trial, n, v) for n, v in space.items()}), n_trials=trials)
    finally:
        optuna.logging.set_verbosity(quiet)


__all__: Sequence[str] = ["DEFAULT_SEARCH", "Trial", "TuneResult", "tune"]
