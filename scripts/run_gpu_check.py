"""Runs every check and measurement on a machine with a GPU; called by scripts/gpu_check. Needs nothing but Python.

Each step has a limit of its own and all together have one; a step that fails, times out or cannot run is told apart
from one that passed, and the next one runs all the same.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

import gpu_report

ROOT = Path(__file__).resolve().parent.parent
KIT = ROOT / "build" / "gpu_check"
BIN = KIT / "bin"
# A small set under compute-sanitizer, which is up to a hundred times slower: every kind of kernel once or twice.
SANITIZED = ":".join(
    f"*{test}/cuda*"
    for test in [
        "Gram.NoRowsGiveZero", "Gram.SameBitsForAnyNumberOfThreads", "ItemGram.AgreesWithAPlainCount",
        "FillFactors.ACellKeepsItsNumberInATableOfAnySize", "InvertSpd.NamesThePivotThatIsNotPositive",
        "StreamedRows.GiveTheSameItemGram", "StreamedRows.GiveTheSameLoss", "AlsSolve.GradientStepsAreTheTextbooks",
        "AlsSolve.SingularSystemsStayFinite", "AlsSolve.OneHugeRow", "AlsMixed.ExtremeWeightsAndFactorsStayInRange",
        "AlsMixed.MixedSumsOfLongRowsAreOfNumbersRoundedTo16Bits", "AlsMixed.StoredHalvesAreTheNumbersTheyStandFor",
        "TopKOperation.EachQueryHasItsFilter", "TopKOperation.ColumnsChangeTheOrderOfTheCatalogAndNoBit",
        "TopKCuts.TiesGoToTheLowerRow", "TopKCuts.VeryLargeKSortsEverything", "BprOperation.FewerCellsThanItemsAndCustomersInTheMiddle",
    ]
)  # fmt: skip


@dataclass
class Outcome:
    """What became of one step: passed, failed, skipped (with the reason), or not available on this machine."""

    name: str
    status: str
    reason: str = ""
    seconds: float = 0
    facts: dict = field(default_factory=dict)


class Stop(Exception):
    """A step ends early with this status and reason."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Run:
    """The state of one whole run: results, log, time left."""

    def __init__(self, out: Path, minutes: float) -> None:
        self.out = out
        self.outcomes: list[Outcome] = []
        self.measured: dict[str, list] = {}
        self.deadline = time.monotonic() + 60 * minutes
        self.work = Path(tempfile.mkdtemp(prefix="gpu_check-"))
        out.mkdir(parents=True, exist_ok=True)
        self.log = (out / "gpu_check.log").open("w", encoding="utf-8", errors="replace")
        self.gpu = False
        # The programs find what lies beside them; cuBLAS is the machine's own, and so is the C++ runtime if it will do.
        self.libraries = {
            "LD_LIBRARY_PATH": ":".join([*cublas_folders(), os.environ.get("LD_LIBRARY_PATH", "")]).strip(":"),
            "CROSSLIFT_CUDA_MODULE": str(BIN / "libcrosslift_cuda.so"),
        }

    def say(self, text: str) -> None:
        print(text, flush=True)
        self.log.write(text + "\n")
        self.log.flush()

    def command(self, command: list, limit: float, env: dict | None = None) -> tuple[int, str]:
        """Exit status and output, which also goes to the log. Raises Stop when the time is up."""
        left = self.deadline - time.monotonic()
        if left < 5:
            raise Stop("skipped", "no time left")
        words = [str(word) for word in command]
        self.log.write(f"$ {' '.join(words)}\n")
        limit = min(limit, left)
        try:
            child = subprocess.Popen(
                words, cwd=ROOT, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise Stop("failed", f"cannot be started: {error}") from None
        try:
            output = child.communicate(timeout=limit)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)  # with everything that it has started
            self.log.write(child.communicate()[0].decode(errors="replace"))
            raise Stop("failed", f"not done after {limit:.0f} s") from None
        status = child.returncode
        self.log.write(output + ("" if output.endswith("\n") else "\n"))
        self.log.flush()
        return status, output

    def step(self, name: str, body: Callable[[], dict | None]) -> None:
        """Runs one step; whatever it raises becomes its outcome."""
        self.log.write(f"== {name}\n")
        began = time.monotonic()
        outcome = Outcome(name, "passed")
        try:
            outcome.facts = body() or {}
        except Stop as stop:
            outcome.status, outcome.reason = stop.status, stop.reason
        except Exception as error:  # the other steps must run whatever this one met
            outcome.status, outcome.reason = "failed", f"{type(error).__name__}: {error}"
        outcome.seconds = round(time.monotonic() - began, 1)
        self.outcomes.append(outcome)
        reason = f": {outcome.reason}" if outcome.reason else ""
        self.say(f"{outcome.status:<14}{name} ({outcome.seconds:.0f} s){reason}")
        self.write()

    def write(self) -> None:
        """The JSON as far as it is known, so that a run that is cut off leaves what it had."""
        report = {
            "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "steps": [asdict(outcome) for outcome in self.outcomes],
            "measured": self.measured,
            "table": gpu_report.rows(self.measured),
        }
        (self.out / "gpu_check.json").write_text(json.dumps(report, indent=1) + "\n")

    def need_gpu(self) -> None:
        if not self.gpu:
            raise Stop("skipped", "no GPU that can be used")


