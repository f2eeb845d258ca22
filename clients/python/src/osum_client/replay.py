"""The messages that a call sends, for one attempt after the other."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Generic, Protocol, TypeVar


class Message(Protocol):
    """A message of a call."""

    def ByteSize(self) -> int: ...  # noqa: N802


Request = TypeVar("Request", bound=Message)


class _Kept(Generic[Request]):
    """What has been sent so far, as long as it may be needed again."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._keeping = True
        self._attempt = 0
        self.requests: list[Request] = []
        self.complete = True
        """Whether another attempt would still see every message."""
        self.failure: Exception | None = None
        """Why the source failed: gRPC would only say that the call was cancelled."""

    def commit(self) -> None:
        """No further attempt will come."""
        self._keeping = False

    def add(self, request: Request) -> None:
        self._bytes += request.ByteSize()
        if self._keeping and self._bytes <= self._most_bytes:
            self.requests.append(request)
        else:
            self.complete = self._keeping = False

    def begin(self) -> int:
        """The number of a new attempt; all before are given up."""
        self._attempt += 1
        return self._attempt

    def is_current(self, attempt: int) -> bool:
        return attempt == self._attempt


class Replay(_Kept[Request]):
    """A request stream that several attempts can read from its start. A message that an attempt had asked for when it
    was given up is not lost: the next attempt gets it."""

    def __init__(self, source: Iterator[Request], most_bytes: int) -> None:
        super().__init__(most_bytes)
        self._source = source
        self._turn = threading.Lock()

    def attempt(self) -> Iterator[Request]:
        """The stream from its start. Ends the stream of the attempt before."""
        return self._read(self.begin())

    def _read(self, attempt: int) -> Iterator[Request]:
        position = 0
        while True:
            with self._turn:
                if not self.is_current(attempt):
                    return
                if position < len(self.requests):
                    request = self.requests[position]
                else:
                    try:
                        request = next(self._source)
                    except StopIteration:
                        return
                    except Exception as failure:
                        self.failure = failure
                        raise
                    self.add(request)
                if not self.is_current(attempt):
                    return
            position += 1
            yield request


class AsyncReplay(_Kept[Request]):
    """The same for asyncio."""

    def __init__(self, source: AsyncIterator[Request], most_bytes: int) -> None:
        super().__init__(most_bytes)
        self._source = source
        self._turn = asyncio.Lock()

    def attempt(self) -> AsyncIterator[Request]:
        """The stream from its start. Ends the stream of the attempt before."""
        return self._read(self.begin())

    async def _read(self, attempt: int) -> AsyncIterator[Request]:
        position = 0
        while True:
            async with self._turn:
                if not self.is_current(attempt):
                    return
                if position < len(self.requests):
                    request = self.requests[position]
                else:
                    try:
                        request = await anext(self._source)
                    except StopAsyncIteration:
                        return
                    except Exception as failure:
                        self.failure = failure
                        raise
                    self.add(request)
                if not self.is_current(attempt):
                    return
            position += 1
            yield request
