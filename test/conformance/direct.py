"""The mesh's own answers, by osum.v1."""

from collections.abc import Iterator
from typing import Any

from schemas import Schemas

# Bytes of a chunk of a tensor, and of a message of audio.
CHUNK_BYTES = 512 * 1024
AUDIO_BYTES = 15_000

CRC32C_POLYNOMIAL = 0x82F63B78


class Direct:
    """Calls to the services of a mesh."""

    def __init__(self, schemas: Schemas, services: dict[str, str]) -> None:
        self.schemas = schemas
        self.services = services
        self._understood: dict[tuple[object, ...], list[Any]] = {}

    def describe(self) -> Any:
        """What the mesh can do."""
        request = self.schemas.message("osum.v1.DescribeRequest")
        return next(self.schemas.stream(self.services["router"], "osum.v1.SpeechUnderstanding", "Describe", [request]))

    def supports(self, tag: str) -> bool:
        """Whether the package can do a task."""
        return any(task.tag == tag and task.supported for task in self.describe().tasks)

    def understand(self, audio: bytes, live: bool = False, **wish: str) -> list[Any]:
        """The result of each utterance; the same question is asked once."""
        question = (audio, live, *sorted(wish.items()))
        if question not in self._understood:
            self._understood[question] = self._understand(audio, live, wish)
        return self._understood[question]

    def _understand(self, audio: bytes, live: bool, wish: dict[str, str]) -> list[Any]:
        def requests() -> Iterator[Any]:
            config = self.schemas.message("osum.v1.UnderstandConfig", **wish)
            if live:
                config.live.partial_interval.SetInParent()
            yield self.schemas.message("osum.v1.UnderstandRequest", config=config)
            for start in range(0, len(audio), AUDIO_BYTES):
                piece = audio[start : start + AUDIO_BYTES]
                yield self.schemas.message("osum.v1.UnderstandRequest", audio=piece)

        router = self.services["router"]
        responses = self.schemas.stream(router, "osum.v1.SpeechUnderstanding", "Understand", requests())
        return [response.result for response in responses if response.WhichOneof("response") == "result"]

    def extract(self, pcm: bytes) -> Any:
        """Features of 32-bit float samples, as (tensor info, bytes)."""
        name = "osum.v1.ExtractRequest"
        requests = [self.schemas.message(name, config={}), self.schemas.message(name, pcm=pcm)]
        return _tensor(self.schemas.stream(self.services["features"], "osum.v1.FeatureExtractor", "Extract", requests))

    def encode(self, info: Any, data: bytes) -> Any:
        """Hidden states of features."""
        requests = self._frames("osum.v1.EncodeRequest", info, data)
        return _tensor(self.schemas.stream(self.services["encoder"], "osum.v1.SpeechEncoder", "Encode", requests))

    def adapt(self, info: Any, data: bytes) -> Any:
        """Speech embeddings of hidden states."""
        requests = self._frames("osum.v1.AdaptRequest", info, data)
        return _tensor(self.schemas.stream(self.services["adapter"], "osum.v1.ModalityAdapter", "Adapt", requests))

    def _frames(self, request: str, info: Any, data: bytes) -> Iterator[Any]:
        yield self.schemas.message(request, config={})
        header = {"info": info, "byte_size": len(data)}
        yield self.schemas.message(request, frame=self.schemas.message("osum.v1.TensorFrame", header=header))
        for offset in range(0, len(data), CHUNK_BYTES):
            piece = data[offset : offset + CHUNK_BYTES]
            chunk = {"offset": offset, "data": piece, "crc32c": crc32c(piece)}
            yield self.schemas.message(request, frame=self.schemas.message("osum.v1.TensorFrame", chunk=chunk))
        yield self.schemas.message(request, frame=self.schemas.message("osum.v1.TensorFrame", end={}))


def _tensor(responses: Iterator[Any]) -> Any:
    frames = [response.frame for response in responses if response.WhichOneof("response") == "frame"]
    return frames[0].header.info, b"".join(frame.chunk.data for frame in frames)


def _crc32c_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (CRC32C_POLYNOMIAL if byte & 1 else 0)
        table.append(byte)
    return table


CRC32C_TABLE = _crc32c_table()


def crc32c(data: bytes) -> int:
    """Castagnoli's checksum (RFC 3720, appendix B.4)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC32C_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF
