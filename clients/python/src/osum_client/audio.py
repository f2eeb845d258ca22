"""Audio as messages of a call."""

import asyncio
import os
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray
from osum.v1.understanding_pb2 import (
    AUDIO_ENCODING_PCM_F32LE,
    AUDIO_ENCODING_PCM_S16LE,
    AudioFormat,
)

AudioSource: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO | Iterable[bytes]
"""Audio to send: the path of a file, its bytes, an open file (also a pipe or a socket), or chunks as they come."""

AsyncAudioSource: TypeAlias = AudioSource | AsyncIterable[bytes]
"""The same for asyncio. Files are read in threads; an `Iterable` must not block."""

AUDIO_MESSAGE_BYTES = 15 * 1024
"""Bytes of one message: the size that the contract recommends, so that decoding starts early."""


def audio_chunks(source: AudioSource) -> Iterator[bytes]:
    """Chunks of at most AUDIO_MESSAGE_BYTES, whatever the source gives. A pipe is not waited for to fill one."""
    if isinstance(source, str | os.PathLike):
        with Path(source).open("rb") as file:
            yield from _file_chunks(file)
    elif hasattr(source, "read"):
        yield from _file_chunks(cast(BinaryIO, source))
    else:
        for piece in [source] if isinstance(source, bytes) else source:
            yield from _split(piece)


async def async_audio_chunks(source: AsyncAudioSource) -> AsyncIterator[bytes]:
    """The same without blocking the event loop."""
    if isinstance(source, AsyncIterable):
        async for piece in source:
            for chunk in _split(piece):
                yield chunk
    elif isinstance(source, str | os.PathLike) or hasattr(source, "read"):
        chunks = audio_chunks(source)
        while (read := await asyncio.to_thread(next, chunks, None)) is not None:
            yield read
    else:
        for chunk in audio_chunks(source):
            yield chunk


def pcm_format(
    sample_rate_hz: int, dtype: type[np.int16] | type[np.float32] = np.int16, channels: int = 1
) -> AudioFormat:
    """The format of raw PCM, little-endian, channels interleaved."""
    encoding = AUDIO_ENCODING_PCM_S16LE if np.dtype(dtype) == np.int16 else AUDIO_ENCODING_PCM_F32LE
    return AudioFormat(encoding=encoding, sample_rate_hz=sample_rate_hz, channels=channels)


def pcm_bytes(samples: NDArray[np.int16] | NDArray[np.float32]) -> bytes:
    """Samples, as a microphone gives them, as bytes in the encoding that `pcm_format` of their type names."""
    if samples.dtype not in (np.int16, np.float32):
        raise TypeError(f"samples: expected int16 or float32, got {samples.dtype}")
    return np.ascontiguousarray(samples, samples.dtype.newbyteorder("<")).tobytes()


def _file_chunks(file: BinaryIO) -> Iterator[bytes]:
    # read1 gives what a pipe holds now; read would wait for a whole message.
    read = getattr(file, "read1", file.read)
    while chunk := read(AUDIO_MESSAGE_BYTES):
        yield chunk


def _split(piece: bytes) -> Iterator[bytes]:
    for start in range(0, len(piece), AUDIO_MESSAGE_BYTES):
        yield piece[start : start + AUDIO_MESSAGE_BYTES]
