"""One stage of the mesh, for asyncio."""

from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Any, Self, Unpack

import numpy as np
from numpy.typing import NDArray
from osum.v1.adapter_pb2_grpc import ModalityAdapterStub
from osum.v1.encoder_pb2_grpc import SpeechEncoderStub
from osum.v1.features_pb2_grpc import FeatureExtractorStub

from osum_client.aio_responses import AsyncResponses
from osum_client.connection import Connection, ConnectionOptions
from osum_client.stage_calls import (
    StageAnswer,
    StageAnswerReader,
    StageResponse,
    adapt_requests,
    encode_requests,
    extract_requests,
)


class AsyncStageClient:
    """A client of one stage for one event loop. Arguments, methods and failures are those of `StageClient`."""

    def __init__(self, address: str, **options: Unpack[ConnectionOptions]) -> None:
        self._connection = Connection(address, options)
        self._channel = self._connection.aio_channel()
        self._features = FeatureExtractorStub(self._channel)
        self._encoder = SpeechEncoderStub(self._channel)
        self._adapter = ModalityAdapterStub(self._channel)

    async def extract(
        self, pcm: NDArray[np.int16] | NDArray[np.float32], *, timeout: float | None = None
    ) -> StageAnswer:
        """Log-mel features [frames, bins] of one utterance: one channel at 16 kHz."""
        return await self._call(
            self._features.Extract, extract_requests(pcm, self._connection.model), "features", timeout
        )

    async def encode(self, features: NDArray[np.generic], *, timeout: float | None = None) -> StageAnswer:
        """Hidden states [positions, encoder width] of features."""
        return await self._call(
            self._encoder.Encode, encode_requests(features, self._connection.model), "hidden", timeout
        )

    async def adapt(self, hidden: NDArray[np.generic], *, timeout: float | None = None) -> StageAnswer:
        """Speech embeddings [rows, decoder width] of hidden states."""
        return await self._call(self._adapter.Adapt, adapt_requests(hidden, self._connection.model), "speech", timeout)

    async def _call(
        self, method: Callable[..., Any], requests: Sequence[Any], tensor: str, timeout: float | None
    ) -> StageAnswer:
        reader = StageAnswerReader(tensor)
        responses = AsyncResponses[StageResponse](method, _each(requests), self._connection, timeout)
        try:
            async for response in responses:
                reader.add(response)
        finally:
            responses.cancel()
        return reader.answer()

    async def close(self) -> None:
        """Closes the connection; running calls are cancelled."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def _each(requests: Sequence[Any]) -> AsyncIterator[Any]:
    for request in requests:
        yield request
