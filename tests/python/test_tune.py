"""Search for engine options, and the promise that the test slice is never seen."""

import sys

import crosslift
import pandas as pd
import pytest

SEARCH = {"complement.regularization": (5.0, 500.0, "log"), "complement.intercept": [False, True]}
QUICK = {"search": SEARCH, "trials": 3, "test_share": 0.2, "validation_share": 0.2, "max_queries": 200}


def test_the_best_of_what_was_tried_wins(lines, catalog):
    seen = []
    result = crosslift.tune(crosslift.Transactions(lines), catalog, callback=seen.append, **QUICK)
    assert seen == result.trials
    assert len(result.trials) == 3
    assert result.score == max(trial.score for trial in result.trials)
    assert result.best in [trial.options for trial in result.trials]
    assert all(5 <= trial.options["complement.regularization"] <= 500 for trial in result.trials)
    frame = result.to_pandas()
    assert list(frame["score"]) == [trial.score for trial in result.trials]
    engine = result.engine()
    assert engine.complement.get_params()["regularization"] == result.best["complement.regularization"]
    assert engine.complement.get_params()["tune"] is False
    assert engine.fit(result.earlier, catalog).cross_sell([result.earlier.items[0]]) is not None


def test_the_test_slice_is_never_seen(lines, catalog):
    purchases = crosslift.Transactions(lines)
    found = crosslift.tune(purchases, catalog, **QUICK)
    last_seen = found.earlier.to_pandas()["timestamp"].max()
    # Everything after the cut becomes something else: other items, other customers.
    poisoned = lines.copy()
    later = pd.to_datetime(poisoned["timestamp"]) > last_seen
    assert 0 < later.sum() < len(poisoned)
    poisoned.loc[later, "item_id"] = "poison"
    poisoned.loc[later, "customer_id"] = "nobody"
    again = crosslift.tune(crosslift.Transactions(poisoned), catalog, **QUICK)
    assert again.trials == found.trials
    assert again.best == found.best
    assert "poison" not in map(str, again.earlier.items)
    assert "poison" in map(str, again.test.items)


def test_seeds_decide_what_is_tried(lines, catalog):
    purchases = crosslift.Transactions(lines)
    few = QUICK | {"trials": 1}
    first, same, other = (crosslift.tune(purchases, catalog, seed=seed, **few) for seed in (1, 1, 2))
    assert first.trials == same.trials
    assert first.best != other.best


def test_optuna(lines, catalog):
    pytest.importorskip("optuna")
    result = crosslift.tune(crosslift.Transactions(lines), catalog, sampler="optuna", **QUICK)
    assert len(result.trials) == 3


def test_without_optuna_the_error_says_what_to_install(lines, catalog, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ImportError, match=r"crosslift\[tune\]"):
        crosslift.tune(crosslift.Transactions(lines), catalog, sampler="optuna", **QUICK)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"search": {"complement.colour": [1]}}, "complement.colour"),
        ({"search": {"colour": [1]}}, "complement.NAME"),
        ({"search": {"complement.regularization": (5, 1)}}, "low, high"),
        ({"search": {"complement.regularization": (0.0, 1.0, "log")}}, "low > 0"),
        ({"search": {"complement.regularization": []}}, "list of choices"),
        ({"search": {}}, "empty"),
        ({"trials": 0}, "trials"),
        ({"sampler": "magic"}, "magic"),
        ({"task": "magic"}, "magic"),
        ({"metric": "magic", "trials": 1}, "magic"),
        ({"method": "magic", "trials": 1}, "magic"),
    ],
)
def test_wrong_arguments_are_named(lines, catalog, wrong, said):
    with pytest.raises(crosslift.InvalidArgument, match=said):
        crosslift.tune(crosslift.Transactions(lines), catalog, **(QUICK | wrong))