def cublas_folders() -> list[str]:
    """Where cuBLAS may lie: the toolkit's folders, and pip's."""
    spec = importlib.util.find_spec("nvidia")
    places = [Path(place) / part / "lib" for place in (spec.submodule_search_locations or [] if spec else [])
              for part in ("cu13", "cublas")]  # fmt: skip
    places += [Path(root) / "lib64" for root in (os.environ.get("CUDA_HOME"), "/usr/local/cuda") if root]
    return [str(place) for place in places if (place / "libcublas.so.13").exists()]


def program(name: str) -> Path:
    path = BIN / name
    if not path.exists():
        raise Stop("failed", f"{path} is not there: run scripts/gpu_check prepare where nvcc is, or give --build")
    return path


PROGRAMS = ["ops_tests", "algorithms_tests", "ops_bench", "train_bench", "cuda_bench", "crosslift"]


def find_programs(run: Run, build: bool) -> dict:
    """The prebuilt programs where all of them start, if need be with the C++ runtime that was carried along; else those
    that are built here."""
    if not build:
        why = why_one_does_not_start(run)
        if not why:
            return {"programs": "prebuilt"}
        own = run.libraries["LD_LIBRARY_PATH"]
        run.libraries["LD_LIBRARY_PATH"] = f"{KIT / 'runtime'}:{own}".strip(":")
        if not why_one_does_not_start(run):
            return {"programs": "prebuilt, with the C++ runtime that was carried along"}
        run.libraries["LD_LIBRARY_PATH"] = own
        run.say(f"prebuilt programs do not start here ({why}); building them")
    missing = [tool for tool in ("cmake", "ninja", "nvcc", "c++") if find_tool(tool) is None]
    if missing:
        raise Stop("failed", f"the programs cannot be built here, there is no {', '.join(missing)}")
    usr = KIT / "usr"
    settings = [f"-DCMAKE_PREFIX_PATH={usr}", f"-DCROSSLIFT_GTEST_SOURCE={usr}/src/googletest"] if usr.exists() else []
    for command in (
        ["cmake", "--preset", "gpu", *settings],
        ["cmake", "--build", "--preset", "gpu", "--parallel", os.cpu_count()],
    ):
        status, output = run.command(command, 400)
        if status != 0:
            raise Stop("failed", f"{command[1]}: {output.strip().splitlines()[-1] if output.strip() else status}")
    BIN.mkdir(parents=True, exist_ok=True)
    built = ROOT / "build" / "gpu"
    for file in [*built.glob("tests/*_tests"), *built.glob("benchmarks/*_bench"), built / "src/cli/crosslift",
                 built / "cuda/libcrosslift_cuda.so"]:  # fmt: skip
        shutil.copy2(file, BIN / file.name)
    for library in usr.glob("lib/*/libbenchmark.so.*"):
        shutil.copy2(library, BIN / library.name)
    return {"programs": "built here"}


def find_tool(name: str) -> str | None:
    return shutil.which(name) or shutil.which(f"/usr/local/cuda/bin/{name}")


def why_one_does_not_start(run: Run) -> str:
    """Empty where all programs start on this machine."""
    list_them = {"_tests": "--gtest_list_tests", "_bench": "--benchmark_list_tests", "crosslift": "--version"}
    for name in PROGRAMS:
        argument = next(value for kind, value in list_them.items() if name.endswith(kind))
        status, output = run.command([program(name), argument], 60, run.libraries)
        if status != 0:
            return f"{name}: {output.strip().splitlines()[-1] if output.strip() else f'exit status {status}'}"
    return ""


def look_at_machine(run: Run) -> dict:
    """The GPU, its driver and the tools beside it; what is missing is a fact, not a failure."""
    facts = {}
    for name, command in {
        "gpu": ["nvidia-smi", "--query-gpu=name,memory.total,driver_version,clocks.max.sm", "--format=csv,noheader"],
        "nvcc": ["nvcc", "--version"],
        "compute-sanitizer": ["compute-sanitizer", "--version"],
        "torch": [sys.executable, "-c", "import torch; print(torch.__version__, torch.version.cuda)"],
        "kernel": ["uname", "-sr"],
    }.items():
        try:
            status, output = run.command(command, 60)
            facts[name] = output.strip().splitlines()[-1] if status == 0 and output.strip() else "not available"
        except Stop as stop:
            facts[name] = f"not available ({stop.reason})"
    return facts


