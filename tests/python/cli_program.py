"""The command line program, run as a user runs it, and the purchases of a small shop for it."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path


def find_program() -> str | None:
    """The program named by CROSSLIFT_CLI, else the one beside this Python, else the one on PATH."""
    beside = Path(sys.executable).parent / "crosslift"
    return os.environ.get("CROSSLIFT_CLI") or (str(beside) if beside.exists() else shutil.which("crosslift"))


PROGRAM = find_program()


def run(*words, code=0, timeout=300):
    """Runs the program and checks its exit code; output is no terminal here."""
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def run_json(*words, **options):
    return json.loads(run(*words, "--json", **options).stdout)


def write_csv(path, rows):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def shop_lines(baskets=600):
    """Wine goes with cheese of the same rank; rank r costs 2 (r + 1); customers with high numbers buy high ranks."""
    draw = random.Random(1)
    lines = []
    for basket in range(baskets):
        customer = draw.randrange(40)
        rank = min(4, draw.randrange(3) + customer // 14)
        items = [f"wine{rank}"]
        if draw.random() < 0.8:
            items.append(f"cheese{rank}")
        if draw.random() < 0.5:
            items.append(f"bread{draw.randrange(5)}")
        for item in items:
            lines.append(
                {
                    "customer_id": f"k{customer}",
                    "basket_id": f"b{basket}",
                    "item_id": item,
                    "timestamp": f"2024-{1 + basket // 60:02d}-{1 + basket % 28:02d}T10:00",
                    "quantity": 1,
                    "unit_price": 2 * (int(item[-1]) + 1),
                }
            )
    return sorted(lines, key=lambda line: line["timestamp"])


def shop_items():
    return [
        {"item_id": f"{kind}{rank}", "kind": kind, "price": 2 * (rank + 1), "name": f"{kind} no. {rank}"}
        for kind in ("wine", "cheese", "bread")
        for rank in range(5)
    ]
