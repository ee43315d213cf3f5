"""Ease, Sppmi, ComplementModel and Retriever."""

import pickle

import crosslift
import numpy as np
import pytest

sparse = pytest.importorskip("scipy.sparse")


def make_baskets(count):
    """Baskets x items: items 2n and 2n + 1 belong together."""
    rng = np.random.default_rng(0)
    dense = np.zeros((count, 20), dtype=np.float32)
    for row in dense:
        pair = rng.integers(10)
        row[[2 * pair, 2 * pair + 1, rng.integers(20)]] = 1
    return sparse.csr_array(dense)


@pytest.fixture(scope="module")
def baskets():
    return make_baskets(400)


def ease_reference(baskets, regularization):
    x = baskets.toarray().astype(float)
    x = x[x.sum(axis=1) > 1]
    inverse = np.linalg.inv(x.T @ x + regularization * np.eye(x.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


def test_ease_is_the_closed_form(baskets):
    model = crosslift.Ease(regularization=10).fit(baskets)
    np.testing.assert_allclose(model.weights_, ease_reference(baskets, 10), atol=1e-4)
    assert model.weights_.dtype == np.float32
    scores = model.score_baskets(baskets[:5])
    np.testing.assert_allclose(scores, baskets[:5].toarray() @ model.weights_, atol=1e-5)


def test_ease_finds_partners(baskets):
    model = crosslift.Ease(regularization=10).fit(baskets)
    items, scores = model.recommend(sparse.eye_array(20, dtype=np.float32, format="csr"), k=3)
    assert items.shape == (20, 3)
    np.testing.assert_array_equal(items[:, 0], np.arange(20) ^ 1)
    assert (np.diff(scores, axis=1) <= 0).all()


def test_ease_pads_and_checks(baskets):
    model = crosslift.Ease().fit(baskets)
    items, scores = model.recommend(baskets[:1], k=30)
    known = baskets[[0]].nnz
    assert (items[0] >= 0).sum() == 20 - known
    assert np.isneginf(scores[0, 20 - known :]).all()
    with pytest.raises(crosslift.InvalidArgument, match="columns"):
        model.score_baskets(baskets[:, :5])
    with pytest.raises(crosslift.InvalidArgument, match="k is 0"):
        model.recommend(baskets[:1], k=0)
    with pytest.raises(crosslift.InvalidArgument, match="regularization"):
        crosslift.Ease(regularization=0).fit(baskets)
    with pytest.raises(crosslift.InvalidArgument):
        crosslift.Ease(half_life_days=10).fit(baskets, age_days=[1.0, 2.0])


def test_ease_half_life_prefers_new_baskets(baskets):
    ages = np.where(np.arange(400) < 200, 1000.0, 0.0)
    decayed = crosslift.Ease(regularization=1, half_life_days=10).fit(baskets, age_days=ages)
    newest = crosslift.Ease(regularization=1).fit(baskets[200:])
    agreement = np.corrcoef(decayed.weights_.ravel(), newest.weights_.ravel())[0, 1]
    assert agreement > 0.99


def sppmi_reference(baskets, smoothing, shift):
    """M of include/crosslift/sppmi.hpp and ln(n_j / N), dense and in double."""
    rows = np.asarray(baskets.todense(), dtype=float)
    rows = rows[rows.sum(axis=1) > 1]
    together = rows.T @ (rows / (rows.sum(axis=1, keepdims=True) - 1))
    np.fill_diagonal(together, 0)
    totals = together.sum(axis=1)
    smoothed = totals**smoothing
    chance = totals[:, None] * smoothed[None] / smoothed.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(together / chance / shift)
    return np.where(together > 0, np.maximum(information, 0), 0), np.log(totals / totals.sum())


def test_sppmi_is_its_formula(baskets):
    items = baskets.shape[1]
    for smoothing, shift, popularity in ((0.75, 1, 0.25), (1, 2, 0), (0.5, 0.5, 1)):
        model = crosslift.Sppmi(factors=items, smoothing=smoothing, shift=shift, popularity=popularity).fit(baskets)
        information, share = sppmi_reference(baskets, smoothing, shift)
        np.testing.assert_allclose(model.in_factors_ @ model.out_factors_.T, information, atol=2e-4)
        np.testing.assert_allclose(model.popularity_, (popularity + smoothing - 1) * share, atol=1e-4)
        wanted = [information[[2, 5]].mean(axis=0) + (popularity + smoothing - 1) * share]
        query = np.zeros((1, items))
        query[0, [2, 5]] = 1
        np.testing.assert_allclose(model.score_baskets(query), wanted, atol=5e-4)
        assert not set(model.recommend(query, k=5)[0][0]) & {2, 5}


def test_sppmi_checks(baskets):
    for bad in ({"factors": 0}, {"shift": 0}, {"smoothing": 2}, {"popularity": -1}, {"half_life_days": -1}):
        with pytest.raises(crosslift.InvalidArgument, match=next(iter(bad))):
            crosslift.Sppmi(**bad).fit(baskets)
    with pytest.raises(crosslift.InvalidArgument, match="age_days holds 2 values"):
        crosslift.Sppmi().fit(baskets, age_days=[1.0, 2.0])
    with pytest.raises(crosslift.InvalidArgument, match="needs the age"):
        crosslift.Sppmi(half_life_days=3).fit(baskets)
    again = pickle.loads(pickle.dumps(crosslift.Sppmi(factors=3).fit(baskets)))
    assert again.in_factors_.shape == (baskets.shape[1], 3)


def test_slow_sellers_beside_the_closed_form(baskets):
    counts = np.asarray(baskets[baskets.sum(axis=1) > 1].sum(axis=0))
    settings = {"tune": False, "factors": 0, "residuals": 40, "min_baskets": 1, "regularization": 10}
    whole = crosslift.ComplementModel(**settings).fit(baskets)
    model = crosslift.ComplementModel(**settings, max_items=19).fit(baskets)
    assert (whole.modelled_items_, whole.extended_items_) == (20, 0)
    assert (model.modelled_items_, model.extended_items_) == (19, 1)
    slowest = 19 - int(np.argmin(counts[::-1]))
    np.testing.assert_allclose(
        model.residuals_.toarray()[:, slowest], whole.residuals_.toarray()[:, slowest], atol=1e-5
    )


def test_ease_pickles(baskets):
    model = crosslift.Ease(regularization=10).fit(baskets)
    other = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(other.weights_, model.weights_)
    assert other.get_params() == model.get_params()


@pytest.fixture(scope="module")
def complement(baskets):
    return crosslift.ComplementModel(tune=False, regularization=10, factors=4, residuals=20).fit(baskets)


def test_complement_factors_score_what_they_say(complement, baskets):
    scores = complement.score_baskets(baskets[:5])
    x = baskets[:5].toarray()
    expected = x @ (complement.in_factors_ @ complement.out_factors_.T + complement.residuals_.toarray())
    np.testing.assert_allclose(scores, expected + complement.intercept_, atol=1e-4)
    assert complement.in_factors_.shape == complement.out_factors_.shape == (20, 4)


def test_complement_keeps_the_matrix_where_residuals_allow(complement, baskets):
    full = crosslift.Ease(regularization=10).fit(baskets)
    items, _ = complement.recommend(sparse.eye_array(20, dtype=np.float32, format="csr"), k=1)
    expected, _ = full.recommend(sparse.eye_array(20, dtype=np.float32, format="csr"), k=1)
    assert (items == expected).mean() >= 0.9


def test_complement_similar_items(complement):
    items, scores = complement.similar_items(3, k=5)
    assert 3 not in items
    assert (scores <= 1.0001).all()
    with pytest.raises(crosslift.InvalidArgument):
        complement.similar_items(20)


def test_complement_tunes():
    model = crosslift.ComplementModel(factors=4).fit(make_baskets(3000), time=np.arange(3000))
    assert len(model.trials_) > 1
    assert {"regularization", "validation_hr10"} <= set(model.trials_[0])
    assert model.chosen_["regularization"] > 0


def test_complement_pickles(complement, baskets):
    other = pickle.loads(pickle.dumps(complement))
    np.testing.assert_array_equal(other.score_baskets(baskets[:5]), complement.score_baskets(baskets[:5]))
    assert other.get_params() == complement.get_params()
    assert other.trials_ == complement.trials_


def test_complement_checks(baskets, complement):
    with pytest.raises(crosslift.InvalidArgument):
        crosslift.ComplementModel().fit(baskets, time=[1, 2])
    with pytest.raises(crosslift.InvalidArgument):
        crosslift.ComplementModel(factors=-1).fit(baskets)
    with pytest.raises(crosslift.InvalidArgument, match="columns"):
        complement.score_baskets(baskets[:, :5])


# --- Retriever ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(2)
    return rng.standard_normal((100, 16)).astype(np.float32)


def test_top_k_against_brute_force(vectors):
    retriever = crosslift.Retriever(vectors)
    assert (retriever.items, retriever.factors) == (100, 16)
    rows, scores = retriever.top_k(vectors[:7], 5)
    expected = vectors[:7] @ vectors.T
    np.testing.assert_array_equal(rows, np.argsort(-expected, axis=1, kind="stable")[:, :5])
    np.testing.assert_allclose(scores, np.take_along_axis(expected, rows, axis=1), rtol=1e-5)


def test_single_query_and_padding(vectors):
    rows, scores = crosslift.Retriever(vectors[:3]).top_k(vectors[0], 5)
    assert rows.shape == (5,)
    assert rows[3:].tolist() == [-1, -1]
    assert np.isneginf(scores[3:]).all()


def test_filters(vectors):
    category = np.arange(100) % 4
    price = np.where(np.arange(100) == 50, np.nan, np.arange(100))
    retriever = crosslift.Retriever(vectors, category=category, price=price)
    ask = lambda **wishes: retriever.top_k(vectors[0], 100, filters=wishes)[0]  # noqa: E731
    found = ask(exclude=[1, 2], categories=[1, 2], min_price=10, max_price=60)
    expected = {n for n in range(10, 61) if n % 4 in (1, 2) and n != 50}
    assert set(found[found >= 0]) == expected
    assert set(ask(allow=[])) == {-1}
    assert set(ask(allow=[4])) == {4, -1}
    assert (category[ask(exclude_categories=[0])[:75]] != 0).all()
    both = retriever.top_k(vectors[:2], 1, filters=[{"allow": [7]}, {"allow": [8]}])[0]
    assert both.tolist() == [[7], [8]]


def test_cosine_and_bias(vectors):
    rows, scores = crosslift.Retriever(vectors * np.arange(1, 101)[:, None], cosine=True).top_k(vectors[3], 1)
    assert rows[0] == 3
    assert scores[0] == pytest.approx(1, rel=1e-5)
    bias = np.zeros(100, dtype=np.float32)
    bias[42] = 1000
    assert crosslift.Retriever(vectors, bias=bias).top_k(vectors[0], 1)[0][0] == 42


def test_embeddings_from_elsewhere(vectors):
    class Tensor:
        """As a torch tensor in host memory: DLPack alone."""

        def __dlpack__(self, **options):
            return vectors.__dlpack__(**options)

        def __dlpack_device__(self):
            return vectors.__dlpack_device__()

    expected = crosslift.Retriever(vectors).top_k(vectors[0], 3)[0]
    for other in (Tensor(), vectors.astype(np.float64), np.asfortranarray(vectors), vectors.tolist()):
        assert crosslift.Retriever(other).top_k(vectors[0], 3)[0].tolist() == expected.tolist()


def test_factors_are_kept_alive_without_a_copy(vectors):
    own = vectors.copy()
    retriever = crosslift.Retriever(own)
    expected = retriever.top_k(vectors[0], 3)[0].tolist()
    del own
    assert retriever.top_k(vectors[0], 3)[0].tolist() == expected


def test_retriever_checks(vectors):
    broken = vectors.copy()
    broken[3, 3] = np.nan
    for make in (
        lambda: crosslift.Retriever(broken),
        lambda: crosslift.Retriever(vectors[0]),
        lambda: crosslift.Retriever(vectors, price=[1.0]),
        lambda: crosslift.Retriever(vectors, category=[1]),
        lambda: crosslift.Retriever(vectors).top_k(vectors[0], 0),
        lambda: crosslift.Retriever(vectors).top_k(vectors[0, :3], 1),
        lambda: crosslift.Retriever(vectors).top_k(broken[3], 1),
        lambda: crosslift.Retriever(vectors).top_k(vectors[:2], 1, filters=[{}, {}, {}]),
        lambda: crosslift.Retriever(vectors).top_k(vectors[0], 1, filters={"colour": 3}),
    ):
        with pytest.raises(crosslift.InvalidArgument):
            make()
