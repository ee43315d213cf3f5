#!/usr/bin/env python3
"""Checks that the tree keeps its rooms: includes go only downward, names and places are as ARCHITECTURE.md says.

    scripts/check_layers.py [--root FOLDER] [--quiet]

Exit code 0 when every rule holds, 1 when one is broken (each broken rule is one line `file:line: what and why`), 2 for
wrong usage. Long files are warned about and do not fail, up to a hard limit.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# --- the rooms ----------------------------------------------------------------------------------------------------
# Public headers by layer. A new public header is entered here, in the layer of DESIGN that it belongs to.
PUBLIC_HEADERS = {
    "words": ["api", "cuda_libraries", "device", "error", "matrix", "progress", "sparse", "synchronize"],
    "data words": ["arrow", "columns", "ids", "transactions", "catalog", "content", "history", "context"],
    "algorithm words": ["als", "bpr", "ease", "sppmi", "complement", "cold_start", "own_history", "retrieval"],
    "offer words": [
        "price",
        "trade_up",
        "acceptance",
        "replenishment",
        "segment",
        "comparison",
        "bundle",
        "reminder",
        "placement",
        "plan",
        "batch",
        "offer",
        "offer_models",
        "offer_query",
        "offers",
    ],
    "file words": ["files", "model_io"],
    "judge words": ["evaluation", "sales_report", "statistics"],
    "umbrella": ["crosslift"],
}
ROOM_OF_HEADER = {name: room for room, names in PUBLIC_HEADERS.items() for name in names}

WORDS = ["words"]
DATA = [*WORDS, "data words"]
ALGORITHMS = [*DATA, "algorithm words"]
OFFERS = [*ALGORITHMS, "offer words"]
FILES = [*OFFERS, "file words"]
JUDGE = [*FILES, "judge words"]
PUBLIC = [*JUDGE, "umbrella"]

# What a file of a room may include besides its own room.
ALLOWED = {
    "words": WORDS,
    "data words": DATA,
    "algorithm words": ALGORITHMS,
    "offer words": OFFERS,
    "file words": FILES,
    "judge words": JUDGE,
    "umbrella": PUBLIC,
    "src/data": DATA,
    "src/formulas": WORDS,
    "src/backend": [*WORDS, "src/formulas"],
    "src/cpu": [*WORDS, "src/backend", "src/formulas"],
    "cuda": [*WORDS, "src/backend", "src/formulas"],
    "src/devices": [*WORDS, "src/backend", "src/formulas", "src/cpu/cpu.hpp"],
    "src/algorithms": [*ALGORITHMS, "src/data", "src/formulas", "src/backend", "src/devices"],
    "src/offers": [*OFFERS, "src/data", "src/formulas"],
    "src/io": [*FILES, "src/data", "src/formulas"],
    "src/evaluation": [*JUDGE, "src/data", "src/formulas"],
    "src/cli": PUBLIC,
    "python/src": PUBLIC,
    "examples": PUBLIC,
    "tests/support": PUBLIC,
    "tests/algorithms": [*PUBLIC, "tests/support"],
    "tests/api": [*PUBLIC, "tests/support"],
    "tests/fuzz": [*PUBLIC, "tests/support"],
    "tests/install": PUBLIC,
    "tests/ops": [*PUBLIC, "tests/support", "src/backend", "src/devices", "src/formulas", "src/cpu/threads.hpp"],
    "tests/emulation": [*PUBLIC, "tests/support", "tests/ops", "src/backend", "src/devices", "src/formulas", "cuda"],
    "benchmarks/train": PUBLIC,
    "benchmarks/serve": PUBLIC,
    "benchmarks/ops": [*PUBLIC, "src/backend", "src/devices", "src/formulas"],
    "benchmarks/cuda": [*PUBLIC, "benchmarks/train"],
}

# Headers of other projects, and the rooms that may include them. None may stand in include/.
THIRD_PARTY = [
    (r"csv\.h", ["src/io"]),
    (r"zlib\.h", ["src/io", "tests/support"]),
    (r"nlohmann/.*", ["src/io", "src/evaluation", "src/cli", "tests/api", "tests/fuzz"]),
    (r"CLI/.*", ["src/cli"]),
    (r"(pybind11|numpy)/.*|Python\.h", ["python/src"]),
    (r"g(test|mock)/.*", ["tests/*"]),
    (r"benchmark/.*", ["benchmarks/*"]),
    (
        r"cuda.*|cu(blas|sparse|solver|rand|fft).*|(cub|thrust|cooperative_groups|nvtx3|nccl)(/.*|\.h)"
        r"|cooperative_groups\.h|mma\.h|vector_types\.h|device_launch_parameters\.h",
        ["cuda", "tests/emulation", "benchmarks/cuda"],
    ),
    (r"boost/.*|sanitizer/.*", ["tests/emulation"]),
]

# Words that say nothing about what is inside.
EMPTY_NAMES = {"util", "utils", "common", "helper", "helpers", "misc", "impl", "detail", "details"}

SOURCE_FOLDERS = ["include", "src", "cuda", "python/src", "tests", "benchmarks", "examples"]
SOURCE_SUFFIXES = {".hpp", ".h", ".cpp", ".cc", ".c", ".inl", ".cu", ".cuh"}
LONG_FILE, LONGEST_FILE = 300, 500
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')
NAMESPACE = re.compile(r"\bnamespace\s+([\w:]+)")
CUDA_FORK = re.compile(r"__CUDACC__|__CUDA_ARCH__|__host__|__device__|__global__")


@dataclass(frozen=True)
class Finding:
    """One broken rule (or, with `warning`, one thing to look at)."""

    path: str
    line: int
    text: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {'warning: ' if self.warning else ''}{self.text}"


def files_of(root: Path) -> list[Path]:
    """Files of the project: what git tracks or would track; every file where there is no git."""
    command = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listing = subprocess.run(command, capture_output=True, check=False)
    if listing.returncode == 0:
        names = listing.stdout.decode().split("\0")
        return sorted(root / name for name in names if name and (root / name).is_file())
    return sorted(path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)


def room_of(path: str) -> str | None:
    """The room of a source file by its path in the tree; None where there is no such room."""
    parts = path.split("/")
    if path.startswith("include/crosslift/") and len(parts) == 3:
        return ROOM_OF_HEADER.get(parts[2].removesuffix(".hpp"))
    if parts[0] in ("cuda", "examples"):
        return parts[0]
    room = "/".join(parts[:2])
    return room if room in ALLOWED else None


def resolve(root: Path, source: str, name: str) -> str | None:
    """The file that a quoted include means: beside the source, or from src/, tests/, benchmarks/, the root (cuda/)."""
    for folder in (Path(source).parent, Path("src"), Path("tests"), Path("tests/ops"), Path("benchmarks"), Path()):
        if (root / folder / name).is_file():
            return (root / folder / name).resolve().relative_to(root).as_posix()
    return None


def matches(room: str, patterns: list[str]) -> bool:
    return any(room == p or (p.endswith("/*") and room.startswith(p[:-1])) for p in patterns)


def check_own_include(room: str, target: str) -> str | None:
    """Why a file of `room` may not include the project's file `target`; None if it may."""
    target_room = room_of(target)
    if target_room is None:
        return f"includes {target}, which lies in no room"
    if target_room == room or target_room in ALLOWED[room] or target in ALLOWED[room]:
        return None
    return f"{room} may not include {target} ({target_room}); it may include: {', '.join(ALLOWED[room]) or 'std only'}"


