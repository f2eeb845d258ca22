"""The messages of a call, for asyncio."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Generic, TypeVar

import grpc

from osum_client.errors import OsumError
from osum_client.request_stream import AsyncRequestStream

Response = TypeVar("Response")
Value = TypeVar("Value")

# Longest wait for the status of a call that has ended.
_STATUS_SECONDS = 2.0


class Responses(AsyncIterator[Response], Generic[Response]):
    """The messages of a call; fails with OsumError, or with the failure of its own requests."""

    def __init__(self, call: Any, requests: AsyncRequestStream[Any] | None = None) -> None:
        self._call = call
        self._responses = aiter(call)
        self._requests = requests
        self._cancelled = False
        self._ended: asyncio.Future[OsumError] = asyncio.get_running_loop().create_future()
        call.add_done_callback(self._note_status)

    async def __anext__(self) -> Response:
        try:
            response: Response = await anext(self._responses)
        except grpc.RpcError:
            raise self._request_failure() or await self._failure() from None
        except asyncio.CancelledError:
            # gRPC tells of its own cancellation as if the task had been cancelled.
            if (failure := self._request_failure()) is not None:
                raise failure from None
            if self._cancelled:
                raise OsumError(grpc.StatusCode.CANCELLED, "The call was cancelled.") from None
            raise
        return response

    def cancel(self) -> None:
        """Ends the call. Does nothing once it is over."""
        self._cancelled = True
        self._call.cancel()

    def _request_failure(self) -> Exception | None:
        return None if self._requests is None else self._requests.failure

    async def _failure(self) -> OsumError:
        try:
            return await asyncio.wait_for(asyncio.shield(self._ended), _STATUS_SECONDS)
        except TimeoutError:
            return OsumError(grpc.StatusCode.UNAVAILABLE, "The connection broke before the status came; try again.")

    # grpcio overwrites the status that came with an INTERNAL of its own when a write fails as the call ends, and calls
    # back each time: https://github.com/grpc/grpc/issues/36066.
    def _note_status(self, call: Any) -> None:
        code, details = _without_waiting(call.code()), _without_waiting(call.details())
        overwritten = code is grpc.StatusCode.INTERNAL and details == "Internal error from Core"
        if not overwritten and not self._ended.done():
            self._ended.set_result(OsumError(code, details or "", _without_waiting(call.trailing_metadata()) or ()))


def _without_waiting(finished: Coroutine[Any, Any, Value]) -> Value:
    """Result of a coroutine that has nothing to wait for."""
    try:
        finished.send(None)
    except StopIteration as stop:
        result: Value = stop.value
        return result
    finished.close()
    raise RuntimeError("the status of a call that is over was not there")
