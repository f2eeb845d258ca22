"""The long argument list of aclnnFusedInferAttentionScoreV2, for the tests that need only a few of them."""

import ctypes


def attention_arguments(acl, q, k, v, out, lengths, key_lengths, sparse=0, mask=None):
    none = [None]
    return (
        [q, acl.tensor_list([k]), acl.tensor_list([v]), None, mask, acl.integers(lengths), acl.integers(key_lengths)]
        + none * 17
        + [q.shape[1], 0.25, 2147483647, 2147483647, ctypes.cast(ctypes.c_char_p(b"TND"), ctypes.c_void_p), k.shape[1],
           sparse, 0, 0, 0, False, 0, 0, out, None]
    )  # fmt: skip
