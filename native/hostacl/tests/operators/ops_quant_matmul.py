"""Weight-only quantised products: int8 and int4, scales per tensor, channel and group, offsets, bias."""

import numpy as np
import pytest
from acl import BF16, FLOAT, FLOAT16, INT4, INT8, INT32, Tensor
from device_arrays import HALVES, assert_close, rounded

K, N = 96, 70


class QuantisedWeight:
    """A random weight [N, K] of small integers, its scales and offsets, and the numbers they stand for."""

    def __init__(self, arrays, dtype, bits, group, with_offset, k=K, n=N, seed=1):
        rng = np.random.default_rng(seed)
        half = 1 << (bits - 1)
        self.q = rng.integers(-half, half, (n, k))
        groups = {"tensor": 1, "channel": 1}.get(group, 0) or -(-k // group)
        columns = 1 if group == "tensor" else n
        scale = rounded(rng.uniform(0.5, 1.5, (groups, columns)) / half, dtype)
        offset = rounded(rng.integers(-3, 4, (groups, columns)), dtype) if with_offset else None
        rows = np.arange(k) // (group if isinstance(group, int) else k)
        shift = 0 if offset is None else offset[rows].T
        self.numbers = (self.q + shift) * scale[rows].T
        shape = {"tensor": (1,), "channel": (n,)}.get(group, (groups, n))
        self.scale = arrays.put(scale.reshape(shape), dtype)
        self.offset = None if offset is None else arrays.put(offset.reshape(shape), dtype)
        self.group_size = group if isinstance(group, int) else 0
        if bits == 8:
            self.tensor = Tensor(
                arrays.acl, arrays.acl.upload(self.q.astype(np.int8)), (k, n), INT8, (1, k), storage=(n, k)
            )
        else:
            packed = arrays.acl.malloc(n * k // 2)
            out = Tensor(arrays.acl, packed, (n, k), INT4)
            arrays.run("aclnnConvertWeightToINT4Pack", arrays.put(self.q.astype(np.int32)), out)
            self.tensor = Tensor(arrays.acl, packed, (k, n), INT4, (1, k), storage=(n, k))


def multiply(arrays, x, weight, dtype, bias=None):
    """aclnnWeightQuantBatchMatmulV2; the bias is fp32 for bf16 inputs, else of their type."""
    bias_tensor = None if bias is None else arrays.put(bias, FLOAT if dtype == BF16 else FLOAT16)
    out = arrays.empty((x.shape[0], weight.q.shape[0]), dtype)
    arrays.run(
        "aclnnWeightQuantBatchMatmulV2",
        *(arrays.put(x, dtype), weight.tensor, weight.scale, weight.offset, None, None, bias_tensor, weight.group_size),
        out,
    )
    return out


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("group", ["tensor", "channel", 32])
@pytest.mark.parametrize("with_offset", [False, True])
@pytest.mark.parametrize("rows", [1, 3, 40, 70])
def test_the_weight_is_dequantised(arrays, dtype, bits, group, with_offset, rows):
    weight = QuantisedWeight(arrays, dtype, bits, group, with_offset)
    x = rounded(np.random.default_rng(2).standard_normal((rows, K)), dtype)
    bias = rounded(np.random.default_rng(3).standard_normal(N), FLOAT16)
    got = arrays.get(multiply(arrays, x, weight, dtype, bias))
    # Grouped scales may be rounded into bf16 weights: 2^-9 of each of K products, six deviations.
    absolute = 6 * 2.0**-9 * 0.6 * np.sqrt(K) if isinstance(group, int) and dtype == BF16 else 1e-4
    assert_close(got, x @ weight.numbers.T + bias, dtype, absolute=absolute)


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("group", ["channel", 64])
def test_the_bits_of_a_row_do_not_depend_on_the_batch(arrays, isa, dtype, bits, group):
    rows = 100 if isa != "scalar" else 18
    weight = QuantisedWeight(arrays, dtype, bits, group, with_offset=True, k=128)
    x = np.random.default_rng(4).standard_normal((rows, 128))
    full = arrays.bits(multiply(arrays, x, weight, dtype))
    for count in (1, 2, 16, 17, 65):
        if count <= rows:
            np.testing.assert_array_equal(arrays.bits(multiply(arrays, x[:count], weight, dtype)), full[:count])


def test_int4_nibbles_are_packed_low_first(arrays):
    values = np.array([[-8, 7, 0, -1], [1, 2, 3, 4]], np.int32)
    packed = arrays.acl.malloc(4)
    arrays.run("aclnnConvertWeightToINT4Pack", arrays.put(values), Tensor(arrays.acl, packed, (2, 4), INT4))
    got = arrays.acl.download(packed, (4,), np.uint8)
    np.testing.assert_array_equal(got, [0x78, 0xF0, 0x21, 0x43])


def test_int32_words_hold_eight_int4(arrays):
    """The weight as int32 [K, N / 8], eight columns a word."""
    rng = np.random.default_rng(5)
    q = rng.integers(-8, 8, (64, 16))
    words = arrays.empty((64, 2), INT32)
    arrays.run("aclnnConvertWeightToINT4Pack", arrays.put(q.astype(np.int32)), words)
    x = rounded(rng.standard_normal((2, 64)), BF16)
    out = arrays.empty((2, 16), BF16)
    scale = arrays.put(np.ones(16), BF16)
    arrays.run("aclnnWeightQuantBatchMatmulV2", arrays.put(x, BF16), words, scale, *(None,) * 4, 0, out)
    assert_close(arrays.get(out), x @ q, BF16, absolute=1e-4)


def test_v3_gives_the_bits_of_v2(arrays):
    weight = QuantisedWeight(arrays, BF16, 8, "channel", with_offset=False)
    x = np.random.default_rng(6).standard_normal((5, K))
    second = arrays.bits(multiply(arrays, x, weight, BF16))
    out = arrays.empty((5, N), BF16)
    inputs = (arrays.put(x, BF16), weight.tensor, weight.scale)
    arrays.run("aclnnWeightQuantBatchMatmulV3", *inputs, *(None,) * 4, 0, 0, out)
    np.testing.assert_array_equal(arrays.bits(out), second)
