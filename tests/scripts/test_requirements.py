"""docs/requirements.md has a row for each requirement, and each test that it names exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "requirements.md").read_text()


def test_every_requirement_has_its_row():
    rows = [int(number) for number in re.findall(r"^\| R(\d+) \|", PAGE, flags=re.MULTILINE)]
    assert rows == list(range(1, 29))


def test_every_test_named_exists():
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").glob("*/*_test.cpp"))
    known = {f"{suite}.{name}" for suite, name in re.findall(r"TEST(?:_P|_F)?\((\w+),\s*(\w+)\)", tests)}
    named = re.findall(r"`(\w+\.\w+)`", PAGE.split("| # |")[1])
    assert len(named) > 50
    assert not set(named) - known
