"""ImplicitALS against a dense reference and against itself."""

import copy
import pickle

import crosslift
import numpy as np
import pytest

sparse = pytest.importorskip("scipy.sparse")


def model(**params):
    return crosslift.ImplicitALS(**{"factors": 8, "iterations": 5, "regularization": 0.1, **params})


@pytest.fixture(scope="module")
def fitted(ratings):
    return model(alpha=2.0, calculate_loss=True).fit(ratings)


def test_shapes_aliases_and_kinds(fitted, ratings):
    assert fitted.customer_factors_.shape == (60, 8)
    assert fitted.item_factors_.shape == (40, 8)
    assert fitted.item_factors_.dtype == np.float32
    assert fitted.user_factors is not None
    np.testing.assert_array_equal(fitted.user_factors, fitted.customer_factors_)
    np.testing.assert_array_equal(fitted.item_factors, fitted.item_factors_)
    assert fitted.n_features_in_ == 40
    assert fitted.n_sweeps_ == 5


def test_factors_are_views_of_the_model_and_read_only(fitted):
    first, second = fitted.item_factors_, fitted.item_factors_
    assert np.shares_memory(first, second)
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 1


def test_factors_outlive_the_model(ratings):
    factors = model().fit(ratings).item_factors_
    assert np.isfinite(factors).all()


def test_loss_falls_and_agrees_with_its_definition(fitted, ratings):
    loss = fitted.loss_
    assert len(loss) == 5
    assert (np.diff(loss) < 0).all()
    r = ratings.toarray()
    x, y = fitted.customer_factors_.astype(float), fitted.item_factors_.astype(float)
    confidence = np.where(r > 0, 1 + 2.0 * r, 1)
    expected = (confidence * ((r > 0) - x @ y.T) ** 2).sum() + 0.1 * ((x**2).sum() + (y**2).sum())
    assert loss[-1] == pytest.approx(expected, rel=1e-4)
    assert fitted.objective_value(ratings) == pytest.approx(expected, rel=1e-4)


def test_same_result_for_every_container(ratings):
    expected = model().fit(ratings).item_factors_
    wide = ratings.copy()
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    shuffled = sparse.coo_array(ratings)
    twins = sparse.csr_array(
        (np.full(2 * ratings.nnz, 0.5), np.repeat(ratings.indices, 2), ratings.indptr * 2), shape=ratings.shape
    )
    zeros = sparse.csr_array(ratings + 0)
    zeros.data = zeros.data.copy()
    for it in (wide, sparse.csr_matrix(ratings), shuffled, ratings.tocsc(), ratings.toarray(), twins, ratings > 0):
        np.testing.assert_array_equal(model().fit(it).item_factors_, expected)


def test_stored_zeros_are_no_purchases(ratings):
    dense = ratings.toarray()
    coo = sparse.coo_array(np.ones_like(dense))
    coo.data = dense[coo.coords].astype(np.float32)
    np.testing.assert_array_equal(model().fit(coo).item_factors_, model().fit(ratings).item_factors_)


def test_input_is_left_alone(ratings):
    twins = sparse.csr_array((np.ones(2, np.float32), np.array([1, 1]), np.array([0, 2])), shape=(1, 3))
    model().fit(twins)
    assert twins.nnz == 2


def test_independent_of_threads_and_repeatable(ratings):
    one = model(threads=1).fit(ratings)
    two = model(threads=2).fit(ratings)
    np.testing.assert_array_equal(one.item_factors_, two.item_factors_)
    assert not np.array_equal(one.item_factors_, model(seed=1).fit(ratings).item_factors_)


@pytest.mark.parametrize("objective", ["hu_koren_volinsky", "rendle"])
@pytest.mark.parametrize("solver", ["cholesky", "cg", "ials_pp"])
def test_all_objectives_and_solvers_learn_the_blocks(ratings, objective, solver):
    fitted = model(objective=objective, solver=solver, factors=2).fit(ratings)
    items, _ = fitted.recommend(np.arange(30), ratings[:30], k=5)
    assert (items < 20).mean() > 0.9


def test_sixteen_bits_stay_close_and_reach_files(ratings, tmp_path):
    strict = model().fit(ratings)
    for params in ({"precision": "mixed"}, {"factor_dtype": "float16"}, {"precision": "mixed", "solver": "ials_pp"}):
        fitted = model(**params, calculate_loss=True).fit(ratings)
        assert fitted.objective_value(ratings) == pytest.approx(strict.objective_value(ratings), rel=1e-2)
        assert fitted.objective_value(ratings) == pytest.approx(fitted.loss_[-1], rel=1e-6)
        assert fitted.item_factors_.dtype == np.float32
        fitted.save(tmp_path / "model")
        loaded = crosslift.ImplicitALS.load(tmp_path / "model")
        np.testing.assert_array_equal(loaded.item_factors_, fitted.item_factors_)
        assert loaded.get_params() == fitted.get_params()
    halves = model(factor_dtype="float16").fit(ratings).item_factors_
    largest = np.abs(halves).max()
    scale = 2.0 ** (np.floor(np.log2(largest)) - 13)
    np.testing.assert_array_equal((halves / scale).astype(np.float16).astype(np.float32) * scale, halves)


