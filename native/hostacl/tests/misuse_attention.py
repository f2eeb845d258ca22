"""Misuses 44 to 47 of the ABI reference's section 7: attention."""

import numpy as np
from acl import BF16, FLOAT, INT32, to_bf16
from attention_call import attention_arguments


def upper_triangle(acl, turned=False):
    mask = np.triu(np.ones((2048, 2048), np.int8), 1)
    return acl.tensor(np.ascontiguousarray(mask.T) if turned else mask)


def test_44_attention_refuses_what_the_kernel_cannot_do(checked, phase1_refused):
    name = "aclnnFusedInferAttentionScoreV2"

    def call(dtype, size, heads=1, key_heads=1):
        q, out = (checked.empty((4, heads, size), dtype) for _ in range(2))
        k, v = (checked.empty((4, key_heads, size), dtype) for _ in range(2))
        phase1_refused(161002, name, *attention_arguments(checked, q, k, v, out, [4], [4]))

    call(FLOAT, 64)
    call(BF16, 24)
    call(BF16, 528)
    call(BF16, 64, heads=3, key_heads=2)


def test_45_sparse_modes_need_the_fixed_mask(checked, phase1_refused):
    name = "aclnnFusedInferAttentionScoreV2"
    q, k, v, out = (checked.empty((4, 1, 16), BF16) for _ in range(4))
    phase1_refused(161002, name, *attention_arguments(checked, q, k, v, out, [4], [4], sparse=3))
    small = checked.tensor(np.triu(np.ones((4, 4), np.int8), 1))
    phase1_refused(161002, name, *attention_arguments(checked, q, k, v, out, [4], [4], sparse=3, mask=small))


def test_45_a_mask_with_the_wrong_sense_is_found(checked, refused):
    q, k, v = (checked.tensor(to_bf16(np.ones((4, 1, 16))), BF16) for _ in range(3))
    out = checked.empty((4, 1, 16), BF16)
    good = attention_arguments(checked, q, k, v, out, [4], [4], sparse=3, mask=upper_triangle(checked))
    checked.run("aclnnFusedInferAttentionScoreV2", *good)
    q, k, v = (checked.tensor(to_bf16(np.ones((4, 1, 16))), BF16) for _ in range(3))
    bad = attention_arguments(checked, q, k, v, out, [4], [4], sparse=3, mask=upper_triangle(checked, turned=True))
    checked.launch("aclnnFusedInferAttentionScoreV2", *bad)
    refused(507015, "aclrtSynchronizeStream", None)
    assert checked.stats().misuses > 0


def test_46_ragged_lengths_are_cumulative_and_complete(checked, phase1_refused):
    name = "aclnnFusedInferAttentionScoreV2"
    for lengths in ([], [2, 1, 4], [2, 3], [5]):
        q, k, v, out = (checked.empty((4, 1, 16), BF16) for _ in range(4))
        phase1_refused(161002, name, *attention_arguments(checked, q, k, v, out, lengths, [4] * max(1, len(lengths))))


def paged(acl, table, lengths, block_size=16, columns=2, key_width=16):
    q, out = (acl.tensor(to_bf16(np.ones((1, 1, 16))), BF16) for _ in range(2))
    k, v = (acl.tensor(to_bf16(np.ones((4, 16, key_width))), BF16) for _ in range(2))
    arguments = attention_arguments(acl, q, k, v, out, [1], lengths)
    arguments[14] = acl.tensor(np.array(table, np.int32).reshape(1, columns), INT32)
    arguments[24], arguments[29], arguments[32] = 1, 1, block_size
    return arguments


def test_47_a_block_table_must_suffice_and_fit_the_cache(checked, phase1_refused):
    name = "aclnnFusedInferAttentionScoreV2"
    phase1_refused(161002, name, *paged(checked, [0, 1], [33]))
    phase1_refused(161002, name, *paged(checked, [0, 1], [20], block_size=32))
    phase1_refused(161002, name, *paged(checked, [0, 1], [20], block_size=0))
    checked.run(name, *paged(checked, [0, 1], [20]))


def test_47_a_block_id_out_of_range_is_a_late_fault(checked):
    checked.launch("aclnnFusedInferAttentionScoreV2", *paged(checked, [0, 4], [20]))
    assert checked.aclrtSynchronizeStream(None) == 507015
