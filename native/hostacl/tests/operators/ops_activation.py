"""Activations and elementary functions against float64, on dense grids and on special values."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from acl import BF16, FLOAT, INT32
from device_arrays import FLOATS, assert_close, rounded

erf = np.vectorize(math.erf)
erfc = np.vectorize(math.erfc)
SQRT_2_OVER_PI = math.sqrt(2 / math.pi)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gelu_tanh(x):
    return x * sigmoid(2 * SQRT_2_OVER_PI * (x + 0.044715 * x**3))


# name -> (formula, lowest, highest input, relative error in fp32, absolute error in fp32)
FUNCTIONS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], float, float, float, float]] = {
    "aclnnGelu": (gelu_tanh, -6, 12, 4e-6, 1e-12),
    "aclnnFastGelu": (lambda x: x * sigmoid(1.702 * x), -20, 20, 4e-6, 1e-12),
    "aclnnSilu": (lambda x: x * sigmoid(x), -30, 30, 4e-6, 1e-12),
    "aclnnRelu": (lambda x: np.maximum(x, 0), -5, 5, 0, 0),
    "aclnnSigmoid": (sigmoid, -40, 40, 4e-6, 1e-17),
    "aclnnTanh": (np.tanh, -10, 10, 1e-6, 0),
    "aclnnExp": (np.exp, -80, 80, 1e-6, 0),
    "aclnnLog": (np.log, 1e-30, 100, 1e-6, 1e-7),
    "aclnnLog10": (np.log10, 1e-30, 100, 1e-6, 1e-7),
    "aclnnSqrt": (np.sqrt, 0, 1e6, 1e-7, 0),
    "aclnnErf": (erf, -4, 4, 1e-6, 0),
    "aclnnSin": (np.sin, -100, 100, 1e-6, 1e-6),
    "aclnnCos": (np.cos, -100, 100, 1e-6, 1e-6),
    "aclnnNeg": (lambda x: -x, -5, 5, 0, 0),
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(arrays, name, dtype):
    formula, low, high, relative, absolute = FUNCTIONS[name]
    if dtype != FLOAT:
        low, high = max(low, -9), min(high, 9)
    x = rounded(np.linspace(max(low, 1e-3) if "Log" in name and dtype != FLOAT else low, high, 5003), dtype)
    got = arrays.call(name, x.shape, dtype, arrays.put(x, dtype))
    subnormal = 0 if dtype == FLOAT else 1e-7
    assert_close(got, formula(x), dtype, relative, absolute + subnormal)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("approximate", [0, 1])
def test_gelu_v2_offers_both_forms(arrays, dtype, approximate):
    x = rounded(np.linspace(-5, 9, 4001), dtype)
    expected = gelu_tanh(x) if approximate else 0.5 * x * erfc(-x / math.sqrt(2))
    out = arrays.empty(x.shape, dtype)
    arrays.run("aclnnGeluV2", arrays.put(x, dtype), approximate, out)
    assert_close(arrays.get(out), expected, dtype, 4e-6, 1e-12 if dtype == FLOAT else 1e-7)


def test_log_reaches_subnormal_numbers(arrays):
    x = np.array([2.0**-149, 2.0**-130, 2.0**-126, 3e-39])
    got = arrays.call("aclnnLog", x.shape, FLOAT, arrays.put(x, FLOAT))
    np.testing.assert_allclose(got, np.log(rounded(x, FLOAT)), rtol=1e-6)


SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30, -1e30], np.float32)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("aclnnExp", [np.nan, np.inf, 0, 1, 1, np.inf, 0]),
        ("aclnnLog", [np.nan, np.inf, np.nan, -np.inf, -np.inf, np.log(1e30), np.nan]),
        ("aclnnTanh", [np.nan, 1, -1, 0, 0, 1, -1]),
        ("aclnnErf", [np.nan, 1, -1, 0, 0, 1, -1]),
        ("aclnnSigmoid", [np.nan, 1, 0, 0.5, 0.5, 1, 0]),
        ("aclnnRelu", [np.nan, np.inf, 0, 0, 0, 1e30, 0]),
        ("aclnnSqrt", [np.nan, np.inf, np.nan, 0, 0, 1e15, np.nan]),
    ],
)
def test_special_values(arrays, name, expected):
    got = arrays.call(name, SPECIAL.shape, FLOAT, arrays.put(SPECIAL))
    np.testing.assert_allclose(got, np.array(expected), rtol=1e-6)


def test_exp_of_a_very_negative_number_is_zero_not_subnormal(arrays):
    got = arrays.call("aclnnExp", (3,), FLOAT, arrays.put(np.array([-104.0, -150.0, -1e9]), FLOAT))
    np.testing.assert_array_equal(got, 0)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_strided_inputs(arrays, dtype, order):
    x = rounded(np.random.default_rng(1).standard_normal((13, 37)), dtype)
    got = arrays.call("aclnnSilu", x.shape, dtype, arrays.put_strided(x, dtype, order))
    assert_close(got, x * sigmoid(x), dtype, 4e-6, 1e-7)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("shape", "dim"), [((4, 66), -1), ((6, 5, 8), 0), ((3, 10, 7), 1)])
def test_swiglu_gates_the_second_half_with_the_first(arrays, dtype, shape, dim):
    x = rounded(np.random.default_rng(2).standard_normal(shape) * 2, dtype)
    gate, up = np.split(x, 2, axis=dim)
    out = arrays.empty(gate.shape, dtype)
    arrays.run("aclnnSwiGlu", arrays.put(x, dtype), dim, out)
    assert_close(arrays.get(out), gate * sigmoid(gate) * up, dtype, 4e-6, 1e-7)


def test_inplace_relu(arrays):
    x = rounded(np.linspace(-3, 3, 101), BF16)
    tensor = arrays.put(x, BF16)
    arrays.run("aclnnInplaceRelu", tensor)
    np.testing.assert_array_equal(arrays.get(tensor), np.maximum(x, 0))


def test_integers_are_negated_exactly(arrays):
    x = np.array([0, 1, -7, 2**30 + 1], np.int32)
    np.testing.assert_array_equal(arrays.call("aclnnNeg", x.shape, INT32, arrays.put(x)), -x)
