"""What scikit-learn expects of an estimator, with scikit-learn and without."""

import inspect
import subprocess
import sys

import crosslift
import numpy as np
import pytest
from crosslift import _core

ESTIMATORS = [
    crosslift.ImplicitALS,
    crosslift.Ease,
    crosslift.Sppmi,
    crosslift.ComplementModel,
    crosslift.OfferEngine,
]


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_constructor_is_keyword_only_and_only_stores(kind):
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    assert all(it.kind is inspect.Parameter.KEYWORD_ONLY for it in parameters)
    values = {it.name: object() for it in parameters}
    made = kind(**values)
    assert all(getattr(made, name) is value for name, value in values.items())
    assert made.get_params(deep=False) == values


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_get_and_set_params(kind):
    made = kind()
    assert kind(**made.get_params(deep=False)).get_params() == made.get_params()
    assert made.set_params(seed=5) is made if "seed" in made.get_params() else True
    with pytest.raises(ValueError, match="no parameter 'colour'"):
        made.set_params(colour=1)


def test_nested_params():
    engine = crosslift.OfferEngine(taste=crosslift.ImplicitALS(factors=8))
    assert engine.get_params()["taste__factors"] == 8
    assert engine.set_params(taste__factors=16, seed=1).taste.factors == 16
    assert "taste__factors" not in engine.get_params(deep=False)


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_scikit_learn_clones(kind):
    base = pytest.importorskip("sklearn.base")
    made = kind()
    copied = base.clone(made)
    assert type(copied) is kind
    assert copied.get_params().keys() == made.get_params().keys()
    nested = crosslift.OfferEngine(complement=crosslift.ComplementModel(factors=3))
    copied = base.clone(nested)
    assert copied.complement is not nested.complement
    assert copied.complement.factors == 3


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_scikit_learn_sees_whether_it_is_fitted(kind):
    validation = pytest.importorskip("sklearn.utils.validation")
    exceptions = pytest.importorskip("sklearn.exceptions")
    with pytest.raises(exceptions.NotFittedError):
        validation.check_is_fitted(kind())


def test_scikit_learn_accepts_a_fitted_one(ratings):
    validation = pytest.importorskip("sklearn.utils.validation")
    validation.check_is_fitted(crosslift.ImplicitALS(factors=2, iterations=1).fit(ratings))


@pytest.mark.parametrize(
    ("kind", "ask"),
    [
        (crosslift.ImplicitALS, lambda it: it.item_factors_),
        (crosslift.Ease, lambda it: it.weights_),
        (crosslift.Sppmi, lambda it: it.in_factors_),
        (crosslift.ComplementModel, lambda it: it.in_factors_),
        (crosslift.OfferEngine, lambda it: it.cross_sell(["a"])),
    ],
)
def test_not_fitted(kind, ask):
    with pytest.raises(crosslift.NotFittedError, match=f"{kind.__name__} is not fitted"):
        ask(kind())


def test_repr_shows_what_was_changed():
    assert repr(crosslift.ImplicitALS()) == "ImplicitALS()"
    assert repr(crosslift.ImplicitALS(factors=3, device="auto")) == "ImplicitALS(factors=3, device='auto')"
    nested = crosslift.OfferEngine(taste=crosslift.ImplicitALS(factors=8))
    assert repr(nested) == "OfferEngine(taste=ImplicitALS(factors=8))"


def defaults_of(call):
    return {
        name: it.default
        for name, it in inspect.signature(call).parameters.items()
        if it.default is not inspect.Parameter.empty
    }


@pytest.mark.parametrize(
    ("kind", "core"),
    [
        (crosslift.ImplicitALS, _core.als_defaults),
        (crosslift.Ease, _core.ease_defaults),
        (crosslift.Sppmi, _core.sppmi_defaults),
        (crosslift.ComplementModel, _core.complement_defaults),
    ],
)
def test_defaults_are_those_of_the_library(kind, core):
    ours = defaults_of(kind.__init__)
    ours.pop("verbose")
    assert ours == core()


def test_engine_defaults_are_those_of_the_library():
    engine, complement, taste, _ = _core.engine_defaults()
    ours = defaults_of(crosslift.OfferEngine.__init__)
    assert {name: ours[name] for name in engine} == engine
    assert complement == _core.complement_defaults()
    documented = {"factors": 64, "iterations": 10, "objective": "rendle", "regularization": 0.003}
    assert taste == {**_core.als_defaults(), **documented}


def test_query_defaults_are_those_of_the_library():
    assert crosslift.OfferQuery()._wishes() == {
        name: () if isinstance(value, list) and name in ("exclude", "allow") else value
        for name, value in _core.query_defaults().items()
    }


def test_errors_are_builtin_ones_too():
    assert issubclass(crosslift.InvalidArgument, ValueError)
    assert issubclass(crosslift.DataError, ValueError)
    assert issubclass(crosslift.FormatError, ValueError)
    assert issubclass(crosslift.DeviceError, RuntimeError)
    assert issubclass(crosslift.FileError, OSError)
    assert all(issubclass(it, crosslift.Error) for it in (crosslift.DataError, crosslift.FileError, crosslift.Stopped))


def test_public_names_are_there_and_documented():
    for name in crosslift.__all__:
        it = getattr(crosslift, name)
        if inspect.isclass(it) or inspect.isfunction(it):
            assert it.__doc__ or issubclass(it, crosslift.Error), name


def test_devices():
    devices = crosslift.devices()
    assert devices[0].name == "cpu"
    assert devices[0].unavailable_reason == ""
    assert devices[0].memory_bytes > 0


def test_version():
    assert crosslift.__version__.count(".") == 2


def test_importing_needs_numpy_alone():
    code = (
        "import sys, crosslift; heavy = {'pandas', 'scipy', 'sklearn', 'tqdm', 'pyarrow', 'polars'}; "
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_numpy_scalars_are_taken_as_parameters(ratings):
    model = crosslift.ImplicitALS(factors=np.int64(4), iterations=np.int32(2), alpha=np.float32(1.5)).fit(ratings)
    assert model.item_factors_.shape[1] == 4


def test_messages_may_quote_bytes_that_are_no_text(tmp_path):
    path = str(tmp_path / "caf\udce9.csv")  # a Latin-1 file name
    with pytest.raises(crosslift.FileError, match="caf\ufffd"):
        crosslift.Transactions.from_csv(path)
