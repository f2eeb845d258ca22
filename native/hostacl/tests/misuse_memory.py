"""Misuses 15 to 27 of the ABI reference's section 7: memory, copies, hazards."""

import ctypes
import time

import numpy as np
from acl import D2D, D2H, FLOAT, H2D, Tensor

SLOW_STREAM, SLOW_US = 4, 20000


def slow(acl):
    """Makes every task take longer, so that queued work is certainly still queued."""
    acl.check("hostaclInjectFault", SLOW_STREAM, SLOW_US)


def test_15_an_allocation_of_nothing_is_refused(checked, refused):
    refused(100000, "aclrtMalloc", ctypes.byref(ctypes.c_void_p()), 0, 0, misuse=15)
    refused(100000, "aclrtMalloc", None, 64, 0, misuse=15)
    refused(100000, "aclrtMallocHost", None, 64, misuse=15)


def test_16_more_than_the_device_has_is_refused(process):
    code = (
        "acl.check('aclInit', None)\nacl.check('aclrtSetDevice', 0)\np = ctypes.c_void_p()\na = acl.malloc(1 << 20)\n"
    )
    code += "print(acl.aclrtMalloc(ctypes.byref(p), 1 << 20, 0))\nacl.check('aclrtFree', a)\n"
    code += "print(acl.aclrtMalloc(ctypes.byref(p), 1 << 20, 0))"
    assert process(code, HOSTACL_DEVICE_MEMORY=str(3 << 19)).split() == ["207001", "0"]


def test_17_only_live_device_memory_can_be_freed(checked, refused):
    pointer, host = checked.malloc(256), checked.pinned(256)
    refused(100000, "aclrtFree", None, misuse=17)
    refused(107000, "aclrtFree", pointer + 64, misuse=17)
    refused(107000, "aclrtFree", host, misuse=17)
    refused(107000, "aclrtFreeHost", pointer, misuse=17)
    refused(107000, "aclrtFree", 0x1000, misuse=17)
    checked.check("aclrtFree", pointer)
    refused(107000, "aclrtFree", pointer, misuse=17)
    checked.check("aclrtFreeHost", host)
    refused(107000, "aclrtFreeHost", host, misuse=17)


def test_18_memory_of_queued_work_cannot_be_freed(checked, refused):
    a, out = checked.tensor(np.ones(64, np.float32)), checked.empty((64,), FLOAT)
    stream = checked.create("aclrtCreateStream")
    checked.launch("aclnnRelu", a, out, stream=stream)
    refused(207002, "aclrtFree", a.pointer, misuse=18)
    refused(207002, "aclrtFree", out.pointer, misuse=18)
    checked.check("aclrtSynchronizeStream", stream)
    checked.check("aclrtFree", a.pointer)
    checked.check("aclrtFree", out.pointer)


def test_18_memory_of_a_queued_copy_cannot_be_freed(checked, refused):
    device, host = checked.malloc(256), checked.pinned(256)
    checked.check("aclrtMemcpyAsync", device, 256, host, 256, H2D, None)
    refused(207002, "aclrtFree", device, misuse=18)
    checked.check("aclrtSynchronizeStream", None)
    checked.check("aclrtFree", device)


def test_18_memory_in_use_cannot_be_reused_by_a_host_copy(checked, refused):
    a, out = checked.tensor(np.ones(64, np.float32)), checked.empty((64,), FLOAT)
    checked.launch("aclnnRelu", a, out)
    new = np.zeros(64, np.float32)
    refused(207002, "aclrtMemcpy", a.pointer, 256, new.ctypes.data, 256, H2D, misuse=18)
    refused(207002, "aclrtMemset", a.pointer, 256, 0, 256, misuse=18)


def test_18_a_finding_does_not_depend_on_how_fast_the_work_is(checked, refused):
    a, out = checked.tensor(np.ones(4, np.float32)), checked.empty((4,), FLOAT)
    checked.launch("aclnnRelu", a, out)
    time.sleep(0.05)
    refused(207002, "aclrtFree", a.pointer, misuse=18)


def test_20_an_operator_on_host_memory_is_refused(checked, refused):
    host = np.ones(64, np.float32)
    a = Tensor(checked, host.ctypes.data, (64,), FLOAT)
    out = checked.empty((64,), FLOAT)
    size, executor = checked.phase1("aclnnRelu", a, out)
    refused(507035, "aclnnRelu", None, size, executor, None, misuse=20)


def test_20_an_operator_beyond_its_allocation_is_refused(checked, refused):
    pointer = checked.malloc(256)
    square = Tensor(checked, pointer, (16, 16), FLOAT)
    out = checked.empty((16, 16), FLOAT)
    size, executor = checked.phase1("aclnnMm", square, square, out, 1)
    refused(507015, "aclnnMm", None, size, executor, None, misuse=20)


def test_20_freed_memory_is_refused(checked, refused):
    a, out = checked.tensor(np.ones(64, np.float32)), checked.empty((64,), FLOAT)
    checked.check("aclrtFree", a.pointer)
    size, executor = checked.phase1("aclnnRelu", a, out)
    refused(507035, "aclnnRelu", None, size, executor, None, misuse=20)


