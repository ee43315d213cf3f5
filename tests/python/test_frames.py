"""Every kind of frame and column gives the same purchases; what cannot be read is said."""

import datetime
import decimal

import crosslift
import numpy as np
import pandas as pd
import pytest

COLUMNS = ["customer_id", "basket_id", "item_id", "timestamp", "quantity", "unit_price"]


def small():
    return pd.DataFrame(
        {
            "customer_id": ["a", None, "b", "b"],
            "basket_id": ["1", "1", "2", "2"],
            "item_id": ["011", "x", "x", "é"],
            "timestamp": pd.to_datetime(["2024-01-01T00:00:00"] * 2 + ["2024-01-02T03:04:05"] * 2),
            "quantity": [1, 2, 1, 1],
            "unit_price": [1.5, np.nan, 2.0, 2.5],
        }
    )


def same(transactions):
    expected = crosslift.Transactions(small()).to_pandas()
    pd.testing.assert_frame_equal(transactions.to_pandas(), expected)


def test_pandas_as_it_comes():
    frame = crosslift.Transactions(small()).to_pandas()
    assert list(frame.columns) == COLUMNS
    assert frame["item_id"].tolist() == ["011", "x", "x", "é"]
    assert frame["customer_id"].isna().sum() <= 1
    assert frame["timestamp"][2] == pd.Timestamp("2024-01-02T03:04:05")
    assert frame["unit_price"].isna().tolist() == [False, True, False, False]


def test_object_and_categorical_columns():
    same(crosslift.Transactions(small().astype({c: object for c in COLUMNS})))
    same(crosslift.Transactions(small().astype({"item_id": "category", "customer_id": "category"})))


def test_polars():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({name: [None if pd.isna(it) else it for it in small()[name]] for name in COLUMNS})
    same(crosslift.Transactions(frame))
    same(crosslift.Transactions(frame.with_columns(polars.col("item_id").cast(polars.Categorical))))
    same(crosslift.Transactions(polars.concat([frame[:1], frame[1:]], rechunk=False)))


def arrow_table():
    pyarrow = pytest.importorskip("pyarrow")
    return pyarrow.table({name: pyarrow.array(small()[name].to_list(), from_pandas=True) for name in COLUMNS})


def test_pyarrow_in_chunks_and_slices():
    pyarrow = pytest.importorskip("pyarrow")
    table = arrow_table()
    same(crosslift.Transactions(table))
    same(crosslift.Transactions(pyarrow.concat_tables([table[:1], table[1:1], table[1:]])))
    twice = pyarrow.concat_tables([table, table]).combine_chunks()
    same(crosslift.Transactions(twice[4:]))


@pytest.mark.parametrize("text", ["string", "large_string", "string_view", "dictionary"])
def test_arrow_text_types(text):
    pyarrow = pytest.importorskip("pyarrow")
    kind = {
        "string": pyarrow.string(),
        "large_string": pyarrow.large_string(),
        "string_view": pyarrow.string_view(),
        "dictionary": pyarrow.dictionary(pyarrow.int8(), pyarrow.string()),
    }[text]
    ids = ["a", "an id that is longer than twelve bytes", "a", "äöü" * 20, None]
    array = pyarrow.array(ids)
    array = array.dictionary_encode().cast(kind) if text == "dictionary" else array.cast(kind)
    table = pyarrow.table({"item_id": array, "basket_id": [1] * 5})
    transactions = crosslift.Transactions(table)
    assert transactions.to_pandas()["item_id"].tolist() == ids[:4]
    assert [row.line for row in transactions.report().rejected] == [4]


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_integer_ids_come_back_as_integers(kind):
    frame = {"basket_id": np.array([7, 7, 100], dtype=kind), "item_id": np.array([3, 1, 100], dtype=kind)}
    transactions = crosslift.Transactions(frame)
    assert transactions.items == [3, 1, 100]
    assert all(type(item) is int for item in transactions.items)


def test_negative_and_huge_integer_ids():
    frame = {"basket_id": [1, 1], "item_id": [-(2**63), 2**63 - 1]}
    assert crosslift.Transactions(frame).items == [-(2**63), 2**63 - 1]
    with pytest.raises(crosslift.DataError, match="64 bits"):
        crosslift.Transactions({"basket_id": [1, 1], "item_id": [1, 2**64]})


def test_nullable_integers_keep_integer_ids():
    frame = pd.DataFrame({"basket_id": [1, 1], "item_id": [1, 2], "customer_id": pd.array([5, None], dtype="Int64")})
    assert crosslift.Transactions(frame).customers == [5]
    assert crosslift.Transactions(frame.astype(object)).customers == [5]


