"""Any frame as a list of (name, column) that the library reads: NumPy arrays and Arrow streams."""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ._core import DataError

_TIMES_OF_ARROW = ("datetime64[s]", "datetime64[ms]", "datetime64[us]", "datetime64[ns]")


def columns_of(frame: Any, names: Iterable[str]) -> list[tuple[str | None, Any]]:
    """The columns of `frame` that bear one of `names`, as the library takes them.

    `frame` is a pandas or polars frame, a pyarrow table, a DuckDB relation (or anything else with
    ``__arrow_c_stream__``), a dict of columns or a NumPy structured array. A column is an array, a pair of an array
    and its mask of missing cells, or an Arrow stream; columns of other names are mentioned with None, so that an
    error about a missing one can list them.
    """
    wanted = list(dict.fromkeys(names))
    if _is_pandas(frame):
        _refuse_twins(frame.columns, wanted)
        return _named(frame.columns, wanted, lambda name: _pandas_column(name, frame[name]))
    if isinstance(frame, Mapping):
        return _named(frame, wanted, lambda name: _any_column(name, frame[name]))
    if isinstance(frame, np.ndarray) and frame.dtype.names is not None:
        return _named(frame.dtype.names, wanted, lambda name: _array_column(name, frame[name]))
    if hasattr(frame, "__arrow_c_stream__"):
        return [(None, frame.__arrow_c_stream__())]
    raise DataError(
        f"a frame was wanted, but {type(frame).__name__} came; give a pandas or polars frame, a pyarrow table, "
        "a dict of columns or a NumPy structured array"
    )


def _is_pandas(frame: Any) -> bool:
    return type(frame).__module__.split(".")[0] == "pandas" and hasattr(frame, "columns")


def _refuse_twins(columns: Any, wanted: list[str]) -> None:
    for name in wanted:
        if sum(column == name for column in columns) > 1:
            raise DataError(f"the frame has two columns '{name}'; rename one of them")


def _named(there: Iterable[Any], wanted: list[str], column: Any) -> list[tuple[str | None, Any]]:
    there = list(there)
    found: list[tuple[str | None, Any]] = [(name, column(name)) for name in wanted if name in there]
    return found + [(str(name), None) for name in there if name not in wanted]


def _pandas_column(name: str, series: Any) -> Any:
    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        return _array_column(name, series.to_numpy())
    kind = type(dtype).__name__
    if kind == "DatetimeTZDtype":
        return _array_column(name, series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy())
    if hasattr(series, "__arrow_c_stream__"):
        try:
            return series.__arrow_c_stream__()
        except ImportError:  # pandas needs pyarrow for that
            pass
    return _array_column(name, series.to_numpy(dtype=object))


def _any_column(name: str, column: Any) -> Any:
    if _is_pandas_series(column):
        return _pandas_column(name, column)
    if hasattr(column, "__arrow_c_stream__"):
        return column.__arrow_c_stream__()
    if isinstance(column, np.ndarray):
        return _array_column(name, column)
    cells = list(column)
    array = np.empty(len(cells), dtype=object)
    array[:] = cells
    return _array_column(name, array)


def _is_pandas_series(column: Any) -> bool:
    return type(column).__module__.split(".")[0] == "pandas" and hasattr(column, "dtype")


def _array_column(name: str, array: np.ndarray) -> Any:
    """A contiguous array of a type that the library reads, with a mask where integers have gaps."""
    if isinstance(array, np.ma.MaskedArray):
        missing = np.ma.getmaskarray(array)
        array = array.data.astype(object)
        array[missing] = None
    kind = array.dtype.kind
    if kind == "O":
        return _object_column(name, array)
    if kind == "S":
        return _object_column(name, array.astype(object))
    if kind == "U":
        return np.ascontiguousarray(array.astype(object))
    if kind == "M" and array.dtype.newbyteorder("=") not in _TIMES_OF_ARROW:
        array = array.astype("datetime64[s]")
    if kind == "f" and array.dtype.itemsize not in (4, 8):
        array = array.astype(np.float64)
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))


def _is_missing(cell: Any) -> bool:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return True
    return type(cell).__name__ in ("NAType", "NaTType") or (isinstance(cell, np.datetime64) and bool(np.isnat(cell)))


def _object_column(name: str, array: np.ndarray) -> Any:
    """Python objects by what they are: all integers, all numbers, all times, else texts (with None where missing)."""
    types = set(map(type, array)) - {type(None)}
    if types <= {str} or (types == {str, float} and not any(it == it for it in array if type(it) is float)):
        return np.ascontiguousarray(array)  # texts; None and NaN are missing
    missing = np.fromiter(map(_is_missing, array), dtype=bool, count=len(array))
    known = array[~missing]
    types = set(map(type, known))
    if all(issubclass(it, (int, np.integer)) for it in types):  # bool is an int
        return _integer_column(name, known, missing)
    if all(issubclass(it, (int, float, np.integer, np.floating, decimal.Decimal)) for it in types):
        numbers = np.full(len(array), np.nan)
        numbers[~missing] = known.astype(np.float64)
        return numbers
    if all(issubclass(it, (datetime.date, np.datetime64)) for it in types):
        times = np.full(len(array), "NaT", dtype="datetime64[us]")
        times[~missing] = [_naive(cell) for cell in known]
        return times
    texts = np.full(len(array), None, dtype=object)
    texts[~missing] = [_text(name, cell) for cell in known]
    return texts


def _integer_column(name: str, known: np.ndarray, missing: np.ndarray) -> Any:
    numbers = np.zeros(len(missing), dtype=np.int64)
    try:
        numbers[~missing] = known.astype(np.int64)
    except OverflowError:
        raise DataError(f"column '{name}' holds integers beyond 64 bits; give them as text") from None
    return (numbers, missing) if missing.any() else numbers


def _naive(cell: Any) -> np.datetime64:
    """A time without its zone, in UTC if it had one."""
    if isinstance(cell, datetime.datetime) and cell.tzinfo is not None:
        cell = cell.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return np.datetime64(cell, "us")


def _text(name: str, cell: Any) -> str:
    if isinstance(cell, bytes):
        return cell.decode("utf-8", errors="replace")
    if isinstance(cell, (float, np.floating)):
        raise DataError(
            f"column '{name}' mixes texts with floating-point numbers ({cell!r}); read it as text (dtype=str)"
        )
    return str(cell)
