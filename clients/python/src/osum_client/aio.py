"""The client for asyncio."""

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self, Unpack

from osum.v1.task_pb2 import Plan
from osum.v1.understanding_pb2 import (
    DescribeRequest,
    DescribeResponse,
    InterpretRequest,
    InterpretResponse,
    UnderstandRequest,
    UnderstandResponse,
)
from osum.v1.understanding_pb2_grpc import SpeechUnderstandingStub

from osum_client.aio_responses import AsyncResponses, async_answer
from osum_client.audio import AsyncAudioSource, async_audio_chunks
from osum_client.connection import Connection, ConnectionOptions
from osum_client.understanding import (
    Collector,
    Event,
    Understanding,
    UnderstandOptions,
    config_request,
    event_from,
)


class AsyncEventStream(AsyncIterator[Event]):
    """The messages of a running call.

    Leaving its `async with` block, or cancelling the task that reads, cancels the call and frees its work.
    """

    def __init__(self, responses: AsyncResponses[UnderstandResponse]) -> None:
        self._responses = responses

    async def __anext__(self) -> Event:
        while True:
            event = event_from(await anext(self._responses))
            if event is not None:
                return event

    def cancel(self) -> None:
        """Ends the call; reading it then fails with CANCELLED. Does nothing once it is over."""
        self._responses.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cancel()


class AsyncOsumClient:
    """A client of one mesh for one event loop. Arguments, messages and failures are those of `OsumClient`."""

    def __init__(self, address: str, **options: Unpack[ConnectionOptions]) -> None:
        self._connection = Connection(address, options)
        self._channel = self._connection.aio_channel()
        self._stub: Any = SpeechUnderstandingStub(self._channel)

    async def understand(self, audio: AsyncAudioSource, **options: Unpack[UnderstandOptions]) -> Understanding:
        """Understands a recording, and waits for all of it."""
        collector = Collector()
        async with self.stream(audio, **options) as events:
            async for event in events:
                collector.add(event)
        return collector.understanding()

    def stream(self, audio: AsyncAudioSource, **options: Unpack[UnderstandOptions]) -> AsyncEventStream:
        """Understands a recording or a live stream, message by message; use it in an `async with` block."""
        config = config_request(options, self._connection.model)
        requests = _requests(config, audio)
        return AsyncEventStream(
            AsyncResponses(self._stub.Understand, requests, self._connection, options.get("timeout"))
        )

    async def interpret(self, instruction: str, *, timeout: float | None = None) -> Plan:
        """Turns an instruction into a plan, without audio."""
        request = InterpretRequest(instruction=instruction, model=self._connection.model)
        response: InterpretResponse = await async_answer(self._stub.Interpret, request, self._connection, timeout)
        return response.plan

    async def describe(self, *, timeout: float | None = None) -> DescribeResponse:
        """What the mesh can do: tasks, labels and measured scores of its model package, audio formats, limits."""
        request = DescribeRequest(model=self._connection.model)
        response: DescribeResponse = await async_answer(self._stub.Describe, request, self._connection, timeout)
        return response

    async def close(self) -> None:
        """Closes the connection; running calls are cancelled."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def _requests(config: UnderstandRequest, audio: AsyncAudioSource) -> AsyncIterator[UnderstandRequest]:
    yield config
    async for chunk in async_audio_chunks(audio):
        yield UnderstandRequest(audio=chunk)