def test_fold_in_gives_the_trained_rows_half_step(fitted, ratings):
    folded = fitted.fold_in(ratings[:7])
    assert folded.shape == (7, 8)
    y = fitted.item_factors_.astype(float)
    row = ratings[:1].toarray()[0]
    weight = np.where(row > 0, 1 + 2.0 * row, 1)
    expected = np.linalg.solve((y * weight[:, None]).T @ y + 0.1 * np.eye(8), y.T @ (weight * (row > 0)))
    np.testing.assert_allclose(folded[0], expected, rtol=1e-3, atol=1e-4)


def test_recommend_against_brute_force(fitted, ratings):
    items, scores = fitted.recommend(3, ratings[[3]], k=6)
    every = fitted.item_factors_ @ fitted.customer_factors_[3]
    every[ratings[[3]].indices] = -np.inf
    np.testing.assert_array_equal(items, np.argsort(-every, kind="stable")[:6])
    np.testing.assert_allclose(scores, every[items], rtol=1e-5)


def test_recommend_many_with_lists(fitted, ratings):
    items, scores = fitted.recommend([0, 5], ratings[[0, 5]], k=50, exclude=[7])
    assert items.shape == scores.shape == (2, 50)
    for row, customer in enumerate([0, 5]):
        found = items[row][items[row] >= 0]
        assert len(found) == 40 - len({*ratings[[customer]].indices.tolist(), 7})
        assert 7 not in found
        assert np.isneginf(scores[row][items[row] < 0]).all()
    items, _ = fitted.recommend([0], k=5, allow=[1, 2])
    assert set(items[0]) == {1, 2, -1}


def test_recommend_for_baskets_of_strangers(fitted, ratings):
    items, _ = fitted.recommend(customer_items=ratings[:2], fold_in=True, k=3)
    assert items.shape == (2, 3)


def test_similar(fitted):
    items, scores = fitted.similar_items(4, k=3)
    y = fitted.item_factors_ / np.linalg.norm(fitted.item_factors_, axis=1, keepdims=True)
    cosine = y @ y[4]
    cosine[4] = -np.inf
    np.testing.assert_array_equal(items, np.argsort(-cosine)[:3])
    np.testing.assert_allclose(scores, cosine[items], rtol=1e-4)
    customers, _ = fitted.similar_customers([1, 2], k=4)
    assert customers.shape == (2, 4)


def test_bad_questions(fitted, ratings):
    for question in (
        lambda: fitted.recommend(60),
        lambda: fitted.recommend(-1),
        lambda: fitted.recommend("a"),
        lambda: fitted.recommend(),
        lambda: fitted.recommend(0, k=0),
        lambda: fitted.recommend(fold_in=True),
        lambda: fitted.recommend([0, 1], ratings[:1]),
        lambda: fitted.fold_in(ratings[:, :5]),
    ):
        with pytest.raises(crosslift.InvalidArgument):
            question()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"factors": 0}, "factors"),
        ({"factors": 2000}, "factors"),
        ({"factors": 2.5}, "factors"),
        ({"factors": "many"}, "factors"),
        ({"iterations": -1}, "iterations"),
        ({"regularization": -1.0}, "regularization"),
        ({"alpha": 0.0}, "alpha"),
        ({"objective": "best"}, "hu_koren_volinsky"),
        ({"solver": "lu"}, "cholesky"),
        ({"block_size": 0}, "block_size"),
        ({"block_size": 129}, "block_size"),
        ({"precision": "double"}, "strict"),
        ({"factor_dtype": "float64"}, "float16"),
        ({"seed": -1}, "seed"),
        ({"device": "tpu"}, "tpu"),
    ],
)
def test_bad_parameters(ratings, params, message):
    with pytest.raises(crosslift.InvalidArgument, match=message):
        model(**params).fit(ratings)


def test_bad_values(ratings):
    for value in (-1.0, np.nan, np.inf):
        broken = ratings.copy()
        broken.data[0] = value
        with pytest.raises(crosslift.InvalidArgument):
            model().fit(broken)
    with pytest.raises(crosslift.InvalidArgument, match="sparse"):
        model().fit([[1, 0]])
    with pytest.raises(crosslift.InvalidArgument, match="numbers"):
        model().fit(ratings.astype(complex))


def test_missing_device_says_so(ratings):
    usable = [it.name for it in crosslift.devices() if not it.unavailable_reason]
    if any(name.startswith("cuda") for name in usable):
        pytest.skip("this machine has a GPU that can be used")
    with pytest.raises(crosslift.DeviceError):
        model(device="cuda").fit(ratings)
    model(device="auto").fit(ratings)


def test_save_load_pickle_and_copy(fitted, ratings, tmp_path):
    path = tmp_path / "als.safetensors"
    fitted.save(path)
    loaded = crosslift.ImplicitALS.load(path)
    for other in (loaded, pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        np.testing.assert_array_equal(other.item_factors_, fitted.item_factors_)
        np.testing.assert_array_equal(other.customer_factors_, fitted.customer_factors_)
        assert other.get_params()["alpha"] == 2.0
        assert other.recommend(0)[0].tolist() == fitted.recommend(0)[0].tolist()
    with pytest.raises(crosslift.FileError):
        crosslift.ImplicitALS.load(tmp_path / "absent")
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(crosslift.FormatError):
        crosslift.ImplicitALS.load(path)


def test_refit_forgets_the_old_search(ratings):
    fitted = model().fit(ratings)
    fitted.recommend(0)
    other = model(seed=3).fit(ratings)
    fitted.set_params(seed=3).fit(ratings)
    assert fitted.recommend(0)[0].tolist() == other.recommend(0)[0].tolist()
