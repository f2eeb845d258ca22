"""Capture and replay: recording, freezing, joins by events, task groups, and the codes of every broken rule."""

import ctypes
import threading

import numpy as np
import pytest
from acl import FLOAT, H2D

GLOBAL, THREAD_LOCAL, RELAXED = 0, 1, 2
SYNC, EXTERNAL = 0x1, 0x20


@pytest.fixture
def stream(acl):
    return acl.create("aclrtCreateStream")


def end(acl, stream):
    return acl.create_last("aclmdlRICaptureEnd", stream)


def replay(acl, model, stream):
    acl.check("aclmdlRIExecuteAsync", model, stream)
    acl.check("aclrtSynchronizeStream", stream)


def test_a_capture_records_and_a_replay_runs(acl, stream):
    x = acl.tensor(np.zeros(4, np.float32))
    one = acl.scalar(1.0)
    acl.check("aclmdlRICaptureBegin", stream, GLOBAL)
    for _ in range(3):
        acl.launch("aclnnInplaceAdds", x, one, one, stream=stream)
    model = end(acl, stream)
    np.testing.assert_array_equal(acl.numpy(x), np.zeros(4))
    for turn in (1, 2):
        replay(acl, model, stream)
        np.testing.assert_array_equal(acl.numpy(x), np.full(4, 3 * turn))
    acl.check("aclmdlRIExecute", model, 1000)
    np.testing.assert_array_equal(acl.numpy(x), np.full(4, 9))
    acl.check("aclmdlRIDestroy", model)


def test_replay_reads_what_is_in_the_buffers_then(acl, stream):
    x, y = acl.tensor(np.zeros(4, np.float32)), acl.empty((4,), FLOAT)
    acl.check("aclmdlRICaptureBegin", stream, GLOBAL)
    acl.launch("aclnnNeg", x, y, stream=stream)
    model = end(acl, stream)
    values = np.arange(4, dtype=np.float32)
    acl.check("aclrtMemcpy", x.pointer, 16, values.ctypes.data, 16, H2D)
    replay(acl, model, stream)
    np.testing.assert_array_equal(acl.numpy(y), -values)


def test_the_state_of_a_stream_is_told(acl, stream):
    def info():
        state, model = ctypes.c_int32(), ctypes.c_void_p()
        acl.check("aclmdlRICaptureGetInfo", stream, ctypes.byref(state), ctypes.byref(model))
        return state.value, bool(model.value)

    assert info() == (0, False)
    acl.check("aclmdlRICaptureBegin", stream, GLOBAL)
    assert info() == (1, True)
    end(acl, stream)
    assert info() == (0, False)


def test_streams_join_by_an_event_and_come_back(acl, stream):
    side = acl.create("aclrtCreateStream")
    fork, back = (acl.create("aclrtCreateEventExWithFlag", SYNC) for _ in range(2))
    x, y, z = acl.tensor(np.ones(4, np.float32)), acl.empty((4,), FLOAT), acl.empty((4,), FLOAT)
    acl.check("aclmdlRICaptureBegin", stream, GLOBAL)
    acl.launch("aclnnNeg", x, y, stream=stream)
    acl.check("aclrtRecordEvent", fork, stream)
    acl.check("aclrtStreamWaitEvent", side, fork)
    acl.launch("aclnnNeg", y, z, stream=side)
    acl.check("aclrtRecordEvent", back, side)
    acl.check("aclrtStreamWaitEvent", stream, back)
    acl.launch("aclnnInplaceAdd", z, x, acl.scalar(1.0), stream=stream)
    model = end(acl, stream)
    replay(acl, model, stream)
    np.testing.assert_array_equal(acl.numpy(z), np.full(4, 2))
    acl.run("aclnnNeg", x, y, stream=side)


def test_a_joined_stream_that_does_not_come_back_is_refused(acl, stream, refused):
    side = acl.create("aclrtCreateStream")
    fork = acl.create("aclrtCreateEventExWithFlag", SYNC)
    x, y = acl.tensor(np.ones(4, np.float32)), acl.empty((4,), FLOAT)
    acl.check("aclmdlRICaptureBegin", stream, GLOBAL)
    acl.check("aclrtRecordEvent", fork, stream)
    acl.check("aclrtStreamWaitEvent", side, fork)
    acl.launch("aclnnNeg", x, y, stream=side)
    refused(107036, "aclmdlRICaptureEnd", side, ctypes.byref(ctypes.c_void_p()))
    refused(107025, "aclmdlRICaptureEnd", stream, ctypes.byref(ctypes.c_void_p()))
    acl.run("aclnnNeg", x, y, stream=side)


