"""One stage of the mesh, for threads."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self, Unpack

import numpy as np
from numpy.typing import NDArray
from osum.v1.adapter_pb2_grpc import ModalityAdapterStub
from osum.v1.encoder_pb2_grpc import SpeechEncoderStub
from osum.v1.features_pb2_grpc import FeatureExtractorStub

from osum_client.connection import Connection, ConnectionOptions
from osum_client.responses import Responses
from osum_client.stage_calls import (
    StageAnswer,
    StageAnswerReader,
    StageResponse,
    adapt_requests,
    encode_requests,
    extract_requests,
)


class StageClient:
    """A client of one stage, for any number of threads. Calls fail with OsumError.

    Use the method of the stage that `address` serves; behind a proxy that routes by service, all of them. The other
    arguments are those of `OsumClient`. A stage's tensors are described in `osum/v1` beside its service.
    """

    def __init__(self, address: str, **options: Unpack[ConnectionOptions]) -> None:
        self._connection = Connection(address, options)
        self._channel = self._connection.channel()
        self._features = FeatureExtractorStub(self._channel)
        self._encoder = SpeechEncoderStub(self._channel)
        self._adapter = ModalityAdapterStub(self._channel)

    def extract(self, pcm: NDArray[np.int16] | NDArray[np.float32], *, timeout: float | None = None) -> StageAnswer:
        """Log-mel features [frames, bins] of one utterance: one channel at 16 kHz."""
        return self._call(self._features.Extract, extract_requests(pcm, self._connection.model), "features", timeout)

    def encode(self, features: NDArray[np.generic], *, timeout: float | None = None) -> StageAnswer:
        """Hidden states [positions, encoder width] of features."""
        return self._call(self._encoder.Encode, encode_requests(features, self._connection.model), "hidden", timeout)

    def adapt(self, hidden: NDArray[np.generic], *, timeout: float | None = None) -> StageAnswer:
        """Speech embeddings [rows, decoder width] of hidden states."""
        return self._call(self._adapter.Adapt, adapt_requests(hidden, self._connection.model), "speech", timeout)

    def _call(
        self, method: Callable[..., Any], requests: Sequence[Any], tensor: str, timeout: float | None
    ) -> StageAnswer:
        reader = StageAnswerReader(tensor)
        responses = Responses[StageResponse](method, iter(requests), self._connection, timeout)
        try:
            for response in responses:
                reader.add(response)
        finally:
            responses.cancel()
        return reader.answer()

    def close(self) -> None:
        """Closes the connection; running calls fail with CANCELLED."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
