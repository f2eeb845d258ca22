"""Contexts, error messages, callbacks, versions and limits of the process."""

import ctypes
import threading

import numpy as np
import pytest
from acl import FLOAT

HOST_FUNCTION = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def test_set_and_reset_are_counted(acl):
    context = ctypes.c_void_p()
    acl.check("aclrtSetDevice", 0)
    acl.check("aclrtGetCurrentContext", ctypes.byref(context))
    acl.check("aclrtResetDevice", 0)
    again = ctypes.c_void_p()
    acl.check("aclrtGetCurrentContext", ctypes.byref(again))
    assert again.value == context.value
    acl.check("aclrtResetDevice", 0)
    assert acl.aclrtGetCurrentContext(ctypes.byref(again)) == 107002
    assert acl.aclrtResetDevice(0) == 507007


def test_threads_that_set_one_device_share_its_context(acl):
    mine, theirs = ctypes.c_void_p(), ctypes.c_void_p()

    def work():
        acl.check("aclrtSetDevice", 0)
        acl.check("aclrtGetCurrentContext", ctypes.byref(theirs))
        acl.check("aclrtResetDevice", 0)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    acl.check("aclrtGetCurrentContext", ctypes.byref(mine))
    assert mine.value == theirs.value


def test_a_context_can_be_made_current_on_another_thread(acl):
    context = acl.create("aclrtCreateContext", 0)
    pointers = []

    def work():
        acl.check("aclrtSetCurrentContext", context)
        pointers.append(acl.malloc(64))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    acl.check("aclrtFree", pointers[0])
    acl.check("aclrtDestroyContext", context)


def test_messages_belong_to_the_thread_and_are_cleared_by_reading(acl):
    assert acl.aclGetRecentErrMsg() is None
    assert acl.aclrtFree(None) == 100000
    assert acl.aclrtSetDevice(77) == 107001
    text = acl.message()
    assert text.index("107001") < text.index("100000"), "newest first"
    assert "EE" in text
    assert acl.aclGetRecentErrMsg() is None
    acl.aclrtFree(None)
    others = []
    thread = threading.Thread(target=lambda: others.append(acl.aclGetRecentErrMsg()))
    thread.start()
    thread.join()
    assert others == [None]
    assert "100000" in acl.message()


def test_a_message_pointer_is_poisoned_by_the_next_call(acl):
    acl.aclGetRecentErrMsg.restype = ctypes.c_void_p
    try:
        acl.aclrtFree(None)
        pointer = acl.aclGetRecentErrMsg()
        first = ctypes.string_at(pointer, 6)
        acl.aclrtFree(None)
        acl.aclGetRecentErrMsg()
        assert first == b"EE1001"
        assert ctypes.string_at(pointer, 6) != first
    finally:
        acl.aclGetRecentErrMsg.restype = ctypes.c_char_p


def test_the_last_error_is_read_and_cleared(acl):
    acl.aclrtGetLastError(0)
    acl.aclrtFree(None)
    assert acl.aclrtPeekAtLastError(0) == 100000
    assert acl.aclrtGetLastError(0) == 100000
    assert acl.aclrtGetLastError(0) == 0


def test_callbacks_run_on_the_thread_that_subscribed(acl):
    stream = acl.create("aclrtCreateStream")
    seen, ready, stop = [], threading.Event(), threading.Event()
    identity = []

    def process():
        identity.append(threading.get_ident())
        ready.set()
        while not stop.is_set():
            acl.aclrtProcessReport(20)

    thread = threading.Thread(target=process)
    thread.start()
    ready.wait()
    function = HOST_FUNCTION(lambda value: seen.append((value, threading.get_ident())))
    assert acl.aclrtLaunchCallback(function, 1, 1, stream) == 107015
    acl.check("aclrtSubscribeReport", identity[0], stream)
    acl.check("aclrtLaunchCallback", function, 7, 1, stream)
    acl.check("aclrtSynchronizeStream", stream)
    assert seen == [(7, identity[0])], "a blocking callback is over when the stream has passed it"
    acl.check("aclrtUnSubscribeReport", identity[0], stream)
    stop.set()
    thread.join()


def test_a_thread_without_subscription_processes_nothing(acl):
    assert acl.aclrtProcessReport(10) == 107012
    assert acl.aclrtProcessReport(0) == 107000


