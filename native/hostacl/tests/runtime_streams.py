"""Streams and events: asynchrony, order, timeouts, flags, failure modes."""

import ctypes
import time
from collections.abc import Callable

import numpy as np
import pytest
from acl import D2H

SYNC, TIME_LINE, EXTERNAL = 0x1, 0x8, 0x20
SLOW_STREAM = 4
HOST_FUNCTION = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def status(acl, function, handle):
    value = ctypes.c_int32(-1)
    acl.check(function, handle, ctypes.byref(value))
    return value.value


def late(seen: list, mark: object) -> Callable[[object], None]:
    """A callback that appends `mark` after 50 ms."""

    def append(_: object) -> None:
        time.sleep(0.05)
        seen.append(mark)

    return append


def test_work_is_asynchronous_and_in_order(acl):
    stream = acl.create("aclrtCreateStream")
    seen: list[int] = []
    first = HOST_FUNCTION(late(seen, 1))
    second = HOST_FUNCTION(lambda _: seen.append(2))
    start = time.monotonic()
    acl.check("aclrtLaunchHostFunc", stream, first, None)
    acl.check("aclrtLaunchHostFunc", stream, second, None)
    assert time.monotonic() - start < 0.04, "submission does not wait"
    assert status(acl, "aclrtStreamQuery", stream) == 1
    acl.check("aclrtSynchronizeStream", stream)
    assert seen == [1, 2]
    assert status(acl, "aclrtStreamQuery", stream) == 0


def test_streams_run_beside_each_other(acl):
    streams = [acl.create("aclrtCreateStream") for _ in range(4)]
    pause = HOST_FUNCTION(lambda _: time.sleep(0.1))
    start = time.monotonic()
    for stream in streams:
        acl.check("aclrtLaunchHostFunc", stream, pause, None)
    acl.check("aclrtSynchronizeDevice")
    assert time.monotonic() - start < 0.35


def test_an_event_holds_one_stream_until_another_is_there(acl):
    first, second = acl.create("aclrtCreateStream"), acl.create("aclrtCreateStream")
    event = acl.create("aclrtCreateEventExWithFlag", SYNC)
    seen: list[str] = []
    slow, quick = (
        HOST_FUNCTION(late(seen, "a")),
        HOST_FUNCTION(lambda _: seen.append("b")),
    )
    acl.check("aclrtLaunchHostFunc", first, slow, None)
    acl.check("aclrtRecordEvent", event, first)
    acl.check("aclrtStreamWaitEvent", second, event)
    acl.check("aclrtLaunchHostFunc", second, quick, None)
    acl.check("aclrtSynchronizeStream", second)
    assert seen == ["a", "b"]


def test_a_wait_uses_the_latest_record_before_it(acl):
    first, second = acl.create("aclrtCreateStream"), acl.create("aclrtCreateStream")
    event = acl.create("aclrtCreateEventExWithFlag", SYNC)
    acl.check("aclrtRecordEvent", event, first)
    acl.check("aclrtStreamWaitEvent", second, event)
    pause = HOST_FUNCTION(lambda _: time.sleep(0.3))
    acl.check("aclrtLaunchHostFunc", first, pause, None)
    acl.check("aclrtRecordEvent", event, first)
    acl.check("aclrtSynchronizeStreamWithTimeout", second, 200)
    assert status(acl, "aclrtQueryEventStatus", event) == 0
    acl.check("aclrtSynchronizeEvent", event)
    assert status(acl, "aclrtQueryEventStatus", event) == 1


def test_event_states_before_the_first_record(acl):
    assert status(acl, "aclrtQueryEventStatus", acl.create("aclrtCreateEventExWithFlag", SYNC)) == 1
    plain = acl.create("aclrtCreateEvent")
    assert status(acl, "aclrtQueryEventStatus", plain) == 0
    assert status(acl, "aclrtQueryEventWaitStatus", plain) == 0


@pytest.mark.parametrize("function", ["aclrtQueryEvent", "aclrtQueryEventWaitStatus"])
def test_events_with_ex_flags_have_no_old_queries(acl, refused, function):
    event = acl.create("aclrtCreateEventExWithFlag", SYNC)
    refused(107000, function, event, ctypes.byref(ctypes.c_int32()), misuse=13)


def test_only_sync_events_can_be_waited_for_and_reset(acl, refused):
    timer = acl.create("aclrtCreateEventExWithFlag", TIME_LINE)
    refused(107000, "aclrtStreamWaitEvent", None, timer, misuse=13)
    refused(107000, "aclrtResetEvent", timer, None, misuse=13)
    acl.check("aclrtResetEvent", acl.create("aclrtCreateEventWithFlag", SYNC), None)


def test_elapsed_time_needs_time_line_events_that_happened(acl, refused):
    stream = acl.create("aclrtCreateStream")
    start, end = (acl.create("aclrtCreateEventExWithFlag", TIME_LINE) for _ in range(2))
    elapsed = ctypes.c_float()
    acl.check("aclrtRecordEvent", start, stream)
    refused(107006, "aclrtEventElapsedTime", ctypes.byref(elapsed), start, end)
    pause = HOST_FUNCTION(lambda _: time.sleep(0.02))
    acl.check("aclrtLaunchHostFunc", stream, pause, None)
    acl.check("aclrtRecordEvent", end, stream)
    acl.check("aclrtSynchronizeStream", stream)
    acl.check("aclrtEventElapsedTime", ctypes.byref(elapsed), start, end)
    assert 20 <= elapsed.value < 2000
    plain = acl.create("aclrtCreateEventExWithFlag", SYNC)
    acl.check("aclrtRecordEvent", plain, stream)
    acl.check("aclrtSynchronizeStream", stream)
    refused(107006, "aclrtEventElapsedTime", ctypes.byref(elapsed), start, plain)