def test_masked_array():
    frame = {"basket_id": [1, 1], "item_id": [1, 2], "customer_id": np.ma.masked_array([5, 6], mask=[False, True])}
    assert crosslift.Transactions(frame).customers == [5]


def test_floating_ids_are_refused_with_advice():
    frame = pd.DataFrame({"basket_id": [1, 1], "item_id": [1, 2], "customer_id": [17850, None]})
    with pytest.raises(crosslift.DataError, match=r"customer_id.*17850.*dtype=str"):
        crosslift.Transactions(frame)
    with pytest.raises(crosslift.DataError, match="dtype=str"):
        crosslift.Transactions({"basket_id": [1, 1], "item_id": ["a", 2.0]})


def test_texts_and_integers_mixed_are_text():
    assert crosslift.Transactions({"basket_id": [1, 1], "item_id": ["a", 2]}).items == ["a", "2"]


def test_structured_array():
    frame = np.array(
        [(b"b1", b"x", 1, 2.5), (b"b1", b"\xff", 2, 3.5)],
        dtype=[("basket_id", "S4"), ("item_id", "S4"), ("quantity", ">i4"), ("unit_price", "<f4")],
    )
    transactions = crosslift.Transactions(frame)
    assert transactions.items == ["x", "\ufffd"]
    assert transactions.to_pandas()["quantity"].tolist() == [1, 2]


def test_duckdb():
    duckdb = pytest.importorskip("duckdb")
    relation = duckdb.sql(
        "select 'b' as basket_id, unnest([1, 2, 3]) as item_id, 1.25::decimal(10,2) as unit_price, "
        "timestamp '2024-01-01 10:00:00' as timestamp"
    )
    frame = crosslift.Transactions(relation).to_pandas()
    assert frame["unit_price"].tolist() == [1.25] * 3
    assert frame["timestamp"][0] == pd.Timestamp("2024-01-01T10:00")


