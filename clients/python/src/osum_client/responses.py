"""The messages of a call and of its repetitions, for threads."""

import threading
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

import grpc

from osum_client.connection import Connection
from osum_client.errors import OsumError, osum_error
from osum_client.replay import Replay
from osum_client.retry import Attempts

Response = TypeVar("Response")


class Responses(Iterator[Response], Generic[Response]):
    """The messages of a call; fails with OsumError, or with the failure of its own requests.

    gRPC's own retry layer is not used here: in grpcio 1.76 to 1.85, a repeated stream sometimes lacks a message.
    """

    def __init__(
        self, method: Callable[..., Any], requests: Iterator[Any], connection: Connection, timeout: float | None
    ) -> None:
        self._method = method
        self._metadata = connection.metadata()
        self._attempts = Attempts(connection.retry, connection.throttle, timeout)
        self._replay = Replay(requests, connection.retry.replay_bytes)
        self._cancelled = threading.Event()
        self._answered = False
        self._call = self._start()

    def __next__(self) -> Response:
        while True:
            try:
                response: Response = next(self._call)
            except StopIteration:
                self._attempts.succeeded()
                raise
            except grpc.RpcError as error:
                self._wait_after(osum_error(error))
                self._call = self._start()
            else:
                self._answered = True
                self._replay.commit()
                return response

    def cancel(self) -> None:
        """Ends the call, from any thread. Does nothing once it is over."""
        self._cancelled.set()
        self._call.cancel()

    def _start(self) -> Any:
        return self._method(self._replay.attempt(), timeout=self._attempts.timeout(), metadata=self._metadata)

    def _wait_after(self, error: OsumError) -> None:
        """Waits until the call may be repeated; raises if it may not."""
        if self._replay.failure is not None:
            raise self._replay.failure
        if self._answered or not self._replay.complete:
            raise error
        wait = self._attempts.wait_after(error)
        if wait is None:
            raise error
        if self._cancelled.wait(wait):
            raise OsumError(grpc.StatusCode.CANCELLED, "The call was cancelled.")


def answer(method: Callable[..., Response], request: Any, connection: Connection, timeout: float | None) -> Response:
    """Makes a call whose answer is one message, and its repetitions."""
    attempts = Attempts(connection.retry, connection.throttle, timeout)
    metadata = connection.metadata()
    while True:
        try:
            response = method(request, timeout=attempts.timeout(), metadata=metadata)
        except grpc.RpcError as error:
            failure = osum_error(error)
            wait = attempts.wait_after(failure)
            if wait is None:
                raise failure from None
            threading.Event().wait(wait)
        else:
            attempts.succeeded()
            return response
