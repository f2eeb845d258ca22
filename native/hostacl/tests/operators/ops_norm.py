"""LayerNorm, RmsNorm and AddRmsNorm against float64."""

import numpy as np
import pytest
from acl import FLOAT
from device_arrays import FLOATS, assert_close, rounded

SUBNORMAL = 6e-8  # spacing of the smallest fp16 numbers
SHAPES = [(1, 8), (3, 67), (5, 512), (20, 1030)]


def normals(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("parameters", ["both", "none", "fp32"])
@pytest.mark.parametrize("shape", SHAPES)
def test_layer_norm(arrays, dtype, parameters, shape):
    width = shape[-1]
    x = rounded(normals(1, *shape) * 3 + 1, dtype)
    kind = FLOAT if parameters == "fp32" else dtype
    weight, bias = (rounded(normals(s, width), kind) for s in (2, 3))
    if parameters == "none":
        weight, bias = np.ones(width), np.zeros(width)
    operands = (None, None) if parameters == "none" else (arrays.put(weight, kind), arrays.put(bias, kind))
    mean, rstd = arrays.empty((shape[0], 1), FLOAT), arrays.empty((shape[0], 1), FLOAT)
    out = arrays.empty(shape, dtype)
    arrays.run("aclnnLayerNorm", arrays.put(x, dtype), arrays.integers([width]), *operands, 1e-5, out, mean, rstd)
    center = x.mean(-1, keepdims=True)
    scale = 1 / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    assert_close(arrays.get(out), (x - center) * scale * weight + bias, dtype, relative=2e-6, absolute=2e-5)
    assert_close(arrays.get(mean), center, FLOAT, absolute=1e-5)
    assert_close(arrays.get(rstd), scale, FLOAT, relative=1e-5)


def test_layer_norm_keeps_its_accuracy_far_from_zero(arrays):
    """A mean of 1000 and a deviation of 1: E[x^2] - E[x]^2 would lose most digits."""
    x = rounded(normals(4, 3, 256) + 1000, FLOAT)
    out = arrays.empty(x.shape, FLOAT)
    arrays.run("aclnnLayerNorm", arrays.put(x, FLOAT), arrays.integers([256]), None, None, 1e-5, out, None, None)
    expected = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(arrays.get(out), expected, atol=3e-4)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("gamma_type", ["same", "fp32"])
@pytest.mark.parametrize("shape", SHAPES)
def test_rms_norm(arrays, dtype, gamma_type, shape):
    x = rounded(normals(5, *shape) * 2, dtype)
    kind = FLOAT if gamma_type == "fp32" else dtype
    gamma = rounded(normals(6, shape[-1]), kind)
    out, rstd = arrays.empty(shape, dtype), arrays.empty((shape[0], 1), FLOAT)
    arrays.run("aclnnRmsNorm", arrays.put(x, dtype), arrays.put(gamma, kind), 1e-6, out, rstd)
    scale = 1 / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6)
    assert_close(arrays.get(out), x * scale * gamma, dtype, relative=1e-6, absolute=SUBNORMAL)
    assert_close(arrays.get(rstd), scale, FLOAT, relative=1e-6)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", SHAPES)
def test_add_rms_norm_normalises_the_rounded_sum(arrays, dtype, shape):
    x, residual = rounded(normals(7, *shape), dtype), rounded(normals(8, *shape), dtype)
    gamma = rounded(normals(9, shape[-1]), dtype)
    out, total = arrays.empty(shape, dtype), arrays.empty(shape, dtype)
    rstd = arrays.empty((shape[0], 1), FLOAT)
    inputs = arrays.put(x, dtype), arrays.put(residual, dtype), arrays.put(gamma, dtype)
    arrays.run("aclnnAddRmsNorm", *inputs, 1e-5, out, rstd, total)
    expected = rounded((x + residual).astype(np.float32), dtype)
    np.testing.assert_array_equal(arrays.get(total), expected)
    scale = 1 / np.sqrt((expected * expected).mean(-1, keepdims=True) + 1e-5)
    assert_close(arrays.get(out), expected * scale * gamma, dtype, relative=1e-6, absolute=SUBNORMAL)


@pytest.mark.parametrize("operator", ["layer", "rms"])
def test_the_bits_of_a_row_do_not_depend_on_the_others(arrays, operator):
    x = normals(10, 40, 384)

    def bits(rows):
        out = arrays.empty(rows.shape, FLOAT)
        if operator == "layer":
            sizes = arrays.integers([384])
            arrays.run("aclnnLayerNorm", arrays.put(rows, FLOAT), sizes, None, None, 1e-5, out, None, None)
        else:
            gamma, rstd = arrays.put(np.ones(384), FLOAT), arrays.empty((len(rows), 1), FLOAT)
            arrays.run("aclnnRmsNorm", arrays.put(rows, FLOAT), gamma, 1e-5, out, rstd)
        return arrays.bits(out)

    np.testing.assert_array_equal(bits(x)[7:9], bits(x[7:9]))
