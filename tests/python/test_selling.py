"""Sets, reminders, placements, plans and comparisons from Python: ids, shapes, frames, batches."""

import inspect
import math

import crosslift
import pandas as pd
import pytest
from conftest import LEAVES, PRICES
from crosslift import _core


def items_of(placed):
    reminders = [offer.item for it in placed.replenish for offer in (it.offer, it.companion) if offer is not None]
    return reminders + [offer.item for found in (placed.upsell, placed.cross_sell, placed.recommend) for offer in found]


def test_bundle(engine):
    bundle = engine.bundle("tea", discount=0.1)
    assert bundle.added[0].item == "milk"
    assert bundle.added[0].kind == "bundle"
    total = PRICES["tea"] + sum(PRICES[offer.item] for offer in bundle.added)
    assert bundle.sum_price == pytest.approx(total)
    assert bundle.bundle_price == pytest.approx(0.9 * total)
    leaves = [LEAVES["tea"], *(LEAVES[offer.item] for offer in bundle.added)]
    assert len(set(leaves)) == len(leaves)
    assert str(bundle) == bundle.sentence
    assert list(bundle.to_pandas()["item"]) == [offer.item for offer in bundle.added]
    batch = engine.bundle_batch(["tea", "nails"], ["c1", None], threads=2)
    assert [it.sentence for it in batch] == [engine.bundle("tea", "c1").sentence, engine.bundle("nails").sentence]
    with pytest.raises(crosslift.InvalidArgument, match="cost"):
        engine.bundle("tea", min_margin=1)
    assert engine.bundle("no such item").warnings


def test_replenish_and_next_basket(engine):
    reminders = engine.replenish("c1", k=4, horizon_days=21)
    assert reminders
    probabilities = [it.offer.probability for it in reminders]
    assert probabilities == sorted(probabilities, reverse=True)
    frame = reminders.to_pandas()
    assert len(frame) == len(reminders)
    assert frame["due"].dtype.kind == "M"
    basket = engine.next_basket("c1", k=4, horizon_days=21)
    assert [it.offer.item for it in reminders] == [offer.item for offer in basket][: len(reminders)]
    assert engine.next_basket_batch(["c1", "c2"], k=4)[1] == engine.next_basket("c2", k=4)
    assert engine.replenish_batch(["nobody"])[0].warnings


@pytest.mark.parametrize("placement", ["product_page", "cart", "checkout", "post_purchase", "newsletter"])
def test_offers(engine, placement):
    found = engine.offers(["bread"], "c3", placement, limits={"cooldown_days": 0})
    items = items_of(found)
    assert len(set(items)) == len(items)
    assert bool(found.upsell) == (placement in ("product_page", "cart", "checkout"))
    assert len(found.to_pandas()) == len(items)
    again = engine.offers(["bread"], "c3", placement, contacts=found.contacts, limits={"frequency_cap": len(items)})
    assert items_of(again) == []
    assert again.contacts == found.contacts


def test_offers_name_what_is_wrong(engine):
    with pytest.raises(crosslift.InvalidArgument, match="newsletter"):
        engine.offers(["bread"], placement="door")
    with pytest.raises(crosslift.InvalidArgument, match="option"):
        engine.offers(["bread"], limits={"upsell": 3})
    with pytest.raises(crosslift.InvalidArgument, match="declined"):
        engine.offers(["bread"], contacts=[("bread", 0, "perhaps")])


def test_plan(engine):
    plan = engine.plan(["c1", "c2"], ["newsletter", "post_purchase"])
    frame = plan.to_pandas()
    assert list(frame.columns[:3]) == ["customer", "placement", "rank"]
    assert len(frame) == len(plan.offers) > 0
    assert set(frame["customer"]) <= {"c1", "c2"}
    assert 0 < plan.coverage <= 1
    letter = engine.offers([], "c1", "newsletter")
    assert [it.offer.item for it in plan.offers if it.customer == "c1" and it.placement == "newsletter"] == items_of(
        letter
    )
    assert engine.plan().customers == len(engine.customer_ids_)
    few = engine.plan(["c1"], {"newsletter": {"frequency_cap": 1}})
    assert len(few.offers) == 1


def test_target_customers(engine):
    targets = engine.target_customers("saw", k=3, allow_bought=True)
    assert targets
    assert {it.offer.item for it in targets} == {"saw"}
    scores = [it.offer.score for it in targets]
    assert scores == sorted(scores, reverse=True)
    assert list(targets.to_pandas()["customer"]) == [it.customer for it in targets]
    assert engine.target_customers("no such item").warnings


