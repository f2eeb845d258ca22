"""Task groups: operators of a captured model that take new parameters between replays."""

import ctypes

import numpy as np
import pytest
from acl import BF16, FLOAT, Tensor, from_bf16, to_bf16
from attention_call import attention_arguments
from capture_graphs import EXTERNAL, GLOBAL, end, replay


@pytest.fixture
def stream(acl):
    return acl.create("aclrtCreateStream")


def captured_attention(acl, stream, lengths):
    """A TND attention over one query and a cache of 32 keys whose values count up; (arguments, out, workspace)."""
    q = acl.tensor(to_bf16(np.zeros((1, 1, 16))), BF16)
    k = acl.tensor(to_bf16(np.zeros((2, 16, 16))), BF16)
    v = acl.tensor(to_bf16(np.repeat(np.arange(32.0), 16).reshape(2, 16, 16)), BF16)
    out = acl.empty((1, 1, 16), BF16)

    def arguments(length):
        made = attention_arguments(
            acl,
            Tensor(acl, q.pointer, q.shape, BF16),
            Tensor(acl, k.pointer, k.shape, BF16),
            Tensor(acl, v.pointer, v.shape, BF16),
            out,
            [1],
            [length],
        )
        made[14] = table
        made[24], made[29], made[32] = 1, 1, 16
        return made

    table = acl.tensor(np.array([[0, 1]], np.int32))
    size, executor = acl.phase1("aclnnFusedInferAttentionScoreV2", *arguments(lengths))
    return arguments, out, acl.malloc(size), size, executor


def test_a_task_group_takes_new_lengths_between_replays(acl, stream):
    name = "aclnnFusedInferAttentionScoreV2"
    update = acl.create("aclrtCreateStream")
    arguments, out, workspace, size, executor = captured_attention(acl, stream, 1)
    acl.check("aclmdlRICaptureBegin", stream, GLOBAL)
    acl.check("aclmdlRICaptureTaskGrpBegin", stream)
    acl.check(name, workspace, size, executor, stream)
    group = acl.create_last("aclmdlRICaptureTaskGrpEnd", stream)
    model = end(acl, stream)
    replay(acl, model, stream)
    assert from_bf16(acl.numpy(out))[0, 0, 0] == 0
    for length in (3, 17, 32):
        acl.check("aclmdlRICaptureTaskUpdateBegin", update, group)
        size, executor = acl.phase1(name, *arguments(length))
        acl.check(name, workspace, size, executor, update)
        acl.check("aclmdlRICaptureTaskUpdateEnd", update)
        acl.check("aclrtSynchronizeStream", update)
        replay(acl, model, stream)
        assert from_bf16(acl.numpy(out))[0, 0, 0] == pytest.approx((length - 1) / 2, rel=1e-2)


def test_an_external_event_orders_an_update_before_a_replay_in_flight(acl, stream):
    name = "aclnnFusedInferAttentionScoreV2"
    update = acl.create("aclrtCreateStream")
    event = acl.create("aclrtCreateEventWithFlag", EXTERNAL)
    arguments, out, workspace, size, executor = captured_attention(acl, stream, 1)
    acl.check("aclmdlRICaptureBegin", stream, GLOBAL)
    acl.check("aclrtStreamWaitEvent", stream, event)
    acl.check("aclrtResetEvent", event, stream)
    acl.check("aclmdlRICaptureTaskGrpBegin", stream)
    acl.check(name, workspace, size, executor, stream)
    group = acl.create_last("aclmdlRICaptureTaskGrpEnd", stream)
    model = end(acl, stream)
    for length in (5, 9):
        acl.check("aclmdlRIExecuteAsync", model, stream)
        acl.check("aclmdlRICaptureTaskUpdateBegin", update, group)
        size, executor = acl.phase1(name, *arguments(length))
        acl.check(name, workspace, size, executor, update)
        acl.check("aclmdlRICaptureTaskUpdateEnd", update)
        acl.check("aclrtRecordEvent", event, update)
        acl.check("aclrtSynchronizeStream", stream)
        assert from_bf16(acl.numpy(out))[0, 0, 0] == pytest.approx((length - 1) / 2, rel=1e-2)


def test_the_rules_of_task_groups(acl, stream, refused):
    x, y = acl.tensor(np.ones(4, np.float32)), acl.empty((4,), FLOAT)
    refused(107029, "aclmdlRICaptureTaskGrpBegin", stream)
    acl.check("aclmdlRICaptureBegin", stream, GLOBAL)
    acl.check("aclmdlRICaptureTaskGrpBegin", stream)
    refused(107033, "aclmdlRICaptureTaskGrpBegin", stream)
    acl.launch("aclnnNeg", x, y, stream=stream)
    group = acl.create_last("aclmdlRICaptureTaskGrpEnd", stream)
    refused(107033, "aclmdlRICaptureTaskGrpEnd", stream, ctypes.byref(ctypes.c_void_p()))
    end(acl, stream)
    acl.check("aclmdlRICaptureTaskUpdateBegin", stream, group)
    refused(107033, "aclmdlRICaptureTaskUpdateBegin", acl.create("aclrtCreateStream"), group)
    size, executor = acl.phase1("aclnnRelu", x, y)
    refused(107034, "aclnnRelu", None, size, executor, stream)
    refused(107034, "aclmdlRICaptureTaskUpdateEnd", stream)


def test_a_group_left_open_breaks_the_capture(acl, stream, refused):
    acl.check("aclmdlRICaptureBegin", stream, GLOBAL)
    acl.check("aclmdlRICaptureTaskGrpBegin", stream)
    refused(107033, "aclmdlRICaptureEnd", stream, ctypes.byref(ctypes.c_void_p()))
