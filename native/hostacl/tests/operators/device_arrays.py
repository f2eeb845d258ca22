"""Device tensors of any float type from numpy arrays, with the values that the type really holds."""

import numpy as np
from acl import BF16, BOOL, DTYPES, FLOAT, FLOAT16, ND, NUMPY_TYPES, Acl, Tensor, from_bf16, to_bf16

FLOATS = (FLOAT, FLOAT16, BF16)
HALVES = (FLOAT16, BF16)
# Half a unit in the last place relative to the value, doubled: what one rounding to the type may cost.
ROUNDING = {FLOAT: 2.0**-23, FLOAT16: 2.0**-10, BF16: 2.0**-7}


def stored(values, dtype) -> np.ndarray:
    """`values` in the array type that holds `dtype` (bf16 as bits)."""
    if dtype == BF16:
        return to_bf16(np.asarray(values, np.float32))
    return np.asarray(values).astype(NUMPY_TYPES[dtype])


def read(array: np.ndarray, dtype) -> np.ndarray:
    """What a stored array means: float64 for floats, else the array itself."""
    floats = from_bf16(array) if dtype == BF16 else array
    if floats.dtype.kind != "f":
        return floats
    with np.errstate(invalid="ignore"):  # numpy warns of signalling NaNs
        return floats.astype(np.float64)


def rounded(values, dtype) -> np.ndarray:
    """`values` as `dtype` holds them, in float64."""
    return read(stored(values, dtype), dtype)


class DeviceArrays:
    """Uploads, views, results and calls for one test."""

    def __init__(self, acl: Acl):
        self.acl = acl

    def put(self, values, dtype=None, fmt=ND) -> Tensor:
        """A contiguous tensor holding the values."""
        values = np.asarray(values)
        kind = DTYPES[values.dtype] if dtype is None else dtype
        return self.acl.tensor(stored(values, kind), kind, fmt)

    def put_strided(self, values, dtype, order=None, gap=3) -> Tensor:
        """The values as a view: axes in memory in `order` (outermost first), with `gap` unused elements after each
        innermost row and before the first element."""
        values = np.asarray(values)
        order = tuple(range(values.ndim)) if order is None else order
        in_memory = np.transpose(values, order)
        room = (*in_memory.shape[:-1], in_memory.shape[-1] + gap)
        storage = np.full(gap + int(np.prod(room)), 77, NUMPY_TYPES[dtype])
        storage[gap:].reshape(room)[..., : in_memory.shape[-1]] = stored(in_memory, dtype)
        steps = np.cumprod([1, *room[:0:-1]])[::-1]
        strides = [0] * values.ndim
        for axis, step in zip(order, steps, strict=True):
            strides[axis] = int(step)
        pointer = self.acl.upload(storage)
        return Tensor(self.acl, pointer, values.shape, dtype, strides, gap, storage=(storage.size,))

    def empty(self, shape, dtype, fmt=ND) -> Tensor:
        return self.acl.empty(shape, dtype, fmt)

    def get(self, tensor: Tensor) -> np.ndarray:
        """A contiguous tensor's values: float64 for floats, else its own type."""
        return read(self.acl.numpy(tensor), tensor.dtype)

    def bits(self, tensor: Tensor) -> np.ndarray:
        """A contiguous tensor's elements as unsigned integers."""
        array = self.acl.numpy(tensor)
        return array if array.dtype == np.bool_ else array.view(f"u{array.itemsize}")

    def run(self, name: str, *arguments):
        self.acl.run(name, *arguments)

    def call(self, name: str, out_shape, out_dtype, *arguments) -> np.ndarray:
        """The values of a new output tensor, which is the operator's last argument."""
        out = self.empty(out_shape, out_dtype)
        self.run(name, *arguments, out)
        return self.get(out)

    def weight(self, w, dtype) -> Tensor:
        """A row-major [N, K] weight seen as [K, N]."""
        n, k = w.shape
        pointer = self.acl.upload(stored(w, dtype))
        return Tensor(self.acl, pointer, (k, n), dtype, strides=(1, k), storage=(n, k))

    def mm(self, x, w, dtype) -> Tensor:
        """x . w^T of a row-major [N, K] weight."""
        out = self.empty((x.shape[0], w.shape[0]), dtype)
        self.run("aclnnMm", self.put(x, dtype), self.weight(w, dtype), out, 1)
        return out

    def scalar(self, value, dtype=FLOAT):
        return self.acl.scalar(value, dtype)

    def integers(self, values):
        return self.acl.integers(values)


def assert_close(got, expected, dtype, relative=0.0, absolute=0.0):
    """|got - expected| <= (relative + one rounding) * |expected| + absolute, NaN and infinities alike."""
    tolerance = relative + ROUNDING.get(dtype, 0)
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=absolute)


__all__ = ["BOOL", "FLOATS", "HALVES", "ROUNDING", "DeviceArrays", "assert_close", "read", "rounded", "stored"]
