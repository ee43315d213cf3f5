"""What all estimators share: parameters as scikit-learn expects them, training, the check that they are fitted."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ._progress import Work, run


class NotFittedError(ValueError, AttributeError):
    """An estimator was asked before ``fit``."""


class Estimator:
    """Keyword-only constructor parameters that are only stored; learned attributes end in an underscore."""

    _model: Any = None

    @classmethod
    def _parameter_names(cls) -> list[str]:
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters; with ``deep`` those of estimators inside too, as ``outer__inner``."""
        params = {name: getattr(self, name) for name in self._parameter_names()}
        if deep:
            for name, value in list(params.items()):
                if isinstance(value, Estimator):
                    params.update({f"{name}__{key}": inner for key, inner in value.get_params().items()})
        return params

    def set_params(self, **params: Any) -> Any:
        """Sets parameters (``outer__inner`` reaches inside) and returns the estimator."""
        known = self._parameter_names()
        for key, value in params.items():
            name, _, inner = key.partition("__")
            if name not in known:
                raise ValueError(f"{type(self).__name__} has no parameter '{name}'; there are {known}")
            if inner:
                getattr(self, name).set_params(**{inner: value})
            else:
                setattr(self, name, value)
        return self

    def _options(self) -> dict[str, Any]:
        """The parameters that the library takes."""
        return {name: getattr(self, name) for name in self._parameter_names() if name != "verbose"}

    def _train(self, fit: Work, callback: Any, verbose: int) -> Any:
        """Calls ``fit(on_step)``, keeps its model, and raises what interrupted it."""
        model, interruption = run(fit, callback, verbose)
        if model is not None:
            self._model = model
        if interruption is not None:
            raise interruption
        return self

    def _fitted(self) -> Any:
        if self._model is None:
            raise NotFittedError(f"this {type(self).__name__} is not fitted yet; call fit first")
        return self._model

    def __sklearn_is_fitted__(self) -> bool:
        return self._model is not None

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator; only scikit-learn calls this."""
        from sklearn.utils import InputTags, Tags, TargetTags

        return Tags(estimator_type=None, target_tags=TargetTags(required=False), input_tags=InputTags(sparse=True))

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        changed = [
            f"{name}={value!r}"
            for name, value in self.get_params(deep=False).items()
            if not _same(value, defaults[name].default)
        ]
        return f"{type(self).__name__}({', '.join(changed)})"


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and value == default


def named_parts(trained: tuple[Any, Any], *names: str) -> tuple[dict[str, Any] | None, Any]:
    """What training returned, (model or None, interruption or None), with the model as a dict of its arrays."""
    model, interruption = trained
    return model if model is None else {name: getattr(model, name) for name in names}, interruption


def to_bytes(save: Callable[[str], None]) -> bytes:
    """What ``save(path)`` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        save(str(path))
        return path.read_bytes()


def from_bytes(load: Callable[[str], Any], content: bytes) -> Any:
    """What ``load(path)`` makes of a file with that content."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        path.write_bytes(content)
        return load(str(path))
