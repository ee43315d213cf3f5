"""What docs/quality.md concludes: goals, each model against its baseline, what did not work."""

from __future__ import annotations

from typing import Any

from parts import ANONYMOUS, PERSONAL, SERVED_FACTORS, SERVED_RESIDUALS
from pictures import metrics
from registry import PARTS
from sets import BASKET_SETS, BUNDLE_SETS, CUSTOMER_SETS, TRADE_UP_SETS
from tables import interval, number, probability, some, table


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


def models(results: dict[str, Any]) -> str:
    rows = []
    for name, report in some(results, "t1", BASKET_SETS):
        own = metrics(report, ANONYMOUS)
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
    for name, report in some(results, "t6", [*TRADE_UP_SETS, "online_retail"]):
        for key, ratio in metrics(report, ANONYMOUS).items():
            if key.startswith("pr_auc_to_best") and ratio["value"] < 1:
                what = key.removeprefix("pr_auc_to_best@")
                lines.append(f"- {name}, bought again within {what}: {interval(ratio)} of the best simple method.\n")
    left_out = [part for part in PARTS if not results.get(part)]
    if left_out:
        lines.append(f"- Not computed for this page: {', '.join(left_out)}.\n")
    return (
        "\n## What did not work\n\nGoals not reached, simple methods that beat the engine with p < .05 (Holm), and models that stand below their "
        "baseline.\n\n" + "".join(lines)
    )
