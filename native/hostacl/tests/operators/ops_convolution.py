"""1-D convolutions against a direct float64 sum."""

import numpy as np
import pytest
from acl import NCL
from device_arrays import FLOATS, assert_close, rounded


def convolve(x, w, bias, stride, padding, dilation, groups):
    padded = np.pad(x, ((0, 0), (0, 0), padding))
    taps, length = w.shape[2], (padded.shape[2] - dilation * (w.shape[2] - 1) - 1) // stride + 1
    at = np.arange(length)[:, None] * stride + np.arange(taps) * dilation
    patches = padded[:, :, at]  # [batch, channels, length, taps]
    groups_in, groups_out = np.split(patches, groups, 1), np.split(w, groups, 0)
    parts = [np.einsum("bclk,ock->bol", p, g) for p, g in zip(groups_in, groups_out, strict=True)]
    return np.concatenate(parts, 1) + (0 if bias is None else bias[:, None])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("batch", "channels", "length", "outputs", "taps", "stride", "padding", "dilation", "groups", "with_bias"),
    [
        (1, 80, 37, 24, 3, 1, (1, 1), 1, 1, True),  # the first layer of the encoder's stem
        (2, 16, 50, 20, 3, 2, (1, 1), 1, 1, True),  # the second
        (1, 12, 30, 12, 3, 2, (2, 0), 1, 1, True),  # causal
        (1, 6, 40, 6, 5, 1, (2, 2), 1, 6, False),  # depthwise
        (2, 32, 25, 8, 3, 1, (0, 0), 2, 2, False),  # dilated, grouped
        (1, 3, 1, 4, 1, 1, (0, 0), 1, 1, True),
    ],
)
def test_convolution(
    arrays, dtype, batch, channels, length, outputs, taps, stride, padding, dilation, groups, with_bias
):
    rng = np.random.default_rng(1)
    x = rounded(rng.standard_normal((batch, channels, length)), dtype)
    w = rounded(rng.standard_normal((outputs, channels // groups, taps)) * 0.1, dtype)
    bias = rounded(rng.standard_normal(outputs), dtype) if with_bias else None
    expected = convolve(x, w, bias, stride, padding, dilation, groups)
    out = arrays.empty(expected.shape, dtype, NCL)
    pads = padding if padding[0] != padding[1] else padding[:1]
    arrays.run(
        "aclnnConvolution",
        *(arrays.put(x, dtype, NCL), arrays.put(w, dtype, NCL), None if bias is None else arrays.put(bias, dtype)),
        *(arrays.integers([stride]), arrays.integers(pads), arrays.integers([dilation]), False, arrays.integers([0])),
        *(groups, out, 1),
    )
    assert_close(arrays.get(out), expected, dtype, absolute=1e-5)
