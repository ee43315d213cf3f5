"""What docs/quality.md says of baskets: completion, single items, next baskets, slices."""

from __future__ import annotations

from typing import Any

from parts import ANONYMOUS, BAR, PERSONAL, SERVED_FACTORS, SERVED_RESIDUALS
from pictures import SEGMENTS, metrics
from sets import BASKET_SETS, CUSTOMER_SETS
from tables import SLICES, comparison_table, interval, method_table, number, picture, some, table


def baskets(results: dict[str, Any], drawn: dict[str, str]) -> str:
    reports = some(results, "t1", BASKET_SETS)
    if not reports:
        return ""
    text = (
        "\n## Basket completion\n\nOne item is taken out of a later basket and all items of training are ranked. "
        f"`full matrix` and `served` (d = {SERVED_FACTORS}, {SERVED_RESIDUALS} residuals per item) are other forms of the "
        "engine's model. `discovery` "
        "does not rank what the customer had bought: it is there for what is new to them.\n\n"
        + picture("baselines", drawn)
        + "\n"
        + picture("segments", drawn)
        + "\n"
        + picture("substitutes", drawn)
    )
    columns = [(f"hr@{k}", f"HR@{k}") for k in (1, 5, 10, 20)]
    columns += [("ndcg@10", "nDCG@10"), ("ndcg@20", "nDCG@20"), ("mrr", "MRR")]
    columns += [
        ("coverage@10", "coverage"),
        ("mean_popularity@10", "popularity"),
        ("substitute_rate@10", "substitutes"),
    ]
    columns += [("price_weighted_hr@10", "RevHR@10"), ("hr@10_to_ease", "HR@10 to EASE")]
    for name, report in reports:
        text += f"\n### {name}\n\n{report['queries']:,} queries, {report['clusters']:,} customers or baskets.\n\n"
        text += method_table(report, columns)
        text += "\nHR@10 by kind of query (a list ranked without the query's leaves in the last column):\n\n"
        text += method_table(report, [(f"{key}hr@10", label) for key, label in SEGMENTS if key])
        text += "\n" + comparison_table(report, "hr@10", ANONYMOUS)
        if "other_leaves_hr@10" in report["methods"][0]["metrics"]:
            text += "\n" + comparison_table(report, "other_leaves_hr@10", ANONYMOUS)
        chosen = ", ".join(f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
                           for key, value in report["chosen"].items() if not isinstance(value, (str, dict)))  # fmt: skip
        text += f"\nThe engine chose: {chosen}.\n\n"
        text += "".join(f"- {note}\n" for note in report["notes"] if not note.startswith("Baselines"))
    return text


def tuned(results: dict[str, Any]) -> str:
    kept = some(results, "tuning", BASKET_SETS)
    if not kept:
        return ""
    names = [it["method"] for it in max((methods for _, methods in kept), key=len)]
    rows = []
    for method in names:
        cells = []
        for _, methods in kept:
            own = next((it for it in methods if it["method"] == method), None)
            if own is None:
                cells.append("-")
                continue
            scores = [trial["validation"] for trial in own["trials"]]
            cells.append(f"{own['setting']} ({number(max(scores))}; {number(scores[0])})" if scores else own["setting"])
        rows.append([method, *cells])
    text = (
        "\n## Tuned settings of the baselines\n\nChosen on the newest tenth of training; in brackets HR@10 there, then "
        "that of the textbook setting.\n\n"
    )
    return text + table(["method", *(name for name, _ in kept)], rows)


def receipts(results: dict[str, Any]) -> str:
    text = ""
    for name, report in some(results, "receipt", ["online_retail"]):
        text += (
            f"\n## What comes next on the receipt: {name}\n\nLines of this set stand in the order of the invoice: each "
            f"item is asked for after those before it ({report['queries']:,} queries).\n\n"
        )
        columns = [("hr@1", "HR@1"), ("hr@10", "HR@10"), ("hr@20", "HR@20"), ("ndcg@10", "nDCG@10"), ("mrr", "MRR")]
        text += method_table(report, [*columns, ("hr@10_to_ease", "HR@10 to EASE")])
    return text


def partners(results: dict[str, Any]) -> str:
    text = ""
    for name, report in some(results, "t2", BASKET_SETS):
        text += f"\n### {name}\n\n{report['queries']:,} items.\n\n"
        columns = [("precision@20", "P@20"), ("recall@20", "R@20"), ("precision@50", "P@50"), ("recall@50", "R@50")]
        text += method_table(report, columns) + "\n" + comparison_table(report, "precision@20", ANONYMOUS)
    head = (
        "\n## Item to complements\n\nFor single items: partners of other leaves that the later baskets hold together at "
        "least three times and beyond chance (G2 >= 10.83); items with five such partners or more. Baselines have their "
        "settings from basket completion.\n"
    )
    return head + text if text else ""


def next_baskets(results: dict[str, Any]) -> str:
    text = ""
    for name, report in some(results, "t3", CUSTOMER_SETS):
        text += f"\n### {name}\n\n{report['queries']:,} customers.\n\n"
        columns = [("recall@10", "R@10"), ("recall@20", "R@20"), ("ndcg@10", "nDCG@10"), ("ndcg@20", "nDCG@20")]
        text += method_table(report, columns)
    head = (
        "\n## Next basket\n\nFor reference: each known customer's first later basket, mostly repeat purchases. The engine "
        "is asked with an empty basket; it is not made for this.\n"
    )
    return head + text if text else ""


def slices(results: dict[str, Any], drawn: dict[str, str]) -> str:
    rows = []
    for name, earlier in some(results, "rolling", BASKET_SETS):
        every = [*earlier, *([results[f"t1-{name}"]] if results.get(f"t1-{name}") else [])]
        for place, report in zip(SLICES, every, strict=False):
            own = metrics(report, ANONYMOUS)
            row = [name, place, f"{report['queries']:,}", number(metrics(report, BAR)["hr@10"]["value"])]
            row += [interval(own["hr@10_to_ease"]), interval(own["other_leaves_hr@10_to_ease"])]
            row.append(interval(metrics(report, PERSONAL)["hr@10_to_ease"]) if metrics(report, PERSONAL) else "-")
            rows.append(row)
    if not rows:
        return ""
    head = ["data", "later slice", "queries", "HR@10 of EASE", "anonymous", "query's leaves removed", "personal"]
    text = "\n## Rolling slices\n\nThe same judgement with the cut moved back, ratios to EASE.\n\n" + picture(
        "slices", drawn
    )
    return text + "\n" + table(head, rows)