def check_angle_include(room: str, path: str, name: str) -> str | None:
    """Why a file may not include <name>; None if it may."""
    if name.startswith("crosslift/"):
        header = name.removeprefix("crosslift/").removesuffix(".hpp")
        if header not in ROOM_OF_HEADER:
            return f"includes <{name}>, which no layer of scripts/check_layers.py knows"
        return check_own_include(room, f"include/{name}")
    for pattern, rooms in THIRD_PARTY:
        if re.fullmatch(pattern, name) and not matches(room, rooms):
            return f"<{name}> belongs into {', '.join(rooms)} and nowhere else"
    if path.startswith("include/") and "." in name:
        return f"<{name}>: a public header includes the C++ standard library and crosslift/ only"
    return None


def check_source(root: Path, path: str) -> list[Finding]:
    """Every finding about one source file."""
    room = room_of(path)
    if room is None:
        where = "PUBLIC_HEADERS" if path.startswith("include/") else "ALLOWED"
        return [
            Finding(path, 1, f"lies in no room of DESIGN; move it, or enter its room in {where} of check_layers.py")
        ]
    findings = []
    lines = (root / path).read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, 1):
        problem = None
        if match := INCLUDE.match(line):
            angle, quoted = match.groups()
            if angle:
                problem = check_angle_include(room, path, angle)
            elif path.startswith("include/"):
                problem = f'"{quoted}": public headers include each other as <crosslift/...>'
            else:
                target = resolve(root, path, quoted)
                problem = check_own_include(room, target) if target else f'"{quoted}" is not in the tree'
        elif match := NAMESPACE.search(line):
            empty = EMPTY_NAMES.intersection(match.group(1).split("::"))
            problem = f"namespace {empty.pop()} says nothing about what is inside" if empty else None
        if problem is None and CUDA_FORK.search(line.split("//")[0]) and not may_fork(room, path):
            problem = "CUDA words outside cuda/; the one exception is src/formulas/host_device.hpp"
        if problem:
            findings.append(Finding(path, number, problem))
    return findings + check_length(path, len(lines))


