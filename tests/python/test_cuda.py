"""What this machine's GPUs are, said plainly, and no trace of CUDA where nobody asked for it.

A driver and a module that are made here stand in for NVIDIA's, so that each reason can be provoked without a GPU.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import crosslift
import numpy as np
import pytest

PACKAGE = Path(crosslift.__file__).parent
MODULE = PACKAGE / "libcrosslift_cuda.so"

DRIVER = """
#include <stddef.h>
#include <string.h>
int cuInit(unsigned flags) { return INIT; }
int cuDriverGetVersion(int* version) { return *version = VERSION, 0; }
int cuDeviceGetCount(int* count) { return *count = COUNT, 0; }
int cuDeviceGet(int* device, int index) { return *device = index, 0; }
int cuDeviceGetName(char* text, int size, int device) { return strncpy(text, "Paper GPU", (size_t)size), 0; }
int cuDeviceTotalMem_v2(size_t* bytes, int device) { return *bytes = 8000000000u, 0; }
int cuDeviceGetAttribute(int* value, int attribute, int device) {
    return *value = attribute == 75 ? CAPABILITY / 10 : CAPABILITY % 10, 0;
}
"""
ENTRY = """
#include <stdio.h>
void* crosslift_open_cuda_backend(unsigned contract, const char* build, int index, char* text, size_t size) {
    snprintf(text, size, "built otherwise than contract %u of %s", contract, build);
    return 0;
}
"""


def compile_library(path, source, *options):
    """A shared library made of a few lines of C."""
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-w", "-x", "c", "-", "-x", "none", "-o", str(path), *options],
        input=source,
        text=True,
        check=True,
    )
    return path


@pytest.fixture
def machine(tmp_path):
    """Runs Python code where a driver that was made here is found first; returns what it prints."""

    def run(code, *, module=None, **driver):
        env = {k: v for k, v in os.environ.items() if not k.startswith("CROSSLIFT_")}
        facts = {"INIT": 0, "VERSION": 13000, "COUNT": 1, "CAPABILITY": 90, **driver}
        compile_library(tmp_path / "libcuda.so.1", DRIVER, *(f"-D{name}={value}" for name, value in facts.items()))
        env["LD_LIBRARY_PATH"] = str(tmp_path)
        if module is not None:
            env["CROSSLIFT_CUDA_MODULE"] = str(module)
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


PRINT_DEVICES = "import crosslift, json; print(json.dumps([d._asdict() for d in crosslift.devices()]))"


def gpu(output):
    """The CUDA entry of what PRINT_DEVICES printed."""
    cpu, *gpus = json.loads(output)
    assert cpu["name"] == "cpu"
    assert not cpu["unavailable_reason"]
    return gpus[0]


@pytest.mark.parametrize(
    ("driver", "reason"),
    [
        ({"INIT": 100}, "cuInit returned 100"),
        ({"VERSION": 12040}, "serves CUDA 12.4 and 13.0 is needed"),
        ({"COUNT": 0}, "CUDA_VISIBLE_DEVICES"),
        ({"CAPABILITY": 61}, "compute capability 6.1; at least 7.5"),
    ],
)
def test_a_driver_or_gpu_that_does_not_do(machine, driver, reason):
    assert reason in gpu(machine(PRINT_DEVICES, **driver))["unavailable_reason"]


def test_a_driver_that_is_no_driver(machine, tmp_path):
    machine("")  # makes the driver
    compile_library(tmp_path / "libcuda.so.1", "int nothing;")
    env = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", PRINT_DEVICES], env=env, capture_output=True, text=True, check=True)
    assert "lacks functions" in gpu(done.stdout)["unavailable_reason"]


def test_what_the_driver_says_is_listed_beside_the_reason(machine, tmp_path):
    found = gpu(machine(PRINT_DEVICES, module=tmp_path / "absent.so", COUNT=2))
    assert (found["name"], found["description"]) == ("cuda:0", "Paper GPU")
    assert (found["memory_bytes"], found["capability"]) == (8_000_000_000, "9.0")
    assert "absent.so: cannot open shared object file" in found["unavailable_reason"]
    assert "CROSSLIFT_CUDA_MODULE" in found["unavailable_reason"]


def test_a_module_that_lacks_a_library(machine, tmp_path):
    needed = compile_library(tmp_path / "libneeded.so", "int number;")
    module = compile_library(tmp_path / "module.so", "extern int number; int f() { return number; }", str(needed))
    needed.unlink()
    reason = gpu(machine(PRINT_DEVICES, module=module))["unavailable_reason"]
    assert "libneeded.so: cannot open shared object file" in reason
    assert "crosslift[cuda13]" in reason


def test_a_module_of_another_project(machine, tmp_path):
    module = compile_library(tmp_path / "module.so", "int f() { return 0; }")
    assert "is not Crosslift's CUDA module" in gpu(machine(PRINT_DEVICES, module=module))["unavailable_reason"]


def test_a_module_of_another_build(machine, tmp_path):
    module = compile_library(tmp_path / "module.so", "#include <stddef.h>\n" + ENTRY)
    reason = gpu(machine(PRINT_DEVICES, module=module))["unavailable_reason"]
    assert reason.startswith("device cuda:0 cannot be used: built otherwise than contract ")
    assert crosslift.__version__ in reason
    code = "import crosslift\ntry: crosslift.ImplicitALS(device='cuda').fit(__import__('scipy.sparse').sparse.eye(3))"
    assert "built otherwise" in machine(f"{code}\nexcept crosslift.DeviceError as e: print(e)", module=module)


def test_a_forked_child_is_told_to_start_anew(machine):
    code = """