def test_runtime_calls_inside_a_callback_are_found(checked):
    codes = []
    function = HOST_FUNCTION(lambda _: codes.append(checked.aclrtSynchronizeDevice()))
    checked.check("aclrtLaunchHostFunc", None, function, None)
    checked.check("aclrtSynchronizeStream", None)
    assert codes == [107000]
    assert checked.hostaclLastMisuseNumber() == 14


def test_the_device_describes_itself(acl):
    count = ctypes.c_uint32()
    acl.check("aclrtGetDeviceCount", ctypes.byref(count))
    assert count.value == 1
    assert acl.aclrtGetSocName() == b"Ascend910B4"
    value = ctypes.c_int64()
    acl.check("aclrtGetDeviceInfo", 0, 601, ctypes.byref(value))
    assert value.value == 2201
    version = [ctypes.c_int32() for _ in range(3)]
    acl.check("aclrtGetVersion", *(ctypes.byref(v) for v in version))
    assert [v.value for v in version] == [1, 13, 0]


@pytest.mark.parametrize("bits", range(0, 65536, 257))
def test_half_precision_conversions_agree_with_numpy(library, bits):
    half = np.uint16(bits).view(np.float16)
    single = library.aclFloat16ToFloat(bits)
    assert single == float(half) or (np.isnan(single) and np.isnan(half))
    if not np.isnan(single):
        for nudged in (single, np.float32(single) * np.float32(1.0004), np.float32(single) * np.float32(0.9998)):
            with np.errstate(over="ignore"):
                expected = np.float32(nudged).astype(np.float16).view(np.uint16)
            assert library.aclFloatToFloat16(float(nudged)) == expected


ISA_NAMES = ("amx", "avx512", "avx2", "neon", "scalar")  # best first
INIT = "print(acl.aclInit(None), acl.message(), acl.aclrtSetDevice(0), acl.hostaclGetIsa().decode(), sep='|')"


def usable_isas(acl) -> list[str]:
    """The instruction sets that this machine runs, best first."""
    before = acl.hostaclGetIsa()
    names = [name for name in ISA_NAMES if acl.hostaclSetIsa(name.encode()) == 0]
    acl.check("hostaclSetIsa", before)
    acl.message()
    return names


def test_the_environment_chooses_the_isa_and_nothing_or_an_empty_text_the_best(acl, process):
    names = usable_isas(acl)
    for given, used in [*((name, name) for name in names), ("", names[0])]:
        assert process(INIT, HOSTACL_ISA=given).strip().split("|") == ["0", "", "0", used]


@pytest.mark.parametrize("wrong", ["vax", "AVX2", "avx2,scalar", "not built or not run here"])
def test_init_refuses_an_isa_that_is_unknown_or_not_usable_and_names_those_that_are(acl, process, wrong):
    names = usable_isas(acl)
    given = next(name for name in ISA_NAMES if name not in names) if wrong.startswith("not") else wrong
    code, message, after, _ = process(INIT, HOSTACL_ISA=given).split("|")
    assert code == "100000"
    assert f"HOSTACL_ISA={given} is no instruction set" in message
    assert f"set it to one of {','.join(names)}, or unset it" in message
    assert after == "100001", "nothing works before aclInit has succeeded"


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("HOSTACL_DEVICES", "two", "from 1 to 16"),
        ("HOSTACL_DEVICES", "0", "from 1 to 16"),
        ("HOSTACL_THREADS", "4 ", "from 1 to 256"),
        ("HOSTACL_DEVICE_MEMORY", "8GiB", "from 1048576 on"),
        ("HOSTACL_DEVICE_MEMORY", "99999999999999999999", "from 1048576 on"),
    ],
)
def test_init_refuses_a_number_of_the_environment_that_is_none_or_out_of_range(process, name, given, expected):
    code, message, after, _ = process(INIT, **{name: given}).split("|")
    assert code == "100000"
    assert f"{name}={given}: expected a whole number {expected}; correct it, or unset it to get " in message
    assert after == "100001", "nothing works before aclInit has succeeded"


def test_isa_can_be_chosen_by_name(acl):
    before = acl.hostaclGetIsa()
    acl.check("hostaclSetIsa", b"scalar")
    assert acl.hostaclGetIsa() == b"scalar"
    out = acl.empty((2,), FLOAT)
    acl.run("aclnnNeg", acl.tensor(np.ones(2, np.float32)), out)
    np.testing.assert_array_equal(acl.numpy(out), [-1, -1])
    assert acl.hostaclSetIsa(b"vax") == 100000
    acl.check("hostaclSetIsa", before)
