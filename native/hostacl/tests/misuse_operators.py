"""Misuses 21 and 29 to 42 of the ABI reference's section 7: aclnn objects, phases and operators."""

import ctypes

import numpy as np
from acl import BF16, DOUBLE, FLOAT, FLOAT16, NCL, Tensor, to_bf16
from attention_call import attention_arguments


def outs():
    return ctypes.byref(ctypes.c_uint64()), ctypes.byref(ctypes.c_void_p())


def test_29_a_null_required_pointer_is_refused(checked, refused):
    a, out = checked.tensor(np.ones(4, np.float32)), checked.empty((4,), FLOAT)
    refused(161001, "aclnnReluGetWorkspaceSize", None, out.handle, *outs(), misuse=29)
    refused(161001, "aclnnReluGetWorkspaceSize", a.handle, None, *outs(), misuse=29)
    refused(161001, "aclnnReluGetWorkspaceSize", a.handle, out.handle, None, None, misuse=29)
    refused(161001, "aclnnAddGetWorkspaceSize", a.handle, a.handle, None, out.handle, *outs(), misuse=29)
    x, gamma = checked.empty((2, 16), FLOAT), checked.empty((16,), FLOAT)
    refused(161001, "aclnnRmsNormGetWorkspaceSize", x.handle, gamma.handle, 1e-6, x.handle, None, *outs(), misuse=29)


def test_30_types_shapes_and_attributes_are_checked(checked, phase1_refused):
    a, wide = checked.empty((4, 8), FLOAT), checked.empty((4, 8), DOUBLE)
    phase1_refused(161002, "aclnnRelu", a, checked.empty((8, 4), FLOAT))
    phase1_refused(161002, "aclnnSilu", wide, wide)
    phase1_refused(161002, "aclnnMm", a, a, checked.empty((4, 4), FLOAT), 1)
    phase1_refused(161002, "aclnnMm", a, checked.empty((8, 4), FLOAT), checked.empty((4, 4), FLOAT), 9)
    phase1_refused(161002, "aclnnGeluV2", a, 2, a)
    phase1_refused(161002, "aclnnSoftmax", a, 2, a)
    phase1_refused(161002, "aclnnAdd", a, checked.empty((3,), FLOAT), checked.scalar(1.0), a)
    phase1_refused(161002, "aclnnTopk", a, 2, 1, True, False, checked.empty((4, 2), FLOAT), checked.empty((4, 2), 9))
    assert checked.hostaclLastMisuseNumber() == 30


def test_30_private_formats_are_refused(checked, phase1_refused):
    a = Tensor(checked, checked.malloc(1024), (16, 16), FLOAT16, fmt=29)
    phase1_refused(161002, "aclnnRelu", a, checked.empty((16, 16), FLOAT16))


def test_30_convolution_wants_ncl(checked, phase1_refused):
    def call(fmt, pad=(1,)):
        x, w = checked.empty((1, 2, 8), FLOAT, fmt), checked.empty((3, 2, 3), FLOAT, NCL)
        y = checked.empty((1, 3, 8), FLOAT, NCL)
        one = [checked.integers(v) for v in ((1,), pad, (1,), (0,))]
        phase1_refused(161002, "aclnnConvolution", x, w, None, one[0], one[1], one[2], False, one[3], 1, y, 1)

    call(2)
    call(NCL, (256,))
    call(NCL, (1, 1, 1))


def test_30_bf16_does_not_mix_in_a_product(checked, phase1_refused):
    a, b = checked.empty((4, 8), BF16), checked.empty((8, 4), FLOAT16)
    phase1_refused(161002, "aclnnMm", a, b, checked.empty((4, 4), FLOAT16), 0)
    phase1_refused(161002, "aclnnMm", a, checked.empty((8, 4), BF16), checked.empty((4, 4), BF16), 2)


