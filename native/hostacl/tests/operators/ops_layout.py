"""Casts, copies and everything that only moves or fills elements."""

import numpy as np
import pytest
from acl import BF16, BOOL, FLOAT, FLOAT16, INT8, INT32, INT64, UINT8, Tensor
from device_arrays import FLOATS, read, rounded, stored

ALL = (FLOAT, FLOAT16, BF16, INT8, INT32, INT64, UINT8, BOOL)


def numbers(shape=(5, 13)):
    return np.arange(int(np.prod(shape))).reshape(shape) % 100


@pytest.mark.parametrize("source", ALL)
@pytest.mark.parametrize("target", ALL)
def test_cast_between_all_types(arrays, source, target):
    values = read(stored(numbers(), source), source)
    got = arrays.call("aclnnCast", values.shape, target, arrays.put(values, source), target)
    expected = values != 0 if target == BOOL else rounded(values, target)
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("target", [FLOAT16, BF16])
def test_casts_round_to_nearest_even_bit_for_bit(arrays, target):
    """Random bit patterns, ties, subnormals, overflow."""
    rng = np.random.default_rng(1)
    values = rng.integers(0, 2**32, 5000, dtype=np.uint64).astype(np.uint32).view(np.float32)
    values = values[np.isfinite(values)]
    ties = np.array(
        [1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-11, 1 + 3 * 2**-11, 65519, 65520, 2**-24, 2**-25, 3e-41], np.float32
    )
    values = np.concatenate([values, ties, -ties])
    out = arrays.empty(values.shape, target)
    arrays.run("aclnnCast", arrays.put(values), target, out)
    with np.errstate(over="ignore"):
        expected = stored(values, target)
    np.testing.assert_array_equal(arrays.bits(out), expected.view(np.uint16))


@pytest.mark.parametrize("dtype", [FLOAT16, BF16])
def test_widening_is_exact_for_every_number(arrays, dtype):
    bits = np.arange(65536, dtype=np.uint16)
    array = bits if dtype == BF16 else bits.view(np.float16)
    values = read(array, dtype)
    finite = np.isfinite(values)
    tensor = arrays.acl.tensor(array, dtype)
    got = arrays.call("aclnnCast", (65536,), FLOAT, tensor, FLOAT)
    np.testing.assert_array_equal(got[finite], values[finite])
    np.testing.assert_array_equal(np.isnan(got), np.isnan(values))


def test_floats_to_integers_truncate_and_saturate(arrays):
    values = np.array([1.9, -1.9, 300.0, -300.0, np.nan, np.inf, 3e9, -3e9], np.float32)
    bytes_ = arrays.call("aclnnCast", (8,), INT8, arrays.put(values), INT8)
    np.testing.assert_array_equal(bytes_, [1, -1, 127, -128, 0, 127, 127, -128])
    words = arrays.call("aclnnCast", (8,), INT32, arrays.put(values), INT32)
    np.testing.assert_array_equal(words, [1, -1, 300, -300, 0, 2**31 - 1, 2**31 - 1, -(2**31)])


@pytest.mark.parametrize("dtype", [FLOAT, BF16, INT8, INT64])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1)])
def test_inplace_copy_writes_through_views(arrays, dtype, order):
    """A strided view is copied to a contiguous tensor; then a broadcast row to a strided view of it."""
    values = numbers((3, 4, 10))
    target = arrays.empty(values.shape, dtype)
    arrays.run("aclnnInplaceCopy", target, arrays.put_strided(values, dtype, order))
    np.testing.assert_array_equal(arrays.get(target), values)
    column = Tensor(arrays.acl, target.pointer, (3, 4), dtype, (40, 10), 2, storage=values.shape)
    arrays.run("aclnnInplaceCopy", column, arrays.put(np.full(4, 55), dtype))
    expected = values.copy()
    expected[:, :, 2] = 55
    np.testing.assert_array_equal(arrays.get(target), expected)


