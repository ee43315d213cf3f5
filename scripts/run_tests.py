"""Runs every test of the tree and adds them up; called by scripts/test, which sets the machine up first.

Sections run in the order below. Each C++ test, each Python test and each checker counts once; the C++ suite counts
twice because it runs twice, plain and under ASan + UBSan. A program that crashes, hangs, says nothing readable or fails
outside a test counts as one failed test more. A build that fails counts as one failed test.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import outcomes as results

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "test"
CORES = len(os.sched_getaffinity(0))
CXX_SUFFIXES = (".cpp", ".hpp", ".cu", ".cuh")
SUITES = ["ops", "algorithms", "api", "fuzz"]
# A wheel is built without -Werror; a compiler cache may still serve it what the cpu preset compiled with it.
BUILD_ENV = {"CMAKE_BUILD_PARALLEL_LEVEL": str(CORES), "CCACHE_IGNOREOPTIONS": "-Werror"}


# Under the race detector: every kernel, by its shorter tests.
RACES = [
    "Emulation.*", "*BprOperation.*", "*Gram.*", "*FillFactors.*", "*Diagonal.*", "*InvertSpd.Times*",
    "*StreamedRows.GiveTheSameItemGram*", "*StreamedRows.GiveTheSameLoss*", "*AlsSolve.GradientSteps*",
    "*AlsSolve.OneHugeRow*", "*AlsSolve.Singular*", "*AlsMixed.Extreme*", "*AlsMixed.StoredHalves*",
    "*AlsMixed.BlocksOfFactors*", "*AlsMixed.MixedSumsOfLong*", "*TopKOperation.EachQuery*",
    "*TopKOperation.ColumnsChange*", "*TopKCuts.Agrees*", "*TopKCuts.VeryLargeK*", "*TopKOperation.LargeCatalogs*",
]  # fmt: skip


@dataclass
class Section:
    """What one section of the run did."""

    name: str
    outcomes: list[results.Outcome] = field(default_factory=list)
    seconds: float = 0

    def add(self, outcomes: list[results.Outcome]) -> bool:
        self.outcomes += outcomes
        return not any(o.status == "failed" for o in outcomes)

    def count(self, status: str) -> int:
        return sum(o.status == status for o in self.outcomes)


def run(command: list[str], log: Path, *, timeout: int, env: dict[str, str] | None = None) -> int:
    """Runs a command with its output in `log`. Returns the exit status; -1000 where the time ran out."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        try:
            done = subprocess.run(
                command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=timeout,
                env={**os.environ, **(env or {})}, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return -1000
        except OSError as error:
            out.write(f"{command[0]} cannot be started: {error}\n".encode())
            return -1001
    return done.returncode


def check(section: Section, name: str, command: list[str], *, timeout: int = 600) -> bool:
    """A command that is one test: exit status 0 means passed."""
    log = OUT / f"{section.name}-{name}.log"
    status = run(command, log, timeout=timeout, env=BUILD_ENV)
    if status == 0:
        return section.add([results.Outcome(name, "passed")])
    return section.add([results.Outcome(name, "failed", f"{results.describe_exit(status)}\n{results.tail(log, 40)}")])


def build(section: Section, preset: str) -> bool:
    """Configures and builds a preset; a failure is one failed test, a success is none."""
    for step, command in [
        ("configure", ["cmake", "--preset", preset]),
        ("build", ["cmake", "--build", "--preset", preset, "--parallel", str(CORES)]),
    ]:
        log = OUT / f"{section.name}-{step}.log"
        started = time.monotonic()
        status = run(command, log, timeout=3600, env=BUILD_ENV)
        if status != 0:
            why = f"{results.describe_exit(status)}\n{results.tail(log, 60)}"
            return section.add([results.Outcome(f"{step} of preset {preset}", "failed", why)])
        say(f"  {step} of preset {preset}: {time.monotonic() - started:.0f} s")
    return True


def cxx_suites(section: Section, preset: str, suites: list[str] | None = None, tests: str = "*") -> None:
    """Builds a preset and runs its GoogleTest programs: those that must be there (all suites, or `suites`) and others."""
    suites = SUITES if suites is None else suites
    if not build(section, preset):
        return
    env = {
        "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        "GTEST_COLOR": "no",
        "GTEST_FILTER": tests,
    }
    folder = ROOT / "build" / preset / "tests"
    further = {program.name.removesuffix("_tests") for program in folder.glob("*_tests")} - set(suites)
    for suite in [*suites, *sorted(further)]:
        program = folder / f"{suite}_tests"
        if not program.exists():
            section.add([results.Outcome(f"{suite}_tests", "failed", f"{program} was not built")])
            continue
        report = OUT / f"{section.name}-{suite}.xml"
        log = report.with_suffix(".log")
        report.unlink(missing_ok=True)
        started = time.monotonic()
        status = run([str(program), f"--gtest_output=xml:{report}"], log, timeout=3000, env=env)
        section.add(results.read_gtest(report, log, status, suite))
        say(f"  {suite}_tests: {time.monotonic() - started:.0f} s")


def run_format(section: Section) -> None:
    """clang-format and ruff agree with every file."""
    tools = Path(sys.executable).parent
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    names = [n for n in listing.stdout.decode().split("\0") if n and (ROOT / n).is_file()]
    sources = [n for n in names if n.endswith(CXX_SUFFIXES)]
    if sources:
        check(section, "clang-format", [str(tools / "clang-format"), "--dry-run", "-Werror", *sources])
    else:
        section.add([results.Outcome("clang-format", "failed", "git ls-files names no C++ file: is this a git clone?")])
    check(section, "ruff-check", [str(tools / "ruff"), "check", "."])
    check(section, "ruff-format", [str(tools / "ruff"), "format", "--check", "."])


def run_layers(section: Section) -> None:
    """The tree keeps its rooms, and the checker itself finds planted violations."""
    check(section, "layers", [sys.executable, "scripts/check_layers.py"])
    pytest(section, ["tests/scripts"])


def pytest(section: Section, folders: list[str], env: dict[str, str] | None = None) -> None:
    report = OUT / f"{section.name}-pytest.xml"
    log = report.with_suffix(".log")
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", f"--junit-xml={report}", *folders]
    status = run([*command, "--timeout=1800"], log, timeout=2400, env=env)
    section.add(results.read_pytest(report, log, status))


def run_python(section: Section) -> None:
    """Builds the wheel as a user's pip does, installs it, and tests what was installed."""
    wheels = OUT / "wheel"
    for old in wheels.glob("*.whl"):
        old.unlink()
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build_wheel = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), str(ROOT)]
    if not check(section, "pip wheel", build_wheel, timeout=3600):
        return
    install = [*pip, "install", "--no-deps", "--force-reinstall", *map(str, wheels.glob("*.whl"))]
    if not check(section, "pip install", install):
        return
    say("  wheel built and installed")
    pytest(section, ["tests/python"])