def test_30_the_310p_lacks_bf16_and_fused_attention(process):
    code = (
        "acl.check('aclInit', None)\nacl.check('aclrtSetDevice', 0)\nprint(acl.aclrtGetSocName().decode())\n"
        "def code(name, *arguments):\n"
        "    try: acl.phase1(name, *arguments)\n"
        "    except AclError as error: return error.code\n"
        "    return 0\n"
        "b, f, h = (acl.empty((16, 16), t) for t in (BF16, FLOAT, FLOAT16))\n"
        "print(code('aclnnRelu', b, b), code('aclnnMm', f, f, f, 0), code('aclnnMm', f, f, f, 1))\n"
        "from attention_call import attention_arguments\n"
        "q = [acl.empty((4, 1, 16), FLOAT16) for _ in range(4)]\n"
        "print(code('aclnnFusedInferAttentionScoreV2', *attention_arguments(acl, *q, [4], [4])))\n"
    )
    assert process(code, HOSTACL_SOC="Ascend310P3").split() == ["Ascend310P3", "161002", "161002", "0", "561003"]


def test_31_an_executor_is_used_once(checked, refused):
    a, out = checked.tensor(np.ones(4, np.float32)), checked.empty((4,), FLOAT)
    size, executor = checked.phase1("aclnnRelu", a, out)
    checked.check("aclnnRelu", None, size, executor, None)
    refused(561103, "aclnnRelu", None, size, executor, None, misuse=31)
    refused(561103, "aclDestroyAclOpExecutor", executor, misuse=31)


def test_31_a_destroyed_executor_is_refused(checked, refused):
    a, out = checked.tensor(np.ones(4, np.float32)), checked.empty((4,), FLOAT)
    size, executor = checked.phase1("aclnnRelu", a, out)
    checked.check("aclDestroyAclOpExecutor", executor)
    refused(561103, "aclnnRelu", None, size, executor, None, misuse=31)
    refused(561103, "aclnnRelu", None, 0, None, None, misuse=31)


def test_31_an_executor_belongs_to_its_operator(checked, refused):
    a, out = checked.tensor(np.ones(4, np.float32)), checked.empty((4,), FLOAT)
    size, executor = checked.phase1("aclnnRelu", a, out)
    refused(561000, "aclnnNeg", None, size, executor, None, misuse=31)
    checked.check("aclnnRelu", None, size, executor, None)


def test_31_an_executor_that_is_never_used_is_a_leak(process):
    code = (
        "acl.check('aclInit', None)\nacl.check('aclrtSetDevice', 0)\n"
        "a = acl.empty((4,), FLOAT)\nacl.phase1('aclnnRelu', a, a)\nacl.check('aclFinalize')\n"
        "print(acl.hostaclLastMisuse().decode())"
    )
    assert "1 executors" in process(code, HOSTACL_CHECKED="1")


def attention(acl):
    q, k, v = (acl.tensor(to_bf16(np.ones((4, 1, 16))), BF16) for _ in range(3))
    return attention_arguments(acl, q, k, v, acl.empty((4, 1, 16), BF16), [4], [4])


def test_32_a_workspace_must_be_given(checked, refused):
    size, executor = checked.phase1("aclnnFusedInferAttentionScoreV2", *attention(checked))
    refused(161001, "aclnnFusedInferAttentionScoreV2", None, size, executor, None, misuse=32)


def test_32_a_workspace_must_be_large_enough(checked, refused):
    size, executor = checked.phase1("aclnnFusedInferAttentionScoreV2", *attention(checked))
    workspace = checked.malloc(size)
    refused(161002, "aclnnFusedInferAttentionScoreV2", workspace, size - 1, executor, None, misuse=32)


def test_32_a_workspace_must_be_device_memory(checked, refused):
    size, executor = checked.phase1("aclnnFusedInferAttentionScoreV2", *attention(checked))
    host = np.zeros(size, np.uint8)
    refused(161002, "aclnnFusedInferAttentionScoreV2", host.ctypes.data, size, executor, None, misuse=32)


