"""The documents are true to the tree: each path, link and script that they name exists."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
ROOMS = "include|src|python|tests|benchmarks|examples|cmake|scripts|docs"


def paths_in(text):
    """Paths of the tree in backticks or in the tree listing of ARCHITECTURE.md."""
    for quoted in re.findall(r"`([^`\n]+)`", text):
        if re.fullmatch(rf"(?:{ROOMS})/[\w./*-]*", quoted):
            yield quoted
    yield from re.findall(rf"^((?:{ROOMS})/[\w/]*) ", text, flags=re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.relative_to(ROOT).as_posix())
def test_paths_exist(document):
    missing = [path for path in paths_in(document.read_text()) if not list(ROOT.glob(path.rstrip("/")))]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text())
    missing = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert not missing


def test_scripts_are_executable_and_say_what_they_do():
    names = ["setup", "quickstart", "test", "bench", "check_layers.py"]
    for script in [*(ROOT / "scripts" / name for name in names), ROOT / ".ci" / "run"]:
        assert os.access(script, os.X_OK), f"{script} is not executable"
        assert script.read_text().startswith("#!/usr/bin/env ")


def test_versions_agree():
    version = re.search(r"VERSION (\d+\.\d+\.\d+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert f"## {version} " in (ROOT / "CHANGELOG.md").read_text()


def test_pinned_versions_agree():
    requirements = (ROOT / "scripts" / "requirements-test.txt").read_text()
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    for pin in re.findall(r"\[([\w-]+==[\d.]+)\]", hooks):
        assert pin in requirements


def test_continuous_integration_runs_what_a_person_runs():
    commands = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and not line.startswith("#")]
    assert commands == ['exec "$(dirname "$0")/../scripts/test"']
