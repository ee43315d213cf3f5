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


QUICK = {"bootstrap": 50, "permutations": 200, "tuning_trials": 2, "baselines": ["popularity", "co-count"]}


def test_basket_completion(judged, split):
    report = crosslift.evaluate.basket_completion(judged, *split, bootstrap=50, permutations=200, tuning_trials=2)
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


def test_other_models_goals_and_tests(judged, split):
    train, later = split

    def by_place(baskets, customers):
        assert len(baskets) == len(customers)
        return np.tile(-np.arange(len(train.items)), (len(baskets), 1))

    goals = [("hr@1", "crosslift", "popularity", 1.0), ("hr@1", "by place", "crosslift", 1.5)]
    report = crosslift.evaluate.basket_completion(
        judged, train, later, compare={"twin": judged, "by place": by_place}, goals=goals, **QUICK
    )
    assert report.methods["twin"]["mrr"] == report.methods["crosslift"]["mrr"]
    assert [verdict.reached for verdict in report.verdicts] == [True, False]
    assert {it.over for it in report.comparisons} == {"popularity", "co-count", "EASE"}
    for it in report.comparisons:
        assert 0 < it.p_value <= it.p_holm <= 1
        wanted = report.methods[it.method][it.metric].value / report.methods[it.over][it.metric].value
        assert it.ratio.value == pytest.approx(wanted)
    assert [tuned.method for tuned in report.tuned] == ["popularity", "co-count"]
    assert all(tuned.setting in tuned.trials and len(tuned.trials) == 2 for tuned in report.tuned)
    again = crosslift.evaluate.basket_completion(
        judged, train, later, settings=[(it.method, it.setting) for it in report.tuned], **QUICK
    )
    assert again.methods["co-count"]["mrr"] == report.methods["co-count"]["mrr"]

    assert len(report.to_pandas("comparisons")) == len(report.comparisons)
    assert list(report.to_pandas("verdicts")["reached"]) == [True, False]
    assert report.to_pandas("tuned")["chosen"].sum() == 2
    assert {"method", "metric", "low", "high"} <= set(report.to_pandas("intervals").columns)
    with pytest.raises(crosslift.InvalidArgument, match="colour"):
        report.to_pandas("colour")


def test_functions_that_cannot_be_judged(judged, split):
    def judge(function):
        return crosslift.evaluate.basket_completion(judged, *split, compare={"mine": function}, **QUICK)

    with pytest.raises(crosslift.InvalidArgument, match=r"mine.*shape"):
        judge(lambda baskets, customers: np.zeros((1, 1)))
    with pytest.raises(crosslift.InvalidArgument, match=r"mine.*NaN"):
        judge(lambda baskets, customers: np.full((len(baskets), len(split[0].items)), np.nan))

    def lost(baskets, customers):
        raise KeyError("lost")

    with pytest.raises(crosslift.InvalidArgument, match=r"mine.*lost"):
        judge(lost)
    with pytest.raises(crosslift.InvalidArgument, match="mine"):
        judge(3)


def test_item_complements_bundles_and_next_basket(judged, split):
    train, later = split
    marked = pd.DataFrame({"basket_id": [1, 1, 2, 2], "item_id": ["bread", "butter", "tea", "milk"]})
    report = crosslift.evaluate.bundles(judged, train, crosslift.Transactions(marked), **QUICK)
    assert report.task == "bundles"
    assert report.queries == 4
    assert report.methods["crosslift"]["recall@10"].value == 1
    report = crosslift.evaluate.next_basket(judged, train, later, bootstrap=20, permutations=20, tuning_trials=2)
    assert report.task == "next_basket"
    assert "TIFU-kNN" in report.methods
    # Of twelve items none has five partners.
    with pytest.raises(crosslift.DataError, match="5 partners"):
        crosslift.evaluate.item_complements(judged, train, later, **QUICK)


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


@pytest.fixture(scope="module")
def weekly():
    """Eighty customers who buy one of four coffees every week, mostly their favourite: engine, earlier, later."""
    rng = np.random.default_rng(1)
    rows = []
    for customer in range(80):
        for week in range(customer % 8, 36):
            coffee = customer % 4 if rng.random() < 0.7 else int(rng.integers(4))
            day = np.datetime64("2026-01-05T09:00") + np.timedelta64(7 * week + customer % 7, "D")
            for item in (f"coffee{coffee}", f"milk{int(rng.integers(2))}"):
                rows.append((f"c{customer}", f"{customer}-{week}", item, day))
    lines = pd.DataFrame(rows, columns=["customer_id", "basket_id", "item_id", "timestamp"])
    items = pd.DataFrame(
        {
            "item_id": ["coffee0", "coffee1", "coffee2", "coffee3", "milk0", "milk1"],
            "category": ["coffee"] * 4 + ["milk"] * 2,
            "price": [3.0, 4.0, 5.0, 6.0, 1.0, 1.01],
        }
    )
    train, later = crosslift.Transactions(lines).split_by_time(0.2)
    catalog = crosslift.Catalog(items, category=["category"])
    return crosslift.OfferEngine(taste=crosslift.ImplicitALS(factors=4, iterations=2)).fit(train, catalog), train, later


