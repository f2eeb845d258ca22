"""Rotary position embeddings, half and interleaved."""

import numpy as np
import pytest
from acl import FLOAT, INT64
from device_arrays import FLOATS, assert_close, rounded

THETA = 10000.0


def normals(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def angles(positions, depth):
    """[positions, depth / 2]"""
    return positions[:, None] * THETA ** (-np.arange(0, depth, 2) / depth)


def turn_half(x, angle):
    """x [..., depth], angle [..., depth / 2] broadcastable."""
    low, high = np.split(x, 2, axis=-1)
    return np.concatenate([low * np.cos(angle) - high * np.sin(angle), high * np.cos(angle) + low * np.sin(angle)], -1)


def turn_pairs(x, angle):
    even, odd = x[..., 0::2], x[..., 1::2]
    out = np.empty_like(x)
    out[..., 0::2] = even * np.cos(angle) - odd * np.sin(angle)
    out[..., 1::2] = odd * np.cos(angle) + even * np.sin(angle)
    return out


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("depth", [64, 128])
def test_apply_rotary_pos_emb_turns_query_and_key_in_place(arrays, dtype, depth):
    q, k = rounded(normals(1, 2, 5, 6, depth), dtype), rounded(normals(2, 2, 5, 2, depth), dtype)
    angle = angles(np.arange(10.0), depth).reshape(2, 5, 1, -1)
    cos, sin = (rounded(np.concatenate([f(angle)] * 2, -1), dtype) for f in (np.cos, np.sin))
    query, key = arrays.put(q, dtype), arrays.put(k, dtype)
    arrays.run("aclnnApplyRotaryPosEmb", query, key, arrays.put(cos, dtype), arrays.put(sin, dtype), 1)
    for tensor, x in ((query, q), (key, k)):
        low, high = np.split(x, 2, axis=-1)
        assert_close(arrays.get(tensor), x * cos + np.concatenate([-high, low], -1) * sin, dtype, absolute=1e-6)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize("depth", [16, 64, 70])
def test_rotary_position_embedding(arrays, dtype, mode, depth):
    """BNSD with tables broadcast over batch and heads."""
    x = rounded(normals(3, 2, 3, 7, depth), dtype)
    angle = angles(np.arange(7.0), depth)
    spread = np.concatenate([angle, angle], -1) if mode == 0 else np.repeat(angle, 2, axis=-1)
    cos, sin = (rounded(f(spread), dtype)[None, None] for f in (np.cos, np.sin))
    got = arrays.call(
        "aclnnRotaryPositionEmbedding",
        x.shape,
        dtype,
        arrays.put(x, dtype),
        arrays.put(cos, dtype),
        arrays.put(sin, dtype),
        mode,
    )
    if mode == 0:
        low, high = np.split(x, 2, axis=-1)
        turned = np.concatenate([-high, low], -1)
    else:
        turned = np.stack([-x[..., 1::2], x[..., 0::2]], -1).reshape(x.shape)
    assert_close(got, x * cos + turned * sin, dtype, absolute=1e-6)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("neox", [True, False])
@pytest.mark.parametrize("rotary", [64, 32])
def test_rope_with_sin_cos_cache_looks_positions_up(arrays, dtype, neox, rotary):
    """Rows of the cache: cosines, then sines, of rotary / 2 angles; elements beyond `rotary` are kept."""
    head, positions = 64, np.array([3, 0, 99, 41])
    q, k = rounded(normals(4, 4, 3 * head), dtype), rounded(normals(5, 4, head), dtype)
    angle = angles(np.arange(100.0), rotary)
    cache = rounded(np.concatenate([np.cos(angle), np.sin(angle)], -1), dtype)
    outs = arrays.empty(q.shape, dtype), arrays.empty(k.shape, dtype)
    inputs = (arrays.put(x, dtype) for x in (q, k, cache))
    arrays.run("aclnnRopeWithSinCosCache", arrays.put(positions, INT64), *inputs, None, head, neox, *outs)
    turn = turn_half if neox else turn_pairs
    for out, x in zip(outs, (q, k), strict=True):
        expected = x.reshape(4, -1, head).copy()
        expected[..., :rotary] = turn(expected[..., :rotary], angle[positions][:, None])
        tolerance = 1e-5 if dtype == FLOAT else 2e-2
        np.testing.assert_allclose(arrays.get(out).reshape(expected.shape), expected, atol=tolerance)
