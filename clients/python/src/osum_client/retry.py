"""How a refused call is tried again."""

import random
import threading
import time
from dataclasses import dataclass

import grpc

from osum_client.errors import OsumError

_REPEATED = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
_JITTER = 0.2


@dataclass(frozen=True)
class RetryOptions:
    """How a call is tried again that failed before any answer, with UNAVAILABLE or with RESOURCE_EXHAUSTED.

    It waits exactly as long as the mesh's `grpc-retry-pushback-ms` says, and gives up where that is negative. Without
    one, RESOURCE_EXHAUSTED is not repeated: nobody says that it will be better later.
    """

    attempts: int = 4
    """Attempts in all, the first included."""
    first_backoff: float = 0.1
    """Seconds before the second attempt where the mesh names no time; doubled each time, with 20 % jitter."""
    longest_backoff: float = 3.0
    """Longest such wait, in seconds."""
    replay_bytes: int = 16 * 1024 * 1024
    """Bytes of one call that are kept to be sent again; a call that has sent more is not repeated."""


class Throttle:
    """Keeps the retries of a client from multiplying the load of a failing mesh (gRFC A6): a bucket of tokens.

    A failure takes one, a success gives one; there are no retries while half of them or fewer are left.
    """

    _MOST = 1000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens = self._MOST

    def succeeded(self) -> None:
        with self._lock:
            self._tokens = min(self._MOST, self._tokens + 1)

    def failed(self) -> bool:
        """Whether retries are allowed after this failure."""
        with self._lock:
            self._tokens = max(0, self._tokens - 1)
            return self._tokens > self._MOST / 2


class Attempts:
    """The attempts of one call, within its time."""

    def __init__(self, retry: RetryOptions, throttle: Throttle, timeout: float | None) -> None:
        self._retry = retry
        self._throttle = throttle
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._made = 1
        self._backoff = retry.first_backoff

    def timeout(self) -> float | None:
        """Seconds that are left; None without a bound."""
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def succeeded(self) -> None:
        """The call is over, and has its answer."""
        self._throttle.succeeded()

    def wait_after(self, error: OsumError) -> float | None:
        """Seconds until the next attempt; None if there is to be none."""
        if error.status not in _REPEATED:
            return None
        if not self._throttle.failed() or not error.retryable or self._made >= self._retry.attempts:
            return None
        self._made += 1
        if error.retry_after is not None:
            wait = error.retry_after
            self._backoff = self._retry.first_backoff
        else:
            wait = self._backoff * random.uniform(1 - _JITTER, 1 + _JITTER)
            self._backoff = min(self._retry.longest_backoff, 2 * self._backoff)
        left = self.timeout()
        return wait if left is None or wait < left else None
