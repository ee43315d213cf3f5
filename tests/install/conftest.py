"""What the tests of this folder share: the build that scripts/test made, installed where a stranger would find it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "cpu"
OUT = ROOT / "build" / "test"


def run(command, **more):
    """Runs a command; the test fails with its output when the command does. Returns what it printed."""
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, check=False, **more,
    )  # fmt: skip
    assert done.returncode == 0, f"{' '.join(map(str, command))}\nexit code {done.returncode}\n{done.stdout}"
    return done.stdout


def build(source, folder, *options):
    """Configures and builds a CMake project."""
    run(["cmake", "-S", source, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", *options])
    run(["cmake", "--build", folder, "--parallel", len(os.sched_getaffinity(0))])


@pytest.fixture(scope="session")
def static_package():
    """The static library, installed and then moved: a package may not remember where it was made."""
    if not (BUILD / "CMakeCache.txt").exists():
        pytest.skip("build/cpu is not built: run scripts/test install")
    made, moved = OUT / "install-made", OUT / "install-static"
    for folder in (made, moved):
        shutil.rmtree(folder, ignore_errors=True)
    run(["cmake", "--install", BUILD, "--prefix", made])
    made.rename(moved)
    return moved


@pytest.fixture(scope="session")
def shared_package():
    """The shared library, installed."""
    prefix = OUT / "install-shared"
    shutil.rmtree(prefix, ignore_errors=True)
    build(
        ROOT, OUT / "build-shared", "-DBUILD_SHARED_LIBS=ON", "-DCROSSLIFT_TESTS=OFF", "-DCROSSLIFT_BENCHMARKS=OFF",
        "-DCROSSLIFT_EXAMPLES=OFF", "-DCROSSLIFT_CUDA=OFF", f"-DCMAKE_INSTALL_PREFIX={prefix}",
    )  # fmt: skip
    run(["cmake", "--install", OUT / "build-shared"])
    return prefix


@pytest.fixture(scope="session")
def empty_venv():
    """A new venv that holds the wheel that scripts/test built, and what the wheel itself asks for."""
    wheels = list((OUT / "wheel").glob("crosslift-*.whl"))
    if not wheels:
        pytest.skip("no wheel in build/test/wheel: run scripts/test python")
    folder = OUT / "venv"
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "venv", folder])
    run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wheels])
    return folder
