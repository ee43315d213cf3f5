"""The text of docs/quality.md, from the numbers of its parts."""

from __future__ import annotations

from typing import Any

from basket_pages import baskets, next_baskets, partners, receipts, slices, tuned
from offer_pages import bundles, chances, trade_ups
from registry import PARTS
from sets import SETS
from studies_page import item2vec, large_catalogs, purity
from verdict_pages import failures, goals, models

HEAD = """\
# Quality, measured

What the offers are worth on real purchases, beside the best simple methods we know. This page and its pictures are
written by one script:

```console
$ pip install 'crosslift[quality]'
$ benchmarks/quality/quality.py DATA            # DATA: a folder with the sets that do not come with Crosslift
```

Protocol, metrics and methods: [evaluation.md](evaluation.md). Judged is the newest tenth of each set's baskets (bundles:
three tenths of the sessions), engines are `OfferEngine().fit(...)` with default options on what came before, seeds are 0.
Baselines have their settings from a validation slice of training, six tried for each; `EASE` has its lambda from the
judged queries themselves, which favours it. Brackets are 95 % bootstrap intervals by customer (by basket where there is none).
"lgsor" is generated data: a gain seen only there proves little. Absolute values move with the slice by a tenth;
ratios on the same queries hold.
"""


def page(results: dict[str, Any], drawn: dict[str, str]) -> str:
    parts = [
        goals(results),
        baskets(results, drawn),
        tuned(results),
        receipts(results),
        partners(results),
        item2vec(results),
        purity(results),
        large_catalogs(results),
        next_baskets(results),
        trade_ups(results, drawn),
        chances(results),
        bundles(results, drawn),
        models(results),
        slices(results, drawn),
        failures(results),
    ]
    used = ", ".join(name for name in SETS if any(results.get(part) for part in PARTS if part.endswith(f"-{name}")))
    return HEAD + f"\nData: {used}; where they come from is in [data.md](data.md).\n" + "".join(parts)
