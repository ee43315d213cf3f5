"""OfferEngine from Python: ids, wishes, results, persistence, threads."""

import copy
import datetime
import math
import pickle
import threading

import crosslift
import numpy as np
import pandas as pd
import pytest
from conftest import LEAVES, PAIRS, PRICES, make_lines


def test_cross_sell_finds_the_partner(engine):
    for first, second in PAIRS:
        offers = engine.cross_sell([first], k=3)
        assert offers[0].item == second
        assert offers[0].kind == "cross_sell"
        assert offers[0].name == second.title()
        assert offers[0].price == PRICES[second]
        assert offers[0].anchor == first
        assert offers[0].evidence.together > 50
        assert offers[0].sentence


def test_evidence_is_counted(engine, lines):
    offer = engine.cross_sell(["tea"])[0]
    baskets = lines.groupby("basket_id")["item_id"].agg(set)
    with_tea = baskets.map(lambda basket: "tea" in basket)
    with_milk = baskets.map(lambda basket: "milk" in basket)
    evidence = offer.evidence
    assert offer.item == "milk"
    assert evidence.together == (with_tea & with_milk).sum()
    assert (evidence.first, evidence.second, evidence.baskets) == (with_tea.sum(), with_milk.sum(), len(baskets))
    assert evidence.lift == pytest.approx(evidence.together * len(baskets) / (with_tea.sum() * with_milk.sum()))
    assert 0 <= evidence.p_value < 0.001


def test_cross_sell_stays_out_of_the_baskets_leaves(engine):
    for item in LEAVES:
        for offer in engine.cross_sell([item], k=10, min_support=1, min_g2=0):
            assert LEAVES[offer.item] != LEAVES[item]


def test_shares_sum_to_the_score(engine):
    for offers in (engine.cross_sell(["tea", "bread"], "c1"), engine.recommend("c1")):
        for offer in offers:
            shares = [reason.value for reason in offer.reasons if reason.is_share]
            assert sum(shares) == pytest.approx(offer.score, rel=1e-5, abs=1e-6)


def test_upsell_is_dearer_in_the_leaf_and_within_the_budget(engine):
    offers = engine.upsell("tea", max_price_ratio=3)
    assert [offer.item for offer in offers] == ["coffee"]
    assert offers[0].price_difference == pytest.approx(2.0)
    assert engine.upsell("tea", budget=5.0) == []
    assert engine.upsell("bread", k=1)[0].item == "rye"
    assert [offer.item for offer in engine.upsell("milk", max_price_ratio=2)] == []
    assert [offer.item for offer in engine.upsell("milk", max_price_ratio=2.5)] == ["butter"]


def test_recommend_leaves_out_what_was_bought(engine, lines):
    bought = set(lines.loc[lines["customer_id"] == "c3", "item_id"])
    assert not bought & {offer.item for offer in engine.recommend("c3", k=12)}
    assert bought & {offer.item for offer in engine.recommend("c3", k=12, allow_bought=True)}
    assert len(engine.recommend(None, k=3)) == 3
    assert [it.item for it in engine.recommend("a stranger", k=3)] == [it.item for it in engine.recommend(None, k=3)]


def test_similar_items(engine):
    offers = engine.similar_items("bread", k=3)
    assert 0 < len(offers) <= 3
    assert "bread" not in {offer.item for offer in offers}


def test_unknown_ids_are_warned_about(engine):
    offers = engine.cross_sell(["tea", "unicorn"])
    assert offers[0].item == "milk"
    assert any("unicorn" in warning for warning in offers.warnings)
    nothing = engine.cross_sell(["unicorn"])
    assert nothing == []
    assert nothing.warnings
    assert "unicorn" in repr(nothing)
    assert engine.cross_sell([]) == []


def test_baskets_of_any_kind(engine):
    expected = [offer.item for offer in engine.cross_sell(["tea", "bread"])]
    for basket in (("bread", "tea"), {"tea", "bread"}, np.array(["tea", "bread"]), pd.Series(["tea", "bread", "tea"])):
        assert [offer.item for offer in engine.cross_sell(basket)] == expected


def test_wishes(engine):
    assert "milk" not in [offer.item for offer in engine.cross_sell(["tea"], exclude=["milk"])]
    assert [offer.item for offer in engine.cross_sell(["tea"], allow=["milk", "pen"])] == ["milk"]
    assert len(engine.cross_sell(["tea"], k=1)) == 1
    assert all(offer.price <= 2 for offer in engine.cross_sell(["tea"], budget=2, min_support=1, min_g2=0))


