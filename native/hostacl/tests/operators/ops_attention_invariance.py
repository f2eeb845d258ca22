"""The bits of an attention row do not depend on the batch, on how a prompt is cut into chunks, or on paging."""

import numpy as np
import pytest
from acl import BF16
from attention_calls import attend, page
from device_arrays import HALVES, rounded

HEADS, KEY_HEADS, DEPTH = 6, 2, 64


def operands(queries, keys, seed=1):
    rng = np.random.default_rng(seed)
    q = rounded(rng.standard_normal((queries, HEADS, DEPTH)), BF16)
    k, v = (rounded(rng.standard_normal((keys, KEY_HEADS, DEPTH)), BF16) for _ in range(2))
    return q, k, v


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("step", [1, 3, 50, 128])
def test_a_prompt_in_chunks_gives_the_bits_of_the_whole(arrays, dtype, step):
    """Chunks see the keys so far, as in chunked prefill; a step of 1 is decoding."""
    length = 150
    q, k, v = operands(length, length)
    whole = attend(arrays, dtype, q, k, v, [length], [length], sparse=3, raw=True)
    starts = range(0, length, step) if step > 1 else (0, 1, 63, 64, 127, 128, 149)
    for start in starts:
        end = min(start + step, length)
        part = attend(arrays, dtype, q[start:end], k[:end], v[:end], [end - start], [end], sparse=3, raw=True)
        np.testing.assert_array_equal(part, whole[start:end], err_msg=f"queries {start} to {end}")


@pytest.mark.parametrize("dtype", HALVES)
def test_a_batch_gives_the_bits_of_each_sequence_alone(arrays, dtype):
    lengths, key_lengths = [1, 30, 1, 70], [129, 30, 64, 200]
    q, k, v = operands(sum(lengths), sum(key_lengths))
    together = attend(arrays, dtype, q, k, v, np.cumsum(lengths), np.cumsum(key_lengths), sparse=3, raw=True)
    first = key_first = 0
    for rows, keys in zip(lengths, key_lengths, strict=True):
        part, key_part = slice(first, first + rows), slice(key_first, key_first + keys)
        alone = attend(arrays, dtype, q[part], k[key_part], v[key_part], [rows], [keys], sparse=3, raw=True)
        np.testing.assert_array_equal(alone, together[part])
        first, key_first = first + rows, key_first + keys


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("cache", ["BnBsH", "BnNBsD"])
def test_paged_keys_give_the_bits_of_contiguous_ones(arrays, dtype, cache):
    lengths, key_lengths = [1, 20], [140, 260]
    q, k, v = operands(sum(lengths), sum(key_lengths))
    plain = attend(arrays, dtype, q, k, v, np.cumsum(lengths), np.cumsum(key_lengths), sparse=3, raw=True)
    keys, values, table = page(arrays, dtype, k, v, key_lengths, cache)
    paged = attend(
        *(arrays, dtype, q, keys, values, np.cumsum(lengths), key_lengths),
        sparse=3,
        table=table,
        key_heads=KEY_HEADS,
        raw=True,
    )
    np.testing.assert_array_equal(paged, plain)
