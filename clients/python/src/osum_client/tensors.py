"""Tensors on the wire: NumPy arrays as frames, and back."""

import math
from collections.abc import Iterator

import google_crc32c
import grpc
import numpy as np
from numpy.typing import NDArray
from osum.v1.tensor_pb2 import (
    DATA_TYPE_BF16,
    DATA_TYPE_BOOL,
    DATA_TYPE_F16,
    DATA_TYPE_F32,
    DATA_TYPE_I8,
    DATA_TYPE_I32,
    DATA_TYPE_I64,
    DATA_TYPE_U8,
    DataType,
    TensorChunk,
    TensorEnd,
    TensorFrame,
    TensorHeader,
    TensorInfo,
)

from osum_client.errors import OsumError

MAX_CHUNK_BYTES = 512 * 1024
"""Most bytes of a chunk."""

# NumPy has no bfloat16: its 16 bits are read as integers and widened.
_NUMPY_TYPES: dict[DataType, np.dtype[np.generic]] = {
    DATA_TYPE_F32: np.dtype("<f4"),
    DATA_TYPE_F16: np.dtype("<f2"),
    DATA_TYPE_BF16: np.dtype("<u2"),
    DATA_TYPE_I8: np.dtype("i1"),
    DATA_TYPE_U8: np.dtype("u1"),
    DATA_TYPE_I32: np.dtype("<i4"),
    DATA_TYPE_I64: np.dtype("<i8"),
    DATA_TYPE_BOOL: np.dtype("?"),
}
_WIRE_TYPES = {dtype: wire for wire, dtype in _NUMPY_TYPES.items() if wire != DATA_TYPE_BF16}


def tensor_frames(name: str, array: NDArray[np.generic]) -> Iterator[TensorFrame]:
    """The frames of an array: header, chunks with their CRC-32C, end.

    Raises TypeError for an element type that cannot travel.
    """
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    wire_type = _WIRE_TYPES.get(little.dtype)
    if wire_type is None:
        names = ", ".join(str(dtype) for dtype in _WIRE_TYPES)
        raise TypeError(f'tensor "{name}": expected an element type of {names}, got {array.dtype}')
    info = TensorInfo(name=name, dtype=wire_type, shape=array.shape)
    yield TensorFrame(header=TensorHeader(info=info, byte_size=little.nbytes))
    data = little.reshape(-1).view(np.uint8)
    for offset in range(0, little.nbytes, MAX_CHUNK_BYTES):
        piece = data[offset : offset + MAX_CHUNK_BYTES].tobytes()
        yield TensorFrame(chunk=TensorChunk(offset=offset, data=piece, crc32c=google_crc32c.value(piece)))
    yield TensorFrame(end=TensorEnd())


class TensorReader:
    """Puts the frames of one tensor together, and checks each of them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._info: TensorInfo | None = None
        self._data = bytearray()
        self._received = 0
        self._chunks = 0
        self._ended = False

    def add(self, frame: TensorFrame) -> None:
        """Takes the next frame.

        Raises OsumError: DATA_LOSS for a checksum that does not fit, INTERNAL for frames out of order.
        """
        kind = frame.WhichOneof("frame")
        expected = "the end of the answer" if self._ended else "header" if self._info is None else "chunk or end"
        if kind == "header" and self._info is None:
            self._open(frame.header)
        elif kind == "chunk" and self._info is not None and not self._ended:
            self._append(frame.chunk)
        elif kind == "end" and self._info is not None and not self._ended:
            if self._received != len(self._data):
                raise self._bad(f"the end came after {self._received} of {len(self._data)} bytes")
            self._ended = True
        else:
            raise self._bad(f"expected {expected}, got {kind}")

    def array(self) -> NDArray[np.generic]:
        """The tensor; bfloat16 is widened to float32, which is exact. Raises OsumError if frames are missing."""
        if self._info is None or not self._ended:
            raise self._bad("the answer ended before the tensor did")
        values = np.frombuffer(self._data, _NUMPY_TYPES[self._info.dtype]).reshape(tuple(self._info.shape))
        if self._info.dtype == DATA_TYPE_BF16:
            return (values.astype(np.uint32) << 16).view(np.float32)
        return values

    def _open(self, header: TensorHeader) -> None:
        info = header.info
        if info.name != self._name:
            raise self._bad(f'the header is of "{info.name}"')
        if info.dtype not in _NUMPY_TYPES:
            raise self._bad(f"the element type is {info.dtype}")
        size = math.prod(info.shape) * _NUMPY_TYPES[info.dtype].itemsize
        if size != header.byte_size:
            raise self._bad(f"byte_size is {header.byte_size}, but shape and element type make {size}")
        self._info = info
        self._data = bytearray(size)

    def _append(self, chunk: TensorChunk) -> None:
        end = self._received + len(chunk.data)
        if chunk.offset != self._received or end > len(self._data):
            raise self._bad(f"chunk {self._chunks}: bytes {chunk.offset} to {end} of {len(self._data)} do not follow")
        if google_crc32c.value(chunk.data) != chunk.crc32c:
            text = f'tensor "{self._name}", chunk {self._chunks}: its CRC-32C does not fit its bytes; call again.'
            raise OsumError(grpc.StatusCode.DATA_LOSS, text)
        self._data[self._received : end] = chunk.data
        self._received = end
        self._chunks += 1

    def _bad(self, problem: str) -> OsumError:
        return OsumError(grpc.StatusCode.INTERNAL, f'tensor "{self._name}": {problem}.')