@pytest.mark.parametrize("dtype", [FLOAT, BF16, INT8])
@pytest.mark.parametrize("axes", [(1, 0, 2), (2, 0, 1), (0, 2, 1), (2, 1, 0)])
def test_permute(arrays, dtype, axes):
    values = numbers((4, 6, 9))
    expected = values.transpose(axes)
    got = arrays.call("aclnnPermute", expected.shape, dtype, arrays.put(values, dtype), arrays.integers(axes))
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_cat(arrays, dim):
    sizes = (2, 5, 1)
    parts = [numbers((s, 4) if dim == 0 else (4, s)) for s in sizes]
    tensors = arrays.acl.tensor_list([arrays.put(p, BF16) for p in parts])
    expected = np.concatenate(parts, axis=dim)
    np.testing.assert_array_equal(arrays.call("aclnnCat", expected.shape, BF16, tensors, dim), expected)


def test_slice_clamps_its_end_and_steps(arrays):
    values = numbers((6, 11))
    got = arrays.call("aclnnSlice", (6, 3), FLOAT, arrays.put(values, FLOAT), 1, 2, 10**6, 4)
    np.testing.assert_array_equal(got, values[:, 2::4])


def test_split_with_size(arrays):
    values = numbers((4, 12))
    outs = [arrays.empty((4, s), FLOAT16) for s in (3, 8, 1)]
    sizes = arrays.integers([3, 8, 1])
    arrays.run("aclnnSplitWithSize", arrays.put(values, FLOAT16), sizes, 1, arrays.acl.tensor_list(outs))
    for out, expected in zip(outs, np.split(values, [3, 11], axis=1), strict=True):
        np.testing.assert_array_equal(arrays.get(out), expected)


@pytest.mark.parametrize("dtype", [FLOAT, BF16])
def test_constant_pad(arrays, dtype):
    values = numbers((2, 3, 5))
    value = arrays.scalar(-1.5)
    got = arrays.call(
        "aclnnConstantPadNd", (2, 4, 8), dtype, arrays.put(values, dtype), arrays.integers([2, 1, 0, 1]), value
    )
    np.testing.assert_array_equal(got, np.pad(values.astype(float), ((0, 0), (0, 1), (2, 1)), constant_values=-1.5))


def test_fills(arrays):
    target = arrays.put(numbers((7, 9)), BF16)
    inner = Tensor(arrays.acl, target.pointer, (7, 4), BF16, (9, 2), 1, storage=(7, 9))
    arrays.run("aclnnInplaceFillScalar", inner, arrays.scalar(2.5))
    expected = numbers((7, 9)).astype(float)
    expected[:, 1::2] = 2.5
    np.testing.assert_array_equal(arrays.get(target), expected)
    arrays.run("aclnnInplaceZero", target)
    np.testing.assert_array_equal(arrays.get(target), 0)


def test_masked_fill_broadcasts_its_mask(arrays):
    values, mask = numbers((3, 8)), np.arange(8) % 3 == 0
    target = arrays.put(values, FLOAT16)
    arrays.run("aclnnInplaceMaskedFillScalar", target, arrays.put(mask), arrays.scalar(-4.0))
    np.testing.assert_array_equal(arrays.get(target), np.where(mask, -4, values))


@pytest.mark.parametrize("dtype", [*FLOATS, INT64])
def test_where_selects(arrays, dtype):
    a, b, condition = numbers((4, 6)), -numbers((6,)), np.arange(24).reshape(4, 6) % 2 == 0
    got = arrays.call("aclnnSWhere", (4, 6), dtype, arrays.put(condition), arrays.put(a, dtype), arrays.put(b, dtype))
    np.testing.assert_array_equal(got, np.where(condition, a, b))


def test_arange(arrays):
    def scalars(kind, *values):
        return [arrays.scalar(v, kind) for v in values]

    np.testing.assert_array_equal(
        arrays.call("aclnnArange", (5,), INT64, *scalars(INT64, 3, 13, 2)), np.arange(3, 13, 2)
    )
    got = arrays.call("aclnnArange", (4,), FLOAT, *scalars(FLOAT, 0.5, 1.3, 0.25))
    np.testing.assert_allclose(got, [0.5, 0.75, 1.0, 1.25])
