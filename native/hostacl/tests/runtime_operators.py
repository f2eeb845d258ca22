"""The two phases, executors and workspaces, on a few operators whose results are easy to know."""

import ctypes
import threading

import numpy as np
import pytest
from acl import BF16, FLOAT, INT32, INT64, AclError, Tensor, from_bf16, to_bf16
from attention_call import attention_arguments


def test_add_runs_through_both_phases(acl):
    a = acl.tensor(np.arange(6, dtype=np.float32).reshape(2, 3))
    b = acl.tensor(np.ones(3, np.float32))
    out = acl.empty((2, 3), FLOAT)
    acl.run("aclnnAdd", a, b, acl.scalar(2.0), out)
    np.testing.assert_array_equal(acl.numpy(out), np.arange(6).reshape(2, 3) + 2)


def test_a_transposed_weight_is_a_view(acl):
    x = np.random.default_rng(1).standard_normal((5, 32)).astype(np.float32)
    w = np.random.default_rng(2).standard_normal((7, 32)).astype(np.float32)
    weight = Tensor(acl, acl.upload(to_bf16(w)), (32, 7), BF16, strides=(1, 32), storage=(7, 32))
    out = acl.empty((5, 7), BF16)
    acl.run("aclnnMm", acl.tensor(to_bf16(x), BF16), weight, out, 1)
    expected = from_bf16(to_bf16(x)) @ from_bf16(to_bf16(w)).T
    np.testing.assert_allclose(from_bf16(acl.numpy(out)), expected, rtol=2e-2, atol=2e-2)


def test_a_second_phase_consumes_its_executor(acl):
    a, out = acl.tensor(np.ones(4, np.float32)), acl.empty((4,), FLOAT)
    before = acl.stats().liveExecutors
    acl.run("aclnnRelu", a, out)
    assert acl.stats().liveExecutors == before


def test_attention_asks_for_a_workspace_and_refuses_to_run_without_it(acl):
    q = acl.tensor(to_bf16(np.ones((4, 1, 16))), BF16)
    out = acl.empty((4, 1, 16), BF16)
    arguments = attention_arguments(
        acl,
        q,
        acl.tensor(to_bf16(np.ones((4, 1, 16))), BF16),
        acl.tensor(to_bf16(np.full((4, 1, 16), 3.0)), BF16),
        out,
        [4],
        [4],
    )
    size, executor = acl.phase1("aclnnFusedInferAttentionScoreV2", *arguments)
    assert size > 0
    with pytest.raises(AclError) as error:
        acl.check("aclnnFusedInferAttentionScoreV2", None, size, executor, None)
    assert error.value.code == 161001
    acl.run("aclnnFusedInferAttentionScoreV2", *arguments)
    np.testing.assert_array_equal(from_bf16(acl.numpy(out)), np.full((4, 1, 16), 3.0))


def test_a_repeatable_executor_runs_again_on_new_addresses(acl):
    a, out = acl.tensor(np.array([-1, 2], np.float32)), acl.empty((2,), FLOAT)
    size, executor = acl.phase1("aclnnRelu", a, out)
    acl.check("aclSetAclOpExecutorRepeatable", executor)
    acl.check("aclnnRelu", None, size, executor, None)
    other = acl.upload(np.array([5, -6], np.float32))
    acl.check("aclSetInputTensorAddr", executor, 0, a.handle, other)
    second = acl.empty((2,), FLOAT)
    acl.check("aclSetOutputTensorAddr", executor, 0, out.handle, second.pointer)
    acl.check("aclnnRelu", None, size, executor, None)
    acl.check("aclrtSynchronizeStream", None)
    np.testing.assert_array_equal(acl.numpy(out), [0, 2])
    np.testing.assert_array_equal(acl.numpy(second), [5, 0])
    assert acl.aclSetTensorAddr(executor, 7, a.handle, other) == 161002
    acl.check("aclDestroyAclOpExecutor", executor)


