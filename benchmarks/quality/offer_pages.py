"""What docs/quality.md says of trade-ups, repeat purchases and marked bundles."""

from __future__ import annotations

from typing import Any

from parts import ANONYMOUS
from pictures import metrics
from sets import BUNDLE_SETS, TRADE_UP_SETS
from tables import SLICES, comparison_table, interval, method_table, picture, some, table


def trade_ups(results: dict[str, Any], drawn: dict[str, str]) -> str:
    reports = some(results, "t4", TRADE_UP_SETS)
    if not reports:
        return ""
    text = (
        "\n## Trade-up\n\nWhich dearer item of a category customers went on to. These events show which dearer item people "
        "pick, never that an offer persuades them.\n\n" + picture("trade_ups", drawn)
    )
    for name, kinds in reports:
        for kind, report in kinds.items():
            label = "dearer than the last item" if kind == "last" else "dearer than any item bought there"
            text += f"\n### {name}, {label}\n\n{report['queries']:,} events, {report['clusters']:,} customers.\n\n"
            columns = [("hr@1", "HR@1"), ("hr@3", "HR@3"), ("hr@5", "HR@5"), ("mrr", "MRR")]
            columns += [("price_rise_weighted_hr@3", "rise-weighted HR@3"), ("mrr_to_best_baseline", "MRR to the best")]
            text += method_table(report, columns)
    return text


def chances(results: dict[str, Any]) -> str:
    text = ""
    columns = [
        ("auc", "AUC"),
        ("auc_above_best", "above the best simple"),
        ("pr_auc", "PR-AUC"),
        ("brier", "Brier"),
        ("ece", "ECE"),
    ]
    for name, report in some(results, "p_up", TRADE_UP_SETS):
        text += (
            f"\n### P(up), {name}\n\n{report['queries']:,} returns to a category, {report['clusters']:,} customers.\n\n"
        )
        text += method_table(report, columns) + "\n" + "".join(f"- {note}\n" for note in report["notes"])
    if text:
        text = (
            "\n## Will the next purchase in the category be dearer?\n\nOver all returns to a category. Trading up is mostly "
            "variety and regression to the mean, so the gain over what the shelf and the item alone say is what counts.\n"
        ) + text
    again = ""
    for name, report in some(results, "t6", [*TRADE_UP_SETS, "online_retail"]):
        keys = [(key, key.replace("_", " ")) for key in report["methods"][0]["metrics"]]
        again += f"\n### Bought again, {name}\n\n{report['queries']:,} customers at moments a week apart.\n\n"
        again += method_table(report, keys)
    for name, earlier in some(results, "rolling_t6", ["online_retail"]):
        every = [*earlier, *([results[f"t6-{name}"]] if results.get(f"t6-{name}") else [])]
        rows = [
            [place, *(interval(metrics(report, ANONYMOUS)[f"pr_auc_to_best@{days}d"]) for days in (7, 14))]
            for place, report in zip(SLICES, every, strict=False)
        ]
        again += (
            f"\n### Bought again, {name}: three slices\n\nWholesalers own most pairs, so one slice says little.\n\n"
        )
        again += table(["later slice", "pr auc to best@7d", "pr auc to best@14d"], rows)
    if again:
        again = "\n## Will it be bought again within 7 or 14 days?\n" + again
    return text + again


def bundles(results: dict[str, Any], drawn: dict[str, str]) -> str:
    reports = some(results, "bundles", BUNDLE_SETS)
    if not reports:
        return ""
    text = (
        "\n## Bundles that people marked\n\nTruth that is not co-purchase: people marked which items of a session belong "
        "together. Each item of a later bundle is asked for its mates among all items of the catalog; most were never sold "
        "before the cut, where counting finds nothing.\n\n" + picture("bundles", drawn)
    )
    for name, report in reports:
        text += f"\n### {name}\n\n{report['queries']:,} queries. {report['notes'][-1]}\n\n"
        columns = [(f"recall@{k}", f"recall@{k}") for k in (10, 20, 50)]
        columns += [(f"cold_recall@{k}", f"cold recall@{k}") for k in (10, 20, 50)]
        text += method_table(report, columns) + "\n" + comparison_table(report, "recall@50", ANONYMOUS)
    return text