def look_for_gpu(run: Run) -> dict:
    status, output = run.command([program("crosslift"), "info", "--json"], 60, run.libraries)
    if status != 0:
        raise Stop("failed", f"crosslift info ended with {status}")
    gpus = [device for device in json.loads(output)["devices"] if device["device"].startswith("cuda")]
    run.gpu = any(not device["unavailable_reason"] for device in gpus)
    if not run.gpu:
        required = os.environ.get("CROSSLIFT_REQUIRE_CUDA", "1") != "0"
        raise Stop("failed" if required else "skipped", f"no GPU: {gpus[0]['unavailable_reason'].splitlines()[0]}")
    return {"devices": gpus}


def run_tests(run: Run, name: str, filters: str, limit: float, shards: int = 1) -> dict:
    """Runs the tests that `filters` names, in several processes at a time: their references are computed on the CPU."""
    run.need_gpu()
    path = program(name)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    failed = []

    def one(shard: int) -> tuple[int, Path]:
        report = run.work / f"{name}-{shard}.xml"
        env = {**run.libraries, "CROSSLIFT_REQUIRE_CUDA": "1", "GTEST_COLOR": "no",
               "GTEST_TOTAL_SHARDS": str(shards), "GTEST_SHARD_INDEX": str(shard)}  # fmt: skip
        arguments = [f"--gtest_filter={filters}", f"--gtest_output=xml:{report}"]
        return run.command([path, *arguments], limit, env)[0], report

    with ThreadPoolExecutor(shards) as pool:
        results = list(pool.map(one, range(shards)))
    for _, report in results:
        for case in ElementTree.parse(report).iter("testcase") if report.exists() else []:
            kind = ("failed" if case.find("failure") is not None else
                    "skipped" if case.find("skipped") is not None or case.get("status") == "notrun" else "passed")  # fmt: skip
            counts[kind] += 1
            if kind == "failed":
                failed.append(f"{case.get('classname')}.{case.get('name')}")
    bad = [status for status, _ in results if status != 0]
    if bad or counts["passed"] == 0:
        raise Stop("failed", f"exit status {bad}, {counts}; failed: {', '.join(failed[:8]) or 'none named'}")
    return counts


def sanitize(run: Run, tool: str, limit: float) -> dict:
    run.need_gpu()
    sanitizer = find_tool("compute-sanitizer")
    if sanitizer is None:
        raise Stop("not available", "compute-sanitizer is not installed")
    command = [sanitizer, "--tool", tool, "--error-exitcode", "77", program("ops_tests"), f"--gtest_filter={SANITIZED}"]
    try:
        status, output = run.command(command, limit, {**run.libraries, "CROSSLIFT_SMALL_TESTS": "1"})
    except Stop as stop:  # how slow it is differs between machines; what it has reported is in the log
        raise Stop("not available", f"{tool} was {stop.reason}") from None
    refused = [line for line in output.splitlines() if "not supported" in line or "Unable to" in line]
    if status != 0 and refused and "[       OK ]" not in output:
        raise Stop("not available", refused[0].strip("= "))
    if status != 0:
        found = [line for line in output.splitlines() if "ERROR SUMMARY" in line or "RACECHECK SUMMARY" in line]
        raise Stop("failed", f"exit status {status}; {found[-1].strip('= ') if found else 'see the log'}")
    return {"tests": output.count("[       OK ]")}


def run_bench(run: Run, name: str, filters: str, limit: float, env: dict | None = None) -> dict:
    """Runs benchmarks of one program; what could be measured is kept even where one of them failed."""
    run.need_gpu()
    out = run.work / f"bench-{len(run.outcomes)}.json"
    arguments = [f"--benchmark_filter={filters}", f"--benchmark_out={out}", "--benchmark_out_format=json"]
    try:
        status, output = run.command([program(name), *arguments], limit, {**run.libraries, **(env or {})})
    finally:
        found = read_benchmarks(out)
        run.measured.setdefault("benchmarks", []).extend(found)
    errors = [f"{it['name']}: {it['error_message']}" for it in found if it.get("error_occurred")]
    if status != 0 or errors or not found:
        raise Stop("failed", f"exit status {status}; {'; '.join(errors[:3]) or output.strip()[-200:]}")
    return {"benchmarks": len(found)}


def read_benchmarks(file: Path) -> list:
    """What a program wrote, also where it was cut off in the middle."""
    text = file.read_text() if file.exists() else ""
    for end in ("", "]}", "}]}"):
        try:
            return json.loads(text.rstrip().rstrip(",") + end)["benchmarks"]
        except (ValueError, KeyError):
            continue
    return []


