"""Memory: alignment, accounting, pinned and registered memory, the rules of copies."""

import ctypes
import mmap

import numpy as np
import pytest
from acl import D2D, D2H, FLOAT, H2D, Tensor


def attributes(acl, pointer):
    box = (ctypes.c_uint32 * 7)()
    acl.check("aclrtPointerGetAttributes", pointer, box)
    return box[0], box[1]  # id, location type


def test_addresses_are_64_byte_aligned(acl):
    assert all(acl.malloc(size) % 64 == 0 for size in (1, 31, 64, 4097, 3 << 20))
    assert all(acl.pinned(size) % 64 == 0 for size in (1, 4097))


def test_statistics_follow_allocations(acl):
    acl.hostaclResetStats()
    before = acl.stats().liveDeviceBytes
    pointers = [acl.malloc(1000), acl.malloc(2000)]
    acl.check("aclrtFree", pointers[0])
    stats = acl.stats()
    assert stats.liveDeviceBytes == before + 2000
    assert stats.peakDeviceBytes == before + 3000
    assert (stats.mallocs, stats.frees) == (2, 1)
    acl.check("aclrtFree", pointers[1])


def test_the_budget_counts_the_hidden_tail(acl):
    def free():
        room, total = ctypes.c_size_t(), ctypes.c_size_t()
        acl.check("aclrtGetMemInfo", 1, ctypes.byref(room), ctypes.byref(total))
        return room.value

    before = free()
    pointer = acl.malloc(33)
    assert before - free() == 96, "rounded up to 32, and 32 more"
    acl.check("aclrtFree", pointer)
    aligned = acl.create("aclrtMallocAlign32", 33, 0)
    assert before - free() == 64
    acl.check("aclrtFree", aligned)
    assert free() == before


def test_pointers_say_where_they_are(acl):
    device, host, array = acl.malloc(64), acl.pinned(64), np.zeros(16)
    assert attributes(acl, device + 10) == (0, 1)
    assert attributes(acl, host) == (0, 0)
    assert attributes(acl, array.ctypes.data)[1] == 2


def test_registered_memory_is_used_in_place(acl):
    with mmap.mmap(-1, 8192) as memory:
        values = np.frombuffer(memory, np.float32)
        values[:] = 3
        device = ctypes.c_void_p()
        acl.check("aclrtHostRegister", values.ctypes.data, 8192, 0, ctypes.byref(device))
        assert acl.stats().registeredBytes >= 8192
        out = acl.empty((4,), FLOAT)
        acl.run("aclnnNeg", Tensor(acl, device.value, (4,), FLOAT, offset=1024, storage=(2048,)), out)
        np.testing.assert_array_equal(acl.numpy(out), np.full(4, -3))
        acl.check("aclrtHostUnregister", values.ctypes.data)
        del values


def test_registration_wants_page_alignment(acl, refused):
    array = np.zeros(8192, np.uint8)
    address = (array.ctypes.data + 4095) // 4096 * 4096 + 64
    refused(107000, "aclrtHostRegister", address, 64, 0, ctypes.byref(ctypes.c_void_p()))


def test_copies_go_every_way(acl):
    source = np.arange(100, dtype=np.int32)
    first, second, back = acl.upload(source), acl.malloc(400), acl.pinned(400)
    stream = acl.create("aclrtCreateStream")
    acl.check("aclrtMemcpyAsync", second, 400, first, 400, D2D, stream)
    acl.check("aclrtMemcpyAsync", back, 400, second, 400, D2H, stream)
    acl.check("aclrtSynchronizeStream", stream)
    np.testing.assert_array_equal(acl.view(back, (100,), np.int32), source)


def test_an_asynchronous_copy_of_pageable_memory_is_over_when_it_returns(acl):
    device, stream = acl.malloc(400), acl.create("aclrtCreateStream")
    source = np.arange(100, dtype=np.int32)
    acl.check("aclrtMemcpyAsync", device, 400, source.ctypes.data, 400, H2D, stream)
    source[:] = 0
    out = np.empty(100, np.int32)
    acl.check("aclrtMemcpyAsync", out.ctypes.data, 400, device, 400, D2H, stream)
    np.testing.assert_array_equal(out, np.arange(100))


def test_two_dimensional_copies_keep_their_pitches(acl):
    source = np.arange(32, dtype=np.uint8).reshape(4, 8)
    device = acl.upload(np.zeros((4, 16), np.uint8))
    acl.check("aclrtMemcpy2d", device, 16, source.ctypes.data, 8, 8, 4, H2D)
    out = acl.download(device, (4, 16), np.uint8)
    np.testing.assert_array_equal(out[:, :8], source)
    np.testing.assert_array_equal(out[:, 8:], np.zeros((4, 8)))
    assert acl.aclrtMemcpy2d(device, 4, source.ctypes.data, 8, 8, 4, H2D) == 107000


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (lambda d: (None, 64, d, 64, D2D), 100000),
        (lambda d: (d, 64, None, 64, D2D), 100000),
        (lambda d: (d, 32, d + 64, 64, D2D), 107000),
        (lambda d: (d, 64, d + 64, 64, 11), 107000),
        (lambda d: (d, 0, d + 64, 0, D2D), 0),
    ],
)
def test_the_rules_of_a_copy(acl, arguments, code):
    device = acl.malloc(256)
    assert acl.aclrtMemcpy(*arguments(device)) == code
    assert acl.aclrtMemcpyAsync(*arguments(device), None) == code


def test_memset_fills(acl):
    device = acl.malloc(64)
    acl.check("aclrtMemset", device, 64, 0, 64)
    acl.check("aclrtMemsetAsync", device, 64, 0x7F, 16, None)
    acl.check("aclrtSynchronizeStream", None)
    np.testing.assert_array_equal(acl.download(device, (64,), np.uint8), [0x7F] * 16 + [0] * 48)
    assert acl.aclrtMemset(device, 16, 0, 64) == 107000
