"""The type stubs name what the compiled module has, neither more nor less."""

import ast
import inspect
from pathlib import Path

import crosslift
import pytest
from crosslift import _core

STUB = ast.parse((Path(crosslift.__file__).parent / "_core.pyi").read_text())


def named(nodes):
    return {node.name: node for node in nodes if isinstance(node, (ast.ClassDef, ast.FunctionDef))}


def public(names):
    return {name for name in names if not name.startswith("_")}


def test_module():
    assert set(named(STUB.body)) == public(dir(_core))


CLASSES = [name for name, node in named(STUB.body).items() if isinstance(node, ast.ClassDef)]


@pytest.mark.parametrize("name", CLASSES)
def test_class(name):
    kind = getattr(_core, name)
    if issubclass(kind, Exception):
        stub = named(STUB.body)[name]
        assert [base.id for base in stub.bases][-1] in {it.__name__ for it in kind.__mro__}
        return
    stub = named(named(STUB.body)[name].body)
    assert public(stub) == public(vars(kind))
    for member, node in stub.items():
        is_property = any(isinstance(it, ast.Name) and it.id == "property" for it in node.decorator_list)
        assert is_property == inspect.isdatadescriptor(inspect.getattr_static(kind, member)), member


def test_package_is_marked_as_typed():
    assert (Path(crosslift.__file__).parent / "py.typed").exists()
