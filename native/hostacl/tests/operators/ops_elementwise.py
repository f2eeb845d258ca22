"""Binary operators: broadcasting, strides, mixed types, scalars, integers, in place."""

import numpy as np
import pytest
from acl import BF16, BOOL, FLOAT, FLOAT16, INT32, INT64
from device_arrays import FLOATS, assert_close, rounded

SHAPES = [
    ((4, 33), (4, 33)),
    ((4, 33), (33,)),
    ((4, 33), (4, 1)),
    ((2, 1, 5), (3, 1)),
    ((7,), (1,)),
    ((2, 600), (600,)),
]


def normals(seed, shape):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("left", "right"), SHAPES)
@pytest.mark.parametrize("name", ["aclnnAdd", "aclnnSub", "aclnnMul", "aclnnDiv", "aclnnMaximum"])
def test_binary_operator(arrays, name, left, right, dtype):
    a, b = rounded(normals(1, left), dtype), rounded(normals(2, right) + 3, dtype)
    expected = {
        "aclnnAdd": lambda: a + 0.5 * b,
        "aclnnSub": lambda: a - 0.5 * b,
        "aclnnMul": lambda: a * b,
        "aclnnDiv": lambda: a / b,
        "aclnnMaximum": lambda: np.maximum(a, b),
    }[name]()
    alpha = [arrays.scalar(0.5)] if name in ("aclnnAdd", "aclnnSub") else []
    got = arrays.call(name, expected.shape, dtype, arrays.put(a, dtype), arrays.put(b, dtype), *alpha)
    assert_close(got, expected, dtype, absolute=1e-6)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("orders", [((1, 0), (0, 1)), ((0, 1), (1, 0)), ((1, 0), (1, 0))])
def test_strided_operands(arrays, dtype, orders):
    a, b = rounded(normals(3, (9, 41)), dtype), rounded(normals(4, (9, 41)), dtype)
    left, right = arrays.put_strided(a, dtype, orders[0]), arrays.put_strided(b, dtype, orders[1])
    assert_close(arrays.call("aclnnMul", a.shape, dtype, left, right), a * b, dtype)


@pytest.mark.parametrize(
    ("left", "right", "out"), [(FLOAT16, FLOAT, FLOAT), (BF16, FLOAT, BF16), (FLOAT16, BF16, FLOAT)]
)
def test_mixed_types_compute_in_fp32(arrays, left, right, out):
    a, b = rounded(normals(5, (3, 50)), left), rounded(normals(6, (3, 50)), right)
    one = arrays.scalar(1.0)
    got = arrays.call("aclnnAdd", a.shape, out, arrays.put(a, left), arrays.put(b, right), one)
    assert_close(got, a + b, out, absolute=1e-6)


@pytest.mark.parametrize("dtype", FLOATS)
def test_scalar_operators(arrays, dtype):
    x = rounded(normals(7, (5, 77)), dtype)
    tensor = arrays.put(x, dtype)
    run = arrays.call
    third, two = arrays.scalar(1 / 3), arrays.scalar(2.0)
    constant = float(np.float32(1 / 3))
    assert_close(run("aclnnAdds", x.shape, dtype, tensor, third, two), x + 2 * constant, dtype, absolute=1e-6)
    assert_close(run("aclnnMuls", x.shape, dtype, tensor, third), x * constant, dtype)
    assert_close(run("aclnnDivs", x.shape, dtype, tensor, third), x / constant, dtype, relative=1e-7)
    assert_close(run("aclnnClampMin", x.shape, dtype, tensor, third), np.maximum(x, constant), dtype)
    np.testing.assert_array_equal(run("aclnnLtScalar", x.shape, BOOL, tensor, arrays.scalar(0.0)), x < 0)
    np.testing.assert_array_equal(run("aclnnGtScalar", x.shape, BOOL, tensor, arrays.scalar(0.0)), x > 0)


@pytest.mark.parametrize("dtype", FLOATS)
def test_operators_in_place(arrays, dtype):
    x, y = rounded(normals(8, (4, 70)), dtype), rounded(normals(9, (70,)), dtype)
    two = arrays.scalar(2.0)
    for name, operands, expected in [
        ("aclnnInplaceAdd", (arrays.put(y, dtype), two), x + 2 * y),
        ("aclnnInplaceMul", (arrays.put(y, dtype),), x * y),
        ("aclnnInplaceAdds", (two, two), x + 4),
        ("aclnnInplaceMuls", (two,), x * 2),
    ]:
        tensor = arrays.put(x, dtype)
        arrays.run(name, tensor, *operands)
        assert_close(arrays.get(tensor), expected, dtype, absolute=1e-6)


def test_nan_wins_a_maximum(arrays):
    a, b = np.array([np.nan, 1.0, 2.0]), np.array([1.0, np.nan, 1.0])
    got = arrays.call("aclnnMaximum", (3,), FLOAT, arrays.put(a, FLOAT), arrays.put(b, FLOAT))
    np.testing.assert_array_equal(got, [np.nan, np.nan, 2])


@pytest.mark.parametrize("dtype", [INT32, INT64])
def test_integers_are_exact(arrays, dtype):
    kind: type[np.signedinteger] = np.int32 if dtype == INT32 else np.int64
    a, b = np.array([2**30 + 1, -5, 7], kind), np.array([1, 3, -2], kind)
    one = arrays.scalar(1, INT64)
    np.testing.assert_array_equal(arrays.call("aclnnAdd", (3,), dtype, arrays.put(a), arrays.put(b), one), a + b)
    np.testing.assert_array_equal(arrays.call("aclnnMul", (3,), dtype, arrays.put(a), arrays.put(b)), a * b)
    np.testing.assert_array_equal(
        arrays.call("aclnnMaximum", (3,), dtype, arrays.put(a), arrays.put(b)), np.maximum(a, b)
    )


def test_large_int64_sums_do_not_pass_through_floats(arrays):
    a = np.array([2**53 + 1, 2**62 + 3], np.int64)
    got = arrays.call("aclnnAdds", (2,), INT64, arrays.put(a), arrays.scalar(2, INT64), arrays.scalar(1, INT64))
    np.testing.assert_array_equal(got, a + 2)
