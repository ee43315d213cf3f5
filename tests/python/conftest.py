"""A small shop with known regularities, and an engine trained on it."""

import crosslift
import numpy as np
import pandas as pd
import pytest
from cli_program import run, shop_items, shop_lines, write_csv

PAIRS = [("bread", "butter"), ("tea", "milk"), ("nails", "hammer"), ("pen", "paper")]
LEAVES = {
    "bread": "bakery", "rye": "bakery", "butter": "dairy", "milk": "dairy", "tea": "drinks", "coffee": "drinks",
    "nails": "hardware", "hammer": "tools", "saw": "tools", "pen": "office", "paper": "stationery", "ink": "office",
}  # fmt: skip
PRICES = {
    "bread": 2.0, "rye": 3.0, "butter": 2.5, "milk": 1.0, "tea": 4.0, "coffee": 6.0,
    "nails": 1.5, "hammer": 12.0, "saw": 18.0, "pen": 1.0, "paper": 5.0, "ink": 1.5,
}  # fmt: skip


def make_lines(baskets=600, customers=40, seed=0):
    """Receipt lines: each basket has one pair that belongs together, and some noise."""
    rng = np.random.default_rng(seed)
    items = list(LEAVES)
    rows = []
    for basket in range(baskets):
        pair = PAIRS[rng.integers(len(PAIRS))]
        chosen = {*pair, items[rng.integers(len(items))]}
        time = pd.Timestamp("2024-01-01") + pd.Timedelta(hours=6 * basket)
        customer = f"c{rng.integers(customers)}"
        rows += [(customer, f"b{basket}", item, time, 1 + rng.integers(3), PRICES[item]) for item in sorted(chosen)]
    names = ["customer_id", "basket_id", "item_id", "timestamp", "quantity", "unit_price"]
    return pd.DataFrame(rows, columns=names)


@pytest.fixture(scope="session")
def lines():
    return make_lines()


@pytest.fixture(scope="session")
def items():
    return pd.DataFrame(
        {
            "item_id": list(LEAVES),
            "leaf": list(LEAVES.values()),
            "price": [PRICES[item] for item in LEAVES],
            "name": [item.title() for item in LEAVES],
        }
    )


@pytest.fixture(scope="session")
def catalog(items):
    return crosslift.Catalog(items, category="leaf")


@pytest.fixture(scope="session")
def engine(lines, catalog):
    return crosslift.OfferEngine(taste=crosslift.ImplicitALS(factors=8, iterations=3)).fit(lines, catalog)


@pytest.fixture(scope="session")
def ratings():
    """Customers x items, two blocks of taste."""
    sparse = pytest.importorskip("scipy.sparse")
    rng = np.random.default_rng(1)
    dense = rng.random((60, 40)) < 0.05
    dense[:30, :20] |= rng.random((30, 20)) < 0.4
    dense[30:, 20:] |= rng.random((30, 20)) < 0.4
    return sparse.csr_array(dense.astype(np.float32))


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """A folder with the files of a small shop and the model that the program trained on them."""
    folder = tmp_path_factory.mktemp("shop")
    write_csv(folder / "sales.csv.gz", shop_lines())
    write_csv(folder / "items.csv", shop_items())
    run("train", "--transactions", folder / "sales.csv.gz", "--catalog", folder / "items.csv",
        "--category", "kind", "--model", folder / "shop.safetensors")  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def model(shop):
    return shop / "shop.safetensors"
