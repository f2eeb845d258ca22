"""The client for threads."""

import itertools
from collections.abc import Iterator
from types import TracebackType
from typing import Self, Unpack

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

from osum_client.audio import AudioSource, audio_chunks
from osum_client.connection import Connection, ConnectionOptions
from osum_client.responses import Responses, answer
from osum_client.understanding import (
    Event,
    Understanding,
    UnderstandOptions,
    collect,
    config_request,
    event_from,
)


class EventStream(Iterator[Event]):
    """The messages of a running call. Leaving its `with` block cancels the call, and frees its work on the devices."""

    def __init__(self, responses: Responses[UnderstandResponse]) -> None:
        self._responses = responses

    def __next__(self) -> Event:
        while True:
            event = event_from(next(self._responses))
            if event is not None:
                return event

    def cancel(self) -> None:
        """Ends the call, from any thread; reading it then fails with CANCELLED. Does nothing once it is over."""
        self._responses.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cancel()


class OsumClient:
    """A client of one mesh, for any number of threads. Connects with the first call; calls fail with OsumError."""

    def __init__(self, address: str, **options: Unpack[ConnectionOptions]) -> None:
        """Raises ValueError if a key or token would travel over a network in plaintext.

        address: `host:port` of a router.
        """
        self._connection = Connection(address, options)
        self._channel = self._connection.channel()
        self._stub = SpeechUnderstandingStub(self._channel)

    def understand(self, audio: AudioSource, **options: Unpack[UnderstandOptions]) -> Understanding:
        """Understands a recording, and waits for all of it. Arguments are those of `stream`."""
        with self.stream(audio, **options) as events:
            return collect(events)

    def stream(self, audio: AudioSource, **options: Unpack[UnderstandOptions]) -> EventStream:
        """Understands a recording or a live stream, message by message; use it in a `with` block.

        audio: read in a thread of its own. When the call ends early, that thread ends with the read that it is in.
        """
        config = config_request(options, self._connection.model)
        messages = (UnderstandRequest(audio=chunk) for chunk in audio_chunks(audio))
        requests = itertools.chain([config], messages)
        return EventStream(Responses(self._stub.Understand, requests, self._connection, options.get("timeout")))

    def interpret(self, instruction: str, *, timeout: float | None = None) -> Plan:
        """Turns an instruction into a plan, without audio."""
        request = InterpretRequest(instruction=instruction, model=self._connection.model)
        response: InterpretResponse = answer(self._stub.Interpret, request, self._connection, timeout)
        return response.plan

    def describe(self, *, timeout: float | None = None) -> DescribeResponse:
        """What the mesh can do: tasks, labels and measured scores of its model package, audio formats, limits."""
        request = DescribeRequest(model=self._connection.model)
        response: DescribeResponse = answer(self._stub.Describe, request, self._connection, timeout)
        return response

    def close(self) -> None:
        """Closes the connection; running calls fail with CANCELLED."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
