"""Softmax, sums, maxima, scans, argmax and top-k."""

import numpy as np
import pytest
from acl import BF16, FLOAT, FLOAT16, INT32, INT64
from device_arrays import FLOATS, assert_close, rounded

SHAPES = [((3, 7), -1), ((5, 130), 1), ((4, 9, 6), 1), ((33, 4), 0), ((2, 1000), 1)]


def normals(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def softmax(x, axis):
    weights = np.exp(x - x.max(axis, keepdims=True))
    return weights / weights.sum(axis, keepdims=True)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("shape", "dim"), SHAPES)
def test_softmax(arrays, dtype, shape, dim):
    x = rounded(normals(1, *shape) * 4, dtype)
    got = arrays.call("aclnnSoftmax", shape, dtype, arrays.put(x, dtype), dim)
    assert_close(got, softmax(x, dim), dtype, relative=4e-6, absolute=0 if dtype == FLOAT else 6e-8)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("shape", "dim"), SHAPES)
def test_log_softmax(arrays, dtype, shape, dim):
    x = rounded(normals(2, *shape) * 4 + 50, dtype)
    got = arrays.call("aclnnLogSoftmax", shape, FLOAT, arrays.put(x, dtype), dim)
    np.testing.assert_allclose(got, np.log(softmax(x, dim)), atol=1e-5)


def test_softmax_ignores_minus_infinity_and_survives_large_inputs(arrays):
    x = np.array([[1e4, -np.inf, 1e4 - 1], [-np.inf, -np.inf, 3.0]])
    got = arrays.call("aclnnSoftmax", x.shape, FLOAT, arrays.put(x, FLOAT), 1)
    np.testing.assert_allclose(got, np.array([[0.7310586, 0, 0.2689414], [0, 0, 1]]), rtol=1e-6)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("dims", "keep"), [([0], True), ([1, 2], False), ([0, 1, 2], False), ([2], True), ([-3], False)]
)
def test_reduce_sum_and_amax(arrays, dtype, dims, keep):
    x = rounded(normals(3, 6, 5, 40), dtype)
    axes = tuple(dims)
    for name, expected in (("aclnnReduceSum", x.sum(axes, keepdims=keep)), ("aclnnAmax", x.max(axes, keepdims=keep))):
        kind = [dtype] if name == "aclnnReduceSum" else []
        got = arrays.call(name, expected.shape, dtype, arrays.put(x, dtype), arrays.integers(dims), keep, *kind)
        assert_close(got, expected, dtype, absolute=1e-5)


def test_a_long_fp32_sum_keeps_its_digits(arrays):
    x = np.full((1, 1 << 20), 0.1, np.float32)
    got = arrays.call("aclnnReduceSum", (1,), FLOAT, arrays.put(x), arrays.integers([1]), False, FLOAT)
    np.testing.assert_allclose(got, x.astype(np.float64).sum(), rtol=1e-7)


def test_amax_returns_nan_when_there_is_one(arrays):
    got = arrays.call(
        "aclnnAmax", (1,), FLOAT, arrays.put(np.array([[1, np.nan, 2]]), FLOAT), arrays.integers([1]), False
    )
    assert np.isnan(got).all()


@pytest.mark.parametrize(("dtype", "dim"), [(FLOAT, 1), (INT64, 0), (INT32, 1)])
def test_cumsum(arrays, dtype, dim):
    x = np.arange(-20, 40).reshape(5, 12)
    got = arrays.call("aclnnCumsum", x.shape, dtype, arrays.put(x, dtype), dim, dtype)
    np.testing.assert_array_equal(got, x.cumsum(dim))


@pytest.mark.parametrize("dtype", [*FLOATS, INT32])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_arg_max(arrays, dtype, dim):
    x = rounded(np.random.default_rng(4).integers(-9, 9, (6, 50, 3)), dtype)
    expected = x.argmax(dim)
    got = arrays.call("aclnnArgMax", expected.shape, INT64, arrays.put(x, dtype), dim, False)
    np.testing.assert_array_equal(got, expected)


def test_arg_max_prefers_the_lowest_index_and_finds_nan(arrays):
    x = np.array([[1, 5, 5, 2], [0, np.nan, 9, np.nan], [-np.inf, -np.inf, -np.inf, -np.inf]])
    got = arrays.call("aclnnArgMax", (3, 1), INT32, arrays.put(x, FLOAT), 1, True)
    np.testing.assert_array_equal(got.ravel(), [1, 1, 0])


@pytest.mark.parametrize("dtype", [FLOAT, FLOAT16, BF16, INT32])
@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("dim", [0, 1])
def test_top_k_is_sorted_with_ties_by_index(arrays, dtype, largest, dim):
    x = rounded(np.random.default_rng(5).integers(-30, 30, (40, 25)), dtype)
    order = np.argsort(-x if largest else x, axis=dim, kind="stable").take(range(6), axis=dim)
    values, indices = arrays.empty(order.shape, dtype), arrays.empty(order.shape, INT64)
    arrays.run("aclnnTopk", arrays.put(x, dtype), 6, dim, largest, True, values, indices)
    np.testing.assert_array_equal(arrays.get(indices), order)
    np.testing.assert_array_equal(arrays.get(values), np.take_along_axis(x, order, axis=dim))