import os, crosslift
crosslift.devices()
child = os.fork()
if child == 0:
    print(crosslift.devices()[1].unavailable_reason, flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""
    assert "forked from one that had started the NVIDIA driver" in machine(code, COUNT=1)


def test_the_module_of_this_package_opens_or_says_why_not(machine):
    if not MODULE.exists():
        pytest.skip("this package was built without nvcc, so without a CUDA module")
    reason = gpu(machine(PRINT_DEVICES))["unavailable_reason"]
    # The module is found and its libraries too; then CUDA's runtime finds that the driver is made of paper.
    assert "cannot be opened" not in reason
    assert "device cuda:0 cannot be used" in reason


def test_the_module_needs_cublas_alone_and_exports_one_function():
    if not MODULE.exists():
        pytest.skip("this package was built without nvcc, so without a CUDA module")
    assert MODULE.stat().st_size < 20_000_000
    text = subprocess.run(
        ["readelf", "-d", "--dyn-syms", "-W", MODULE], capture_output=True, text=True, check=True
    ).stdout
    needed = [line.split("[")[1].rstrip("]") for line in text.splitlines() if "(NEEDED)" in line]
    assert [name for name in needed if name.startswith(("libcu", "libnv"))] == ["libcublas.so.13"]
    symbols = [line.split() for line in text.splitlines() if " DEFAULT " in line and " UND " not in line]
    exported = [line[7] for line in symbols if line[3] == "FUNC" and line[4] == "GLOBAL"]
    assert exported == ["crosslift_open_cuda_backend"]


def test_cublas_is_looked_for_where_pip_puts_it(machine, tmp_path):
    folder = tmp_path / "site" / "nvidia" / "cu13" / "lib"
    folder.mkdir(parents=True)
    cublas = compile_library(folder / "libcublas.so.13", "int number;", "-Wl,-soname,libcublas.so.13")
    module = compile_library(tmp_path / "module.so", "extern int number;\n#include <stddef.h>\n" + ENTRY, str(cublas))
    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n{PRINT_DEVICES}"
    code += "\nprint(open('/proc/self/maps').read().count('cu13/lib/libcublas.so.13') > 0)"
    listed, mapped = machine(code, module=module).splitlines()
    assert "built otherwise" in gpu(listed)["unavailable_reason"]
    assert mapped == "True"


EVERY_CPU_PATH = """
import crosslift, numpy as np, scipy.sparse as sp
def traces():
    return sorted({line.split()[-1] for line in open("/proc/self/maps")
                   if any(word in line for word in ("cuda", "cublas", "nvidia", "cudart"))})
assert not traces(), traces()
matrix = sp.random(60, 40, 0.2, format="csr", dtype=np.float32, random_state=0)
matrix.data[:] = 1
model = crosslift.ImplicitALS(factors=8, iterations=1).fit(matrix)
model.recommend(0)
crosslift.Ease().fit(matrix)
crosslift.ComplementModel(factors=4).fit(matrix)
crosslift.Retriever(np.asarray(model.item_factors_)).top_k(np.asarray(model.customer_factors_)[:2], 3)
assert not traces(), traces()
print("clean")
"""


def test_no_cpu_path_maps_a_cuda_library():
    done = subprocess.run([sys.executable, "-c", EVERY_CPU_PATH], capture_output=True, text=True, check=False)
    assert done.stdout == "clean\n", done.stderr


def test_a_gpu_where_one_is_required():
    usable = [it for it in crosslift.devices() if it.name.startswith("cuda") and not it.unavailable_reason]
    if usable:
        assert all(it.memory_bytes > 0 and it.capability and it.description for it in usable)
        sparse = pytest.importorskip("scipy.sparse")
        matrix = sparse.random(300, 80, 0.1, format="csr", random_state=0, data_rvs=np.ones)
        on_cpu, on_gpu = (crosslift.ImplicitALS(factors=16, device=it).fit(matrix) for it in ("cpu", usable[0].name))
        np.testing.assert_allclose(on_gpu.item_factors_, on_cpu.item_factors_, rtol=1e-3, atol=1e-4)
        return
    reason = crosslift.devices()[1].unavailable_reason
    if os.environ.get("CROSSLIFT_REQUIRE_CUDA") == "1":
        pytest.fail(f"CROSSLIFT_REQUIRE_CUDA is 1, and {reason}")
    pytest.skip(f"no GPU: {reason}")
