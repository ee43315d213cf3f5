"""The judge from Python."""

import json

import crosslift
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
        hit = metrics["HR@10"]
        assert hit.low <= hit.value <= hit.high
    assert json.loads(report.json)["task"] == "basket_completion"
    assert str(report) == report.table
    frame = report.to_pandas()
    assert list(frame.index) == list(report.methods)
    assert "HR@10" in frame.columns


def test_trade_up(judged, split):
    report = crosslift.evaluate.trade_up(judged, *split, bootstrap=50, min_price_ratio=1.05)
    assert report.task == "trade_up"
    assert len(report.methods) >= 1


def test_bad_options(judged, split):
    with pytest.raises(crosslift.InvalidArgument, match="colour"):
        crosslift.evaluate.basket_completion(judged, *split, colour=1)
    with pytest.raises(crosslift.NotFittedError):
        crosslift.evaluate.basket_completion(crosslift.OfferEngine(), *split)
