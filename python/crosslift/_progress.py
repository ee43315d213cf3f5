"""Progress of a training: a bar where tqdm is installed, else one line on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple


class ProgressEvent(NamedTuple):
    """One step of a training that is done: its stage, step of steps, seconds since the stage began, loss (or NaN)."""

    stage: str
    step: int
    steps: int
    seconds: float
    loss: float


class ProgressBar:
    """Shows events; does nothing where ``verbose`` is 0."""

    def __init__(self, verbose: int) -> None:
        self._verbose = verbose
        self._stage = ""
        self._bar: Any = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_stage()

    def show(self, event: ProgressEvent) -> None:
        """Moves the bar of the event's stage; a new stage begins a new bar."""
        if not self._verbose:
            return
        if event.stage != self._stage:
            self._end_stage()
            self._stage = event.stage
            self._bar = _tqdm(event)
        loss = "" if event.loss != event.loss else f"loss {event.loss:.6g}"
        if self._bar is None:
            line = f"\r{event.stage} {event.step}/{event.steps}, {event.seconds:.1f} s {loss}"
            print(line, end="", file=sys.stderr, flush=True)
            return
        if loss:
            self._bar.set_postfix_str(loss, refresh=False)
        self._bar.update(event.step - self._bar.n)

    def _end_stage(self) -> None:
        if self._bar is not None:
            self._bar.close()
        elif self._stage:
            print(file=sys.stderr)
        self._bar, self._stage = None, ""


Work = Callable[[Callable[[str, int, int, float, float], bool]], "tuple[Any, BaseException | None]"]


def run(work: Work, callback: Callable[[ProgressEvent], Any] | None, verbose: int) -> tuple[Any, BaseException | None]:
    """Calls ``work(on_step)`` with a bar and a callback that hear of each step: (result or None, interruption)."""
    with ProgressBar(verbose) as bar:

        def on_step(stage: str, step: int, steps: int, seconds: float, loss: float) -> bool:
            event = ProgressEvent(stage, step, steps, seconds, loss)
            bar.show(event)
            return bool(callback is not None and callback(event))

        return work(on_step)


def _tqdm(event: ProgressEvent) -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(total=event.steps, desc=event.stage, file=sys.stderr)
