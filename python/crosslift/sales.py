"""The shop's own figures, counted over its purchases."""

from __future__ import annotations

from typing import Any

from . import _core
from .catalog import Catalog
from .evaluate import EvaluationReport, _report_of
from .transactions import Transactions


def report_sales(
    transactions: Any,
    catalog: Any = None,
    *,
    min_price_ratio: float = 1.1,
    bootstrap: int = 1000,
    seed: int = 0,
    threads: int = 0,
) -> EvaluationReport:
    """What a shop's purchases amount to. It says what happened, not what offers caused.

    Parameters
    ----------
    transactions : Transactions or frame
        A bare frame is read with the default column names.
    catalog : Catalog or frame, optional
        Categories make attach and trade-up rates, cost or margin the margins.
    min_price_ratio : float
        What counts as trading up, above 1.
    bootstrap : int
        Resamples of whole customers for the 95 % intervals; 0: none.
    seed, threads : int
        Of the resamples; the report does not depend on `threads` (0: all).

    Returns
    -------
    EvaluationReport
        Rows "all", "new" (customers' first receipts) and "returning" (their later ones); what the data do not tell is
        NaN. Columns: ``order_value`` (money per receipt), ``items_per_basket``, ``attach_rate`` (receipts with items of
        two leaves or more), ``trade_up_rate`` (returns to a leaf with a dearer item than last time),
        ``margin_per_order``, ``spend_per_customer``, ``yearly_value`` (the same per 365 days: a proxy of lifetime value,
        not a forecast), ``retention`` (customers with a second receipt). ``print(report)`` is the table,
        :meth:`EvaluationReport.to_pandas` a frame.

    Raises
    ------
    InvalidArgument
        An option is out of range.
    DataError
        The frames cannot be used.

    Examples
    --------
    >>> import crosslift
    >>> data = crosslift.datasets.online_retail()
    >>> report = crosslift.report_sales(data.transactions, data.catalog, bootstrap=0)
    >>> round(report.methods["all"]["retention"].value, 1) > 0
    True
    """
    lines = transactions if isinstance(transactions, Transactions) else Transactions(transactions)
    items = catalog if isinstance(catalog, Catalog) else Catalog(catalog)
    options = {"min_price_ratio": min_price_ratio, "bootstrap": bootstrap, "seed": seed, "threads": threads}
    return _report_of(_core.report_sales(lines._core, items._core, options))
