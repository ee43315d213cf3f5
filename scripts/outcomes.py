"""Reads what test programs say about themselves: GoogleTest's and pytest's XML, exit statuses, logs."""

from __future__ import annotations

import re
import signal
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

PLACE = re.compile(r"\S+:\d+")


@dataclass(frozen=True)
class Outcome:
    """One test: `status` is passed, failed or skipped, `reason` says why it did not pass."""

    name: str
    status: str
    reason: str = ""


def describe_exit(status: int) -> str:
    """An exit status of run() in words."""
    if status == -1000:
        return "ran out of time and was ended"
    if status == -1001:
        return "could not be started"
    if status < 0:
        try:
            return f"was killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"was killed by signal {-status}"
    return f"exit code {status}"


def tail(log: Path, lines: int) -> str:
    """The last lines of a log; empty where there is none."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def read_cases(report: Path) -> list[ElementTree.Element] | None:
    """The test cases of an XML report; None where it is missing or broken off."""
    try:
        return list(ElementTree.parse(report).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return None


def read_gtest(report: Path, log: Path, status: int, suite: str) -> list[Outcome]:
    """The tests of one GoogleTest program. A program that ends badly outside its tests is one failure more."""
    cases = read_cases(report)
    if cases is None:
        return [Outcome(f"{suite}_tests", "failed", crash_reason(log, status))]
    outcomes = [gtest_outcome(case) for case in cases]
    if not outcomes:
        return [Outcome(f"{suite}_tests", "failed", "the program holds no test")]
    if status != 0 and not any(o.status == "failed" for o in outcomes):
        why = f"every test passed, and yet: {describe_exit(status)}\n{tail(log, 40)}"
        outcomes.append(Outcome(f"{suite}_tests", "failed", why))
    return outcomes


def gtest_outcome(case: ElementTree.Element) -> Outcome:
    name = f"{case.get('classname')}.{case.get('name')}"
    failures = [f.get("message", "") for f in case.findall("failure")]
    if failures:
        return Outcome(name, "failed", "\n".join(failures))
    if case.get("result") == "skipped" or case.find("skipped") is not None:
        return Outcome(name, "skipped", skip_reason(case))
    if case.get("status") != "run" or case.get("result") != "completed":
        return Outcome(name, "skipped", "disabled in the source")
    return Outcome(name, "passed")


def skip_reason(case: ElementTree.Element) -> str:
    skipped = case.find("skipped")
    text = "" if skipped is None else (skipped.get("message") or skipped.text or "")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines and PLACE.fullmatch(lines[0]):  # GoogleTest puts file and line before the reason
        del lines[0]
    return " ".join(lines) or "no reason given"


def crash_reason(log: Path, status: int) -> str:
    """What is known of a program that left no report: how it ended, and in which test."""
    text = tail(log, 100_000)
    begun = [line.removeprefix("[ RUN      ] ") for line in text.splitlines() if line.startswith("[ RUN      ] ")]
    where = f" in {begun[-1]}" if begun else ""
    return f"{describe_exit(status)}{where}, and left no report\n{tail(log, 40)}"


def read_pytest(report: Path, log: Path, status: int) -> list[Outcome]:
    """The tests of one pytest run."""
    cases = read_cases(report)
    if cases is None:
        return [Outcome("pytest", "failed", f"{describe_exit(status)}, and left no report\n{tail(log, 40)}")]
    outcomes = []
    for case in cases:
        name = "::".join(part for part in (case.get("classname"), case.get("name")) if part)
        broken = [*case.findall("failure"), *case.findall("error")]
        if broken:
            text = "\n".join(f"{b.get('message', '')}\n{b.text or ''}".strip() for b in broken)
            outcomes.append(Outcome(name, "failed", text))
        elif case.find("skipped") is not None:
            outcomes.append(Outcome(name, "skipped", skip_reason(case)))
        else:
            outcomes.append(Outcome(name, "passed"))
    if status not in (0, 5) and not any(o.status == "failed" for o in outcomes):
        why = f"pytest: {describe_exit(status)}\n{tail(log, 40)}"
        outcomes.append(Outcome("pytest", "failed", why))
    if not outcomes:
        outcomes.append(Outcome("pytest", "failed", "no test was collected"))
    return outcomes