def test_20_a_read_only_registration_cannot_be_written(checked, refused, tmp_path):
    import mmap

    path = tmp_path / "weights"
    path.write_bytes(np.ones(1024, np.float32).tobytes())
    with path.open("rb") as file, mmap.mmap(file.fileno(), 4096, access=mmap.ACCESS_READ) as mapped:
        address = np.frombuffer(mapped, np.uint8).ctypes.data
        device = ctypes.c_void_p()
        checked.check("aclrtHostRegister", address, 4096, 0, ctypes.byref(device))
        weights = Tensor(checked, device.value, (1024,), FLOAT)
        out = checked.empty((1024,), FLOAT)
        checked.run("aclnnRelu", weights, out)
        np.testing.assert_array_equal(checked.numpy(out), np.ones(1024))
        size, executor = checked.phase1("aclnnInplaceRelu", weights)
        refused(507035, "aclnnInplaceRelu", None, size, executor, None, misuse=20)
        checked.check("aclrtHostUnregister", address)


def test_22_copies_stay_within_their_destination_and_allocation(checked, refused):
    device, host = checked.malloc(256), np.zeros(128, np.float32)
    refused(107000, "aclrtMemcpy", device, 128, host.ctypes.data, 256, H2D, misuse=22)
    refused(107000, "aclrtMemcpy", device, 512, host.ctypes.data, 512, H2D, misuse=22)
    refused(107000, "aclrtMemcpy", host.ctypes.data, 512, device, 512, D2H, misuse=22)
    refused(107000, "aclrtMemset", device, 512, 0, 512, misuse=22)


def test_22_the_kind_of_a_copy_must_be_right(checked, refused):
    device, other, host = checked.malloc(256), checked.malloc(256), np.zeros(64, np.float32)
    refused(107016, "aclrtMemcpy", device, 256, host.ctypes.data, 256, D2D, misuse=22)
    refused(107016, "aclrtMemcpy", device, 256, other, 256, H2D, misuse=22)
    refused(107016, "aclrtMemcpy", host.ctypes.data, 256, device, 256, H2D, misuse=22)
    refused(107000, "aclrtMemcpy", device, 256, other, 256, 99, misuse=22)


def test_23_a_host_copy_of_data_still_being_produced_is_refused(checked, refused):
    a, out = checked.tensor(np.ones(64, np.float32)), checked.empty((64,), FLOAT)
    stream = checked.create("aclrtCreateStream")
    slow(checked)
    checked.launch("aclnnRelu", a, out, stream=stream)
    host = np.zeros(64, np.float32)
    refused(507000, "aclrtMemcpy", host.ctypes.data, 256, out.pointer, 256, D2H, misuse=23)
    checked.check("aclrtSynchronizeStream", stream)
    checked.check("aclrtMemcpy", host.ctypes.data, 256, out.pointer, 256, D2H)
    np.testing.assert_array_equal(host, np.ones(64))


def test_24_a_look_at_the_target_of_a_copy_in_flight_is_seen(checked, refused):
    a = checked.tensor(np.full(64, 7, np.float32))
    host = checked.pinned(256)
    view = checked.view(host, (64,), np.float32)
    slow(checked)
    checked.check("aclrtMemcpyAsync", host, 256, a.pointer, 256, D2H, None)
    early = view[3]
    assert early != 7
    refused(507000, "aclrtSynchronizeStream", None, misuse=24)
    assert view[3] == 7


def test_24_a_look_after_the_synchronise_is_fine(checked):
    a = checked.tensor(np.full(64, 7, np.float32))
    host = checked.pinned(256)
    view = checked.view(host, (64,), np.float32)
    checked.check("aclrtMemcpyAsync", host, 256, a.pointer, 256, D2H, None)
    checked.check("aclrtSynchronizeStream", None)
    np.testing.assert_array_equal(view, np.full(64, 7))
    assert checked.hostaclLastMisuseNumber() == 0


def test_24_a_change_of_the_source_of_a_copy_in_flight_is_seen(checked, refused):
    device, host = checked.malloc(256), checked.pinned(256)
    view = checked.view(host, (64,), np.float32)
    view[:] = 1
    slow(checked)
    checked.check("aclrtMemcpyAsync", device, 256, host, 256, H2D, None)
    view[5] = 2
    refused(507000, "aclrtSynchronizeStream", None, misuse=24)


def test_24_the_source_of_a_copy_in_flight_cannot_be_freed(checked, refused):
    device, host = checked.malloc(256), checked.pinned(256)
    slow(checked)
    checked.check("aclrtMemcpyAsync", device, 256, host, 256, H2D, None)
    refused(507000, "aclrtFreeHost", host, misuse=24)
    checked.check("aclrtSynchronizeStream", None)
    checked.check("aclrtFreeHost", host)


def test_25_host_to_host_has_no_asynchronous_form(checked, refused):
    host = checked.pinned(256)
    refused(207000, "aclrtMemcpyAsync", host, 128, host + 128, 128, 0, None, misuse=25)


