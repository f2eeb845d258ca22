"""Matrix products against float64: dtypes, layouts, odd sizes, bias; and the bits of a row at any batch size."""

import numpy as np
import pytest
from acl import FLOAT, Tensor
from device_arrays import FLOATS, HALVES, assert_close, rounded, stored

SHAPES = [(1, 5, 7), (2, 64, 32), (3, 70, 100), (16, 33, 257), (17, 96, 64), (40, 30, 80), (65, 34, 48), (70, 129, 96)]


def tolerance(k):
    """Absolute error of a sum of k products of unit normals in fp32, generously."""
    return 4e-6 * np.sqrt(k)


def normals(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("m", "n", "k"), SHAPES)
def test_mm_multiplies_by_a_row_major_weight(arrays, dtype, m, n, k):
    x, w = rounded(normals(1, m, k), dtype), rounded(normals(2, n, k), dtype)
    got = arrays.get(arrays.mm(x, w, dtype))
    assert_close(got, x @ w.T, dtype, absolute=tolerance(k))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("x_order", "w_order"), [((0, 1), (0, 1)), ((1, 0), (0, 1)), ((0, 1), (1, 0)), ((1, 0), (1, 0))]
)
def test_mm_takes_any_strides(arrays, dtype, x_order, w_order):
    x, w = rounded(normals(3, 19, 75), dtype), rounded(normals(4, 75, 37), dtype)
    left, right = arrays.put_strided(x, dtype, x_order), arrays.put_strided(w, dtype, w_order)
    out = arrays.empty((19, 37), dtype)
    arrays.run("aclnnMm", left, right, out, 1)
    assert_close(arrays.get(out), x @ w, dtype, absolute=tolerance(75))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("rows", [5, 33, 90])
def test_rows_of_the_left_operand_may_overlap(arrays, dtype, rows):
    """A convolution with kernel 3 and stride 2 over [time, 16] read as overlapping rows of 48."""
    signal, w = rounded(normals(5, 2 * rows + 1, 16), dtype), rounded(normals(6, 20, 48), dtype)
    pointer = arrays.acl.upload(stored(signal, dtype))
    x = Tensor(arrays.acl, pointer, (rows, 48), dtype, strides=(32, 1), storage=signal.shape)
    out = arrays.empty((rows, 20), dtype)
    arrays.run("aclnnMm", x, arrays.weight(w, dtype), out, 1)
    patches = np.stack([signal[2 * t : 2 * t + 3].ravel() for t in range(rows)])
    assert_close(arrays.get(out), patches @ w.T, dtype, absolute=tolerance(48))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("rows", [1, 20, 80])
@pytest.mark.parametrize("bias_shape", ["row", "full"])
def test_addmm_adds_a_scaled_bias(arrays, dtype, rows, bias_shape):
    x, w = rounded(normals(7, rows, 40), dtype), rounded(normals(8, 50, 40), dtype)
    bias = rounded(normals(9, *((50,) if bias_shape == "row" else (rows, 50))), dtype)
    out = arrays.empty((rows, 50), dtype)
    beta, alpha = arrays.scalar(0.5), arrays.scalar(-2.0)
    arrays.run(
        "aclnnAddmm", arrays.put(bias, dtype), arrays.put(x, dtype), arrays.weight(w, dtype), beta, alpha, out, 1
    )
    assert_close(arrays.get(out), 0.5 * bias - 2 * (x @ w.T), dtype, absolute=3 * tolerance(40))


@pytest.mark.parametrize("dtype", FLOATS)
def test_inplace_addmm_accumulates(arrays, dtype):
    x, w, c = (rounded(normals(s, *shape), dtype) for s, shape in ((10, (9, 33)), (11, (21, 33)), (12, (9, 21))))
    target = arrays.put(c, dtype)
    one = arrays.scalar(1.0)
    arrays.run("aclnnInplaceAddmm", target, arrays.put(x, dtype), arrays.weight(w, dtype), one, one, 1)
    assert_close(arrays.get(target), c + x @ w.T, dtype, absolute=tolerance(33))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("batches", [(3, 3), (3, 1)])
def test_batch_matmul_broadcasts_a_batch_of_one(arrays, dtype, batches):
    a, b = rounded(normals(13, batches[0], 6, 35), dtype), rounded(normals(14, batches[1], 35, 18), dtype)
    out = arrays.empty((3, 6, 18), dtype)
    arrays.run("aclnnBatchMatMul", arrays.put(a, dtype), arrays.put_strided(b, dtype, (0, 2, 1)), out, 1)
    assert_close(arrays.get(out), a @ b, dtype, absolute=tolerance(35))


@pytest.mark.parametrize("dtype", FLOATS)
def test_matmul_broadcasts_outer_axes(arrays, dtype):
    a, b = rounded(normals(15, 2, 1, 4, 20), dtype), rounded(normals(16, 3, 20, 9), dtype)
    out = arrays.empty((2, 3, 4, 9), dtype)
    arrays.run("aclnnMatmul", arrays.put(a, dtype), arrays.put(b, dtype), out, 1)
    assert_close(arrays.get(out), a @ b, dtype, absolute=tolerance(20))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("n", "k"), [(40, 96), (70, 129), (64, 7)])
def test_the_bits_of_a_row_do_not_depend_on_the_batch(arrays, isa, dtype, n, k):
    """What lets a batched answer equal the answer alone, token for token."""
    rows = 300 if isa != "scalar" else 20
    x, w = normals(17, rows, k), normals(18, n, k)
    full = arrays.bits(arrays.mm(x, w, dtype))
    for count in (1, 2, 3, 8, 16, 17, 64, 65, 300):
        if count > rows:
            break
        np.testing.assert_array_equal(
            arrays.bits(arrays.mm(x[-count:], w, dtype)), full[-count:], err_msg=f"{count} rows"
        )


@pytest.mark.parametrize("dtype", HALVES)
def test_sums_are_kept_in_fp32(arrays, dtype):
    """4096 products of 1: fp16 sums would stop at 2048, bf16 sums at 256."""
    x, w = np.ones((1, 4096)), np.ones((3, 4096)) * 0.25
    np.testing.assert_array_equal(arrays.get(arrays.mm(x, w, dtype)), np.full((1, 3), 1024.0))


def test_fp32_products_are_accurate_over_a_long_sum(arrays):
    x, w = rounded(normals(19, 4, 4096), FLOAT), rounded(normals(20, 5, 4096), FLOAT)
    error = np.abs(arrays.get(arrays.mm(x, w, FLOAT)) - x @ w.T)
    assert error.max() < 2e-4, error.max()
