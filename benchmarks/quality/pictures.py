"""The pictures of docs/quality.md, from the numbers of its parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from parts import ANONYMOUS, BAR, DISCOVERY, PERSONAL
from sets import BASKET_SETS, BUNDLE_SETS, TRADE_UP_SETS
from tables import SLICES

INK, BLUE, ORANGE, GREEN, GREY = "#222222", "#1f6fb2", "#d8731f", "#3a8f4d", "#9a9a9a"


def metrics(report: dict[str, Any], method: str) -> dict[str, Any]:
    return next((line["metrics"] for line in report["methods"] if line["method"] == method), {})


def draw(results: dict[str, Any], folder: Path) -> dict[str, str]:
    """Writes what can be drawn; returns alternative texts by file name."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update(
        {"svg.hashsalt": "crosslift", "svg.fonttype": "path", "font.size": 9, "axes.spines.top": False,
         "axes.spines.right": False, "axes.edgecolor": INK, "figure.dpi": 100}
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    drawn: dict[str, str] = {}
    for name, picture in PICTURES.items():
        figure, text = picture(results)
        if figure is None:
            continue
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")
        drawn[f"{name}.svg"] = text
    return drawn


def _reports(results: dict[str, Any], prefix: str, names: list[str]) -> dict[str, Any]:
    return {name: results[f"{prefix}-{name}"] for name in names if results.get(f"{prefix}-{name}")}


def _figure(columns: int, height: float, width: float = 3.1) -> tuple[Any, list[Any]]:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, columns, figsize=(width * columns, height), squeeze=False, layout="constrained")
    return figure, list(axes[0])


def _dots(axis: Any, labels: list[str], estimates: list[dict[str, float]], colours: list[str]) -> None:
    for place, (estimate, colour) in enumerate(zip(estimates, colours, strict=True)):
        if estimate["low"] is not None:
            axis.plot([estimate["low"], estimate["high"]], [place, place], color=colour, linewidth=1.6)
        axis.plot(estimate["value"], place, "o", color=colour, markersize=4.5)
    axis.set_yticks(range(len(labels)), labels)
    axis.grid(axis="x", color="#e4e4e4", linewidth=0.6)
    axis.set_axisbelow(True)


def baselines(results: dict[str, Any]) -> tuple[Any, str]:
    """HR@10 of every method on every set."""
    reports = _reports(results, "t1", BASKET_SETS)
    if not reports:
        return None, ""
    figure, axes = _figure(len(reports), 4.0, 3.4)
    for axis, (name, report) in zip(axes, reports.items(), strict=True):
        others = ("full matrix", "full matrix, personal", "served", "served, personal", DISCOVERY)
        lines = [line for line in report["methods"] if line["method"] not in others]
        lines.sort(key=lambda line: line["metrics"]["hr@10"]["value"])
        labels = [line["method"] for line in lines]
        own = {ANONYMOUS: BLUE, PERSONAL: GREEN, BAR: ORANGE}
        _dots(axis, labels, [line["metrics"]["hr@10"] for line in lines], [own.get(it, GREY) for it in labels])
        axis.set_title(f"{name}\n{report['queries']:,} queries")
        axis.set_xlabel("HR@10 (share of queries)")
    figure.suptitle("Basket completion: the hidden item among the first ten, 95 % intervals")
    return figure, "HR@10 of every method on four data sets, with intervals; EASE orange, Crosslift blue and green"


SEGMENTS = [
    ("", "all queries"),
    ("new_to_customer_", "new to the customer"),
    ("bought_before_", "bought before"),
    ("in_leaf_", "target's leaf in the query"),
    ("cross_leaf_", "target's leaf not in it"),
    ("other_leaves_", "query's leaves removed"),
]


def segments(results: dict[str, Any]) -> tuple[Any, str]:
    """Ratio to EASE by kind of query."""
    reports = _reports(results, "t1", BASKET_SETS)
    if not reports:
        return None, ""
    figure, axes = _figure(len(reports), 3.0, 3.8)
    for axis, (name, report) in zip(axes, reports.items(), strict=True):
        bar = metrics(report, BAR)
        shown = [(key, label) for key, label in SEGMENTS if f"{key}hr@10" in bar][::-1]
        for method, colour, shift in ((ANONYMOUS, BLUE, -0.15), (PERSONAL, GREEN, 0.15)):
            own = metrics(report, method)
            if not own:
                continue
            ratios = [own[f"{key}hr@10"]["value"] / bar[f"{key}hr@10"]["value"] for key, _ in shown]
            axis.barh([n + shift for n in range(len(shown))], [r - 1 for r in ratios], 0.28, left=1, color=colour,
                      label=method)  # fmt: skip
        axis.axvline(1, color=INK, linewidth=0.8)
        axis.set_yticks(range(len(shown)), [label for _, label in shown])
        axis.set_title(name)
        axis.set_xlabel("HR@10 / HR@10 of EASE")
    handles = dict(pair for axis in axes for pair in zip(*reversed(axis.get_legend_handles_labels()), strict=True))
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    figure.suptitle("Where the gain comes from: ratio to EASE by kind of query")
    return figure, "Ratio of HR@10 to EASE's by kind of query, for Crosslift without and with customers"


