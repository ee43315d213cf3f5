"""A stranger's project finds the installed package and works with it: static and moved, shared, wrong version."""

import json
import subprocess

import pytest
from conftest import ROOT, build, run

STRANGER = ROOT / "tests" / "install" / "stranger"


@pytest.mark.parametrize("package", ["static_package", "shared_package"])
def test_a_strangers_project_builds_and_runs(package, request, tmp_path):
    prefix = request.getfixturevalue(package)
    build(STRANGER, tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}")
    output = run([tmp_path / "stranger", tmp_path / "model.safetensors"], cwd=tmp_path)
    first = output.splitlines()[0]
    assert first == "offer: milk (150 of 150)"
    assert "offer: sugar" not in output
    assert "caught: " in output
    assert "no such file" in output


def test_another_version_is_refused(static_package, tmp_path):
    command = ["cmake", "-G", "Ninja", "-S", STRANGER, "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={static_package}"]
    done = subprocess.run([*command, "-DCROSSLIFT_WANTED=9.0"], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "9.0" in done.stderr


def test_every_public_header_stands_alone(static_package, tmp_path):
    headers = sorted(path.name for path in (static_package / "include" / "crosslift").glob("*.hpp"))
    assert len(headers) == len(list((ROOT / "include" / "crosslift").glob("*.hpp")))
    for name in headers:
        (tmp_path / f"{name}.cpp").write_text(f"#include <crosslift/{name}>\n#include <crosslift/{name}>\n")
    options = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    run(["c++", *options, "-I", static_package / "include", *sorted(tmp_path.glob("*.cpp"))])


def test_nothing_of_the_build_leaks_into_the_package(static_package):
    for file in static_package.rglob("*.cmake"):
        text = file.read_text()
        assert str(ROOT) not in text, f"{file} names the folder it was built in"
        assert "-Werror" not in text, f"{file} hands our warnings on to strangers"


def test_the_installed_program_runs(static_package):
    program = static_package / "bin" / "crosslift"
    assert "0.1.0" in run([program, "--version"])
    assert any(device["device"] == "cpu" for device in json.loads(run([program, "info", "--json"]))["devices"])
