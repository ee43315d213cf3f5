"""Training from Python: progress, callbacks, Ctrl-C, other threads."""

import os
import signal
import threading
import time

import crosslift
import numpy as np
import pytest

sparse = pytest.importorskip("scipy.sparse")


def long_training():
    """Takes far longer than any test waits."""
    return crosslift.ImplicitALS(factors=32, iterations=1_000_000)


def test_callback_gets_each_sweep(ratings):
    events = []
    crosslift.ImplicitALS(factors=4, iterations=3, calculate_loss=True).fit(ratings, callback=events.append)
    assert [event.step for event in events] == [1, 2, 3]
    assert all(event.steps == 3 and event.stage == "als" for event in events)
    assert all(event.loss > 0 and event.seconds >= 0 for event in events)


def test_callback_stops_by_a_true_answer(ratings):
    model = long_training().fit(ratings, callback=lambda event: event.step >= 3)
    assert model.stopped_early_
    assert model.n_sweeps_ >= 3
    assert np.isfinite(model.item_factors_).all()


def test_error_in_the_callback_is_raised_and_the_model_kept(ratings):
    def callback(event):
        raise RuntimeError(f"no more after {event.step}")

    model = long_training()
    with pytest.raises(RuntimeError, match="no more after 1"):
        model.fit(ratings, callback=callback)
    assert model.n_sweeps_ >= 1


@pytest.fixture(autouse=True)
def _ctrl_c_interrupts():
    """A program that a shell starts in the background ignores SIGINT, and Python there leaves it so."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_after(seconds):
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    return timer


def test_ctrl_c_stops_within_a_second_and_keeps_the_sweeps(ratings):
    model = long_training()
    interrupt_after(0.5)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        model.fit(ratings)
    assert time.monotonic() - began < 2.5
    assert model.stopped_early_
    assert model.n_sweeps_ > 0
    assert np.isfinite(model.item_factors_).all()
    assert model.fold_in(ratings[:1]).shape == (1, 32)


def test_ctrl_c_in_a_closed_form_leaves_the_old_model():
    rng = np.random.default_rng(0)
    baskets = sparse.random_array((20000, 4000), density=0.002, rng=rng, dtype=np.float32).tocsr()
    model = crosslift.Ease()
    interrupt_after(0.3)
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            model.fit(baskets)
    finally:
        took = time.monotonic() - began
    assert took < 3
    with pytest.raises(crosslift.NotFittedError):
        model.score_baskets(baskets[:1])


def test_other_threads_run_while_one_trains(ratings):
    counted = 0
    done = threading.Event()

    def count():
        nonlocal counted
        while not done.is_set():
            counted += 1
            time.sleep(0.001)

    counter = threading.Thread(target=count)
    counter.start()
    began = time.monotonic()
    crosslift.ImplicitALS(factors=32, iterations=100_000).fit(
        ratings, callback=lambda event: time.monotonic() - began > 0.5
    )
    done.set()
    counter.join()
    assert counted > 20


def test_training_on_a_thread_that_is_not_the_main_one(ratings):
    models = {}

    def train(seed):
        models[seed] = crosslift.ImplicitALS(factors=4, iterations=3, seed=seed).fit(ratings)

    threads = [threading.Thread(target=train, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(4):
        again = crosslift.ImplicitALS(factors=4, iterations=3, seed=seed).fit(ratings)
        np.testing.assert_array_equal(models[seed].item_factors_, again.item_factors_)


@pytest.mark.parametrize("tqdm_there", [True, False])
def test_verbose_writes_progress_to_stderr(ratings, capsys, monkeypatch, tqdm_there):
    if tqdm_there:
        pytest.importorskip("tqdm")
    else:
        monkeypatch.setitem(__import__("sys").modules, "tqdm.auto", None)
    crosslift.ImplicitALS(factors=4, iterations=3, calculate_loss=True, verbose=1).fit(ratings)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "als" in captured.err
    assert "loss" in captured.err
    assert "3/3" in captured.err


def test_silent_by_default(ratings, capfd):
    crosslift.ImplicitALS(factors=4, iterations=2).fit(ratings)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_training_in_a_forked_child(ratings):
    expected = crosslift.ImplicitALS(factors=4, iterations=2).fit(ratings).item_factors_
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        same = np.array_equal(crosslift.ImplicitALS(factors=4, iterations=2).fit(ratings).item_factors_, expected)
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0
