"""AscendCL on the CPU through its C ABI: the library, device arrays and two-phase operator calls for tests."""

import ctypes
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import acl_prototypes
import numpy as np

FLOAT, FLOAT16, INT8, INT32, UINT8, INT16, INT64, DOUBLE, BOOL, BF16, INT4 = 0, 1, 2, 3, 4, 6, 9, 11, 12, 27, 29
ND, NCL = 2, 47
H2D, D2H, D2D = 1, 2, 3

NUMPY_TYPES = {
    FLOAT: np.float32,
    FLOAT16: np.float16,
    INT8: np.int8,
    INT32: np.int32,
    UINT8: np.uint8,
    INT16: np.int16,
    INT64: np.int64,
    DOUBLE: np.float64,
    BOOL: np.bool_,
    BF16: np.uint16,  # its bits
}
DTYPES = {np.dtype(t): d for d, t in NUMPY_TYPES.items() if d != BF16}


def library_path() -> Path:
    """HOSTACL_LIBRARY, or the one that native/build.mjs makes."""
    default = Path(__file__).resolve().parents[2] / "build" / "libhostacl.so"
    return Path(os.environ.get("HOSTACL_LIBRARY", default))


def to_bf16(values) -> np.ndarray:
    """float32 to the bits of bf16, nearest even (no NaN expected)."""
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def from_bf16(bits: np.ndarray) -> np.ndarray:
    """The bits of bf16 to float32."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


class AclError(Exception):
    """A call that did not return 0."""

    def __init__(self, function: str, code: int, message: str):
        super().__init__(f"{function}: {code}: {message}")
        self.code = code


class Stats(ctypes.Structure):
    """hostaclStats of hostacl.h."""

    NAMES = """liveDeviceBytes peakDeviceBytes liveHostBytes registeredBytes mallocs frees synchronizes
        phase1Calls launches replays misuses liveContexts liveStreams liveEvents liveAllocations liveTensors
        liveScalars liveArrays liveLists liveExecutors liveModels"""
    _fields_ = [(name, ctypes.c_uint64) for name in NAMES.split()]


class Tensor:
    """An aclTensor over device memory; `array` describes its elements."""

    def __init__(self, acl, pointer, shape, dtype, strides=None, offset=0, fmt=ND, storage=None):
        self.acl, self.pointer, self.shape, self.dtype = acl, pointer, tuple(shape), dtype
        dims = (ctypes.c_int64 * len(self.shape))(*self.shape)
        steps = None if strides is None else (ctypes.c_int64 * len(strides))(*strides)
        room = tuple(storage) if storage is not None else self.shape
        storage_dims = (ctypes.c_int64 * len(room))(*room)
        self.handle = acl.aclCreateTensor(
            dims, len(self.shape), dtype, steps, offset, fmt, storage_dims, len(room), pointer
        )
        assert self.handle, acl.message()

    def destroy(self):
        self.acl.check("aclDestroyTensor", self.handle)


def _present(handle: ctypes.c_void_p) -> int:
    assert handle.value is not None, "the call succeeded and made nothing"
    return handle.value


class Acl:
    """Every function by name, returning its raw result; `check` raises on a code other than 0."""

    def __init__(self, path=None):
        self.lib = ctypes.CDLL(str(path or library_path()))
        self.runtime = acl_prototypes.runtime_functions()
        self.operators = acl_prototypes.operators()
        for name, (result, arguments) in self.runtime.items():
            self._declare(name, result, arguments)
        outs = [ctypes.c_void_p, ctypes.c_void_p]
        for name, arguments in self.operators.items():
            self._declare(f"{name}GetWorkspaceSize", ctypes.c_int32, arguments + outs)
            second = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p]
            self._declare(name, ctypes.c_int32, second)
        self._declare("hostaclGetStats", ctypes.c_int, [ctypes.c_void_p])
        self._declare("hostaclResetStats", None, [])
        self._declare("hostaclSetChecked", None, [ctypes.c_int])
        self._declare("hostaclInjectFault", ctypes.c_int, [ctypes.c_int, ctypes.c_int64])
        self._declare("hostaclLastMisuse", ctypes.c_char_p, [])
        self._declare("hostaclLastMisuseNumber", ctypes.c_int, [])
        self._declare("hostaclClearMisuse", None, [])
        self._declare("hostaclGetIsa", ctypes.c_char_p, [])
        self._declare("hostaclSetIsa", ctypes.c_int, [ctypes.c_char_p])

    def _declare(self, name, result, arguments):
        function = getattr(self.lib, name, None)
        if function is None:
            return
        function.restype, function.argtypes = result, arguments
        setattr(self, name, function)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Functions are attributes since `_declare`; the result has the type that the header gives it."""
        raise AttributeError(f"the library or its headers have no {name}")

    def message(self) -> str:
        """The calling thread's recent error messages, which this clears."""
        text = self.aclGetRecentErrMsg()
        return text.decode() if text else ""

    def check(self, function: str, *arguments):
        code = getattr(self, function)(*arguments)
        if code != 0:
            raise AclError(function, code, self.message())

    def stats(self) -> Stats:
        stats = Stats()
        self.check("hostaclGetStats", ctypes.byref(stats))
        return stats

    def create(self, function: str, *arguments) -> int:
        """Calls a function whose first parameter receives a new handle."""
        handle = ctypes.c_void_p()
        self.check(function, ctypes.byref(handle), *arguments)
        return _present(handle)

    def create_last(self, function: str, *arguments) -> int:
        """Calls a function whose last parameter receives a new handle."""
        handle = ctypes.c_void_p()
        self.check(function, *arguments, ctypes.byref(handle))
        return _present(handle)

    # Memory.
    def malloc(self, size: int) -> int:
        return self.create("aclrtMalloc", size, 0)

    def pinned(self, size: int) -> int:
        return self.create("aclrtMallocHost", size)

    def view(self, address: int, shape, dtype) -> np.ndarray:
        """Host memory at an address as an array, without a copy."""
        count = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        return np.frombuffer((ctypes.c_uint8 * count).from_address(address), dtype).reshape(shape)

    def upload(self, array: np.ndarray) -> int:
        """New device memory with the array's bytes."""
        array = np.ascontiguousarray(array)
        pointer = self.malloc(max(array.nbytes, 1))
        self.check("aclrtMemcpy", pointer, max(array.nbytes, 1), array.ctypes.data, array.nbytes, H2D)
        return pointer

    def download(self, pointer: int, shape, dtype) -> np.ndarray:
        """A copy of device memory, by a synchronous memcpy."""
        out = np.empty(shape, dtype)
        self.check("aclrtMemcpy", out.ctypes.data, out.nbytes, pointer, out.nbytes, D2H)
        return out

    # aclnn objects.
    def tensor(self, array: np.ndarray, dtype=None, fmt=ND) -> Tensor:
        """A contiguous tensor in new device memory holding the array."""
        kind = DTYPES[array.dtype] if dtype is None else dtype
        return Tensor(self, self.upload(array), array.shape, kind, fmt=fmt)

    def empty(self, shape, dtype, fmt=ND) -> Tensor:
        """A contiguous tensor in new device memory."""
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(NUMPY_TYPES[dtype]).itemsize
        return Tensor(self, self.malloc(max(size, 1)), shape, dtype, fmt=fmt)

    def numpy(self, tensor: Tensor) -> np.ndarray:
        """A contiguous tensor's elements (bf16 as its bits)."""
        return self.download(tensor.pointer, tensor.shape, NUMPY_TYPES[tensor.dtype])

    def scalar(self, value, dtype=FLOAT) -> int:
        box: np.ndarray = np.array([value], NUMPY_TYPES[dtype])
        return self.aclCreateScalar(box.ctypes.data, dtype)

    def integers(self, values) -> int:
        box = np.array(values, np.int64)
        return self.aclCreateIntArray(box.ctypes.data, box.size)

    def tensor_list(self, tensors) -> int:
        """A list, which owns the tensors from now on."""
        handles = (ctypes.c_void_p * len(tensors))(*[t.handle for t in tensors])
        return self.aclCreateTensorList(handles, len(tensors))

    # Operators.
    def phase1(self, name: str, *arguments):
        """(workspace size, executor) of a first phase; Tensors stand for their handles."""
        handles = [a.handle if isinstance(a, Tensor) else a for a in arguments]
        size, executor = ctypes.c_uint64(), ctypes.c_void_p()
        self.check(f"{name}GetWorkspaceSize", *handles, ctypes.byref(size), ctypes.byref(executor))
        return size.value, executor.value

    def launch(self, name: str, *arguments, stream=None) -> int:
        """Both phases; returns the workspace (0 = none), to be freed after a synchronise."""
        size, executor = self.phase1(name, *arguments)
        workspace = self.malloc(size) if size else 0
        self.check(name, workspace, size, executor, stream)
        return workspace

    def run(self, name: str, *arguments, stream=None):
        """Both phases and a synchronise."""
        workspace = self.launch(name, *arguments, stream=stream)
        self.check("aclrtSynchronizeStream", stream)
        if workspace:
            self.check("aclrtFree", workspace)