def test_an_operator_that_reads_lengths_on_the_host_cannot_repeat(acl):
    q = acl.tensor(to_bf16(np.ones((2, 1, 16))), BF16)
    k, v = (acl.tensor(to_bf16(np.ones((2, 1, 16))), BF16) for _ in range(2))
    out = acl.empty((2, 1, 16), BF16)
    _, executor = acl.phase1("aclnnFusedInferAttentionScoreV2", *attention_arguments(acl, q, k, v, out, [2], [2]))
    assert acl.aclSetAclOpExecutorRepeatable(executor) == 561000
    acl.check("aclDestroyAclOpExecutor", executor)


def test_phase_one_may_run_on_another_thread(acl):
    a, out = acl.tensor(np.array([1, -1], np.float32)), acl.empty((2,), FLOAT)
    result = {}

    def prepare():
        acl.check("aclrtSetDevice", 0)
        result["executor"] = acl.phase1("aclnnNeg", a, out)

    thread = threading.Thread(target=prepare)
    thread.start()
    thread.join()
    size, executor = result["executor"]
    acl.check("aclnnNeg", None, size, executor, None)
    acl.check("aclrtSynchronizeStream", None)
    np.testing.assert_array_equal(acl.numpy(out), [-1, 1])
    acl.check("aclrtResetDevice", 0)


def test_getters_hand_out_what_was_put_in(acl):
    t = Tensor(acl, acl.malloc(256), (2, 3), INT32, strides=(4, 1), offset=5, storage=(20,))
    dims, count = ctypes.POINTER(ctypes.c_int64)(), ctypes.c_uint64()
    acl.check("aclGetViewStrides", t.handle, ctypes.byref(dims), ctypes.byref(count))
    assert [dims[i] for i in range(count.value)] == [4, 1]
    offset = ctypes.c_int64()
    acl.check("aclGetViewOffset", t.handle, ctypes.byref(offset))
    assert offset.value == 5
    assert acl.aclGetViewOffset(t.handle, None) == 161001


def test_a_list_destroys_its_members(acl):
    before = acl.stats().liveTensors
    tensors = [acl.empty((2,), FLOAT) for _ in range(3)]
    made = acl.tensor_list(tensors)
    assert acl.stats().liveTensors == before + 3
    acl.check("aclDestroyTensorList", made)
    assert acl.stats().liveTensors == before


def test_index_copy_writes_rows_and_reports_a_bad_index_late(acl):
    cache = acl.tensor(np.zeros((4, 2), np.float32))
    index = acl.tensor(np.array([3, 1], np.int64))
    source = acl.tensor(np.array([[1, 2], [3, 4]], np.float32))
    acl.run("aclnnInplaceIndexCopy", cache, 0, index, source)
    np.testing.assert_array_equal(acl.numpy(cache), [[0, 0], [3, 4], [0, 0], [1, 2]])
    bad = acl.tensor(np.array([0, 9], np.int64))
    acl.launch("aclnnInplaceIndexCopy", cache, 0, bad, source)
    assert acl.aclrtSynchronizeStream(None) == 507035


def test_results_do_not_depend_on_how_views_are_laid_out(acl):
    x = np.random.default_rng(3).standard_normal((6, 8, 16)).astype(np.float32)
    gamma = acl.tensor(np.ones(16, np.float32))
    outputs = []
    for strided in (False, True):
        if strided:
            source = Tensor(
                acl, acl.upload(x.transpose(1, 0, 2)), x.shape, FLOAT, strides=(16, 96, 1), storage=(8, 6, 16)
            )
        else:
            source = acl.tensor(x)
        out, rstd = acl.empty(x.shape, FLOAT), acl.empty((6, 8, 1), FLOAT)
        acl.run("aclnnRmsNorm", source, gamma, 1e-6, out, rstd)
        outputs.append(acl.numpy(out))
    np.testing.assert_array_equal(outputs[0], outputs[1])


def test_argmax_takes_the_lowest_index_on_ties(acl):
    x = acl.tensor(np.array([[1, 5, 5], [7, 7, 0]], np.float32))
    out = acl.empty((2,), INT64)
    acl.run("aclnnArgMax", x, 1, False, out)
    np.testing.assert_array_equal(acl.numpy(out), [1, 0])
