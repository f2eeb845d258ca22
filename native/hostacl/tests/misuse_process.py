"""Misuses 1 to 9 of the ABI reference's section 7: process, device, context, handles."""

import ctypes
import threading

import numpy as np
from acl import FLOAT


def on_thread(function):
    """Runs a function on a fresh thread and returns its result."""
    result = []
    thread = threading.Thread(target=lambda: result.append(function()))
    thread.start()
    thread.join()
    return result[0]


def test_1_a_call_before_init_is_refused(process):
    out = process("print(acl.aclrtSetDevice(0), acl.hostaclLastMisuseNumber(), bool(acl.message()))")
    assert out.split() == ["100001", "1", "True"]


def test_1_an_operator_before_init_is_refused(process):
    code = "t = acl.aclCreateTensor(None, 0, 0, None, 0, 2, None, 0, None)\n"
    code += "w, e = ctypes.c_uint64(), ctypes.c_void_p()\n"
    code += "print(acl.aclnnReluGetWorkspaceSize(t, t, ctypes.byref(w), ctypes.byref(e)))"
    assert process(code).split() == ["100001"]


def test_2_a_second_init_is_answered_and_tolerated(process):
    code = "print(acl.aclInit(None), acl.aclInit(None), acl.hostaclLastMisuseNumber(), acl.aclrtSetDevice(0))"
    assert process(code).split() == ["0", "100002", "2", "0"]


def test_3_finalize_twice_is_refused(process):
    code = "acl.check('aclInit', None)\nprint(acl.aclFinalize(), acl.aclFinalize(), acl.hostaclLastMisuseNumber())\n"
    code += "print(acl.aclrtSetDevice(0))"
    assert process(code).split() == ["0", "100037", "3", "100001"]


def test_3_finalize_with_live_objects_names_them(process):
    code = (
        "acl.check('aclInit', None)\nacl.check('aclrtSetDevice', 0)\nacl.malloc(64)\nacl.create('aclrtCreateStream')\n"
    )
    code += "acl.check('aclFinalize')\nprint(acl.hostaclLastMisuseNumber(), acl.hostaclLastMisuse().decode())"
    out = process(code, HOSTACL_CHECKED="1")
    assert out.startswith("3 ")
    assert "1 streams" in out and "1 device allocations" in out


def test_3_a_clean_program_leaks_nothing(process):
    code = "acl.check('aclInit', None)\nacl.check('aclrtSetDevice', 0)\np = acl.malloc(64)\nacl.check('aclrtFree', p)\n"
    code += "acl.check('aclrtResetDevice', 0)\nacl.check('aclFinalize')\nprint(acl.hostaclLastMisuseNumber())"
    assert process(code, HOSTACL_CHECKED="1").split() == ["0"]


def test_4_a_thread_without_a_context_is_refused(checked):
    pointer = ctypes.c_void_p()
    assert on_thread(lambda: checked.aclrtMalloc(ctypes.byref(pointer), 64, 0)) == 107002
    assert on_thread(lambda: checked.aclrtCreateStream(ctypes.byref(pointer))) == 107002
    assert on_thread(lambda: checked.aclrtMemcpy(64, 64, 64, 64, 3)) == 107002
    assert checked.hostaclLastMisuseNumber() == 4


def test_4_operators_on_a_thread_without_a_context_are_refused(checked):
    a, out = checked.tensor(np.ones(4, np.float32)), checked.empty((4,), FLOAT)
    size, executor = ctypes.c_uint64(), ctypes.c_void_p()
    arguments = (a.handle, out.handle, ctypes.byref(size), ctypes.byref(executor))
    assert on_thread(lambda: checked.aclnnReluGetWorkspaceSize(*arguments)) == 361001
    size, executor = checked.phase1("aclnnRelu", a, out)
    assert on_thread(lambda: checked.aclnnRelu(None, size, executor, None)) == 361001