def test_compare(lines, items):
    frame = items.assign(warmth=range(len(items)))
    catalog = crosslift.Catalog(frame, category="leaf", attributes=["warmth"])
    engine = crosslift.OfferEngine(taste=crosslift.ImplicitALS(factors=4, iterations=2)).fit(lines, catalog)
    found = engine.compare("bread", "rye")
    assert [(it.name, it.verdict) for it in found.attributes] == [("warmth", "better")]
    assert found.price.difference == 1
    assert found.same_category
    assert list(found.to_pandas()["attribute"]) == ["warmth", "price"]
    assert engine.compare("bread", "no such item").warnings


def test_only_new_categories(engine, lines):
    for customer in ("c1", "c2"):
        bought = {LEAVES[item] for item in lines.loc[lines["customer_id"] == customer, "item_id"]}
        for offer in engine.recommend(customer, only_new_categories=True):
            assert LEAVES[offer.item] not in bought


def test_context_is_kept(lines, catalog, tmp_path):
    engine = crosslift.OfferEngine(
        context="window", window_days=2, taste=crosslift.ImplicitALS(factors=4, iterations=2)
    )
    engine.fit(lines, catalog)
    offer = engine.cross_sell(["tea"])[0]
    assert "windows" in offer.sentence
    engine.save(tmp_path / "m")
    loaded = crosslift.OfferEngine.load(tmp_path / "m")
    assert (loaded.context, loaded.window_days) == ("window", 2)
    assert loaded.cross_sell(["tea"])[0].sentence == offer.sentence
    undated = lines.drop(columns="timestamp")
    with pytest.raises(crosslift.DataError, match="dates"):
        crosslift.OfferEngine(context="session").fit(undated, catalog)


def test_frames_of_nothing_have_their_columns(engine):
    assert next(iter(engine.replenish("nobody").to_pandas().columns)) == "item"
    assert isinstance(engine.plan([]).to_pandas(), pd.DataFrame)


def test_segments(engine, lines):
    visits = lines.groupby("customer_id")["basket_id"].nunique()
    once, often = "c-never-seen", str(visits.idxmax())
    assert engine.segment_of(None) is None
    assert engine.segment_of(once) == "new"
    assert engine.segment_of(often) == "repeat"  # all pay the regular price
    everybody = engine.segment_of_batch()
    assert everybody == [engine.segment_of(it) for it in engine.customer_ids_]
    assert {c for c, it in zip(engine.customer_ids_, everybody, strict=True) if it == "new"} == set(
        visits.index[visits == 1]
    )
    assert list(engine.cross_sell(["tea"], often, segments=["repeat"])) == list(engine.cross_sell(["tea"], often))
    nobody = engine.cross_sell(["tea"], often, segments=["new"])
    assert not nobody
    assert "is in segment repeat" in nobody.warnings[0]
    plan = engine.plan([once, often], segments=["new"])
    assert {it.customer for it in plan.offers} == {once}
    rule = crosslift.OfferRule("pin", item="nails", segment="new")
    assert engine.cross_sell(["tea"], once, rules=[rule])[0].item == "nails"
    assert engine.cross_sell(["tea"], rules=[rule])[0].item != "nails"
    with pytest.raises(ValueError, match="promo_driven"):
        engine.recommend(often, segments=["loyal"])
    with pytest.raises(ValueError, match="segments"):
        engine.recommend(often, segments="new")
    with pytest.raises(ValueError, match="personalization"):
        engine.recommend(often, segments=["new"], personalization=0)


def test_report_sales(lines, catalog):
    report = crosslift.report_sales(lines, catalog, bootstrap=200, seed=1)
    everybody = report.methods["all"]
    value = (lines["quantity"] * lines["unit_price"]).groupby(lines["basket_id"]).sum()
    assert everybody["order_value"].value == pytest.approx(value.mean(), rel=1e-6)
    assert everybody["order_value"].low < everybody["order_value"].value < everybody["order_value"].high
    assert everybody["items_per_basket"].value == pytest.approx(len(lines) / lines["basket_id"].nunique())
    visits = lines.groupby("customer_id")["basket_id"].nunique()
    assert everybody["retention"].value == pytest.approx((visits > 1).mean())
    frame = report.to_pandas()
    assert list(frame.index) == ["all", "new", "returning"]
    assert frame.loc["all", "order_value"] == everybody["order_value"].value
    assert "order_value" in str(report)
    again = crosslift.report_sales(lines, catalog, bootstrap=200, seed=1, threads=3)
    assert again.to_pandas("intervals").equals(report.to_pandas("intervals"))
    bare = crosslift.report_sales(lines.drop(columns="unit_price"), bootstrap=0).methods["all"]
    assert math.isnan(bare["order_value"].value)
    with pytest.raises(crosslift.InvalidArgument, match="min_price_ratio"):
        crosslift.report_sales(lines, min_price_ratio=1)


def test_report_defaults_are_those_of_the_library():
    ours = inspect.signature(crosslift.report_sales).parameters
    assert {name: ours[name].default for name in _core.sales_report_defaults()} == _core.sales_report_defaults()
