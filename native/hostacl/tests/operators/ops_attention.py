"""FusedInferAttentionScoreV2 against float64: layouts, masks, grouped heads, paging, LSE."""

import numpy as np
import pytest
from acl import BF16, FLOAT16, INT8
from attention_calls import LARGE, attend, page, reference
from device_arrays import HALVES, rounded

TOLERANCE = {FLOAT16: 2e-3, BF16: 1.2e-2}  # probabilities and outputs are rounded to the input type


def operands(dtype, queries, keys, heads, key_heads, depth, seed=1):
    rng = np.random.default_rng(seed)
    shapes = ((queries, heads, depth), (keys, key_heads, depth), (keys, key_heads, depth))
    return [rounded(rng.standard_normal(shape), dtype) for shape in shapes]


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize(
    ("lengths", "key_lengths", "heads", "key_heads", "depth"),
    [
        ([1], [1], 1, 1, 64),
        ([5, 1, 40], [7, 300, 40], 4, 2, 64),
        ([33, 20], [33, 20], 8, 8, 128),
        ([130], [130], 2, 1, 256),
        ([17], [65], 3, 3, 80),
        ([9], [12], 2, 2, 16),
    ],
)
def test_ragged_batches_without_a_mask(arrays, dtype, lengths, key_lengths, heads, key_heads, depth):
    q, k, v = operands(dtype, sum(lengths), sum(key_lengths), heads, key_heads, depth)
    scale = depth**-0.5
    got, lse = attend(arrays, dtype, q, k, v, lengths=np.cumsum(lengths), key_lengths=np.cumsum(key_lengths), lse=True)
    first = key_first = 0
    for rows, keys in zip(lengths, key_lengths, strict=True):
        part, key_part = slice(first, first + rows), slice(key_first, key_first + keys)
        expected, expected_lse = reference(q[part], k[key_part], v[key_part], scale)
        np.testing.assert_allclose(got[part], expected, atol=TOLERANCE[dtype])
        np.testing.assert_allclose(lse[part, :, 0], expected_lse, rtol=1e-5, atol=1e-5)
        first, key_first = first + rows, key_first + keys


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize(("queries", "keys"), [(40, 40), (7, 140), (129, 257)])
def test_sparse_mode_3_is_causal_from_the_last_key(arrays, dtype, queries, keys):
    q, k, v = operands(dtype, queries, keys, 4, 2, 64)
    got = attend(arrays, dtype, q, k, v, lengths=[queries], key_lengths=[keys], sparse=3)
    visible = np.arange(keys) <= np.arange(queries)[:, None] + keys - queries
    np.testing.assert_allclose(got, reference(q, k, v, 0.125, visible)[0], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize(("sparse", "before", "after"), [(2, LARGE, LARGE), (4, 20, 3), (4, 0, 0), (0, 9, 4)])
def test_left_causal_and_band_masks(arrays, dtype, sparse, before, after):
    queries, keys = 30, 90
    q, k, v = operands(dtype, queries, keys, 2, 2, 64)
    i, j = np.arange(queries)[:, None], np.arange(keys)
    anchor = keys - queries if sparse == 4 else 0
    visible = j <= i if sparse == 2 else (j >= i + anchor - before) & (j <= i + anchor + after)
    mask = None
    if sparse == 0:
        mask = arrays.put(np.zeros((1, queries, keys)), INT8)
    layout = "BNSD" if sparse == 0 else "TND"
    got = attend(
        arrays, dtype, q, k, v, [queries], [keys], sparse=sparse, mask=mask, band=(before, after), layout=layout
    )
    np.testing.assert_allclose(got, reference(q, k, v, 0.125, visible)[0], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", HALVES)
def test_a_full_mask_hides_where_it_is_one(arrays, dtype):
    queries, keys = 20, 150
    q, k, v = operands(dtype, queries, keys, 4, 1, 64)
    hidden = np.random.default_rng(2).random((queries, keys)) < 0.5
    hidden[:, 0] = False
    mask = arrays.put(hidden[None].astype(np.int8))
    got = attend(arrays, dtype, q, k, v, [queries], [keys], mask=mask, layout="BSND")
    np.testing.assert_allclose(got, reference(q, k, v, 0.125, ~hidden)[0], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", HALVES)
def test_rows_without_a_visible_key_are_zero(arrays, dtype):
    """Causal from the last key with more queries than keys: the first rows see nothing."""
    q, k, v = operands(dtype, 10, 4, 2, 2, 64)
    got, lse = attend(arrays, dtype, q, k, v, [10], [4], sparse=3, lse=True)
    np.testing.assert_array_equal(got[:6], 0)
    assert np.isposinf(lse[:6]).all()
    visible = np.arange(4) <= np.arange(4)[:, None]
    np.testing.assert_allclose(got[6:], reference(q[6:], k, v, 0.125, visible)[0], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("layout", ["BSND", "BNSD", "BSH"])
def test_padded_layouts_with_lengths(arrays, dtype, layout):
    """Two items of one length in memory; the second uses fewer rows."""
    rng = np.random.default_rng(3)
    q, k, v = (rounded(rng.standard_normal((2, 24, 4, 64)), dtype) for _ in range(3))
    got = attend(arrays, dtype, q, k, v, [24, 24], [24, 11], layout=layout)
    np.testing.assert_allclose(got[0], reference(q[0], k[0], v[0], 0.125)[0], atol=TOLERANCE[dtype])
    np.testing.assert_allclose(got[1], reference(q[1], k[1, :11], v[1, :11], 0.125)[0], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", HALVES)
def test_a_pse_shift_is_added_after_scaling(arrays, dtype):
    q, k, v = operands(dtype, 12, 30, 2, 2, 64)
    shift = rounded(np.random.default_rng(4).standard_normal((1, 2, 12, 30)), dtype)
    got = attend(arrays, dtype, q, k, v, [12], [30], layout="BNSD", shift=arrays.put(shift, dtype))
    expected = reference(q, k, v, 0.125, shift=shift[0])[0]
    np.testing.assert_allclose(got, expected, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("cache", ["BnBsH", "BnNBsD"])
@pytest.mark.parametrize("lengths", [[1, 1, 1], [40, 3, 129]])
def test_paged_keys_and_values(arrays, dtype, cache, lengths):
    """Decode and chunked prefill over a cache whose unused rows hold NaN."""
    key_lengths = [200, 5, 129]
    rng = np.random.default_rng(5)
    q = rounded(rng.standard_normal((sum(lengths), 8, 64)), dtype)
    k, v = (rounded(rng.standard_normal((sum(key_lengths), 2, 64)), dtype) for _ in range(2))
    key_cache, value_cache, table = page(arrays, dtype, k, v, key_lengths, cache)
    got = attend(
        arrays, dtype, q, key_cache, value_cache, np.cumsum(lengths), key_lengths, sparse=3, table=table, key_heads=2
    )
    first = key_first = 0
    for rows, keys in zip(lengths, key_lengths, strict=True):
        part, key_part = slice(first, first + rows), slice(key_first, key_first + keys)
        visible = np.arange(keys) <= np.arange(rows)[:, None] + keys - rows
        expected = reference(q[part], k[key_part], v[key_part], 0.125, visible)[0]
        np.testing.assert_allclose(got[part], expected, atol=TOLERANCE[dtype])
        first, key_first = first + rows, key_first + keys


@pytest.mark.parametrize("dtype", HALVES)
def test_large_scores_do_not_overflow(arrays, dtype):
    q, k, v = operands(dtype, 4, 70, 1, 1, 64)
    got = attend(arrays, dtype, q * 30, k * 30, v, [4], [70])
    expected = reference(rounded(q * 30, dtype), rounded(k * 30, dtype), v, 0.125)[0]
    np.testing.assert_allclose(got, expected, atol=2 * TOLERANCE[dtype])
