"""scripts/gpu_check where no GPU is: steps do not hide each other, time limits hold, and the table's arithmetic."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import gpu_report  # noqa: E402
import run_gpu_check  # noqa: E402


@pytest.fixture
def run(tmp_path):
    return run_gpu_check.Run(tmp_path / "out", 5)


def outcomes(run):
    return [(it.name, it.status) for it in run.outcomes]


def test_a_step_that_fails_hides_no_other(run):
    def broken():
        raise ValueError("planted")

    def absent():
        raise run_gpu_check.Stop("not available", "no tool")

    for name, body in {"one": broken, "two": absent, "three": lambda: {"fact": 1}}.items():
        run.step(name, body)
    assert outcomes(run) == [("one", "failed"), ("two", "not available"), ("three", "passed")]
    report = json.loads((run.out / "gpu_check.json").read_text())
    assert report["steps"][0]["reason"] == "ValueError: planted"
    assert report["steps"][2]["facts"] == {"fact": 1}


def test_a_command_that_hangs_is_ended_with_its_children(run):
    began = time.monotonic()
    run.step("hangs", lambda: run.command(["bash", "-c", "echo begun; sleep 60 & sleep 60"], 1))
    assert time.monotonic() - began < 30
    assert outcomes(run) == [("hangs", "failed")]
    assert "not done after 1 s" in run.outcomes[0].reason
    assert "begun" in (run.out / "gpu_check.log").read_text()


FAKE_TESTS = """#!/bin/sh
file=$(echo "$2" | cut -d: -f2)
name=$([ "$GTEST_SHARD_INDEX" = BAD ] && echo '<failure/>' || echo '')
echo "<testsuite><testcase classname='A' name='t$GTEST_SHARD_INDEX'>$name</testcase></testsuite>" >"$file"
[ "$GTEST_SHARD_INDEX" != BAD ]
"""


@pytest.mark.parametrize(("bad", "status"), [("9", "passed"), ("1", "failed")])
def test_the_shards_of_a_test_program_are_added_up(run, tmp_path, monkeypatch, bad, status):
    program = tmp_path / "fake_tests"
    program.write_text(FAKE_TESTS.replace("BAD", bad))
    program.chmod(0o755)
    monkeypatch.setattr(run_gpu_check, "BIN", tmp_path)
    run.gpu = True
    run.step("tests", lambda: run_gpu_check.run_tests(run, "fake_tests", "*", 30, shards=3))
    (outcome,) = run.outcomes
    assert outcome.status == status
    if status == "passed":
        assert outcome.facts == {"passed": 3, "failed": 0, "skipped": 0}
    else:
        assert "failed: A.t1" in outcome.reason


def test_no_time_left_is_a_skip(tmp_path):
    run = run_gpu_check.Run(tmp_path, 0.05)
    run.step("late", lambda: run.command(["true"], 10))
    assert outcomes(run) == [("late", "skipped")]


def test_every_step_ends_where_there_is_no_gpu(tmp_path):
    command = [sys.executable, ROOT / "scripts/run_gpu_check.py", "--out", tmp_path, "--minutes", "0.5"]
    only = ",".join(name for name in names() if name not in ("programs",))
    done = subprocess.run([*command, "--only", only], capture_output=True, text=True, timeout=120, check=False)
    report = json.loads((tmp_path / "gpu_check.json").read_text())
    assert [step["name"] for step in report["steps"]] == names()
    if "passed" not in {step["status"] for step in report["steps"] if step["name"] == "gpu"}:
        assert done.returncode == 1
        assert "nothing was measured" in done.stdout


def names():
    done = subprocess.run(["bash", ROOT / "scripts/gpu_check", "--list"], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_file_that_was_cut_off_still_counts(tmp_path):
    file = tmp_path / "bench.json"
    file.write_text('{"context": {}, "benchmarks": [{"name": "a", "real_time": 1},')
    assert run_gpu_check.read_benchmarks(file) == [{"name": "a", "real_time": 1}]
    assert run_gpu_check.read_benchmarks(tmp_path / "absent.json") == []


MEASURED = {
    "benchmarks": [
        {"name": "ceiling_copy/manual_time", "bytes/s": 4e12},
        {"name": "ceiling_product/kind:0/manual_time", "FLOP/s": 50e12},
        {"name": "ceiling_product/kind:2/manual_time", "FLOP/s": 500e12},
        *({"name": f"ceiling_gather/shape:0/row_bytes:256/by_item:{side}/manual_time", "bytes/s": 2e12}
          for side in "01"),
        {"name": "als_gpu/shape:0/factors:128/cg:0/iterations:1/manual_time", "real_time": 8.0, "cells": 1e7,
         "customers": 1e5, "items": 2e4, "loss": 3.0},
        {"name": "als_gpu/shape:0/factors:128/cg:1/iterations:1/manual_time", "real_time": 4.0, "cells": 1e7,
         "customers": 1e5, "items": 2e4, "loss": 3.0},
        {"name": "top_k_gpu/queries:1024/filter:0/real_time", "real_time": 1000.0, "label": "no filter"},
        {"name": "broken", "error_occurred": True, "error_message": "planted"},
    ],
    "implicit": [{"factors": 128, "version": "0.7.3", "epoch_ms": 24.0}],
    "torch": [{"batch": 1024, "fp32_us": 9000.0, "same_ids": 102400, "ids": 102400}],
}  # fmt: skip


def test_the_table_divides_what_it_should():
    exact, cg, batch = gpu_report.rows(MEASURED)
    gather = 2 * 1e7 * 256 / 2e12 * 1e3  # both half sweeps, rows of 128 16-bit numbers
    cholesky = 1.2e5 * (128**3 / 3 + 2 * 128**2) / 50e12 * 1e3
    assert exact["floor"] == pytest.approx(gather + cholesky)
    assert exact["percent_of_floor"] == pytest.approx(100 * (gather + cholesky) / 8)
    assert exact["ratio"] is None
    assert cg["ratio"] == pytest.approx(6)
    assert batch["floor"] == pytest.approx(2 * 1e6 * 128 * 1024 / 50e12 * 1e6)
    assert batch["ratio"] == pytest.approx(9)
    text = gpu_report.table(MEASURED)
    assert "24 (implicit 0.7.3)" in text
    assert "102400 of 102400 ids" in text


def test_what_was_not_measured_is_not_made_up():
    (only,) = gpu_report.rows({"benchmarks": [MEASURED["benchmarks"][5]]})
    assert only["floor"] is None
    assert only["percent_of_floor"] is None
    assert gpu_report.table({}) == "nothing was measured"


def test_every_test_under_compute_sanitizer_exists():
    sources = "".join(file.read_text() for file in (ROOT / "tests/ops").glob("*_test.cpp"))
    for pattern in run_gpu_check.SANITIZED.split(":"):
        suite, test = pattern.removeprefix("*").removesuffix("/cuda*").split(".")
        assert f"TEST_P({suite}, {test})" in sources, pattern


def test_programs_that_do_not_start_are_told_apart_from_those_that_do(tmp_path, monkeypatch):
    run = run_gpu_check.Run(tmp_path / "out", 5)
    monkeypatch.setattr(run_gpu_check, "BIN", tmp_path)
    monkeypatch.setattr(run_gpu_check, "find_tool", lambda name: None)
    for name in run_gpu_check.PROGRAMS:
        (tmp_path / name).write_text("#!/bin/sh\nexit 0\n")
        (tmp_path / name).chmod(0o755)
    assert run_gpu_check.find_programs(run, build=False) == {"programs": "prebuilt"}
    (tmp_path / "train_bench").write_text("#!/bin/sh\necho version GLIBC_9.9 not found >&2\nexit 1\n")
    assert run_gpu_check.why_one_does_not_start(run) == "train_bench: version GLIBC_9.9 not found"
    with pytest.raises(run_gpu_check.Stop, match="there is no cmake, ninja, nvcc"):
        run_gpu_check.find_programs(run, build=False)