def popularity(results: dict[str, Any]) -> tuple[Any, str]:
    """Hit rate against popularity of the offers and share of substitutes."""
    reports = _reports(results, "t1", BASKET_SETS)
    if not reports:
        return None, ""
    figure, axes = _figure(len(reports), 3.0)
    markers = {"popularity": "s", "co-count": "^", "lift": "v", "LLR": "D", "cosine kNN": "P", "ALS cosine": "X", BAR: "o",
               ANONYMOUS: "o"}  # fmt: skip
    for axis, (name, report) in zip(axes, reports.items(), strict=True):
        for method, marker in markers.items():
            own = metrics(report, method)
            if "substitute_rate@10" not in own:
                continue
            colour = {ANONYMOUS: BLUE, BAR: ORANGE}.get(method, GREY)
            x, y = own["substitute_rate@10"]["value"], own["other_leaves_hr@10"]["value"]
            axis.plot(x, y, marker, color=colour, markersize=6, label=method, linestyle="none")
        axis.margins(0.15)
        axis.grid(color="#e4e4e4", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.set_title(name)
        axis.set_xlabel("share of offers in a leaf of the query")
    axes[0].set_ylabel("HR@10 with those leaves removed")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=8, frameon=False)
    figure.suptitle("Substitutes in the raw list against hits of the cross-sell list")
    return figure, "Share of offers in the query's leaves against hit rate with those leaves removed, by method"


def trade_ups(results: dict[str, Any]) -> tuple[Any, str]:
    reports = _reports(results, "t4", TRADE_UP_SETS)
    if not reports:
        return None, ""
    panels = [(name, kind, report[kind]) for name, report in reports.items() for kind in ("last", "own_maximum")]
    figure, axes = _figure(len(panels), 2.6, 3.5)
    for axis, (name, kind, report) in zip(axes, panels, strict=True):
        labels = [line["method"] for line in report["methods"]]
        colours = [BLUE if label.startswith("crosslift") else GREY for label in labels]
        _dots(axis, labels, [line["metrics"]["mrr"] for line in report["methods"]], colours)
        axis.set_title(f"{name}\n{'dearer than the last' if kind == 'last' else 'dearer than any before'}")
        axis.set_xlabel(f"MRR, {report['queries']:,} events")
    figure.suptitle("Trade-up: place of the dearer item that the customer went for, 95 % intervals")
    return figure, "MRR of trade-up methods by data set and definition"


def bundles(results: dict[str, Any]) -> tuple[Any, str]:
    reports = _reports(results, "bundles", BUNDLE_SETS)
    if not reports:
        return None, ""
    figure, axes = _figure(len(reports), 3.4, 4.2)
    for axis, (name, report) in zip(axes, reports.items(), strict=True):
        lines = sorted(report["methods"], key=lambda line: line["metrics"]["recall@50"]["value"])
        for shift, metric, label in (
            (0.2, "recall@50", "all mates"),
            (-0.2, "cold_recall@50", "mates never sold before"),
        ):
            values = [line["metrics"][metric]["value"] or 0 for line in lines]
            colour = BLUE if shift > 0 else ORANGE
            axis.barh([n + shift for n in range(len(lines))], values, 0.38, color=colour, label=label)
        axis.set_yticks(range(len(lines)), [line["method"] for line in lines])
        axis.set_title(f"{name}, {report['queries']:,} queries")
        axis.set_xlabel("recall@50 (share of marked mates found)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    figure.suptitle("Bundles that people marked: mates found")
    return figure, "Share of marked mates among the first fifty, all and never sold before, by method"


def slices(results: dict[str, Any]) -> tuple[Any, str]:
    reports = _reports(results, "rolling", BASKET_SETS)
    if not reports:
        return None, ""
    figure, axes = _figure(1, 2.8, 5.2)
    axis = axes[0]
    for shift, (name, earlier) in enumerate(reports.items()):
        every = [*earlier, *([results[f"t1-{name}"]] if results.get(f"t1-{name}") else [])]
        ratios = [metrics(report, ANONYMOUS)["hr@10_to_ease"] for report in every]
        places = [n + 0.08 * (shift - 1) for n in range(len(ratios))]
        colour = (BLUE, ORANGE, GREEN)[shift % 3]
        axis.plot(places, [r["value"] for r in ratios], "o-", color=colour, label=name, linewidth=1, markersize=4)
        for place, ratio in zip(places, ratios, strict=True):
            axis.plot([place, place], [ratio["low"], ratio["high"]], color=colour, linewidth=1.4)
    axis.axhline(1, color=INK, linewidth=0.8)
    axis.set_xticks(range(3), SLICES)
    axis.set_ylabel("HR@10 / HR@10 of EASE")
    axis.set_xlabel("later slice of the baskets")
    axis.set_title("Anonymous basket completion on three slices, 95 % intervals")
    axis.legend(fontsize=8, frameon=False)
    return figure, "Ratio of HR@10 to EASE on three later slices per data set"


PICTURES = {
    "baselines": baselines,
    "segments": segments,
    "substitutes": popularity,
    "trade_ups": trade_ups,
    "bundles": bundles,
    "slices": slices,
}
