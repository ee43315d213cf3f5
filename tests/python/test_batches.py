"""A batch answers as its questions one by one."""

import crosslift
import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def engine():
    random = np.random.default_rng(3)
    first = random.integers(0, 20, 900)
    lines = pd.DataFrame(
        {
            "customer_id": [f"k{n // 2 % 40}" for n in range(1800)],
            "basket_id": [n // 2 for n in range(1800)],
            "item_id": [f"i{n}" for pair in zip(first, (first + 1) % 20, strict=True) for n in pair],
            "timestamp": pd.Timestamp("2024-01-01") + pd.to_timedelta([n // 2 for n in range(1800)], "h"),
            "unit_price": 1.0 + np.repeat(first, 2) % 7,
        }
    )
    items = pd.DataFrame({"item_id": [f"i{n}" for n in range(20)], "kind": [f"c{n % 5}" for n in range(20)]})
    items["price"] = 1.0 + np.arange(20) / 4
    catalog = crosslift.Catalog(items, category="kind")
    return crosslift.OfferEngine().fit(crosslift.Transactions(lines), catalog)


@pytest.mark.parametrize("threads", [1, 3])
def test_every_query_in_a_batch(engine, threads):
    items = [f"i{n}" for n in range(12)] + ["unknown"]
    customers = [f"k{n}" for n in range(11)] + [None, "stranger"]
    baskets = [[item, f"i{n % 5}"] for n, item in enumerate(items)]
    ask = {"k": 4, "min_support": 1, "min_g2": 0.0}
    wide = {**ask, "threads": threads}
    pairs = list(zip(items, customers, strict=True))
    assert engine.cross_sell_batch(baskets, customers, **wide) == [
        engine.cross_sell(basket, who, **ask) for basket, who in zip(baskets, customers, strict=True)
    ]
    assert engine.cross_sell_batch(baskets, **wide) == [engine.cross_sell(basket, **ask) for basket in baskets]
    assert engine.upsell_batch(items, customers, **wide) == [engine.upsell(item, who, **ask) for item, who in pairs]
    assert engine.recommend_batch(customers, **wide) == [engine.recommend(who, **ask) for who in customers]
    assert engine.similar_items_batch(items, **wide) == [engine.similar_items(item, **ask) for item in items]
    assert repr(engine.offers_batch(baskets, customers, "cart", **wide)) == repr(
        [engine.offers(basket, who, "cart", **ask) for basket, who in zip(baskets, customers, strict=True)]
    )
    assert repr(engine.target_customers_batch(items, **wide)) == repr(
        [engine.target_customers(item, **ask) for item in items]
    )
    assert engine.cross_sell_batch([]) == []


def test_lengths_that_differ_are_an_error(engine):
    with pytest.raises(crosslift.InvalidArgument, match="2 customers came for 1 questions"):
        engine.cross_sell_batch([["i1"]], ["k1", "k2"])
    with pytest.raises(crosslift.InvalidArgument, match="1 lists of contacts came for 2"):
        engine.offers_batch([["i1"], ["i2"]], contacts=[[]])