def may_fork(room: str, path: str) -> bool:
    return room in ("cuda", "tests/emulation", "benchmarks/cuda") or path == "src/formulas/host_device.hpp"


def check_length(path: str, lines: int) -> list[Finding]:
    if lines > LONGEST_FILE:
        return [Finding(path, lines, f"{lines} lines; the limit is {LONGEST_FILE}: split it by what it does")]
    if lines > LONG_FILE:
        return [Finding(path, lines, f"{lines} lines; one thing fits in about {LONG_FILE}", warning=True)]
    return []


def check_name(path: str) -> list[Finding]:
    """Files and folders are named after what is in them."""
    for part in Path(path).parts:
        stem = part.split(".")[0].lower()
        empty = EMPTY_NAMES.intersection(re.split(r"[_\-]", stem))
        if empty:
            return [Finding(path, 1, f"the name '{part}' says nothing ('{empty.pop()}'); name it after what it does")]
    return []


def check_tree(root: Path) -> list[Finding]:
    """Every finding about the tree under `root`."""
    root = root.resolve()
    findings: list[Finding] = []
    for file in files_of(root):
        path = file.relative_to(root).as_posix()
        findings += check_name(path)
        in_sources = any(path.startswith(folder + "/") for folder in SOURCE_FOLDERS)
        if file.suffix in SOURCE_SUFFIXES:
            if in_sources:
                findings += check_source(root, path)
            else:
                findings.append(Finding(path, 1, "C++ outside the rooms of DESIGN: " + ", ".join(SOURCE_FOLDERS)))
    return findings


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent, help="tree to check")
    parser.add_argument("--quiet", action="store_true", help="print broken rules only, no warnings and no summary")
    arguments = parser.parse_args()
    if not arguments.root.is_dir():
        parser.error(f"{arguments.root} is not a folder")
    findings = check_tree(arguments.root)
    errors = [f for f in findings if not f.warning]
    for finding in findings:
        if not (arguments.quiet and finding.warning):
            print(finding)
    if not arguments.quiet:
        print(f"layers: {len(errors)} broken rules, {len(findings) - len(errors)} warnings")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