def test_a_synchronise_times_out(acl, refused):
    stream = acl.create("aclrtCreateStream")
    event = acl.create("aclrtCreateEventExWithFlag", SYNC)
    pause = HOST_FUNCTION(lambda _: time.sleep(0.2))
    acl.check("aclrtLaunchHostFunc", stream, pause, None)
    acl.check("aclrtRecordEvent", event, stream)
    refused(507046, "aclrtSynchronizeStreamWithTimeout", stream, 10)
    refused(507046, "aclrtSynchronizeDeviceWithTimeout", 10)
    refused(507047, "aclrtSynchronizeEventWithTimeout", event, 10)
    for function, handle in (
        ("aclrtSynchronizeStreamWithTimeout", stream),
        ("aclrtSynchronizeEventWithTimeout", event),
    ):
        refused(107000, function, handle, 0, misuse=12)
    acl.check("aclrtSynchronizeStreamWithTimeout", stream, 5000)


def test_abort_and_force_drop_pending_work(acl):
    stream = acl.create("aclrtCreateStream")
    a, out = acl.tensor(np.ones(4, np.float32)), acl.tensor(np.zeros(4, np.float32))
    event = acl.create("aclrtCreateEventExWithFlag", SYNC)
    pause = HOST_FUNCTION(lambda _: time.sleep(0.05))
    acl.check("aclrtLaunchHostFunc", stream, pause, None)
    acl.launch("aclnnRelu", a, out, stream=stream)
    acl.check("aclrtRecordEvent", event, stream)
    acl.check("aclrtStreamAbort", stream)
    np.testing.assert_array_equal(acl.numpy(out), np.zeros(4))
    acl.check("aclrtSynchronizeEventWithTimeout", event, 1000)
    acl.run("aclnnRelu", a, out, stream=stream)
    np.testing.assert_array_equal(acl.numpy(out), np.ones(4))
    acl.check("aclrtLaunchHostFunc", stream, pause, None)
    acl.launch("aclnnNeg", a, out, stream=stream)
    acl.check("aclrtDestroyStreamForce", stream)
    np.testing.assert_array_equal(acl.numpy(out), np.ones(4))


def test_destroying_a_stream_waits_for_its_work(acl):
    stream = acl.create("aclrtCreateStream")
    a, out = acl.tensor(np.ones(4, np.float32)), acl.tensor(np.zeros(4, np.float32))
    acl.check("hostaclInjectFault", SLOW_STREAM, 20000)
    acl.launch("aclnnNeg", a, out, stream=stream)
    acl.check("aclrtDestroyStream", stream)
    np.testing.assert_array_equal(acl.numpy(out), -np.ones(4))


def test_the_stream_limit_of_the_part_is_kept(acl, refused):
    streams = [acl.create("aclrtCreateStream") for _ in range(1984)]
    refused(207008, "aclrtCreateStream", ctypes.byref(ctypes.c_void_p()))
    for stream in streams:
        acl.check("aclrtDestroyStream", stream)
    acl.check("aclrtDestroyStream", acl.create("aclrtCreateStream"))


def test_a_failure_mode_is_set_once(acl, refused):
    stream = acl.create("aclrtCreateStream")
    refused(107000, "aclrtSetStreamFailureMode", stream, 7)
    acl.check("aclrtSetStreamFailureMode", stream, 1)
    refused(107000, "aclrtSetStreamFailureMode", stream, 0)


def test_an_external_event_is_a_flag(acl):
    first, second = acl.create("aclrtCreateStream"), acl.create("aclrtCreateStream")
    event = acl.create("aclrtCreateEventWithFlag", EXTERNAL)
    acl.check("aclrtStreamWaitEvent", second, event)
    assert acl.aclrtSynchronizeStreamWithTimeout(second, 20) == 507046
    acl.check("aclrtRecordEvent", event, first)
    acl.check("aclrtSynchronizeStreamWithTimeout", second, 2000)
    acl.check("aclrtResetEvent", event, first)
    acl.check("aclrtSynchronizeStream", first)
    acl.check("aclrtStreamWaitEvent", second, event)
    assert acl.aclrtSynchronizeStreamWithTimeout(second, 20) == 507046
    acl.check("aclrtRecordEvent", event, first)
    acl.check("aclrtSynchronizeStream", second)


def test_a_ping_pong_between_streams_keeps_the_data(acl):
    streams = [acl.create("aclrtCreateStream") for _ in range(2)]
    event = acl.create("aclrtCreateEventExWithFlag", SYNC)
    x = acl.tensor(np.zeros(257, np.float32))
    one = acl.scalar(1.0)
    for i in range(200):
        acl.launch("aclnnInplaceAdds", x, one, one, stream=streams[i % 2])
        acl.check("aclrtRecordEvent", event, streams[i % 2])
        acl.check("aclrtStreamWaitEvent", streams[(i + 1) % 2], event)
    host = acl.pinned(257 * 4)
    acl.check("aclrtMemcpyAsync", host, 257 * 4, x.pointer, 257 * 4, D2H, streams[0])
    acl.check("aclrtSynchronizeStream", streams[0])
    np.testing.assert_array_equal(acl.view(host, (257,), np.float32), np.full(257, 200))
