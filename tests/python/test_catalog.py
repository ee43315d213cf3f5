"""Catalogs from frames."""

import crosslift
import numpy as np
import pandas as pd
import pytest


def frame():
    return pd.DataFrame(
        {
            "item_id": ["a", "b", "c", "d"],
            "department": ["food", "food", "food", None],
            "type": ["bread", None, "bread", None],
            "price": [1.0, 2.0, -1.0, np.nan],
            "brand": ["x", "x", None, "y"],
            "size": ["10 CT", "", "2kg", None],
            "score": [1.0, 2.0, 3.0, np.nan],
        }
    )


def test_categories_and_rejected_rows():
    catalog = crosslift.Catalog(frame(), category=["department", "type"], pack_size="size")
    assert catalog.items == ["a", "b", "d"]
    table = catalog.to_pandas()
    assert table["category"][0] == "food > bread"
    assert table["category"][1] == "food"
    assert pd.isna(table["category"][2])
    assert [(row.line, "price" in row.reason) for row in catalog.rejected()] == [(2, True)]


def test_name_of_several_columns():
    catalog = crosslift.Catalog(frame(), name=["type", "brand", "size"])
    assert catalog.to_pandas()["name"].tolist()[:2] == ["bread x 10 CT", "x"]


def test_item_without_a_name_is_called_by_its_id():
    assert crosslift.Catalog(frame()).to_pandas()["name"].tolist() == ["a", "b", "d"]


def test_named_and_absent_columns():
    for wish in ({"category": "leaf"}, {"cost": "cost"}, {"name": ["type", "title"]}, {"attributes": ["speed"]}):
        with pytest.raises(crosslift.DataError, match="missing"):
            crosslift.Catalog(frame(), **wish)
    assert len(crosslift.Catalog(frame()[["item_id"]])) == 4
    assert len(crosslift.Catalog(frame(), price=None, brand=None, name=None)) == 4


def test_attributes():
    crosslift.Catalog(frame(), attributes=["score"])
    crosslift.Catalog(frame(), attributes={"score": {"direction": "lower_is_better", "weight": 2, "must_have": True}})
    with pytest.raises(crosslift.InvalidArgument, match="sideways"):
        crosslift.Catalog(frame(), attributes={"score": {"direction": "sideways"}})
    with pytest.raises(crosslift.InvalidArgument, match="weigth"):
        crosslift.Catalog(frame(), attributes={"score": {"weigth": 2}})


def test_series_and_service():
    frame = pd.DataFrame({"item_id": ["a", "b"], "range": ["Spring", None], "service": [None, "yes"]})
    assert crosslift.Catalog(frame, series="range", service="service").rejected() == []
    (row,) = crosslift.Catalog(pd.DataFrame({"item_id": ["a"], "s": ["perhaps"]}), service="s").rejected()
    assert row.reason == "service is neither yes nor no"


def test_a_ladder_crosses_categories():
    items = pd.DataFrame(
        {"item_id": ["basic", "pro", "team"], "kind": ["a", "b", "c"], "plan": ["p"] * 3, "tier": [1, 2, 3]}
    )
    lines = pd.DataFrame({"basket_id": [n // 2 for n in range(60)], "item_id": ["basic", "pro", "basic", "team"] * 15})
    catalog = crosslift.Catalog(items, category="kind", ladder="plan", tier="tier")
    engine = crosslift.OfferEngine().fit(crosslift.Transactions(lines), catalog)
    assert [offer.item for offer in engine.upsell("pro")] == ["team"]
    assert {offer.item for offer in engine.upsell("basic")} == {"pro", "team"}
    assert len(engine.cross_sell(["basic"])) == 0


@pytest.mark.parametrize("column", [[True, False], ["yes", "no"], [1, 0], ["TRUE", "0"], [None, "n"]])
def test_available(column):
    frame = pd.DataFrame({"item_id": ["a", "b"], "available": column})
    assert crosslift.Catalog(frame, available="available").rejected() == []


def test_availability_that_cannot_be_read():
    frame = pd.DataFrame({"item_id": ["a", "b"], "available": ["perhaps", "no"]})
    (row,) = crosslift.Catalog(frame, available="available").rejected()
    assert (row.line, row.value) == (0, "perhaps")


def test_duplicate_items_and_missing_ids():
    catalog = crosslift.Catalog({"item_id": ["a", "a", None], "price": [1.0, 2.0, 3.0]})
    assert catalog.items == ["a"]
    assert [row.line for row in catalog.rejected()] == [1, 2]


def test_polars_and_csv_agree(tmp_path):
    polars = pytest.importorskip("polars")
    expected = crosslift.Catalog(frame(), category=["department", "type"]).to_pandas()
    path = tmp_path / "items.csv"
    frame().to_csv(path, index=False)
    from_polars = crosslift.Catalog(polars.from_pandas(frame()), category=["department", "type"])
    pd.testing.assert_frame_equal(from_polars.to_pandas(), expected)
    from_csv = crosslift.Catalog.from_csv(path, category=["department", "type"])
    pd.testing.assert_frame_equal(from_csv.to_pandas(), expected)


def test_no_catalog():
    assert len(crosslift.Catalog()) == 0
