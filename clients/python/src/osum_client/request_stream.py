"""The messages that a call sends, and why they stopped."""

from collections.abc import AsyncIterator, Iterator
from typing import Generic, TypeVar

Request = TypeVar("Request")


class RequestStream(Generic[Request]):
    """First one message, then those of an iterator. Keeps its failure: gRPC would only say CANCELLED."""

    def __init__(self, first: Request, rest: Iterator[Request]) -> None:
        self._first = first
        self._rest = rest
        self.failure: Exception | None = None

    def __iter__(self) -> Iterator[Request]:
        yield self._first
        try:
            yield from self._rest
        except Exception as failure:
            self.failure = failure
            raise


class AsyncRequestStream(Generic[Request]):
    """The same for asyncio."""

    def __init__(self, first: Request, rest: AsyncIterator[Request]) -> None:
        self._first = first
        self._rest = rest
        self.failure: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[Request]:
        yield self._first
        try:
            async for request in self._rest:
                yield request
        except Exception as failure:
            self.failure = failure
            raise
