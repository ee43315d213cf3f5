"""The text of docs/quality.md, from the numbers of its parts."""

from __future__ import annotations

from typing import Any

from parts import ANONYMOUS, BAR, PARTS, PERSONAL, SERVED_FACTORS, SERVED_RESIDUALS
from pictures import SEGMENTS, metrics
from sets import BASKET_SETS, BUNDLE_SETS, CUSTOMER_SETS, SETS, TRADE_UP_SETS
from studies_page import large_catalogs, purity
from tables import comparison_table, interval, method_table, number, picture, probability, some, table

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
Baselines have their settings from a validation slice of training, six tried for each (textbook settings and fewer baselines
for lgsor); `EASE` has its lambda from the judged
queries themselves, which favours it. Brackets are 95 % bootstrap intervals by customer (by basket where there is none).
"lgsor" is generated data: a gain seen only there proves little. Absolute values move with the slice by a tenth;
ratios on the same queries hold.
"""


def goals(results: dict[str, Any]) -> str:
    rows = []
    for name, report in some(results, "t1", BASKET_SETS):
        for it in report["verdicts"]:
            what = f"`{it['metric']}`, {it['method']} over {it['over']}"
            rows.append([name, what, number(it["goal"]), interval(it["ratio"]), "yes" if it["reached"] else "**no**"])
    for name, reports in some(results, "t4", TRADE_UP_SETS):
        for kind, least in (
            ("last", {"complete_journey": 1.05, "lgsor": 1.10}),
            ("own_maximum", {"complete_journey": 1.05, "lgsor": 1.06}),
        ):
            ratio = metrics(reports[kind], "crosslift")["mrr_to_best_baseline"]
            reached = ratio["value"] >= least[name] and ratio["low"] > 1
            what = f"`mrr`, {kind.replace('_', ' ')} definition, crosslift over the best simple method"
            rows.append([name, what, number(least[name]), interval(ratio), "yes" if reached else "**no**"])
    rows += acceptance_goals(results)
    if not rows:
        return ""
    text = (
        "\n## Goals\n\nA goal above 1 counts as reached when the ratio is at the goal and its lower bound above 1; a goal "
        "of 1 or less when the ratio is at the goal.\n\n"
    )
    return text + table(["data", "what", "goal", "measured", "reached"], rows)


def acceptance_goals(results: dict[str, Any]) -> list[list[str]]:
    rows = []
    for name, report in some(results, "p_up", TRADE_UP_SETS):
        own = metrics(report, PERSONAL) or metrics(report, ANONYMOUS)
        above = {"complete_journey": 0.015, "lgsor": 0.045}[name]
        for metric, what, goal, reached in (
            ("auc", "P(up), AUC at least", 0.835, own["auc"]["value"] >= 0.835),
            (
                "auc_above_best",
                "P(up), AUC above the better simple method by",
                above,
                own["auc_above_best"]["value"] >= above,
            ),
            ("ece", "P(up), calibration error at most", 0.03, own["ece"]["value"] <= 0.03),
        ):
            rows.append([name, what, number(goal), interval(own[metric]), "yes" if reached else "**no**"])
    return rows


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
    if again:
        again = "\n## Will it be bought again within 7 or 14 days?\n" + again
    return text + again


def baskets(results: dict[str, Any], drawn: dict[str, str]) -> str:
    reports = some(results, "t1", BASKET_SETS)
    if not reports:
        return ""
    text = (
        "\n## Basket completion\n\nOne item is taken out of a later basket and all items of training are ranked.\n\n"
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


def models(results: dict[str, Any]) -> str:
    rows = []
    for name, report in some(results, "t1", BASKET_SETS):
        own, bar = metrics(report, ANONYMOUS), metrics(report, BAR)
        rows.append(
            ["ComplementModel", "EASE tuned on the judged queries", name, "hr@10", interval(own["hr@10_to_ease"])]
        )
        for it in report["verdicts"]:
            if it["method"] == "served":
                form = f"d = {SERVED_FACTORS}, {SERVED_RESIDUALS} residuals per item"
                rows.append([form, "the full matrix", name, "hr@10", interval(it["ratio"])])
        personal = metrics(report, PERSONAL)
        if personal:
            ratio = personal["known_customer_hr@10"]["value"] / own["known_customer_hr@10"]["value"]
            rows.append(["own history", "the same without customers", name, "hr@10, known customers", number(ratio)])
            ratio = personal["known_customer_hr@10"]["value"] / max(
                metrics(report, it)["known_customer_hr@10"]["value"]
                for it in ("own frequency", "PerNIR", "ALS customer")
                if metrics(report, it)
            )
            rows.append(
                [
                    "own history",
                    "best of the personal baselines",
                    name,
                    "hr@10, known customers",
                    number(ratio),
                ]
            )
        del bar
    for name, kinds in some(results, "t4", TRADE_UP_SETS):
        for kind, report in kinds.items():
            ratio = metrics(report, "crosslift")["mrr_to_best_baseline"]
            rows.append(
                ["TradeUpModel", "best simple method", f"{name}, {kind.replace('_', ' ')}", "mrr", interval(ratio)]
            )
    for name, report in some(results, "p_up", TRADE_UP_SETS):
        own = metrics(report, PERSONAL) or metrics(report, ANONYMOUS)
        rows.append(
            [
                "AcceptanceModel",
                "better of leaf share and item rate",
                name,
                "AUC, difference",
                interval(own["auc_above_best"]),
            ]
        )
    for name, report in some(results, "t6", [*TRADE_UP_SETS, "online_retail"]):
        for key, value in metrics(report, ANONYMOUS).items():
            if key.startswith("pr_auc_to_best"):
                rows.append(["ReplenishmentModel", "best simple method", name, key.replace("_", " "), interval(value)])
    for name, report in some(results, "bundles", BUNDLE_SETS):
        of_engine = [it for it in report["comparisons"] if it["method"] == ANONYMOUS and it["metric"] == "recall@50"]
        closest = min(of_engine, key=lambda it: it["ratio"]["value"])
        rows.append(["new items by content", closest["over"], name, "recall@50", interval(closest["ratio"])])
    if not rows:
        return ""
    text = "\n## Each model against its baseline\n\nA model without a gain here is not shipped.\n\n"
    return text + table(["model", "baseline", "data", "metric", "ratio"], rows)


def slices(results: dict[str, Any], drawn: dict[str, str]) -> str:
    rows = []
    for name, earlier in some(results, "rolling", BASKET_SETS):
        every = [*earlier, *([results[f"t1-{name}"]] if results.get(f"t1-{name}") else [])]
        for place, report in zip(("third newest tenth", "second newest", "newest"), every, strict=False):
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


def failures(results: dict[str, Any]) -> str:
    lines = []
    for name, report in some(results, "t1", BASKET_SETS):
        for it in report["verdicts"]:
            if not it["reached"]:
                lines.append(
                    f"- {name}: `{it['metric']}` of {it['method']} over {it['over']} is {interval(it['ratio'])}; "
                    f"the goal is {number(it['goal'])}.\n"
                )
    for prefix, names, label in (("t2", BASKET_SETS, "item to complements"), ("bundles", BUNDLE_SETS, "bundles")):
        for name, report in some(results, prefix, names):
            for it in report["comparisons"]:
                behind = it["ratio"]["value"] is not None and it["ratio"]["value"] < 1 and (it["p_holm"] or 1) < 0.05
                if it["method"] == ANONYMOUS and behind:
                    p = probability(it["p_holm"])
                    lines.append(
                        f"- {name}, {label}: `{it['metric']}` is {interval(it['ratio'])} of {it['over']} (p {p}).\n"
                    )
    for name, report in some(results, "t3", CUSTOMER_SETS):
        for it in report["comparisons"]:
            if it["ratio"]["value"] is not None and it["ratio"]["value"] < 1:
                lines.append(f"- {name}, next basket: `{it['metric']}` is {interval(it['ratio'])} of {it['over']}.\n")
    left_out = [part for part in PARTS if not results.get(part)]
    if left_out:
        lines.append(f"- Not computed for this page: {', '.join(left_out)}.\n")
    lines.append("- item2vec is left out: no library that we depend on trains it.\n")
    return (
        "\n## What did not work\n\nGoals not reached, and simple methods that beat the engine with p < .05 (Holm).\n\n"
        + "".join(lines)
    )


def page(results: dict[str, Any], drawn: dict[str, str]) -> str:
    parts = [
        goals(results),
        baskets(results, drawn),
        tuned(results),
        receipts(results),
        partners(results),
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
