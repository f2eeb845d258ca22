"""The messages of a call and of its repetitions, for asyncio."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Generic, TypeVar

import grpc

from osum_client.connection import Connection
from osum_client.errors import OsumError, osum_error
from osum_client.replay import AsyncReplay
from osum_client.retry import Attempts

Response = TypeVar("Response")
Value = TypeVar("Value")

# Longest wait for the status of a call that has ended.
_STATUS_SECONDS = 2.0


class AsyncResponses(AsyncIterator[Response], Generic[Response]):
    """The messages of a call; fails with OsumError, or with the failure of its own requests."""

    def __init__(
        self, method: Callable[..., Any], requests: AsyncIterator[Any], connection: Connection, timeout: float | None
    ) -> None:
        self._method = method
        self._metadata = connection.metadata()
        self._attempts = Attempts(connection.retry, connection.throttle, timeout)
        self._replay = AsyncReplay(requests, connection.retry.replay_bytes)
        self._cancelled = asyncio.Event()
        self._answered = False
        self._start()

    async def __anext__(self) -> Response:
        while True:
            try:
                response: Response = await anext(self._responses)
            except StopAsyncIteration:
                self._attempts.succeeded()
                raise
            except grpc.RpcError:
                await self._wait_after(await self._status.failure())
                self._start()
            except asyncio.CancelledError:
                # gRPC tells of its own cancellation as if the task had been cancelled.
                if self._replay.failure is not None:
                    raise self._replay.failure from None
                if self._cancelled.is_set():
                    raise _cancelled() from None
                raise
            else:
                self._answered = True
                self._replay.commit()
                return response

    def cancel(self) -> None:
        """Ends the call. Does nothing once it is over."""
        self._cancelled.set()
        self._call.cancel()

    def _start(self) -> None:
        requests = self._replay.attempt()
        self._call = self._method(requests, timeout=self._attempts.timeout(), metadata=self._metadata)
        self._responses = aiter(self._call)
        self._status = _FinalStatus(self._call)

    async def _wait_after(self, error: OsumError) -> None:
        """Waits until the call may be repeated; raises if it may not."""
        if self._replay.failure is not None:
            raise self._replay.failure
        if self._answered or not self._replay.complete:
            raise error
        wait = self._attempts.wait_after(error)
        if wait is None:
            raise error
        try:
            await asyncio.wait_for(self._cancelled.wait(), wait)
        except TimeoutError:
            return
        raise _cancelled()


async def async_answer(method: Callable[..., Any], request: Any, connection: Connection, timeout: float | None) -> Any:
    """Makes a call whose answer is one message, and its repetitions."""
    attempts = Attempts(connection.retry, connection.throttle, timeout)
    metadata = connection.metadata()
    while True:
        try:
            response = await method(request, timeout=attempts.timeout(), metadata=metadata)
        except grpc.RpcError as error:
            failure = osum_error(error)
            wait = attempts.wait_after(failure)
            if wait is None:
                raise failure from None
            await asyncio.sleep(wait)
        else:
            attempts.succeeded()
            return response


class _FinalStatus:
    """The status that the mesh sent.

    grpcio overwrites it with an INTERNAL of its own when a write fails as the call ends, and calls back each time:
    https://github.com/grpc/grpc/issues/36066.
    """

    def __init__(self, call: Any) -> None:
        self._failure: asyncio.Future[OsumError] = asyncio.get_running_loop().create_future()
        call.add_done_callback(self._note)

    async def failure(self) -> OsumError:
        try:
            return await asyncio.wait_for(asyncio.shield(self._failure), _STATUS_SECONDS)
        except TimeoutError:
            return OsumError(grpc.StatusCode.UNAVAILABLE, "The connection broke before the status came; try again.")

    def _note(self, call: Any) -> None:
        code, details = _without_waiting(call.code()), _without_waiting(call.details())
        overwritten = code is grpc.StatusCode.INTERNAL and details == "Internal error from Core"
        if not overwritten and not self._failure.done():
            self._failure.set_result(OsumError(code, details or "", _without_waiting(call.trailing_metadata()) or ()))


def _cancelled() -> OsumError:
    return OsumError(grpc.StatusCode.CANCELLED, "The call was cancelled.")


def _without_waiting(finished: Coroutine[Any, Any, Value]) -> Value:
    """Result of a coroutine that has nothing to wait for."""
    try:
        finished.send(None)
    except StopIteration as stop:
        result: Value = stop.value
        return result
    finished.close()
    raise RuntimeError("the status of a call that is over was not there")