def run_install(section: Section) -> None:
    """Strangers use what was installed: CMake projects, the README's snippets, the wheel in an empty venv."""
    if build(section, "cpu"):
        pytest(section, ["tests/install"])


SECTIONS: dict[str, Callable[[Section], None]] = {
    "format": run_format,
    "layers": run_layers,
    "cpp": lambda section: cxx_suites(section, "cpu"),
    "asan": lambda section: cxx_suites(section, "cpu-asan"),
    "emulated": lambda section: cxx_suites(section, "cuda-emulated", ["emulation"]),
    "races": lambda section: cxx_suites(section, "cuda-emulated-races", ["emulation"], ":".join(RACES)),
    "python": run_python,
    "install": run_install,
}


def say(text: str) -> None:
    print(text, flush=True)


def print_summary(sections: list[Section]) -> int:
    """The table, what was skipped and why, what failed and why, and the one line at the end."""
    for status, heading in (("skipped", "Skipped"), ("failed", "Failed")):
        chosen = [(s.name, o) for s in sections for o in s.outcomes if o.status == status]
        if chosen:
            say(f"\n{heading}:")
        for name, outcome in chosen:
            first, *rest = outcome.reason.strip().splitlines() or ["no reason given"]
            say(f"  {name}: {outcome.name}: {first}")
            for line in rest[-40:]:
                say(f"      {line}")
    say(f"\n{'section':<10}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for s in sections:
        say(f"{s.name:<10}{s.count('passed'):>8}{s.count('failed'):>8}{s.count('skipped'):>9}{s.seconds:>9.0f}")
    total = {status: sum(s.count(status) for s in sections) for status in ("passed", "failed", "skipped")}
    say(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] or not total["passed"] else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/test", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sections", nargs="*", metavar="section", help=f"any of: {', '.join(SECTIONS)} (default: all)")
    chosen = parser.parse_args().sections or list(SECTIONS)
    if unknown := [name for name in chosen if name not in SECTIONS]:
        parser.error(f"no section is called {unknown[0]}; there are: {', '.join(SECTIONS)}")
    done: list[Section] = []
    for name in chosen:
        section = Section(name)
        done.append(section)
        say(f"== {name}")
        started = time.monotonic()
        try:
            SECTIONS[name](section)
        except KeyboardInterrupt:
            section.add([results.Outcome("whole section", "failed", "interrupted")])
            section.seconds = time.monotonic() - started
            break
        except Exception as error:  # the sum must be printed whatever happens
            section.add([results.Outcome("whole section", "failed", f"{type(error).__name__}: {error}")])
        section.seconds = time.monotonic() - started
    return print_summary(done)


if __name__ == "__main__":
    sys.exit(main())
