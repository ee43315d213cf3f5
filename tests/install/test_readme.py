"""The README's snippets do what they say, typed as they stand by somebody who has only what was installed."""

import os
import re

import pytest
from conftest import ROOT, build, run

README = (ROOT / "README.md").read_text()


def snippet(language):
    """The one fenced block of this language."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1, f"{len(blocks)} blocks of {language} in README.md; the tests want one"
    return blocks[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("readme")


@pytest.fixture(scope="module")
def shop_model(empty_venv, folder):
    """The model file that the command line snippet writes, and what the snippet printed."""
    path = f"{empty_venv / 'bin'}:{os.environ['PATH']}"
    output = run(["bash", "-euc", snippet("bash")], cwd=folder, env={**os.environ, "PATH": path})
    assert (folder / "shop.safetensors").stat().st_size > 100_000
    return output


def test_the_command_line_snippet(shop_model):
    assert '"offers"' in shop_model  # the JSON of the third command
    assert "baskets with" in shop_model  # a reason of the second


def test_the_python_snippet(empty_venv, folder):
    (folder / "snippet.py").write_text(snippet("python"))
    output = run([empty_venv / "bin" / "python", "-W", "error", "snippet.py"], cwd=folder)
    offers = [line for line in output.splitlines() if " - " in line and "baskets with" in line]
    assert len(offers) == 3, output
    assert "rejected" in output


@pytest.mark.parametrize("package", ["static_package", "shared_package"])
def test_the_cpp_snippet(package, request, shop_model, folder):
    prefix = request.getfixturevalue(package)
    project = folder / package
    project.mkdir()
    (project / "main.cpp").write_text(snippet("cpp"))
    (project / "CMakeLists.txt").write_text(snippet("cmake"))
    build(project, project / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    lines = run([project / "build" / "shop"], cwd=folder).splitlines()
    assert len(lines) == 3
    assert all("baskets with" in line for line in lines)
