"""BPR from Python: what it learns, its parameters, files, and interruption."""

import pickle
import signal

import crosslift
import numpy as np
import pytest
from crosslift import _core

sparse = pytest.importorskip("scipy.sparse")


def model(**params):
    return crosslift.BPR(**{"factors": 8, "iterations": 30, **params})


@pytest.fixture(scope="module")
def fitted(ratings):
    return model().fit(ratings)


def test_shapes_and_kinds(fitted, ratings):
    assert fitted.customer_factors_.shape == (60, 8)
    assert fitted.item_factors_.shape == (40, 8)
    assert fitted.item_factors_.dtype == np.float32
    assert not fitted.item_factors_.flags.writeable
    assert fitted.n_features_in_ == 40
    assert fitted.n_epochs_ == len(fitted.train_auc_) == 30
    assert not fitted.stopped_early_


def test_defaults_are_those_of_the_library():
    assert model().set_params(**_core.bpr_defaults()).get_params() == crosslift.BPR().get_params()


def test_bought_items_come_first(fitted, ratings):
    scores = fitted.customer_factors_ @ fitted.item_factors_.T
    bought = ratings.toarray() > 0
    right = [
        (row[mine][:, None] > row[~mine][None, :]).mean()
        for row, mine in zip(scores, bought, strict=True)
        if 0 < mine.sum() < 40
    ]
    assert np.mean(right) > 0.7
    assert fitted.train_auc_[-1] > fitted.train_auc_[0]


def test_recommend_and_similar_items_against_numpy(fitted, ratings):
    items, scores = fitted.recommend(3, ratings[[3]], k=5)
    expected = fitted.item_factors_ @ fitted.customer_factors_[3]
    expected[ratings[[3]].indices] = -np.inf
    np.testing.assert_array_equal(items, np.argsort(-expected, kind="stable")[:5])
    np.testing.assert_allclose(scores, np.sort(expected)[::-1][:5], rtol=1e-5)
    near, _ = fitted.similar_items(2, k=3)
    assert 2 not in near
    folded, _ = fitted.recommend(customer_items=ratings[:4], fold_in=True, k=5)
    assert folded.shape == (4, 5)


def test_same_bits_at_any_number_of_threads(ratings):
    one = model(threads=1, iterations=3).fit(ratings)
    two = model(threads=2, iterations=3).fit(ratings)
    np.testing.assert_array_equal(one.item_factors_, two.item_factors_)
    np.testing.assert_array_equal(one.customer_factors_, two.customer_factors_)


def test_file_and_pickle(fitted, tmp_path):
    fitted.save(tmp_path / "m")
    for again in (crosslift.BPR.load(tmp_path / "m"), pickle.loads(pickle.dumps(fitted))):
        assert isinstance(again, crosslift.BPR)
        np.testing.assert_array_equal(again.item_factors_, fitted.item_factors_)
        assert again.train_auc_ == fitted.train_auc_
        assert again.get_params() == fitted.get_params()
    with pytest.raises(crosslift.FormatError):
        crosslift.ImplicitALS.load(tmp_path / "m")


def test_callback_stops_and_errors_are_clear(ratings):
    stopped = model(iterations=1_000_000).fit(ratings, callback=lambda event: event.step >= 2)
    assert stopped.stopped_early_
    assert stopped.n_epochs_ >= 2
    with pytest.raises(crosslift.InvalidArgument, match="learning_rate"):
        model(learning_rate=-1).fit(ratings)
    with pytest.raises(crosslift.NotFittedError):
        _ = model().item_factors_


def test_ctrl_c_keeps_the_whole_epochs(ratings):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupt(event):
        if event.step == 2:
            signal.raise_signal(signal.SIGINT)

    bpr = model(iterations=1_000_000)
    try:
        with pytest.raises(KeyboardInterrupt):
            bpr.fit(ratings, callback=interrupt)
    finally:
        signal.signal(signal.SIGINT, before)
    assert bpr.stopped_early_
    assert bpr.n_epochs_ >= 2