def test_5_a_null_context_is_refused(checked, refused):
    refused(107000, "aclrtSetCurrentContext", None, misuse=5)


def test_5_a_destroyed_context_is_refused(checked, refused):
    context = checked.create("aclrtCreateContext", 0)
    checked.check("aclrtDestroyContext", context)
    refused(107002, "aclrtSetCurrentContext", context, misuse=5)
    refused(107002, "aclrtDestroyContext", context, misuse=5)
    pointer = ctypes.c_void_p()
    refused(107002, "aclrtMalloc", ctypes.byref(pointer), 64, 0, misuse=4)


def test_6_a_stream_of_another_context_is_refused(checked, refused):
    stream = checked.create("aclrtCreateStream")
    pinned = checked.pinned(64)
    device = checked.malloc(64)
    a, out = checked.tensor(np.ones(4, np.float32)), checked.empty((4,), FLOAT)
    size, executor = checked.phase1("aclnnRelu", a, out)
    context = checked.create("aclrtCreateContext", 0)
    refused(107003, "aclrtMemcpyAsync", device, 64, pinned, 64, 1, stream, misuse=6)
    refused(107003, "aclmdlRICaptureBegin", stream, 0, misuse=6)
    refused(107003, "aclrtDestroyStream", stream, misuse=6)
    refused(107003, "aclnnRelu", None, size, executor, stream, misuse=6)
    assert checked.aclrtSynchronizeStream(stream) == 0, "a synchronise switches silently"
    checked.check("aclrtDestroyContext", context)


def test_7_a_device_id_out_of_range_is_refused(checked, refused):
    for device in (-1, 1, 4096):
        refused(107001, "aclrtSetDevice", device, misuse=7)
        refused(107001, "aclrtResetDevice", device, misuse=7)
        refused(107001, "aclrtCreateContext", ctypes.byref(ctypes.c_void_p()), device, misuse=7)


def test_8_the_default_context_cannot_be_destroyed(checked, refused):
    context = ctypes.c_void_p()
    checked.check("aclrtGetCurrentContext", ctypes.byref(context))
    refused(107002, "aclrtDestroyContext", context, misuse=8)


def test_8_a_reset_without_a_set_is_refused(checked, refused):
    checked.check("aclrtResetDeviceForce", 0)
    refused(507007, "aclrtResetDevice", 0, misuse=8)
    refused(507007, "aclrtResetDeviceForce", 0, misuse=8)


def test_9_unknown_and_destroyed_handles_are_refused(checked, refused):
    stream, event = checked.create("aclrtCreateStream"), checked.create("aclrtCreateEventExWithFlag", 1)
    checked.check("aclrtDestroyStream", stream)
    checked.check("aclrtDestroyEvent", event)
    refused(107017, "aclrtSynchronizeStream", stream, misuse=9)
    refused(107017, "aclrtDestroyStream", stream, misuse=9)
    refused(107017, "aclrtSynchronizeStream", 0xDEADBEEF, misuse=9)
    refused(107017, "aclrtRecordEvent", event, None, misuse=9)
    refused(107017, "aclrtStreamWaitEvent", None, event, misuse=9)
    refused(107017, "aclrtDestroyEvent", event, misuse=9)
    refused(107017, "aclmdlRIDestroy", 0x1234, misuse=9)
    other = checked.create("aclrtCreateEventExWithFlag", 1)
    assert other != event, "an address is not given out again at once"


def test_9_a_destroyed_tensor_is_refused_by_operators(checked, refused):
    a, out = checked.tensor(np.ones(4, np.float32)), checked.empty((4,), FLOAT)
    a.destroy()
    outs = ctypes.byref(ctypes.c_uint64()), ctypes.byref(ctypes.c_void_p())
    refused(161002, "aclnnReluGetWorkspaceSize", a.handle, out.handle, *outs, misuse=9)
    refused(161002, "aclnnReluGetWorkspaceSize", 0x1000, out.handle, *outs, misuse=9)
