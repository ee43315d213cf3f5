"""The bundled data, and the promises about offers over all of it."""

import crosslift
import numpy as np
import pytest


@pytest.fixture(scope="module")
def retail():
    return crosslift.datasets.online_retail()


@pytest.fixture(scope="module")
def journey():
    return crosslift.datasets.complete_journey()


@pytest.fixture(scope="module")
def journey_engine(journey):
    return crosslift.OfferEngine().fit(journey.transactions, journey.catalog)


def test_online_retail(retail):
    transactions = retail.transactions
    assert len(transactions) > 400_000
    assert transactions.time_kind == "timestamp"
    assert len(transactions.customers) > 3_500
    assert not any(str(basket).startswith("C") for basket in transactions.baskets)
    assert all(isinstance(item, str) for item in transactions.items)
    report = transactions.report()
    assert report.lines == report.kept + len(report.rejected)


def test_complete_journey(journey):
    assert len(journey.transactions) > 80_000
    assert all(isinstance(item, str) for item in journey.catalog.items)
    catalog = journey.catalog.to_pandas().set_index("item_id")
    assert catalog.loc["28200", "category"] == "GROCERY > FD WRAPS/BAGS/TRSH BG > PLASTIC TRASH BAGS"
    assert catalog.loc["28200", "name"] == "PLASTIC TRASH BAGS Private 10 CT"


@pytest.mark.parametrize("name", ["online_retail", "complete_journey"])
def test_frames_are_the_files(name):
    data = getattr(crosslift.datasets, name)()
    transactions, items = data.frames()
    assert data.transactions.report().lines == len(transactions)
    assert transactions["item_id"].map(type).eq(str).all()
    assert items["item_id"].is_unique
    cleaned = crosslift.Transactions(transactions)
    assert len(cleaned) >= len(data.transactions)


def test_shipped_data_is_small_and_licensed():
    from pathlib import Path

    folder = Path(crosslift.__file__).parent / "data"
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 6e6
    for name in ("online_retail", "complete_journey"):
        assert (folder / name / "LICENSE.md").read_text()


def test_every_upsell_offer_is_dearer_in_the_same_leaf_and_within_the_budget(journey_engine):
    catalog = journey_engine.catalog_.to_pandas().set_index("item_id")
    rng = np.random.default_rng(0)
    customers = [None, *journey_engine.customer_ids_[:50]]
    offered = 0
    for item in rng.choice(journey_engine.item_ids_, 300, replace=False):
        budget = float(rng.uniform(2, 10))
        for offer in journey_engine.upsell(item, customers[rng.integers(len(customers))], budget=budget):
            offered += 1
            assert catalog.loc[offer.item, "category"] == catalog.loc[item, "category"]
            assert 1.05 * catalog.loc[item, "price"] <= offer.price * (1 + 1e-6)
            assert offer.price <= min(budget, 2 * catalog.loc[item, "price"]) * (1 + 1e-6)
            assert offer.price_difference > 0
    assert offered > 50


def test_cross_sell_stays_out_of_the_baskets_leaves(journey_engine, journey):
    catalog = journey_engine.catalog_.to_pandas().set_index("item_id")["category"]
    lines = journey.transactions.to_pandas()
    baskets = lines.groupby("basket_id")["item_id"].agg(list)
    for basket in baskets[baskets.map(len) > 2][:300]:
        leaves = {catalog[item] for item in basket if item in catalog.index}
        offers = journey_engine.cross_sell(basket, min_support=1, min_g2=0)
        assert not leaves & {catalog[offer.item] for offer in offers}
        assert not set(basket) & {offer.item for offer in offers}
