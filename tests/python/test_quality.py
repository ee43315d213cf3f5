"""The script that writes docs/quality.md: from data to the page, the same each time."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "quality" / "quality.py"
PARTS = ["tuning-groceries", "t1-groceries"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A shop of forty items in eight leaves; items i and i + 1 of neighbouring leaves go together."""
    folder = tmp_path_factory.mktemp("data") / "groceries"
    folder.mkdir()
    rng = np.random.default_rng(0)
    rows = []
    for basket in range(1500):
        first = int(rng.integers(40))
        items = {first, (first + 8) % 40, (first + 1) % 40, int(rng.integers(40))}
        rows += [("", basket, item, basket, 1, "") for item in sorted(items)]
    columns = ["customer_id", "basket_id", "item_id", "timestamp", "quantity", "unit_price"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "transactions.csv.gz", index=False)
    leaves = [f"leaf{item % 8}" for item in range(40)]
    catalog = pd.DataFrame({"item_id": range(40), "level1": "all", "level2": leaves, "price": "", "name": leaves})
    catalog.to_csv(folder / "items.csv.gz", index=False)
    return folder.parent


def run(data, folder, *words):
    command = [sys.executable, str(SCRIPT), str(data), "--cache", str(folder / "cache"), "--page", str(folder / "q.md")]
    done = subprocess.run([*command, *words], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return (folder / "q.md").read_text()


def test_the_page_is_written_from_data_and_the_same_again(data, tmp_path):
    pytest.importorskip("matplotlib")
    quick = ["--queries", "100", "--parts", *PARTS]
    once = run(data, tmp_path, *quick)
    assert "## Goals" in once
    assert "| EASE | " in once
    assert "What did not work" in once
    assert "t1-lgsor" in once  # named as not computed
    assert (tmp_path / "pictures" / "baselines.svg").exists()
    (tmp_path / "again").mkdir()
    assert run(data, tmp_path / "again", *quick) == once
    assert run(data, tmp_path, "--render-only") == once


def test_a_part_that_is_not_there_is_named(data, tmp_path):
    command = [sys.executable, str(SCRIPT), str(data), "--parts", "t9-magic"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "t9-magic" in done.stderr
