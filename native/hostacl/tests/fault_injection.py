"""Injected faults: each happens at the chosen moment, is reported as on a device, and can be recovered from."""

import ctypes

import numpy as np
import pytest
from acl import FLOAT, AclError

OOM, KERNEL, LOST, SLOW, SYNC = 1, 2, 3, 4, 5


def operands(acl):
    return acl.tensor(np.ones(4, np.float32)), acl.tensor(np.zeros(4, np.float32))


def recover(acl):
    acl.check("aclrtResetDeviceForce", 0)
    acl.check("aclrtSetDevice", 0)


def test_the_nth_malloc_runs_out_of_memory(acl):
    acl.check("hostaclInjectFault", OOM, 2)
    acl.malloc(64)
    with pytest.raises(AclError) as error:
        acl.malloc(64)
    assert error.value.code == 207001
    acl.malloc(64)


@pytest.mark.parametrize(("name", "code"), [("aclnnRelu", 507035), ("aclnnMm", 507015)])
def test_a_kernel_fault_comes_late_and_stays(acl, name, code):
    a, out = (acl.tensor(np.eye(4, dtype=np.float32)) for _ in range(2))
    other = acl.empty((4, 4), FLOAT)
    acl.check("hostaclInjectFault", KERNEL, 2)
    acl.run("aclnnNeg", a, other)
    arguments = (a, out) if name == "aclnnRelu" else (a, a, out, 1)
    acl.launch(name, *arguments)
    assert acl.aclrtSynchronizeStream(None) == code
    assert acl.aclrtSynchronizeDevice() == code
    status = ctypes.c_int32()
    acl.check("aclrtQueryDeviceStatus", 0, ctypes.byref(status))
    assert status.value == 1
    recover(acl)
    acl.run("aclnnNeg", a, other)


def test_with_continue_later_tasks_still_run(acl):
    a, out = operands(acl)
    acl.check("hostaclInjectFault", KERNEL, 1)
    acl.launch("aclnnNeg", a, out)
    acl.launch("aclnnRelu", a, out)
    assert acl.aclrtSynchronizeStream(None) == 507035
    np.testing.assert_array_equal(acl.numpy(out), np.ones(4))


def test_with_stop_later_tasks_do_not_run_and_none_is_accepted(acl):
    a, out = operands(acl)
    stream, other = acl.create("aclrtCreateStream"), acl.create("aclrtCreateStream")
    acl.check("aclrtSetStreamFailureMode", stream, 1)
    acl.check("hostaclInjectFault", SLOW, 10000)
    acl.check("hostaclInjectFault", KERNEL, 1)
    acl.launch("aclnnNeg", a, out, stream=stream)
    acl.launch("aclnnRelu", a, out, stream=stream)
    assert acl.aclrtSynchronizeStream(stream) == 507035
    np.testing.assert_array_equal(acl.numpy(out), np.zeros(4))
    size, executor = acl.phase1("aclnnRelu", a, out)
    assert acl.aclnnRelu(None, size, executor, other) == 507035, "the stop spreads to the context"
    recover(acl)
    acl.check("hostaclInjectFault", 0, 0)
    acl.run("aclnnRelu", a, out)


def test_a_lost_device_answers_nothing_until_it_is_reset(acl, refused):
    a, out = operands(acl)
    acl.check("hostaclInjectFault", LOST, 0)
    refused(507010, "aclrtMalloc", ctypes.byref(ctypes.c_void_p()), 64, 0)
    with pytest.raises(AclError) as error:
        acl.phase1("aclnnRelu", a, out)
    assert error.value.code == 507010
    refused(507010, "aclrtSynchronizeDevice")
    recover(acl)
    acl.run("aclnnRelu", a, out)


def test_a_lost_device_releases_those_who_wait(acl):
    stream = acl.create("aclrtCreateStream")
    a, out = operands(acl)
    acl.check("hostaclInjectFault", SLOW, 50000)
    for _ in range(3):
        acl.launch("aclnnNeg", a, out, stream=stream)
    acl.check("hostaclInjectFault", LOST, 0)
    assert acl.aclrtSynchronizeStreamWithTimeout(stream, 5000) == 507010


def test_a_synchronise_can_be_made_to_time_out(acl):
    acl.check("hostaclInjectFault", SYNC, 2)
    assert [acl.aclrtSynchronizeStream(None) for _ in range(3)] == [0, 507046, 0]


def test_slow_streams_show_a_missing_synchronise(acl):
    a, out = operands(acl)
    acl.check("hostaclInjectFault", SLOW, 50000)
    acl.launch("aclnnRelu", a, out)
    np.testing.assert_array_equal(acl.numpy(out), np.zeros(4))
    acl.check("aclrtSynchronizeStream", None)
    np.testing.assert_array_equal(acl.numpy(out), np.ones(4))


def test_faults_come_from_the_environment(process):
    code = "acl.check('aclInit', None)\nacl.check('aclrtSetDevice', 0)\np = ctypes.c_void_p()\n"
    code += "print([acl.aclrtMalloc(ctypes.byref(p), 64, 0) for _ in range(3)], acl.aclrtSynchronizeStream(None))"
    assert process(code, HOSTACL_FAULT="oom=2,sync=1") == "[0, 207001, 0] 507046\n"


def test_the_exception_callback_names_the_fault(acl):
    seen = []
    callback_type = ctypes.CFUNCTYPE(None, ctypes.c_void_p)

    def note(info):
        seen.append((acl.aclrtGetErrorCodeFromExceptionInfo(info), acl.aclrtGetDeviceIdFromExceptionInfo(info)))

    callback = callback_type(note)
    acl.check("aclrtSetExceptionInfoCallback", callback)
    a, out = operands(acl)
    acl.check("hostaclInjectFault", KERNEL, 1)
    acl.launch("aclnnNeg", a, out)
    acl.aclrtSynchronizeStream(None)
    acl.check("aclrtSetExceptionInfoCallback", None)
    assert seen == [(507035, 0)]


def test_unknown_faults_are_refused(acl, refused):
    refused(100000, "hostaclInjectFault", 99, 0)
    refused(100000, "hostaclInjectFault", OOM, -1)
    refused(100000, "hostaclInjectFault", LOST, 5)
