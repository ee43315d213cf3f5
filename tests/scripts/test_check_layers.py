"""scripts/check_layers.py finds violations planted in a small tree, and finds none in this one."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECKER = ROOT / "scripts" / "check_layers.py"


def check(root):
    return subprocess.run(
        [sys.executable, str(CHECKER), "--root", str(root)], capture_output=True, text=True, check=False
    )


@pytest.fixture
def tree(tmp_path):
    """A tree in order: one file in most rooms, each including what it may."""
    files = {
        "include/crosslift/device.hpp": "#include <string>\n",
        "include/crosslift/transactions.hpp": "#include <crosslift/device.hpp>\n",
        "include/crosslift/als.hpp": "#include <crosslift/transactions.hpp>\n",
        "include/crosslift/offers.hpp": "#include <crosslift/als.hpp>\n",
        "include/crosslift/files.hpp": "#include <crosslift/offers.hpp>\n",
        "src/formulas/als.hpp": "#include <cmath>\n",
        "src/backend/backend.hpp": '#include "formulas/als.hpp"\n',
        "src/cpu/cpu.hpp": '#include "backend/backend.hpp"\n',
        "src/cpu/gram.cpp": '#include "cpu.hpp"\n',
        "src/devices/devices.hpp": '#include "backend/backend.hpp"\n',
        "src/devices/devices.cpp": '#include "cpu/cpu.hpp"\n#include "devices/devices.hpp"\n',
        "src/algorithms/als.cpp": '#include "devices/devices.hpp"\n#include <crosslift/als.hpp>\n',
        "src/offers/upsell.cpp": "#include <crosslift/offers.hpp>\n",
        "src/io/csv.cpp": "#include <crosslift/files.hpp>\n#include <zlib.h>\n",
        "tests/api/upsell_test.cpp": "#include <crosslift/offers.hpp>\n#include <gtest/gtest.h>\n",
        "tests/ops/gram_test.cpp": '#include "backend/backend.hpp"\n',
        "cuda/gram.cu": '#include "backend/backend.hpp"\n#include <cuda_runtime.h>\n__global__ void gram();\n',
    }
    for name, text in files.items():
        write(tmp_path, name, text)
    return tmp_path


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_this_tree_keeps_its_rooms():
    result = check(ROOT)
    assert result.returncode == 0, result.stdout


def test_a_tree_in_order_passes(tree):
    result = check(tree)
    assert result.returncode == 0, result.stdout
    assert "0 broken rules, 0 warnings" in result.stdout


PLANTED = [
    # file, its text, words of the finding
    ("src/formulas/als.hpp", '#include "cpu/cpu.hpp"\n', "src/formulas may not include src/cpu/cpu.hpp"),
    ("src/formulas/als.hpp", "#include <crosslift/transactions.hpp>\n", "src/formulas may not include"),
    ("src/cpu/gram.cpp", '#include "devices/devices.hpp"\n', "src/cpu may not include src/devices"),
    ("src/cpu/gram.cpp", "#include <crosslift/als.hpp>\n", "src/cpu may not include include/crosslift/als.hpp"),
    ("src/algorithms/als.cpp", '#include "cpu/cpu.hpp"\n', "src/algorithms may not include src/cpu"),
    ("src/algorithms/als.cpp", "#include <crosslift/offers.hpp>\n", "src/algorithms may not include"),
    ("src/offers/upsell.cpp", '#include "backend/backend.hpp"\n', "src/offers may not include src/backend"),
    ("src/offers/upsell.cpp", "#include <crosslift/files.hpp>\n", "src/offers may not include"),
    ("src/offers/upsell.cpp", "#include <zlib.h>\n", "<zlib.h> belongs into src/io"),
    ("src/devices/devices.cpp", '#include "cpu/gram.hpp"\n', "not in the tree"),
    ("src/cli/main.cpp", '#include "offers/facts.hpp"\n', "not in the tree"),
    ("tests/api/upsell_test.cpp", '#include "backend/backend.hpp"\n', "tests/api may not include src/backend"),
    ("cuda/gram.cu", '#include "cpu/cpu.hpp"\n', "cuda may not include src/cpu"),
    ("src/cpu/gram.cpp", "#include <cuda_runtime.h>\n", "<cuda_runtime.h> belongs into cuda"),
    ("src/cpu/gram.cpp", "#include <cub/cub.cuh>\n", "<cub/cub.cuh> belongs into cuda"),
    ("src/cpu/gram.cpp", "#ifdef __CUDACC__\n#endif\n", "CUDA words outside cuda/"),
    ("include/crosslift/als.hpp", "#include <nlohmann/json.hpp>\n", "<nlohmann/json.hpp>"),
    ("include/crosslift/als.hpp", "#include <unistd.h>\n", "C++ standard library and crosslift/ only"),
    ("include/crosslift/als.hpp", '#include "device.hpp"\n', "as <crosslift/...>"),
    ("include/crosslift/als.hpp", "#include <crosslift/offers.hpp>\n", "algorithm words may not include"),
    ("include/crosslift/surprise.hpp", "#include <vector>\n", "lies in no room"),
    ("src/network/server.cpp", "#include <vector>\n", "lies in no room"),
    ("tools/thing.cpp", "#include <vector>\n", "outside the rooms"),
    ("src/cpu/gram_utils.cpp", "#include <vector>\n", "says nothing"),
    ("src/helpers.cpp", "#include <vector>\n", "says nothing"),
    ("scripts/misc.py", "\n", "says nothing"),
    ("src/cpu/gram.cpp", "namespace crosslift::detail {\n}\n", "namespace detail says nothing"),
    ("src/cpu/gram.cpp", "int x;\n" * 501, "the limit is 500"),
]


@pytest.mark.parametrize(("name", "text", "words"), PLANTED, ids=[f"{n}-{w}" for n, _, w in PLANTED])
def test_a_planted_violation_is_found(tree, name, text, words):
    write(tree, name, text)
    result = check(tree)
    assert result.returncode == 1
    assert words in result.stdout
    assert result.stdout.startswith(f"{name}:")


def test_a_long_file_is_warned_about_and_passes(tree):
    write(tree, "src/cpu/gram.cpp", "int x;\n" * 301)
    result = check(tree)
    assert result.returncode == 0
    assert "warning: 301 lines" in result.stdout


def test_wrong_usage_is_told_apart(tmp_path):
    assert check(tmp_path / "nowhere").returncode == 2
