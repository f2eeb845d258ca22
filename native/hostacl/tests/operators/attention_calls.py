"""Attention in float64, and calls of FusedInferAttentionScoreV2 in every layout."""

import numpy as np
from acl import FLOAT, INT8, INT32, Tensor
from device_arrays import stored

LARGE = 2**31 - 1
BLOCK = 128


def reference(q, k, v, scale, visible=None, shift=0.0):
    """(out [rows, heads, depth], lse [rows, heads]) of q [rows, heads, depth] and k, v [keys, key heads, depth]."""
    group = q.shape[1] // k.shape[1]
    k, v = np.repeat(k, group, axis=1), np.repeat(v, group, axis=1)
    scores = np.einsum("ihd,jhd->hij", q, k) * scale + shift
    if visible is not None:
        scores = np.where(visible, scores, -np.inf)
    largest = scores.max(-1, keepdims=True)
    weights = np.exp(scores - largest)
    total = weights.sum(-1, keepdims=True)
    lse = (largest + np.log(total))[..., 0].T
    return np.einsum("hij,jhd->ihd", weights / total, v), lse


def causal_matrix(arrays) -> Tensor:
    """The fixed 2048 x 2048 mask of the sparse modes: ones strictly above the diagonal."""
    return arrays.put(np.triu(np.ones((2048, 2048), np.int8), 1), INT8)


def page(arrays, dtype, k, v, key_lengths, layout):
    """Keys and values of several sequences in a shuffled block cache with NaN in unused rows: (keys, values, table)."""
    counts = [-(-length // BLOCK) for length in key_lengths]
    total = sum(counts) + 2
    ids = np.random.default_rng(9).permutation(total)
    table = np.full((len(key_lengths), max(counts)), 10**6, np.int32)  # entries beyond need are ignored
    caches = [np.full((total, BLOCK, k.shape[1], k.shape[2]), np.nan, np.float32) for _ in range(2)]
    first = used = 0
    for row, (length, count) in enumerate(zip(key_lengths, counts, strict=True)):
        for block in range(count):
            rows = min(BLOCK, length - block * BLOCK)
            start = first + block * BLOCK
            table[row, block] = ids[used]
            for cache, source in zip(caches, (k, v), strict=True):
                cache[ids[used], :rows] = source[start : start + rows]
            used += 1
        first += length
    if layout == "BnNBsD":
        caches = [np.ascontiguousarray(cache.transpose(0, 2, 1, 3)) for cache in caches]
    else:
        caches = [cache.reshape(total, BLOCK, -1) for cache in caches]
    return (*(arrays.acl.tensor(stored(cache, dtype), dtype) for cache in caches), arrays.put(table, INT32))


def attend(
    arrays,
    dtype,
    q,
    k,
    v,
    lengths,
    key_lengths,
    sparse=0,
    mask=None,
    band=(LARGE, LARGE),
    layout="TND",
    shift=None,
    table=None,
    key_heads=None,
    lse=False,
    raw=False,
):
    """
    The attention of q [rows, heads, depth] (or with a leading batch) in `layout`; k and v alike, or cache tensors when
    there is a block `table`. Returns values in q's shape (raw: the bits), and with `lse` the fp32 LSE [rows, heads, 1].
    """
    batch = q if q.ndim == 4 else q[None]
    heads, depth = q.shape[-2:]

    def place(array):
        array = array if array.ndim == 4 else array[None]
        if layout == "TND":
            return arrays.put(array[0], dtype)
        if layout == "BNSD":
            return arrays.put(array.transpose(0, 2, 1, 3), dtype)
        return arrays.put(array.reshape(*array.shape[:2], -1) if layout == "BSH" else array, dtype)

    query = place(q)
    key, value = (k, v) if table is not None else (place(k), place(v))
    key_heads = key_heads or k.shape[-2]
    out = arrays.empty(query.shape, dtype)
    lse_out = arrays.empty((*q.shape[:2], 1), FLOAT) if lse else None
    if mask is None and sparse in (2, 3, 4):
        mask = causal_matrix(arrays)
    arrays.run(
        "aclnnFusedInferAttentionScoreV2",
        *(query, arrays.acl.tensor_list([key]), arrays.acl.tensor_list([value]), shift, mask),
        *(arrays.integers(lengths), arrays.integers(key_lengths), *(None,) * 7, table, *(None,) * 9),
        *(heads, depth**-0.5, *band, layout.encode(), key_heads, sparse, 0, 0 if table is None else BLOCK),
        *(0, lse, 0, 0, out, lse_out),
    )
    result = arrays.bits(out) if raw else arrays.get(out)
    if layout == "BNSD":
        result = result.transpose(0, 2, 1, 3)
    result = result.reshape(batch.shape if q.ndim == 4 else q.shape)
    return (result, arrays.get(lse_out)) if lse else result