def test_32_a_workspace_in_flight_cannot_serve_another_stream(checked, refused):
    first, second = checked.create("aclrtCreateStream"), checked.create("aclrtCreateStream")
    size, executor = checked.phase1("aclnnFusedInferAttentionScoreV2", *attention(checked))
    workspace = checked.malloc(size)
    checked.check("aclnnFusedInferAttentionScoreV2", workspace, size, executor, first)
    size, executor = checked.phase1("aclnnFusedInferAttentionScoreV2", *attention(checked))
    refused(361001, "aclnnFusedInferAttentionScoreV2", workspace, size, executor, second, misuse=27)


def test_33_arguments_live_until_the_second_phase(checked, refused):
    out = checked.empty((4,), FLOAT)
    a = checked.tensor(np.ones(4, np.float32))
    size, executor = checked.phase1("aclnnRelu", a, out)
    a.destroy()
    refused(561103, "aclnnRelu", None, size, executor, None, misuse=33)
    b, alpha = checked.tensor(np.ones(4, np.float32)), checked.scalar(1.0)
    size, executor = checked.phase1("aclnnAdd", b, b, alpha, out)
    checked.check("aclDestroyScalar", alpha)
    refused(561103, "aclnnAdd", None, size, executor, None, misuse=33)
    x, array = checked.tensor(np.ones((2, 2), np.float32)), checked.integers([1])
    row = checked.empty((2,), FLOAT)
    size, executor = checked.phase1("aclnnAmax", x, array, False, row)
    checked.check("aclDestroyIntArray", array)
    refused(561103, "aclnnAmax", None, size, executor, None, misuse=33)
    parts = checked.tensor_list([checked.tensor(np.ones((1, 2), np.float32)) for _ in range(2)])
    size, executor = checked.phase1("aclnnCat", parts, 0, checked.empty((2, 2), FLOAT))
    checked.check("aclDestroyTensorList", parts)
    refused(561103, "aclnnCat", None, size, executor, None, misuse=33)


def test_33_arguments_may_go_after_the_second_phase(checked):
    a, out = checked.tensor(np.ones(4, np.float32)), checked.empty((4,), FLOAT)
    size, executor = checked.phase1("aclnnNeg", a, out)
    checked.check("aclnnNeg", None, size, executor, None)
    a.destroy()
    checked.check("aclrtSynchronizeStream", None)
    np.testing.assert_array_equal(checked.numpy(out), -np.ones(4))


def test_34_a_member_of_a_destroyed_list_is_gone(checked, refused):
    member = checked.empty((2,), FLOAT)
    checked.check("aclDestroyTensorList", checked.tensor_list([member]))
    refused(161002, "aclDestroyTensor", member.handle, misuse=34)
    array = checked.integers([1, 2])
    checked.check("aclDestroyIntArray", array)
    refused(161002, "aclDestroyIntArray", array, misuse=34)


def test_35_repeatable_comes_before_the_first_launch(checked, refused):
    a, out = checked.tensor(np.ones(4, np.float32)), checked.empty((4,), FLOAT)
    size, executor = checked.phase1("aclnnRelu", a, out)
    checked.check("aclSetAclOpExecutorRepeatable", executor)
    checked.check("aclnnRelu", None, size, executor, None)
    refused(561000, "aclSetAclOpExecutorRepeatable", executor, misuse=35)
    refused(161002, "aclSetTensorAddr", executor, 2, a.handle, a.pointer, misuse=35)
    checked.check("aclrtSynchronizeStream", None)
    checked.check("aclDestroyAclOpExecutor", executor)


def test_36_both_phases_run_on_one_device(process):
    code = (
        "acl.check('aclInit', None)\nacl.check('aclrtSetDevice', 0)\n"
        "a, out = acl.empty((4,), FLOAT), acl.empty((4,), FLOAT)\n"
        "size, executor = acl.phase1('aclnnRelu', a, out)\nacl.check('aclrtSetDevice', 1)\n"
        "print(acl.aclnnRelu(None, size, executor, None), acl.hostaclLastMisuseNumber())"
    )
    assert process(code, HOSTACL_DEVICES="2").split() == ["361001", "36"]


