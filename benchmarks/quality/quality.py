#!/usr/bin/env python3
"""Computes docs/quality.md and its pictures from data.

    benchmarks/quality/quality.py DATA [--parts t1-lgsor ...] [--fresh] [--cache build/quality] [--render-only]

DATA is a folder with the sets of docs/quality.md that do not come with Crosslift (each NAME/transactions.csv.gz and
NAME/items.csv.gz); parts whose set is not there are left out and the page says so. Each part's numbers are kept in the
cache: a part is computed only where it is not kept, or named by --parts, or with --fresh. Seeds are fixed and no table
holds a time, so the same data and version give the same page.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import pages
import pictures
from parts import Workshop
from registry import PARTS, data_set_of
from sets import SETS

ROOT = Path(__file__).resolve().parents[2]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of data sets")
    parser.add_argument("--parts", nargs="*", metavar="PART", help=f"compute these: {', '.join(PARTS)}")
    parser.add_argument("--fresh", action="store_true", help="forget what is kept, engines too")
    parser.add_argument("--render-only", action="store_true", help="compute nothing, write the page from what is kept")
    parser.add_argument("--cache", type=Path, default=ROOT / "build" / "quality")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "quality.md")
    parser.add_argument("--queries", type=int, default=20_000, help="at most, per part")
    parser.add_argument("--threads", type=int, default=0)
    chosen = parser.parse_args()
    for part in chosen.parts or []:
        if part not in PARTS:
            parser.error(f"there is no part {part!r}; there are {', '.join(PARTS)}")
    return chosen


def main() -> None:
    chosen = arguments()
    shop = Workshop(chosen.data, chosen.cache, chosen.threads, chosen.queries)
    if chosen.fresh:
        for kept in [*chosen.cache.glob("*.json"), *(chosen.cache / "engines").glob("*.safetensors")]:
            kept.unlink()
    for part, compute in PARTS.items():
        if chosen.render_only:
            break
        if chosen.parts and part not in chosen.parts:
            continue
        if shop.result(part) is not None and not chosen.parts:
            continue
        if not SETS[data_set_of(part)].available(chosen.data):
            print(f"{part}: no data, left out", flush=True)
            continue
        start = time.perf_counter()
        shop.keep(part, compute(shop))
        print(f"{part}: {time.perf_counter() - start:.0f} s", flush=True)
    results = {part: shop.result(part) for part in PARTS}
    drawn = pictures.draw(results, chosen.page.parent / "pictures")
    chosen.page.write_text(pages.page(results, drawn))
    print(f"wrote {chosen.page} and {len(drawn)} pictures")


if __name__ == "__main__":
    main()
