"""Gathers, scatters and cache writes; indices outside their axis are a late fault and write nothing."""

import numpy as np
import pytest
from acl import BF16, FLOAT, INT32, INT64, AclError, Tensor
from device_arrays import FLOATS, rounded

INDEX_TYPES = (INT32, INT64)


def normals(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("index_type", INDEX_TYPES)
def test_embedding_takes_rows(arrays, dtype, index_type):
    table, ids = rounded(normals(1, 30, 17), dtype), np.array([[3, 29, 0], [3, 7, 7]])
    got = arrays.call("aclnnEmbedding", (2, 3, 17), dtype, arrays.put(table, dtype), arrays.put(ids, index_type))
    np.testing.assert_array_equal(got, table[ids])


@pytest.mark.parametrize("dim", [0, 1, 2])
@pytest.mark.parametrize("index_type", INDEX_TYPES)
def test_index_select_and_gather_v2(arrays, dim, index_type):
    x, ids = rounded(normals(2, 5, 6, 7), BF16), np.array([4, 0, 0, 2])
    expected = np.take(x, ids, axis=dim)
    for name in ("aclnnIndexSelect", "aclnnGatherV2"):
        got = arrays.call(name, expected.shape, BF16, arrays.put(x, BF16), dim, arrays.put(ids, index_type))
        np.testing.assert_array_equal(got, expected)
    square = ids.reshape(2, 2)
    expected = np.take(x, square, axis=dim)
    got = arrays.call("aclnnGatherV2", expected.shape, BF16, arrays.put(x, BF16), dim, arrays.put(square, index_type))
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("dim", [0, 1])
def test_gather_picks_elements(arrays, dim):
    x = rounded(normals(3, 4, 9), FLOAT)
    ids = np.random.default_rng(4).integers(0, x.shape[dim], (3, 5))
    got = arrays.call("aclnnGather", ids.shape, FLOAT, arrays.put(x, FLOAT), dim, arrays.put(ids, INT64))
    np.testing.assert_array_equal(got, np.take_along_axis(x[:, :5] if dim == 0 else x[:3], ids, axis=dim))


@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize("index_type", INDEX_TYPES)
def test_inplace_index_copy_replaces_rows(arrays, dim, index_type):
    x, ids = rounded(normals(5, 8, 8, 3), BF16), np.array([6, 1, 3])
    source = rounded(normals(6, *((3, 8, 3) if dim == 0 else (8, 3, 3))), BF16)
    target = arrays.put(x, BF16)
    arrays.run("aclnnInplaceIndexCopy", target, dim, arrays.put(ids, index_type), arrays.put(source, BF16))
    expected = x.copy()
    expected[(ids,) if dim == 0 else (slice(None), ids)] = source
    np.testing.assert_array_equal(arrays.get(target), expected)


def test_inplace_scatter_update_writes_from_a_position(arrays):
    """[batch, heads, time, depth] caches: updates of two steps at a position of their own for each batch item."""
    cache, update, positions = normals(7, 3, 2, 10, 4), normals(8, 3, 2, 2, 4), np.array([0, 5, 8])
    target = arrays.put(rounded(cache, BF16), BF16)
    arrays.run("aclnnInplaceScatterUpdate", target, arrays.put(positions), arrays.put(update, BF16), -2)
    expected = rounded(cache, BF16)
    for item, position in enumerate(positions):
        expected[item, :, position : position + 2] = rounded(update[item], BF16)
    np.testing.assert_array_equal(arrays.get(target), expected)


@pytest.mark.parametrize("index_type", INDEX_TYPES)
def test_scatter_pa_kv_cache_writes_slots(arrays, index_type):
    key, value = rounded(normals(9, 5, 2, 16), BF16), rounded(normals(10, 5, 2, 16), BF16)
    slots = np.array([0, 257, 128, 383, 40])
    caches = [arrays.put(np.zeros((3, 128, 2, 16)), BF16) for _ in range(2)]
    inputs = arrays.put(key, BF16), caches[0], arrays.put(slots, index_type), arrays.put(value, BF16), caches[1]
    arrays.run("aclnnScatterPaKvCache", *inputs, *(None,) * 7)
    for cache, rows in zip(caches, (key, value), strict=True):
        expected = np.zeros((384, 2, 16))
        expected[slots] = rows
        np.testing.assert_array_equal(arrays.get(cache).reshape(384, 2, 16), expected)


def test_scatter_pa_kv_cache_takes_strided_rows(arrays):
    """q, k and v of one fused projection: k is a column range of it."""
    fused = rounded(normals(11, 4, 3 * 32), BF16)
    pointer = arrays.put(fused, BF16).pointer
    key, value = (Tensor(arrays.acl, pointer, (4, 2, 16), BF16, (96, 16, 1), at, storage=(4, 96)) for at in (32, 64))
    caches = [arrays.put(np.zeros((1, 128, 2, 16)), BF16) for _ in range(2)]
    slots = arrays.put(np.array([7, 1, 0, 100]))
    arrays.run("aclnnScatterPaKvCache", key, caches[0], slots, value, caches[1], *(None,) * 7)
    got = arrays.get(caches[0]).reshape(128, 2, 16)
    np.testing.assert_array_equal(got[[7, 1, 0, 100]], fused[:, 32:64].reshape(4, 2, 16))


@pytest.mark.parametrize("bad", [-1, 30, 2**40])
def test_an_index_outside_the_table_is_a_late_fault(arrays, bad):
    table = arrays.put(normals(12, 30, 8), BF16)
    out = arrays.put(np.full((2, 8), 5.0), BF16)
    with pytest.raises(AclError) as error:
        arrays.run("aclnnEmbedding", table, arrays.put(np.array([1, bad])), out)
    assert error.value.code == 507035
