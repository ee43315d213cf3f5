"""Numbers and tables of docs/quality.md."""

from __future__ import annotations

from typing import Any

SLICES = ("third newest tenth", "second newest", "newest")


def number(value: float | None, digits: int = 3) -> str:
    if value is None:
        return "-"
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("0.") else text


def interval(estimate: dict[str, float | None], digits: int = 3) -> str:
    if estimate["low"] is None:
        return number(estimate["value"], digits)
    return (
        f"{number(estimate['value'], digits)} [{number(estimate['low'], digits)}, {number(estimate['high'], digits)}]"
    )


def probability(p: float | None) -> str:
    return "-" if p is None else "< .001" if p < 0.001 else number(p)


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def picture(name: str, drawn: dict[str, str]) -> str:
    file = f"{name}.svg"
    return f"![{drawn[file]}](pictures/{file})\n" if file in drawn else ""


def some(results: dict[str, Any], prefix: str, names: list[str]) -> list[tuple[str, Any]]:
    return [(name, results[f"{prefix}-{name}"]) for name in names if results.get(f"{prefix}-{name}")]


def method_table(report: dict[str, Any], columns: list[tuple[str, str]]) -> str:
    known = report["methods"][0]["metrics"]
    shown = [(key, label) for key, label in columns if key in known]
    bracketed = {key for key, _ in shown if key.endswith("_to_ease") or "_to_best" in key}
    # Other forms of the engine are compared without customers.
    hidden = ("full matrix, personal", "served, personal")
    rows = [
        [line["method"]]
        + [(interval if key in bracketed else lambda it: number(it["value"]))(line["metrics"][key]) for key, _ in shown]
        for line in report["methods"]
        if line["method"] not in hidden
    ]
    return table(["method", *(label for _, label in shown)], rows)


def comparison_table(report: dict[str, Any], metric: str, method: str) -> str:
    rows = [
        [it["over"], interval(it["ratio"]), probability(it["p_value"]), probability(it["p_holm"])]
        for it in report["comparisons"]
        if it["metric"] == metric and it["method"] == method
    ]
    return table([f"`{metric}` of {method} over", "ratio", "p", "p (Holm)"], rows) if rows else ""