@pytest.mark.parametrize(
    "ask",
    [
        lambda it: it.cross_sell("tea"),
        lambda it: it.cross_sell(["tea"], k=0),
        lambda it: it.cross_sell(["tea"], k=2.5),
        lambda it: it.cross_sell([1.5]),
        lambda it: it.cross_sell(5),
        lambda it: it.cross_sell([True]),
        lambda it: it.cross_sell(["tea"], customer=2.5),
        lambda it: it.cross_sell(["tea"], exclude="milk"),
        lambda it: it.cross_sell(["tea"], personalization=2),
        lambda it: it.cross_sell(["tea"], as_of="soon"),
        lambda it: it.cross_sell(["tea"], as_of=object()),
        lambda it: it.upsell("tea", min_price_ratio=0.5),
        lambda it: it.score_baskets(["tea"]),
        lambda it: it.score_baskets([["tea"]], customers=["a", "b"]),
        lambda it: it.score_upsells(["tea"], []),
    ],
)
def test_bad_questions(engine, ask):
    with pytest.raises(crosslift.InvalidArgument):
        ask(engine)


@pytest.mark.parametrize(
    "moment",
    [
        datetime.datetime(2024, 3, 1),
        datetime.date(2024, 3, 1),
        datetime.datetime(2024, 3, 1, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
        np.datetime64("2024-03-01"),
        pd.Timestamp("2024-03-01"),
        "2024-03-01",
        "2024-03-01T00:00",
        1709251200,
        np.int64(1709251200),
    ],
)
def test_as_of_in_all_its_forms(engine, moment):
    expected, _ = engine.score_baskets([["tea"]], ["c1"], as_of=1709251200)
    scores, _ = engine.score_baskets([["tea"]], ["c1"], as_of=moment)
    np.testing.assert_array_equal(scores, expected)


def test_score_baskets(engine):
    scores, ids = engine.score_baskets([["tea"], [], ["unicorn"], ["bread", "pen"]])
    assert scores.shape == (4, len(LEAVES))
    assert scores.dtype == np.float32
    assert sorted(ids) == sorted(LEAVES)
    assert ids == engine.item_ids_
    tea = scores[0].copy()
    tea[ids.index("tea")] = -np.inf
    assert ids[int(tea.argmax())] == "milk"
    np.testing.assert_array_equal(scores[1], scores[2])
    alone, _ = engine.score_baskets([["bread", "pen"]], [None])
    np.testing.assert_array_equal(alone[0], scores[3])
    stranger, _ = engine.score_baskets([["tea"]], ["a stranger"])
    np.testing.assert_array_equal(stranger[0], scores[0])


def test_history_is_kept_apart_from_discovery(engine, lines):
    moment = pd.Timestamp("2024-01-20")
    past = lines[lines["timestamp"] <= moment]
    customer = past["customer_id"].iloc[0]
    bought = np.isin(engine.item_ids_, past.loc[past["customer_id"] == customer, "item_id"])
    assert bought.any()
    assert not bought.all()

    def scores(history, who=customer):
        return engine.score_baskets([["tea"]], [who], moment, history)[0][0]

    np.testing.assert_array_equal(scores("discovery"), np.where(bought, -np.inf, scores("mixed", None)))
    np.testing.assert_array_equal(scores("buy_again"), np.where(bought, scores("mixed"), -np.inf))
    with pytest.raises(ValueError, match="history"):
        scores("both")


def test_score_upsells(engine):
    scores = engine.score_upsells(["tea", "bread"], [["coffee", "unicorn"], ["rye"]], ["c1", None])
    assert [len(it) for it in scores] == [2, 1]
    assert scores[0].dtype == np.float32
    assert math.isnan(scores[0][1])
    assert np.isfinite(scores[0][0])


def test_integer_ids(lines, items):
    number = {item: 100 + n for n, item in enumerate(LEAVES)}
    frame = lines.assign(item_id=lines["item_id"].map(number), customer_id=lines["customer_id"].str[1:].astype(int))
    catalog = crosslift.Catalog(items.assign(item_id=items["item_id"].map(number)), category="leaf")
    engine = crosslift.OfferEngine(taste=crosslift.ImplicitALS(factors=4, iterations=2)).fit(frame, catalog)
    offer = engine.cross_sell([number["tea"]], 3)[0]
    assert offer.item == number["milk"]
    assert type(offer.item) is int
    assert offer.anchor == number["tea"]
    assert set(engine.item_ids_) == set(number.values())
    assert all(type(it) is int for it in engine.customer_ids_)
    assert engine.cross_sell([str(number["tea"])])[0].item == number["milk"]
    assert engine.cross_sell([np.int32(number["tea"])])[0].item == number["milk"]
    again = pickle.loads(pickle.dumps(engine))
    assert again.cross_sell([number["tea"]])[0].item == number["milk"]


def test_bare_frames_without_catalog_time_or_customers(lines):
    bare = lines[["basket_id", "item_id"]]
    engine = crosslift.OfferEngine().fit(bare)
    assert engine.cross_sell(["tea"])[0].item == "milk"
    assert engine.upsell("tea") == []
    assert len(engine.recommend(None)) > 0
    assert engine.customer_ids_ == []
    with pytest.raises(crosslift.InvalidArgument, match="no time"):
        engine.cross_sell(["tea"], as_of="2024-01-01")


def test_nothing_to_learn_from():
    with pytest.raises(crosslift.DataError):
        crosslift.OfferEngine().fit({"basket_id": [1, 2], "item_id": ["a", "b"]})


def test_explain(engine):
    offer = engine.cross_sell(["tea"])[0]
    text = engine.explain(offer)
    assert offer.sentence in text
    assert str(offer.evidence.together) in text


def test_offer_list_shows_itself(engine):
    offers = engine.cross_sell(["tea", "bread"], k=2)
    frame = offers.to_pandas()
    assert frame["item"].tolist() == [offer.item for offer in offers]
    assert {"together", "lift", "sentence"} <= set(frame.columns)
    assert offers[0].name in repr(offers)
    page = offers._repr_html_()
    assert page.count("<tr>") == len(offers) + 1
    assert offers[0].name in page
    assert len(crosslift.OfferList().to_pandas()) == 0
    assert "no offers" in repr(crosslift.OfferList())


def test_html_is_escaped():
    evidence = crosslift.Evidence(0, 0, 0, 0, 0.0, 0.0)
    offer = crosslift.Offer(
        item="<b>", name="<script>", kind="similar", score=0.0, relevance=0.0, probability=math.nan, price=math.nan,
        price_difference=math.nan, expected_margin=math.nan, anchor=None, evidence=evidence, flags=(), reasons=(),
        sentence="a & b",
    )  # fmt: skip
    page = crosslift.OfferList([offer], ["<i>"])._repr_html_()
    assert "<script>" not in page
    assert "&lt;i&gt;" in page


def test_offers_are_values(engine):
    offer = engine.cross_sell(["tea"])[0]
    assert repr(pickle.loads(pickle.dumps(offer))) == repr(offer)
    assert engine.upsell("tea") == engine.upsell("tea")
    with pytest.raises(AttributeError):
        offer.score = 1


def same_offers(one, other):
    for ask in (
        lambda it: it.cross_sell(["tea"], "c1"),
        lambda it: it.upsell("tea", "c1"),
        lambda it: it.recommend("c1"),
        lambda it: it.similar_items("tea"),
    ):
        assert repr(ask(one)) == repr(ask(other))
    np.testing.assert_array_equal(one.score_baskets([["tea"]])[0], other.score_baskets([["tea"]])[0])


def test_save_load_pickle_copy(engine, tmp_path):
    path = tmp_path / "engine.safetensors"
    engine.save(path)
    for other in (crosslift.OfferEngine.load(path), pickle.loads(pickle.dumps(engine)), copy.deepcopy(engine)):
        same_offers(engine, other)
        assert other.get_params()["taste__factors"] == 8
    with pytest.raises(crosslift.FileError):
        crosslift.OfferEngine.load(tmp_path / "absent.safetensors")
    path.write_bytes(b"no model")
    with pytest.raises(crosslift.FormatError):
        crosslift.OfferEngine.load(path)


def test_an_unfitted_engine_pickles():
    engine = crosslift.OfferEngine(seed=3)
    assert pickle.loads(pickle.dumps(engine)).get_params() == engine.get_params()


def test_the_models_inside(engine):
    assert engine.taste_.item_factors_.shape == (len(LEAVES), 8)
    assert engine.complement_.in_factors_.shape[0] == len(LEAVES)
    assert engine.complement_.chosen_["regularization"] > 0
    assert len(engine.catalog_) == len(LEAVES)
    assert engine.fit_seconds_ > 0
    summary = engine.summary()
    assert (summary["items"], summary["baskets"], summary["customers"]) == (len(LEAVES), 600, 40)


def test_a_refit_replaces_the_models(lines, catalog):
    engine = crosslift.OfferEngine(taste=crosslift.ImplicitALS(factors=4, iterations=1)).fit(lines, catalog)
    before = engine.summary()["baskets"]
    engine.fit(make_lines(baskets=300), catalog)
    assert (before, engine.summary()["baskets"]) == (600, 300)


def test_threads_query_at_once(engine):
    items = list(LEAVES)
    expected = {item: repr(engine.cross_sell([item], "c1")) for item in items}
    wrong = []

    def ask(seed):
        rng = np.random.default_rng(seed)
        for _ in range(100):
            item = items[rng.integers(len(items))]
            if repr(engine.cross_sell([item], "c1")) != expected[item]:
                wrong.append(item)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_progress_of_all_stages(lines, catalog):
    stages = []
    engine = crosslift.OfferEngine(taste=crosslift.ImplicitALS(factors=4, iterations=2))
    engine.fit(lines, catalog, callback=lambda event: stages.append(event.stage))
    assert "complement" in stages
    assert len(set(stages)) > 1


def test_the_same_seed_gives_the_same_engine(lines, catalog):
    engines = [
        crosslift.OfferEngine(taste=crosslift.ImplicitALS(factors=4, iterations=2), threads=threads).fit(lines, catalog)
        for threads in (1, 2)
    ]
    same_offers(*engines)


def test_trade_up_settings(lines, catalog):
    crosslift.OfferEngine(trade_up={"windows": 2, "min_price_ratio": 1.2}).fit(lines, catalog)
    with pytest.raises(crosslift.InvalidArgument, match="colour"):
        crosslift.OfferEngine(trade_up={"colour": 2}).fit(lines, catalog)