def test_calls_that_would_wait_are_refused(acl, stream, refused):
    event = acl.create("aclrtCreateEventExWithFlag", SYNC)
    acl.check("aclmdlRICaptureBegin", stream, GLOBAL)
    acl.check("aclrtRecordEvent", event, stream)
    refused(107027, "aclrtSynchronizeStream", stream)
    refused(107027, "aclrtStreamQuery", stream, ctypes.byref(ctypes.c_int32()))
    refused(107027, "aclrtStreamAbort", stream)
    refused(107027, "aclrtDestroyStream", stream)
    refused(107027, "aclmdlRICaptureBegin", stream, GLOBAL)
    refused(107028, "aclrtSynchronizeEvent", event)
    refused(107028, "aclrtQueryEventStatus", event, ctypes.byref(ctypes.c_int32()))
    end(acl, stream)


def test_the_default_stream_takes_no_part(acl, stream, refused):
    refused(107031, "aclmdlRICaptureBegin", None, GLOBAL)
    acl.check("aclmdlRICaptureBegin", stream, GLOBAL)
    device = acl.malloc(64)
    refused(107031, "aclrtMemsetAsync", device, 64, 0, 64, None)
    end(acl, stream)
    acl.check("aclrtMemsetAsync", device, 64, 0, 64, None)


def test_synchronous_copies_obey_the_mode(acl, stream, refused):
    device, host = acl.malloc(64), np.zeros(16, np.float32)
    copy = ("aclrtMemcpy", device, 64, host.ctypes.data, 64, H2D)
    other_thread = []

    def elsewhere():
        acl.check("aclrtSetDevice", 0)
        other_thread.append(getattr(acl, copy[0])(*copy[1:]))
        acl.check("aclrtResetDevice", 0)

    for mode, mine, theirs in ((GLOBAL, 107030, 107030), (THREAD_LOCAL, 107030, 0), (RELAXED, 0, 0)):
        acl.check("aclmdlRICaptureBegin", stream, mode)
        assert getattr(acl, copy[0])(*copy[1:]) == mine
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        assert other_thread.pop() == theirs
        end(acl, stream)


def test_a_thread_can_exchange_its_mode(acl, stream):
    device = acl.malloc(64)
    acl.check("aclmdlRICaptureBegin", stream, GLOBAL)
    mode = ctypes.c_int32(RELAXED)
    acl.check("aclmdlRICaptureThreadExchangeMode", ctypes.byref(mode))
    assert mode.value == GLOBAL
    acl.check("aclrtMemset", device, 64, 0, 64)
    acl.check("aclmdlRICaptureThreadExchangeMode", ctypes.byref(mode))
    assert acl.aclrtMemset(device, 64, 0, 64) == 107030
    end(acl, stream)


def test_pageable_memory_cannot_be_captured(acl, stream, refused):
    device, host = acl.malloc(64), np.zeros(16, np.float32)
    acl.check("aclmdlRICaptureBegin", stream, GLOBAL)
    refused(107000, "aclrtMemcpyAsync", device, 64, host.ctypes.data, 64, H2D, stream)
    end(acl, stream)


def test_a_capture_is_ended_by_its_stream_and_thread(acl, stream, refused):
    out = ctypes.c_void_p()
    refused(107029, "aclmdlRICaptureEnd", stream, ctypes.byref(out))
    acl.check("aclmdlRICaptureBegin", stream, THREAD_LOCAL)
    codes = []

    def elsewhere():
        acl.check("aclrtSetDevice", 0)
        codes.append(acl.aclmdlRICaptureEnd(stream, ctypes.byref(out)))
        acl.check("aclrtResetDevice", 0)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert codes == [107038]
    end(acl, stream)


