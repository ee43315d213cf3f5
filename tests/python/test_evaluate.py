"""The judge from Python."""

import json

import crosslift
import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def split(lines):
    return crosslift.Transactions(lines).split_by_time(0.2)


@pytest.fixture(scope="module")
def judged(split, catalog):
    train, _ = split
    return crosslift.OfferEngine(taste=crosslift.ImplicitALS(factors=4, iterations=2)).fit(train, catalog)


def test_split_by_time(split, lines):
    train, later = split
    assert len(train) + len(later) == len(lines)
    assert len(later.baskets) == pytest.approx(120, abs=2)
    assert train.to_pandas()["timestamp"].max() <= later.to_pandas()["timestamp"].min()


def test_split_needs_time(lines):
    bare = crosslift.Transactions(lines[["basket_id", "item_id"]])
    with pytest.raises(crosslift.DataError):
        bare.split_by_time(0.1)
    with pytest.raises(crosslift.InvalidArgument):
        crosslift.Transactions(lines).split_by_time(1.5)


def test_basket_completion(judged, split):
    report = crosslift.evaluate.basket_completion(judged, *split, bootstrap=50)
    assert report.task == "basket_completion"
    assert report.queries > 100
    names = " ".join(report.methods).lower()
    assert "ease" in names
    assert "popular" in names
    for metrics in report.methods.values():
        hit = metrics["hr@10"]
        assert hit.low <= hit.value <= hit.high
    assert json.loads(report.json)["task"] == "basket_completion"
    assert str(report) == report.table
    frame = report.to_pandas()
    assert list(frame.index) == list(report.methods)
    assert "hr@10" in frame.columns


def test_trade_up():
    """Sixty customers who buy something of one leaf, mostly a little dearer than the last time."""
    rng = np.random.default_rng(0)
    rows = []
    for customer in range(60):
        step = 0
        for visit in range(12):
            step = min(step + int(rng.integers(3)), 19)
            when = pd.Timestamp("2024-01-01") + pd.Timedelta(days=visit, minutes=customer)
            rows += [(customer, f"{customer}-{visit}", item, when) for item in (f"tea{step}", "milk")]
    lines = pd.DataFrame(rows, columns=["customer_id", "basket_id", "item_id", "timestamp"])
    names = [*(f"tea{n}" for n in range(20)), "milk"]
    items = pd.DataFrame({"item_id": names, "leaf": ["tea"] * 20 + ["milk"], "price": [1.15**n for n in range(21)]})
    train, later = crosslift.Transactions(lines).split_by_time(0.3)
    engine = crosslift.OfferEngine().fit(train, crosslift.Catalog(items, category="leaf"))
    report = crosslift.evaluate.trade_up(engine, train, later, bootstrap=50)
    assert report.task == "trade_up"
    assert report.queries > 20
    dearer = next(metrics for method, metrics in report.methods.items() if method.startswith("next dearer"))
    assert 0.1 < dearer["mrr"].value <= 1


def test_watching_and_stopping(judged, split):
    stages = []
    crosslift.evaluate.basket_completion(judged, *split, bootstrap=5, callback=lambda event: stages.append(event.stage))
    assert stages

    def callback(event):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        crosslift.evaluate.basket_completion(judged, *split, callback=callback)


def test_bad_options(judged, split):
    with pytest.raises(crosslift.InvalidArgument, match="colour"):
        crosslift.evaluate.basket_completion(judged, *split, colour=1)
    with pytest.raises(crosslift.NotFittedError):
        crosslift.evaluate.basket_completion(crosslift.OfferEngine(), *split)
