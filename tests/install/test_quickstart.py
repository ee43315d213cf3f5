"""The second half of scripts/quickstart, on the package that is installed: what a newcomer sees."""

import re
import sys

import pytest
from conftest import ROOT, run

pytest.importorskip("crosslift", reason="crosslift is not installed: run scripts/test python")


def test_quickstart_shows_offers_with_reasons(tmp_path):
    output = run([sys.executable, ROOT / "scripts" / "quickstart.py"], cwd=tmp_path)
    first, second, third, *_ = output.split("\nIn the basket: ")[1:]
    baskets = [first, second, third.split("\n2. ")[0]]
    shelves = output.split("\nLooked at: ")[1:4]
    assert len(shelves) == 3
    assert all("\n  1. " in shown for shown in [*baskets, *shelves]), output
    assert all(re.search(r"[\d,]+ of [\d,]+ baskets with", basket) for basket in baskets), output
    assert all(re.search(r"\d+\.\d\d dearer", shelf) for shelf in shelves), output
    assert len(re.findall(r"Learned from [\d,]+ customers, [\d,]+ items and [\d,]+ baskets in [\d.]+ s", output)) == 2
    assert len(re.findall(r"after each sweep: [\d,]+  ", output)) == 2
    assert "makes the same offers" in output
