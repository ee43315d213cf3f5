"""Turns what scripts/gpu_check measured into one table: measured, floor, share of the floor, baseline, ratio.

A floor is what the ceilings of the same run allow: bytes over the measured gather or copy, operations over the measured
product. A row without a ceiling or a baseline says "-"; nothing here is estimated.
"""

from __future__ import annotations

import re

HEAD = ["benchmark", "measured", "floor", "% of floor", "baseline", "ratio", "check"]
SHAPES = {"0": "ML-20M", "1": "MSD"}


def arguments(name: str) -> dict[str, str]:
    """``als_gpu/shape:0/factors:64`` as {"": "als_gpu", "shape": "0", ...}."""
    first, *rest = name.split("/")
    return {"": first, **dict(part.split(":", 1) for part in rest if ":" in part)}


class Ceilings:
    """What this GPU did at most, by the benchmarks named ceiling_*; None where one is missing."""

    def __init__(self, benchmarks: list[dict]) -> None:
        self.copy: float | None = None
        self.product: dict[str, float] = {}
        self.gather: dict[tuple[str, int, str], float] = {}
        for it in benchmarks:
            it_is = arguments(it["name"])
            if it_is[""] == "ceiling_copy":
                self.copy = it.get("bytes/s")
            elif it_is[""] == "ceiling_product":
                self.product[it_is["kind"]] = it.get("FLOP/s", 0)
            elif it_is[""] == "ceiling_gather":
                self.gather[it_is["shape"], int(it_is["row_bytes"]), it_is["by_item"]] = it.get("bytes/s", 0)

    def gather_ms(self, shape: str, cells: float, row_bytes: int) -> float | None:
        """Both half sweeps read a row per cell."""
        rates = [self.gather.get((shape, row_bytes, side)) for side in "01"]
        return sum(cells * row_bytes / rate for rate in rates) * 1e3 if all(rates) else None

    def product_ms(self, kind: str, operations: float) -> float | None:
        rate = self.product.get(kind)
        return operations / rate * 1e3 if rate else None


def als_floor(ceilings: Ceilings, it: dict, d: int, shape: str, cg: bool) -> float | None:
    """Exact: rows gathered in 16 bits or the Gram products on tensor cores, the longer of the two, and Cholesky in fp32.

    Conjugate gradients: one gather of the rows in 16 bits, or three steps and the residual in fp32.
    """
    cells, rows = it["cells"], it["customers"] + it["items"]
    gather = ceilings.gather_ms(shape, cells, 2 * d)
    if cg:
        work = ceilings.product_ms("0", 32 * cells * d + 8 * rows * d * d)
        return max(gather, work) if gather and work else None
    gram = ceilings.product_ms("2", 2 * cells * d * (d + 1))
    cholesky = ceilings.product_ms("0", rows * (d**3 / 3 + 2 * d * d))
    return max(gather, gram) + cholesky if gather and gram and cholesky else None


def baseline_of_als(measured: dict, shape: str, d: int) -> tuple[float | None, str, float | None]:
    """implicit's epoch, its name and its loss; its algorithm restated where it could not run."""
    for it in measured.get("implicit", []) if shape == "0" else []:
        if it["factors"] == d:
            return it["epoch_ms"], f"implicit {it['version']}", it.get("loss")
    for it in measured.get("benchmarks", []):
        if re.match(rf"implicit_restated/shape:{shape}/factors:{d}/", it["name"]) and "real_time" in it:
            return it["real_time"], "implicit restated", it.get("loss")
    return None, "-", None


def row(name: str, value: float, unit: str, floor: float | None, base: float | None, what: str, check: str) -> dict:
    return {
        "benchmark": name,
        "measured": value,
        "unit": unit,
        "floor": floor,
        "percent_of_floor": 100 * floor / value if floor and value else None,
        "baseline": base,
        "baseline_name": what,
        "ratio": base / value if base and value else None,
        "check": check,
    }


def als_row(ceilings: Ceilings, measured: dict, it: dict, it_is: dict[str, str]) -> dict:
    shape, d, cg = it_is["shape"], int(it_is["factors"]), it_is["cg"] == "1"
    base, what, loss = baseline_of_als(measured, shape, d) if cg else (None, "-", None)
    check = f"loss {it['loss']:.6g}" + (f", theirs {loss:.6g}" if loss else "")
    mixed = it_is.get("mixed") == "1"
    name = f"ALS {SHAPES[shape]} d={d} {'CG' if cg else 'exact'}, {'mixed' if mixed else 'strict'}"
    return row(name, it["real_time"], "ms", als_floor(ceilings, it, d, shape, cg), base, what, check)


def top_k_row(ceilings: Ceilings, measured: dict, it: dict, it_is: dict[str, str]) -> dict:
    batch, unfiltered = int(it_is["queries"]), it_is["filter"] == "0"
    items, d = 1_000_000, 128
    read = items * d * 4 * 2 / ceilings.copy * 1e6 if ceilings.copy else None  # a copy counts bytes read and written
    work = ceilings.product_ms("0", 2.0 * items * d * batch)
    floor = max(read / 2, work * 1e3) if read and work else None
    theirs = next((t for t in measured.get("torch", []) if t["batch"] == batch), None) if unfiltered else None
    check = f"{theirs['same_ids']} of {theirs['ids']} ids" if theirs else ""
    name = f"top-100 of 1M x 128, batch {batch}, {it.get('label', '')}"
    base = theirs["fp32_us"] if theirs else None
    return row(name, it["real_time"], "us", floor, base, "PyTorch fp32" if theirs else "-", check)


def rows(measured: dict) -> list[dict]:
    """One row per measurement that is no ceiling."""
    benchmarks = [it for it in measured.get("benchmarks", []) if not it.get("error_occurred")]
    ceilings = Ceilings(benchmarks)
    made = []
    for it in benchmarks:
        it_is = arguments(it["name"])
        if it_is[""] == "als_gpu":
            made.append(als_row(ceilings, measured, it, it_is))
        elif it_is[""] == "top_k_gpu":
            made.append(top_k_row(ceilings, measured, it, it_is))
        elif it_is[""] == "ease_gpu":
            floor = ceilings.product_ms("0", it["items"] ** 3)
            name = f"EASE {it_is['items']} items, whole fit"
            made.append(row(name, it["real_time"], "ms", floor, None, "-", f"check {it['check']:.6g}"))
    return made


def table(measured: dict) -> str:
    """The rows as text, the ceilings above them."""
    ceilings = Ceilings(measured.get("benchmarks", []))
    lines = []
    if ceilings.copy:
        lines.append(f"copy {ceilings.copy / 1e12:.2f} TB/s (read and written)")
    for kind, name in {"0": "fp32", "1": "TF32", "2": "fp16"}.items():
        if ceilings.product.get(kind):
            lines.append(f"matrix product {name} {ceilings.product[kind] / 1e12:.0f} TFLOP/s")
    cells = [HEAD]
    for it in rows(measured):
        number = "{:.3g}".format
        cells.append([
            it["benchmark"], f"{number(it['measured'])} {it['unit']}", number(it["floor"]) if it["floor"] else "-",
            f"{it['percent_of_floor']:.0f}" if it["percent_of_floor"] else "-",
            f"{number(it['baseline'])} ({it['baseline_name']})" if it["baseline"] else "-",
            f"{it['ratio']:.2f}" if it["ratio"] else "-", it["check"],
        ])  # fmt: skip
    if len(cells) == 1:
        return "nothing was measured"
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    lines += ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join(lines)
