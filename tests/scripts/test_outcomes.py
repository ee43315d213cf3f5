"""scripts/outcomes.py counts what test programs say, and takes silence and crashes for failures."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "outcomes.py"
spec = importlib.util.spec_from_file_location("outcomes", SCRIPT)
outcomes = importlib.util.module_from_spec(spec)
sys.modules["outcomes"] = outcomes
spec.loader.exec_module(outcomes)

GTEST = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" failures="1" disabled="1" errors="0" time="0.1" name="AllTests">
  <testsuite name="Gram" tests="4" failures="1" disabled="1" skipped="1">
    <testcase name="Small" status="run" result="completed" time="0.1" classname="Gram" />
    <testcase name="Odd" status="run" result="completed" classname="Gram">
      <failure message="expected 3, got 4" type=""><![CDATA[gram_test.cpp:7]]></failure>
    </testcase>
    <testcase name="Cuda" status="run" result="skipped" classname="Gram">
      <skipped message="/tree/tests/ops/gram_test.cpp:9&#x0A;no GPU here"><![CDATA[]]></skipped>
    </testcase>
    <testcase name="DISABLED_Later" status="notrun" result="suppressed" classname="Gram" />
  </testsuite>
</testsuites>
"""

PYTEST = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4">
  <testcase classname="tests.test_engine" name="test_fit" time="0.1" />
  <testcase classname="tests.test_engine" name="test_save"><failure message="assert 1 == 2">trace</failure></testcase>
  <testcase classname="tests.test_engine" name="test_gpu"><skipped message="no GPU">x.py:3: no GPU</skipped></testcase>
  <testcase classname="" name="tests.test_broken"><error message="collection failure">ImportError</error></testcase>
</testsuite></testsuites>
"""


@pytest.fixture
def report(tmp_path):
    def write(text, log=""):
        (tmp_path / "report.xml").write_text(text)
        (tmp_path / "report.log").write_text(log)
        return tmp_path / "report.xml", tmp_path / "report.log"

    return write


def statuses(found):
    return sorted(o.status for o in found)


def test_gtest_is_counted(report):
    found = outcomes.read_gtest(*report(GTEST), 1, "ops")
    assert statuses(found) == ["failed", "passed", "skipped", "skipped"]
    by_name = {o.name: o for o in found}
    assert by_name["Gram.Odd"].reason == "expected 3, got 4"
    assert by_name["Gram.Cuda"].reason == "no GPU here"
    assert by_name["Gram.DISABLED_Later"].reason == "disabled in the source"


def test_pytest_is_counted(report):
    found = outcomes.read_pytest(*report(PYTEST), 1)
    assert statuses(found) == ["failed", "failed", "passed", "skipped"]
    assert [o.reason for o in found if o.status == "skipped"] == ["no GPU"]


def test_a_crash_is_one_failure_and_names_the_test(tmp_path):
    log = tmp_path / "log"
    log.write_text("[ RUN      ] Gram.Small\n[       OK ] Gram.Small\n[ RUN      ] Gram.Huge\n")
    found = outcomes.read_gtest(tmp_path / "none.xml", log, -11, "ops")
    assert statuses(found) == ["failed"]
    assert "SIGSEGV in Gram.Huge" in found[0].reason


@pytest.mark.parametrize("read", [outcomes.read_pytest, lambda r, log, s: outcomes.read_gtest(r, log, s, "ops")])
def test_a_broken_or_empty_report_is_a_failure(report, read):
    assert statuses(read(*report("<testsuites><testsuite>"), 0)) == ["failed"]
    assert statuses(read(*report("<testsuites></testsuites>"), 0)) == ["failed"]


def test_a_bad_exit_after_good_tests_is_a_failure(report):
    good = '<testsuites><testsuite><testcase name="A" classname="B" status="run" result="completed"/>'
    good += "</testsuite></testsuites>"
    found = outcomes.read_gtest(*report(good, "LeakSanitizer: detected memory leaks"), 23, "ops")
    assert statuses(found) == ["failed", "passed"]
    assert "exit code 23" in found[1].reason
    assert "LeakSanitizer" in found[1].reason
    assert statuses(outcomes.read_gtest(*report(good), 0, "ops")) == ["passed"]
    assert statuses(outcomes.read_pytest(*report(good), 3)) == ["failed", "passed"]


@pytest.mark.parametrize(("status", "words"), [(-9, "SIGKILL"), (-1000, "out of time"), (3, "exit code 3")])
def test_exit_statuses_in_words(status, words):
    assert words in outcomes.describe_exit(status)