def test_26_new_memory_holds_nans(checked):
    pointer = checked.malloc(256)
    assert np.isnan(checked.download(pointer, (64,), np.float32)).all()
    assert np.isnan(checked.download(pointer, (128,), np.float16)).all()


def two_streams(acl):
    return acl.create("aclrtCreateStream"), acl.create("aclrtCreateStream")


def test_27_a_read_of_what_another_stream_writes_is_refused(checked, refused):
    first, second = two_streams(checked)
    a, b, c = checked.tensor(np.ones(64, np.float32)), checked.empty((64,), FLOAT), checked.empty((64,), FLOAT)
    checked.launch("aclnnRelu", a, b, stream=first)
    size, executor = checked.phase1("aclnnNeg", b, c)
    refused(361001, "aclnnNeg", None, size, executor, second, misuse=27)


def test_27_a_write_of_what_another_stream_reads_is_refused(checked, refused):
    first, second = two_streams(checked)
    a, b = checked.tensor(np.ones(64, np.float32)), checked.empty((64,), FLOAT)
    checked.launch("aclnnRelu", a, b, stream=first)
    refused(507000, "aclrtMemsetAsync", a.pointer, 256, 0, 256, second, misuse=27)


def test_27_an_event_between_the_streams_orders_them(checked):
    first, second = two_streams(checked)
    event = checked.create("aclrtCreateEventExWithFlag", 1)
    a, b, c = checked.tensor(np.ones(64, np.float32)), checked.empty((64,), FLOAT), checked.empty((64,), FLOAT)
    slow(checked)
    checked.launch("aclnnRelu", a, b, stream=first)
    checked.check("aclrtRecordEvent", event, first)
    checked.check("aclrtStreamWaitEvent", second, event)
    checked.launch("aclnnNeg", b, c, stream=second)
    checked.check("aclrtSynchronizeStream", second)
    np.testing.assert_array_equal(checked.numpy(c), -np.ones(64))
    checked.check("aclrtFree", a.pointer)


def test_27_order_is_transitive_through_a_third_stream(checked):
    first, second = two_streams(checked)
    third = checked.create("aclrtCreateStream")
    events = [checked.create("aclrtCreateEventExWithFlag", 1) for _ in range(2)]
    a, b, c = checked.tensor(np.ones(8, np.float32)), checked.empty((8,), FLOAT), checked.empty((8,), FLOAT)
    checked.launch("aclnnRelu", a, b, stream=first)
    checked.check("aclrtRecordEvent", events[0], first)
    checked.check("aclrtStreamWaitEvent", second, events[0])
    checked.check("aclrtRecordEvent", events[1], second)
    checked.check("aclrtStreamWaitEvent", third, events[1])
    checked.launch("aclnnNeg", b, c, stream=third)
    checked.check("aclrtSynchronizeStream", third)
    np.testing.assert_array_equal(checked.numpy(c), -np.ones(8))


def test_27_an_event_recorded_too_early_does_not_order(checked, refused):
    first, second = two_streams(checked)
    event = checked.create("aclrtCreateEventExWithFlag", 1)
    a, b, c = checked.tensor(np.ones(8, np.float32)), checked.empty((8,), FLOAT), checked.empty((8,), FLOAT)
    checked.check("aclrtRecordEvent", event, first)
    checked.launch("aclnnRelu", a, b, stream=first)
    checked.check("aclrtStreamWaitEvent", second, event)
    size, executor = checked.phase1("aclnnNeg", b, c)
    refused(361001, "aclnnNeg", None, size, executor, second, misuse=27)


def test_27_a_synchronise_between_the_streams_orders_them(checked):
    first, second = two_streams(checked)
    a, b, c = checked.tensor(np.ones(8, np.float32)), checked.empty((8,), FLOAT), checked.empty((8,), FLOAT)
    checked.launch("aclnnRelu", a, b, stream=first)
    checked.check("aclrtSynchronizeStream", first)
    checked.launch("aclnnNeg", b, c, stream=second)
    checked.check("aclrtSynchronizeStream", second)


def test_27_interleaved_columns_of_one_buffer_are_no_race(checked):
    first, second = two_streams(checked)
    qkv = checked.tensor(np.arange(32, dtype=np.float32).reshape(4, 8))
    halves = [Tensor(checked, qkv.pointer, (4, 4), FLOAT, (8, 1), offset, storage=(4, 8)) for offset in (0, 4)]
    checked.launch("aclnnInplaceRelu", halves[0], stream=first)
    checked.launch("aclnnInplaceRelu", halves[1], stream=second)
    for stream in (first, second):
        checked.check("aclrtSynchronizeStream", stream)


def test_59_a_write_behind_an_allocation_is_found_when_it_is_freed(checked, refused):
    pointer = checked.malloc(100)
    ctypes.memset(pointer + 100, 0, 1)
    refused(207002, "aclrtFree", pointer, misuse=59)


def test_59_addresses_are_aligned_to_64_bytes_and_not_more(checked):
    pointers = [checked.malloc(size) for size in (1, 64, 4096, 1 << 22)]
    assert all(p % 64 == 0 and p % 128 != 0 for p in pointers)