def test_acceptance(weekly):
    report = crosslift.evaluate.acceptance(*weekly, bootstrap=20)
    assert report.task == "acceptance"
    best = max(report.methods[name]["auc"].value for name in ("share of dearer", "item rate"))
    ours = report.methods["crosslift"]
    assert ours["auc"].value > best
    assert ours["auc_above_best"].value == pytest.approx(ours["auc"].value - best)
    assert ours["ece"].value < 0.1
    engine = weekly[0]
    up = engine.trade_up_probability(["coffee0", "coffee3", "tea"], ["c3", "c3", None])
    assert up.shape == (3,)
    assert up[0] > up[1]
    assert np.isnan(up[2])


def returns_of(train, later):
    """Later returns to a leaf: the item before, and whether the next cost 1.1 times as much; the same of training."""
    price = {"coffee0": 3.0, "coffee1": 4.0, "coffee2": 5.0, "coffee3": 6.0, "milk0": 1.0, "milk1": 1.01}
    rows = [(frame, it) for frame, part in enumerate((train, later)) for it in part.to_pandas().itertuples()]
    rows.sort(key=lambda it: it[1].timestamp)
    last, found = {}, ([], [])
    for frame, it in rows:
        place = it.customer_id, it.item_id[:4]
        if place in last:
            found[frame].append((last[place], price[it.item_id] >= 1.1 * price[last[place]]))
        last[place] = it.item_id
    return price, *found


def calibration_error(said, came):
    """Ten bins of equal mass by place, best first; equal predictions lie in the bin of their first."""
    order = sorted(range(len(said)), key=lambda n: -said[n])
    bins, number = {}, 0
    for place, n in enumerate(order):
        tied = place > 0 and said[n] == said[order[place - 1]]
        number = number if tied else place * 10 // len(said)
        bins.setdefault(number, []).append((said[n], came[n]))
    return sum(abs(sum(s for s, _ in rows) - sum(c for _, c in rows)) for rows in bins.values()) / len(said)


def test_scores_of_probabilities_are_those_of_scikit_learn(weekly):
    metrics = pytest.importorskip("sklearn.metrics")
    engine, train, later = weekly
    report = crosslift.evaluate.acceptance(engine, train, later, bootstrap=0, max_queries=0)
    price, before, after = returns_of(train, later)
    sold = train.to_pandas()["item_id"].tolist()

    def share_of_dearer(item):
        leaf = [other for other in sold if other[:4] == item[:4]]
        return (sum(price[other] >= 1.1 * price[item] for other in leaf) + 1) / (len(leaf) + 2)

    share = {item: share_of_dearer(item) for item in price}
    scale = sum(up for _, up in before) / sum(share[item] for item, _ in before)

    def item_rate(item):
        own = [up for other, up in before if other == item]
        return (sum(own) + 10 * min(1.0, scale * share[item])) / (len(own) + 10)

    assert report.queries == len(after)
    came = np.array([up for _, up in after], dtype=float)
    assert 0 < came.sum() < len(came)
    for name, said_of in (("share of dearer", share.get), ("item rate", item_rate)):
        said = np.array([said_of(item) for item, _ in after])
        ours = report.methods[name]
        assert ours["auc"].value == pytest.approx(metrics.roc_auc_score(came, said), abs=1e-9)
        assert ours["pr_auc"].value == pytest.approx(metrics.average_precision_score(came, said), abs=1e-9)
        assert ours["brier"].value == pytest.approx(metrics.brier_score_loss(came, said), abs=1e-9)
        assert ours["ece"].value == pytest.approx(calibration_error(said, came), abs=1e-9)
        assert ours["ece"].value > 0.001


def test_replenishment(weekly):
    report = crosslift.evaluate.replenishment(*weekly, bootstrap=20)
    assert report.task == "replenishment"
    ours = report.methods["crosslift"]
    assert ours["pr_auc@7d"].low <= ours["pr_auc@7d"].value <= ours["pr_auc@7d"].high
    assert ours["hit@1_7d"].value <= ours["hit@3_7d"].value
    assert np.isnan(report.methods["recency"]["ece@7d"].value)


def test_watching_and_stopping(judged, split):
    stages = []
    crosslift.evaluate.basket_completion(judged, *split, callback=lambda event: stages.append(event.stage), **QUICK)
    assert stages

    def callback(event):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        crosslift.evaluate.basket_completion(judged, *split, callback=callback)


def test_bad_options(judged, split):
    with pytest.raises(crosslift.InvalidArgument, match="no option 'colour'"):
        crosslift.evaluate.basket_completion(judged, *split, colour=1)
    with pytest.raises(crosslift.NotFittedError):
        crosslift.evaluate.basket_completion(crosslift.OfferEngine(), *split)