def compare(run: Run, kind: str, script: str, arguments: list, limit: float, env: dict | None = None) -> dict:
    """Runs another library's script, which prints one JSON object per line."""
    run.need_gpu()
    status, output = run.command([sys.executable, ROOT / "benchmarks/compare" / script, *arguments], limit, env)
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    run.measured.setdefault(kind, []).extend(lines)
    if status != 0 or not lines:
        last = output.strip().splitlines()[-1] if output.strip() else "no output"
        raise Stop("not available", last)
    return {"measured": len(lines)}


def install_wheels(run: Run) -> dict:
    run.need_gpu()
    wheels = sorted((KIT / "wheels").glob("*.whl"))
    if not wheels:
        raise Stop("not available", "no wheels were carried")
    target = run.work / "site"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-compile", "--no-cache-dir",
           "--target", target, *wheels]  # fmt: skip
    status, output = run.command(pip, 60)
    if status != 0:
        raise Stop("not available", output.strip().splitlines()[-1])
    return {"wheels": [wheel.name for wheel in wheels]}


def steps(run: Run, build: bool) -> dict[str, Callable[[], dict | None]]:
    """Every step in its order."""
    matrices = [run.work / "ml-20m.bin", run.work / "msd.bin"]
    site = {"PYTHONPATH": str(run.work / "site"), "LD_LIBRARY_PATH": ":".join([
        str(run.work / "site/librmm/lib64"), str(run.work / "site/rapids_logger/lib64"), run.libraries["LD_LIBRARY_PATH"]])}  # fmt: skip
    return {
        "machine": lambda: look_at_machine(run),
        "programs": lambda: find_programs(run, build),
        "gpu": lambda: look_for_gpu(run),
        "tests-ops": lambda: run_tests(run, "ops_tests", "*cuda*", 130, shards=4),
        "tests-trainings": lambda: run_tests(run, "algorithms_tests", "GpuParity.*:Device*", 90, shards=3),
        "memcheck": lambda: sanitize(run, "memcheck", 45),
        "racecheck": lambda: sanitize(run, "racecheck", 45),
        "ceilings": lambda: run_bench(run, "cuda_bench", "ceiling_", 60),
        "als-ml-20m": lambda: run_bench(
            run, "train_bench", "als_gpu/shape:0/", 60, {"CROSSLIFT_BENCH_MATRIX": str(matrices[0])}
        ),
        **{
            f"als-msd-{factors}": lambda factors=factors: run_bench(
                run,
                "train_bench",
                f"als_gpu/shape:1/factors:{factors}/",
                40,
                {"CROSSLIFT_BENCH_MATRIX": str(matrices[1])},
            )
            for factors in (64, 128, 256)
        },
        "top-k": lambda: run_bench(run, "ops_bench", "top_k_gpu", 60, {"CROSSLIFT_BENCH_FOLDER": str(run.work)}),
        "torch": lambda: compare(run, "torch", "torch_top_k.py", [run.work], 60),
        "wheels": lambda: install_wheels(run),
        "implicit": lambda: compare(run, "implicit", "implicit_gpu_als.py", [matrices[0], 64, 128, 256], 60, site),
        "implicit-restated": lambda: run_bench(run, "cuda_bench", "implicit_restated", 60),
        "ease": lambda: run_bench(run, "train_bench", "ease_gpu", 90),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/gpu_check", description=__doc__)
    default_out = Path(os.environ.get("OUT") or KIT / "results")
    parser.add_argument("--out", type=Path, default=default_out, help="folder of the JSON and the log")
    parser.add_argument("--minutes", type=float, default=8.8, help="time for all steps together")
    parser.add_argument("--only", default="", help="names of steps, with commas; the first three always run")
    parser.add_argument("--build", action="store_true", help="build the programs here instead of taking prebuilt ones")
    parser.add_argument("--list", action="store_true", help="print the names of the steps and end")
    arguments = parser.parse_args()
    run = Run(arguments.out, arguments.minutes)
    every = steps(run, arguments.build)
    wanted = [name for name in arguments.only.split(",") if name]
    if unknown := set(wanted) - set(every):
        parser.error(f"no step is called {', '.join(sorted(unknown))}; there are: {', '.join(every)}")
    if arguments.list:
        print("\n".join(every))
        return 0
    try:
        for number, (name, body) in enumerate(every.items()):
            if not wanted or name in wanted or number < 3:
                run.step(name, body)
    finally:
        run.write()
        shutil.rmtree(run.work, ignore_errors=True)
    run.say("")
    run.say(gpu_report.table(run.measured))
    failed = [outcome.name for outcome in run.outcomes if outcome.status == "failed"]
    run.say(f"results: {run.out / 'gpu_check.json'} and {run.out / 'gpu_check.log'}")
    run.say(f"gpu_check: {'failed: ' + ', '.join(failed) if failed else 'passed'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
