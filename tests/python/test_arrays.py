"""Factors to and from other array libraries without a copy: NumPy, DLPack, the CUDA array interface."""

import gc

import crosslift
import numpy as np
import pytest

sparse = pytest.importorskip("scipy.sparse")


@pytest.fixture(scope="module")
def fitted(ratings):
    return crosslift.ImplicitALS(factors=8, iterations=2).fit(ratings)


def address(array):
    return array.__array_interface__["data"][0]


def test_a_matrix_says_what_it_is(fitted):
    matrix = fitted.item_matrix_
    assert isinstance(matrix, crosslift.Matrix)
    assert matrix.shape == (40, 8)
    assert len(matrix) == 40
    assert matrix.dtype == np.float32
    assert matrix.scale == 1
    assert matrix.device == "cpu"
    assert repr(matrix) == "<crosslift.Matrix 40 x 8 float32 on cpu>"
    assert matrix.__dlpack_device__() == (1, 0)
    assert not hasattr(matrix, "__cuda_array_interface__")
    stored, scale = matrix.unscaled()
    assert scale == 1
    assert address(np.asarray(stored)) == address(np.asarray(matrix))


@pytest.mark.parametrize("take", [np.asarray, np.from_dlpack, lambda it: it.__array__()])
def test_numpy_takes_it_without_a_copy_and_cannot_write(fitted, take):
    array = take(fitted.item_matrix_)
    np.testing.assert_array_equal(array, fitted.item_factors_)
    assert address(array) == address(fitted.item_factors_)
    assert not array.flags.writeable


def test_numbers_outlive_the_model(ratings):
    model = crosslift.ImplicitALS(factors=8, iterations=2).fit(ratings)
    expected = model.item_factors_.copy()
    arrays = [
        np.asarray(model.item_matrix_),
        np.from_dlpack(model.item_matrix_),
        np.asarray(model.item_matrix_.unscaled()[0]),
    ]
    del model
    gc.collect()
    for array in arrays:
        np.testing.assert_array_equal(array, expected)


def test_a_capsule_that_nobody_takes_is_freed(fitted):
    for version in (None, (1, 0)):
        capsule = fitted.item_matrix_.__dlpack__(max_version=version)
        assert ("versioned" in repr(capsule)) == (version is not None)
        del capsule
    gc.collect()
    assert np.isfinite(fitted.item_factors_).all()


def test_what_dlpack_cannot_do_is_a_buffer_error(fitted):
    with pytest.raises(BufferError, match="without a copy"):
        fitted.item_matrix_.__dlpack__(copy=True)
    with pytest.raises(BufferError, match="lies on cpu"):
        fitted.item_matrix_.__dlpack__(dl_device=(2, 0))
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(fitted.item_matrix_)[0, 0] = 1
    copied = np.array(fitted.item_matrix_)
    copied[0, 0] = 1
    assert np.asarray(fitted.item_matrix_, dtype=np.float64).dtype == np.float64


def test_sixteen_bits_go_out_with_their_scale(ratings):
    model = crosslift.ImplicitALS(factors=8, iterations=2, factor_dtype="float16").fit(ratings)
    matrix = model.item_matrix_
    assert matrix.dtype == np.float16
    assert matrix.scale != 1
    assert not hasattr(matrix, "__array_interface__")
    with pytest.raises(BufferError, match="unscaled"):
        np.from_dlpack(matrix)
    stored, scale = matrix.unscaled()
    assert scale == matrix.scale
    for array in (np.asarray(stored), np.from_dlpack(stored)):
        assert array.dtype == np.float16
        np.testing.assert_array_equal(array.astype(np.float32) * np.float32(scale), model.item_factors_)
    with pytest.raises(ValueError, match="without a copy"):
        matrix.__array__(copy=False)
    found = crosslift.Retriever(matrix).top_k(model.customer_matrix_, 3)
    expected = crosslift.Retriever(model.item_factors_).top_k(model.customer_factors_, 3)
    np.testing.assert_array_equal(found[0], expected[0])


