"""What is sent to a stage and what comes back: shared by both kinds of client."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from osum.v1.adapter_pb2 import AdaptConfig, AdaptReport, AdaptRequest
from osum.v1.encoder_pb2 import EncodeConfig, EncodeReport, EncodeRequest
from osum.v1.features_pb2 import (
    PCM_ENCODING_F32LE,
    PCM_ENCODING_S16LE,
    ExtractConfig,
    ExtractReport,
    ExtractRequest,
)
from osum.v1.stage_pb2 import StageReport
from osum.v1.tensor_pb2 import TensorFrame

from osum_client.audio import pcm_bytes
from osum_client.tensors import MAX_CHUNK_BYTES, TensorReader, tensor_frames


@dataclass(frozen=True)
class StageAnswer:
    """What a stage made of one utterance."""

    tensor: NDArray[np.generic]
    """float32, whether it travelled so or as bfloat16."""
    stages: tuple[StageReport, ...]
    """Instance, shapes, batch size, and where the time went."""


class StageResponse(Protocol):
    """A message of any stage."""

    @property
    def frame(self) -> TensorFrame: ...
    @property
    def report(self) -> ExtractReport | EncodeReport | AdaptReport: ...
    def WhichOneof(self, oneof_group: str, /) -> str | None: ...  # noqa: N802


class StageAnswerReader:
    """Puts the messages of a stage together."""

    def __init__(self, tensor: str) -> None:
        self._reader = TensorReader(tensor)
        self._stages: tuple[StageReport, ...] = ()

    def add(self, response: StageResponse) -> None:
        match response.WhichOneof("response"):
            case "frame":
                self._reader.add(response.frame)
            case "report":
                self._stages = tuple(response.report.stages)

    def answer(self) -> StageAnswer:
        return StageAnswer(self._reader.array(), self._stages)


def extract_requests(pcm: NDArray[np.int16] | NDArray[np.float32], model: str) -> list[ExtractRequest]:
    """Messages to FeatureExtractor."""
    encoding = PCM_ENCODING_S16LE if pcm.dtype == np.int16 else PCM_ENCODING_F32LE
    data = pcm_bytes(pcm)
    config = ExtractRequest(config=ExtractConfig(encoding=encoding, model=model))
    starts = range(0, len(data), MAX_CHUNK_BYTES)
    return [config, *(ExtractRequest(pcm=data[start : start + MAX_CHUNK_BYTES]) for start in starts)]


def encode_requests(features: NDArray[np.generic], model: str) -> list[EncodeRequest]:
    """Messages to SpeechEncoder."""
    frames = tensor_frames("features", features)
    return [EncodeRequest(config=EncodeConfig(model=model)), *(EncodeRequest(frame=frame) for frame in frames)]


def adapt_requests(hidden: NDArray[np.generic], model: str) -> list[AdaptRequest]:
    """Messages to ModalityAdapter."""
    frames = tensor_frames("hidden", hidden)
    return [AdaptRequest(config=AdaptConfig(model=model)), *(AdaptRequest(frame=frame) for frame in frames)]