def test_a_captured_wait_needs_a_captured_record(acl, stream, refused):
    event = acl.create("aclrtCreateEventExWithFlag", SYNC)
    acl.check("aclrtRecordEvent", event, acl.create("aclrtCreateStream"))
    acl.check("aclmdlRICaptureBegin", stream, GLOBAL)
    refused(107024, "aclrtStreamWaitEvent", stream, event)
    refused(507903, "aclmdlRICaptureEnd", stream, ctypes.byref(ctypes.c_void_p()))


def test_two_captures_cannot_be_joined(acl, stream, refused):
    other = acl.create("aclrtCreateStream")
    event = acl.create("aclrtCreateEventExWithFlag", SYNC)
    acl.check("aclmdlRICaptureBegin", stream, RELAXED)
    acl.check("aclmdlRICaptureBegin", other, RELAXED)
    acl.check("aclrtRecordEvent", event, stream)
    refused(107032, "aclrtStreamWaitEvent", other, event)
    for each in (stream, other):
        refused(507903, "aclmdlRICaptureEnd", each, ctypes.byref(ctypes.c_void_p()))


def test_a_model_in_capture_cannot_run(acl, stream, refused):
    acl.check("aclmdlRICaptureBegin", stream, GLOBAL)
    state, model = ctypes.c_int32(), ctypes.c_void_p()
    acl.check("aclmdlRICaptureGetInfo", stream, ctypes.byref(state), ctypes.byref(model))
    refused(107026, "aclmdlRIExecuteAsync", model, acl.create("aclrtCreateStream"))
    refused(107026, "aclmdlRIDestroy", model)
    end(acl, stream)


def test_a_running_model_cannot_be_destroyed(acl, stream, refused):
    x = acl.tensor(np.zeros(4, np.float32))
    acl.check("aclmdlRICaptureBegin", stream, GLOBAL)
    acl.launch("aclnnInplaceRelu", x, stream=stream)
    model = end(acl, stream)
    acl.check("hostaclInjectFault", 4, 50000)
    acl.check("aclmdlRIExecuteAsync", model, stream)
    refused(107037, "aclmdlRIDestroy", model)
    acl.check("aclrtSynchronizeStream", stream)
    acl.check("aclmdlRIDestroy", model)


def test_57_a_replay_that_uses_freed_memory_is_found(checked, refused):
    stream = checked.create("aclrtCreateStream")
    x, y = checked.tensor(np.ones(4, np.float32)), checked.empty((4,), FLOAT)
    checked.check("aclmdlRICaptureBegin", stream, GLOBAL)
    checked.launch("aclnnNeg", x, y, stream=stream)
    model = end(checked, stream)
    checked.check("aclrtFree", x.pointer)
    refused(507015, "aclmdlRIExecuteAsync", model, stream, misuse=57)


def test_27_a_race_between_captured_streams_is_found_while_recording(checked, refused):
    stream, side = checked.create("aclrtCreateStream"), checked.create("aclrtCreateStream")
    fork = checked.create("aclrtCreateEventExWithFlag", SYNC)
    x, y, z = checked.tensor(np.ones(4, np.float32)), checked.empty((4,), FLOAT), checked.empty((4,), FLOAT)
    checked.check("aclmdlRICaptureBegin", stream, GLOBAL)
    checked.check("aclrtRecordEvent", fork, stream)
    checked.check("aclrtStreamWaitEvent", side, fork)
    checked.launch("aclnnNeg", x, y, stream=stream)
    size, executor = checked.phase1("aclnnNeg", y, z)
    refused(361001, "aclnnNeg", None, size, executor, side, misuse=27)
    checked.aclmdlRICaptureEnd(stream, ctypes.byref(ctypes.c_void_p()))


def test_a_replay_races_with_other_streams_like_its_tasks_would(checked, refused):
    stream, other = checked.create("aclrtCreateStream"), checked.create("aclrtCreateStream")
    x, y, z = checked.tensor(np.ones(4, np.float32)), checked.empty((4,), FLOAT), checked.empty((4,), FLOAT)
    checked.check("aclmdlRICaptureBegin", stream, GLOBAL)
    checked.launch("aclnnNeg", x, y, stream=stream)
    model = end(checked, stream)
    checked.check("aclmdlRIExecuteAsync", model, stream)
    size, executor = checked.phase1("aclnnNeg", y, z)
    refused(361001, "aclnnNeg", None, size, executor, other, misuse=27)