def test_37_an_output_may_not_overlap_an_input(checked, refused):
    pointer = checked.upload(np.zeros(80, np.float32))
    a, b = Tensor(checked, pointer, (64,), FLOAT), Tensor(checked, pointer, (64,), FLOAT, offset=16, storage=(80,))
    size, executor = checked.phase1("aclnnRelu", a, b)
    refused(161002, "aclnnRelu", None, size, executor, None, misuse=37)
    square = checked.tensor(np.eye(4, dtype=np.float32))
    size, executor = checked.phase1("aclnnMm", square, square, square, 1)
    refused(161002, "aclnnMm", None, size, executor, None, misuse=37)


def test_37_element_wise_operators_may_work_in_place(checked):
    a = checked.tensor(np.array([-1, 1], np.float32))
    checked.run("aclnnRelu", a, a)
    np.testing.assert_array_equal(checked.numpy(a), [0, 1])


def test_37_interleaved_views_do_not_overlap(checked):
    qkv = checked.tensor(np.ones((4, 8), np.float32))
    left, right = (Tensor(checked, qkv.pointer, (4, 4), FLOAT, (8, 1), o, storage=(4, 8)) for o in (0, 4))
    checked.run("aclnnNeg", left, right)
    np.testing.assert_array_equal(checked.numpy(qkv)[:, 4:], -np.ones((4, 4)))


def test_38_a_view_may_not_leave_its_storage(checked, phase1_refused):
    out = checked.empty((4, 4), FLOAT)
    outside = Tensor(checked, checked.malloc(1024), (4, 4), FLOAT, (8, 1), storage=(4, 4))
    phase1_refused(161002, "aclnnRelu", outside, out)
    assert checked.hostaclLastMisuseNumber() == 38


def test_38_storage_may_not_leave_its_allocation(checked, refused):
    pointer = checked.malloc(64)
    a = Tensor(checked, pointer, (4,), FLOAT, storage=(64,))
    size, executor = checked.phase1("aclnnRelu", a, checked.empty((4,), FLOAT))
    refused(161002, "aclnnRelu", None, size, executor, None, misuse=38)


def test_38_an_output_may_not_repeat_elements(checked, phase1_refused):
    out = Tensor(checked, checked.malloc(64), (4, 4), FLOAT, (0, 1), storage=(16,))
    phase1_refused(161002, "aclnnRelu", checked.empty((4, 4), FLOAT), out)


def test_39_symbols_of_later_versions_can_be_hidden():
    from acl import library_path

    old = ctypes.CDLL(str(library_path().with_name("libhostacl-8.1.so")))
    assert not hasattr(old, "aclnnScatterPaKvCache")
    assert not hasattr(old, "aclnnFastGeluGetWorkspaceSize")
    assert not hasattr(old, "aclrtLaunchHostFunc")
    assert hasattr(old, "aclnnFusedInferAttentionScoreV2")


def test_42_an_index_out_of_range_is_a_late_fault(checked):
    weight, out = checked.tensor(np.ones((4, 2), np.float32)), checked.empty((1, 2), FLOAT)
    for bad in (4, -1):
        checked.launch("aclnnEmbedding", weight, checked.tensor(np.array([bad], np.int64)), out)
        assert checked.aclrtSynchronizeStream(None) == 507035
        checked.check("aclrtResetDeviceForce", 0)
        checked.check("aclrtSetDevice", 0)


def test_21_storage_is_aligned_to_32_bytes(checked, refused):
    pointer = checked.upload(np.ones(64, np.float32))
    shifted = Tensor(checked, pointer + 4, (8,), FLOAT)
    size, executor = checked.phase1("aclnnRelu", shifted, checked.empty((8,), FLOAT))
    refused(107008, "aclnnRelu", None, size, executor, None, misuse=21)
    by_offset = Tensor(checked, pointer, (8,), FLOAT, offset=1, storage=(64,))
    checked.run("aclnnRelu", by_offset, checked.empty((8,), FLOAT))