@pytest.mark.parametrize("value", ["12345678901234567890.12", "0.01", "0.00", "92233720368547758.08"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_decimals(value, sign):
    pyarrow = pytest.importorskip("pyarrow")
    cells = pyarrow.array([decimal.Decimal(sign + value)], type=pyarrow.decimal128(38, 2))
    catalog = crosslift.Catalog(pyarrow.table({"item_id": ["a"], "price": cells}))
    if sign and float(value):
        assert [row.reason for row in catalog.rejected()] == ["price is negative"]
        assert float(catalog.rejected()[0].value) == pytest.approx(-float(value), rel=1e-6)
    else:
        assert catalog.to_pandas()["price"][0] == pytest.approx(float(value), rel=1e-6)


@pytest.mark.parametrize("unit", ["D", "h", "m", "s", "ms", "us", "ns"])
def test_datetime64_of_any_unit(unit):
    times = np.array(["1969-12-31", "2024-02-29"], dtype=f"datetime64[{unit}]")
    frame = {"basket_id": [1, 2], "item_id": [1, 2], "timestamp": times}
    assert crosslift.Transactions(frame).to_pandas()["timestamp"].tolist() == [
        pd.Timestamp("1969-12-31"),
        pd.Timestamp("2024-02-29"),
    ]


def test_times_before_1970_round_down():
    frame = {"basket_id": [1], "item_id": [1], "timestamp": np.array(["1969-12-31T23:59:59.5"], dtype="datetime64[ms]")}
    assert crosslift.Transactions(frame).to_pandas()["timestamp"][0] == pd.Timestamp("1969-12-31T23:59:59")


def test_other_times():
    def first(times):
        return crosslift.Transactions({"basket_id": [1], "item_id": [1], "timestamp": times})

    zone = datetime.timezone(datetime.timedelta(hours=2))
    assert first([datetime.datetime(2024, 1, 1, 12)]).to_pandas()["timestamp"][0] == pd.Timestamp("2024-01-01T12:00")
    aware = datetime.datetime(2024, 1, 1, 12, tzinfo=zone)
    assert first([aware]).to_pandas()["timestamp"][0] == pd.Timestamp("2024-01-01T10:00")
    assert first(pd.Series([aware])).to_pandas()["timestamp"][0] == pd.Timestamp("2024-01-01T10:00")
    assert first([datetime.date(2024, 1, 1)]).time_kind == "timestamp"
    assert first(["2024-01-01T12:00+02:00"]).to_pandas()["timestamp"][0] == pd.Timestamp("2024-01-01T10:00")
    assert first([5]).time_kind == "order"
    assert first(["5"]).time_kind == "order"
    assert first([None]).time_kind == "none"


def test_integer_order_promoted_by_a_gap():
    frame = pd.DataFrame({"basket_id": [1, 2, 3], "item_id": [1, 2, 3], "timestamp": [10, None, 11]})
    transactions = crosslift.Transactions(frame)
    assert transactions.time_kind == "order"
    assert [row.line for row in transactions.report().rejected] == [1]


def test_numbers_as_text_and_malformed_cells():
    frame = pd.DataFrame(
        {
            "basket_id": ["1"] * 5,
            "item_id": list("abcde"),
            "quantity": ["1", " 2 ", "many", "", "1"],
            "unit_price": ["1.5", "NA", "2", "3", "1,5"],
        }
    )
    transactions = crosslift.Transactions(frame)
    assert transactions.items == ["a", "b", "d"]
    rejected = transactions.report().rejected
    assert [(row.line, row.value) for row in rejected] == [(2, "many"), (4, "1,5")]
    assert "quantity" in rejected[0].reason
    assert "price" in rejected[1].reason


def test_report_counts_and_reads():
    frame = small()
    frame.loc[0, "quantity"] = -1
    frame.loc[2, "unit_price"] = -2.0
    report = crosslift.Transactions(frame).report()
    assert (report.lines, report.kept, len(report.rejected)) == (4, 2, 2)
    assert sum(report.reasons.values()) == 2
    assert [row.line for row in report.rejected] == [0, 2]
    assert "rejected" in str(report)


def test_missing_columns():
    frame = small().drop(columns=["item_id"])
    for it in (frame, {name: frame[name] for name in frame}):
        with pytest.raises(crosslift.DataError, match=r"'item_id'.*missing.*'customer_id', 'basket_id'"):
            crosslift.Transactions(it)
    with pytest.raises(crosslift.DataError, match=r"'price' .*'unit_price'"):
        crosslift.Transactions(small(), unit_price="price")
    bare = crosslift.Transactions(small()[["basket_id", "item_id"]])
    assert bare.time_kind == "none"
    assert bare.customers == []


def test_missing_columns_are_listed_with_unused_columns():
    pyarrow = pytest.importorskip("pyarrow")
    with pytest.raises(crosslift.DataError, match=r"'basket_id'.*'other'"):
        crosslift.Transactions(pyarrow.table({"other": [1], "item_id": [1]}))
    with pytest.raises(crosslift.DataError, match=r"'basket_id'.*'other'"):
        crosslift.Transactions(pd.DataFrame({"other": [1], "item_id": [1]}))


def test_twin_columns_are_refused():
    frame = pd.DataFrame([["1", "a", "b"]], columns=["basket_id", "item_id", "item_id"])
    with pytest.raises(crosslift.DataError, match="two columns 'item_id'"):
        crosslift.Transactions(frame)


def test_columns_of_different_lengths():
    with pytest.raises(crosslift.DataError, match="one length"):
        crosslift.Transactions({"basket_id": [1, 2], "item_id": [1]})


def test_no_frame_at_all():
    for it in (5, "transactions.csv", [1, 2], None):
        with pytest.raises(crosslift.DataError, match="a frame was wanted"):
            crosslift.Transactions(it)


def test_nested_types_and_durations_are_refused():
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table({"basket_id": [[1], [2]], "item_id": [1, 2]})
    with pytest.raises(crosslift.DataError, match=r"basket_id.*\+l"):
        crosslift.Transactions(table)
    with pytest.raises(crosslift.DataError, match=r"timedelta|m8"):
        crosslift.Transactions({"basket_id": [1], "item_id": [1], "quantity": np.array([1], dtype="timedelta64[s]")})


def test_empty_frames():
    with pytest.raises(crosslift.DataError):
        crosslift.Transactions(small()[:0])
    assert len(crosslift.Catalog(pd.DataFrame({"item_id": pd.Series([], dtype=str)}))) == 0


def test_strided_columns():
    values = np.arange(20, dtype=np.int64).reshape(10, 2)
    frame = {"basket_id": values[::2, 0], "item_id": values[::2, 1]}
    assert crosslift.Transactions(frame).items == [1, 5, 9, 13, 17]


def test_from_csv_agrees_with_the_frame(tmp_path):
    path = tmp_path / "t.csv.gz"
    small().to_csv(path, index=False)
    same(crosslift.Transactions.from_csv(path))
    assert crosslift.Transactions.from_csv(path, customer_id="item_id").customers == ["011", "x", "é"]
    with pytest.raises(crosslift.FileError, match=r"absent\.csv") as error:
        crosslift.Transactions.from_csv(tmp_path / "absent.csv")
    assert isinstance(error.value, OSError)


def test_lone_surrogates_do_not_crash():
    assert len(crosslift.Transactions({"basket_id": ["1"], "item_id": ["\udc80x"]}).items) == 1