def test_a_retriever_takes_a_matrix(fitted):
    by_matrix = crosslift.Retriever(fitted.item_matrix_).top_k(fitted.customer_matrix_, 5)
    by_array = crosslift.Retriever(fitted.item_factors_).top_k(fitted.customer_factors_, 5)
    for one, other in zip(by_matrix, by_array, strict=True):
        np.testing.assert_array_equal(one, other)


def test_torch_on_the_host(fitted):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    tensor = torch.from_dlpack(fitted.item_matrix_)
    assert tensor.data_ptr() == address(fitted.item_factors_)
    found = crosslift.Retriever(tensor).top_k(torch.from_dlpack(fitted.customer_matrix_), 5)
    expected = crosslift.Retriever(fitted.item_factors_).top_k(fitted.customer_factors_, 5)
    np.testing.assert_array_equal(found[0], expected[0])


class FakeGpuArray:
    """Says of itself what an array of CuPy says; the address is never followed in the cases below."""

    def __init__(self, **facts):
        self.__cuda_array_interface__ = {
            "shape": (4, 8),
            "typestr": "<f4",
            "data": (4096, False),
            "strides": None,
            "version": 3,
            **facts,
        }


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"typestr": "<f8"}, "type '<f8' in GPU memory; float32"),
        ({"shape": (4, 8, 2)}, "3 dimensions in GPU memory"),
        ({"strides": (4, 16)}, "rows must be contiguous"),
        ({"strides": (33, 4)}, "no whole numbers"),
        ({"mask": object()}, "mask"),
    ],
)
def test_gpu_arrays_of_another_form_are_refused(facts, message):
    with pytest.raises(crosslift.InvalidArgument, match=message):
        crosslift.Retriever(FakeGpuArray(**facts))


def test_gpu_arrays_need_a_gpu_that_can_be_used():
    if not crosslift.devices()[1].unavailable_reason:
        pytest.skip("this machine has a GPU, where the address of the fake array must not be read")
    with pytest.raises(crosslift.DeviceError, match="cannot be used"):
        crosslift.Retriever(FakeGpuArray())


class FakeDlpack:
    def __init__(self, device, answer=None):
        self.device, self.answer = device, answer

    def __dlpack_device__(self):
        return self.device

    def __dlpack__(self, **_):
        return self.answer


def test_dlpack_from_elsewhere_is_refused(fitted):
    with pytest.raises(crosslift.InvalidArgument, match="no DLPack capsule"):
        crosslift.Retriever(FakeDlpack((2, 0), object()))
    for version in (None, (1, 0)):  # says that it lies on a GPU, and hands over memory of the host
        capsule = fitted.item_matrix_.__dlpack__(max_version=version)
        with pytest.raises(crosslift.InvalidArgument, match="device of type 1"):
            crosslift.Retriever(FakeDlpack((2, 0), capsule))


def test_masks_of_bool_filter_as_rows_do(fitted):
    retriever = crosslift.Retriever(fitted.item_matrix_)
    query = fitted.customer_factors_[:3]
    mask = np.arange(40) % 3 == 1
    for name in ("allow", "exclude"):
        one = retriever.top_k(query, 40, filters={name: mask})
        other = retriever.top_k(query, 40, filters={name: np.flatnonzero(mask)})
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
    assert (retriever.top_k(query, 5, filters={"allow": np.zeros(40, bool)})[0] == -1).all()
    with pytest.raises(crosslift.InvalidArgument, match="entry for each of the 40 items"):
        retriever.top_k(query, 5, filters={"allow": np.ones(39, bool)})
    with pytest.raises(crosslift.InvalidArgument, match="exclude and allow take one"):
        retriever.top_k(query, 5, filters={"categories": np.ones(40, bool)})
