"""The sections of docs/quality.md on the studies."""

from __future__ import annotations

from typing import Any

from item2vec import ITEM2VEC_SETS
from parts import ANONYMOUS, BAR
from studies import ALONE, EXTENDED, INSIDE, PURITY_FACTORS, PURITY_SETS
from tables import method_table, number, some


def without(report: dict[str, Any], kept: list[str] | None = None) -> dict[str, Any]:
    """The report without lines for known customers, or with the methods of `kept` in that order."""
    methods = {it["method"]: it for it in report["methods"]}
    names = kept or [name for name in methods if not name.endswith(("personal", "discovery"))]
    return {**report, "methods": [methods[name] for name in names if name in methods]}


def purity(results: dict[str, Any]) -> str:
    reports = some(results, "purity", PURITY_SETS)
    if not reports:
        return ""
    text = (
        "\n## Purity\n\nComplements or substitutes? The share of the first ten that lie in a leaf of the query says how "
        f"many are of its own kind. SPPMI ({PURITY_FACTORS} factors) goes from lift (popularity 0) to conditional counts "
        "(1): its purest lists hit least, and the hit rate peaks between the ends.\n"
    )
    columns = [
        ("hr@10", "HR@10"),
        ("other_leaves_hr@10", "query's leaves removed"),
        ("substitute_rate@10", "share in the query's leaves"),
        ("mean_popularity@10", "popularity"),
        ("coverage@10", "coverage"),
    ]
    for name, report in reports:
        text += f"\n### {name}\n\n" + method_table(without(report), columns)
    return text


def large_catalogs(results: dict[str, Any]) -> str:
    reports = some(results, "large", list(INSIDE))
    if not reports:
        return ""
    text = (
        "\n## Large catalogs\n\nThe closed form needs memory for the square of its items. Here it may hold the best "
        "sellers only: the others come in by its block inverse ([complement.md](complement.md)), or by their content alone. Implicit ALS "
        "(alpha0, lambda, nu = 1) needs no such memory. EASE and crosslift have room for all.\n"
    )
    columns = [
        ("hr@1", "HR@1"),
        ("hr@10", "HR@10"),
        ("other_leaves_hr@10", "query's leaves removed"),
        ("coverage@10", "coverage"),
        ("hr@10_to_ease", "HR@10 to EASE"),
    ]
    for name, report in reports:
        inside = INSIDE[name]
        methods = [BAR, "ALS fold-in", ALONE.format(inside), EXTENDED.format(inside), "crosslift"]
        text += f"\n### {name}\n\n" + method_table(without(report, methods), columns)
    return text


def item2vec(results: dict[str, Any]) -> str:
    reports = some(results, "item2vec", ITEM2VEC_SETS)
    if not reports:
        return ""
    text = (
        "\n## item2vec\n\nSkip-grams with negative sampling over baskets (Barkan and Koenigstein 2016; up to ten "
        "places apart in the order of the receipt), trained by gensim; six "
        "settings tried on the newest tenth of training, like the other baselines.\n"
    )
    columns = [("hr@1", "HR@1"), ("hr@10", "HR@10"), ("ndcg@10", "nDCG@10"), ("hr@10_to_ease", "HR@10 to EASE")]
    for name, report in reports:
        methods = ["item2vec", "ALS fold-in", "cosine kNN", BAR, ANONYMOUS]
        tuned = report["item2vec"]
        scores = [trial["validation"] for trial in tuned["trials"]]
        text += f"\n### {name}\n\n" + method_table(without(report, methods), columns)
        text += (
            f"\nChosen: {tuned['setting']} (HR@10 {number(max(scores))} on the validation slice, "
            f"{number(scores[0])} with the textbook one).\n"
        )
    return text
