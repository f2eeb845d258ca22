"""How a client reaches a mesh and proves who it is."""

import re
from collections.abc import Callable
from typing import TypedDict

import grpc
import grpc.aio

from osum_client.retry import RetryOptions, Throttle

_CHANNEL_OPTIONS: list[tuple[str, int]] = [
    # A mesh that vanished without a word is noticed within 50 s, in the silence of a live stream, too.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    # See Responses.
    ("grpc.enable_retries", 0),
]

# Addresses that never leave this machine: there, a sidecar may do the TLS.
_LOOPBACK = re.compile(r"(dns:///|ipv4:|ipv6:)?(localhost|127(\.\d{1,3}){3}|\[::1\]):\d+|unix:.*")


class ConnectionOptions(TypedDict, total=False):
    """Keyword arguments of every client."""

    credentials: grpc.ChannelCredentials
    """`grpc.ssl_channel_credentials(...)` for TLS, and with key and certificate for mTLS. Default: plaintext."""
    api_key: str
    """Sent with every call as the header `x-api-key`."""
    token: str | Callable[[], str]
    """Sent with every call as `authorization: Bearer ...`. A function is asked once a call: it may renew the token."""
    tenant: str
    """Name of the tenant for fair sharing. Default: the mesh's "default"."""
    model: str
    """Model package wanted. Default: the one served there."""
    retry: RetryOptions
    """Repetition of calls that were refused before any answer. Default: `RetryOptions()`."""


class Connection:
    """Address, credentials and retries that all calls of a client share."""

    def __init__(self, address: str, options: ConnectionOptions) -> None:
        self._address = address
        self._credentials = options.get("credentials")
        self._token = options.get("token")
        self._headers = {"osum-tenant": options.get("tenant"), "x-api-key": options.get("api_key")}
        self.retry = options.get("retry", RetryOptions())
        self.throttle = Throttle()
        self.model = options.get("model", "")
        secret = options.get("api_key") is not None or self._token is not None
        if secret and self._credentials is None and not _LOOPBACK.fullmatch(address):
            raise ValueError(
                f"api_key and token are sent over TLS only, and {address} would be called in plaintext: "
                "give credentials, such as grpc.ssl_channel_credentials()"
            )

    def channel(self) -> grpc.Channel:
        """A channel; it connects with the first call."""
        if self._credentials is None:
            return grpc.insecure_channel(self._address, _CHANNEL_OPTIONS)
        return grpc.secure_channel(self._address, self._credentials, _CHANNEL_OPTIONS)

    def aio_channel(self) -> grpc.aio.Channel:
        """The same for asyncio."""
        if self._credentials is None:
            return grpc.aio.insecure_channel(self._address, _CHANNEL_OPTIONS)
        return grpc.aio.secure_channel(self._address, self._credentials, _CHANNEL_OPTIONS)

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Headers of one call. A token that is a function is asked now."""
        headers = dict(self._headers)
        if self._token is not None:
            headers["authorization"] = f"Bearer {self._token() if callable(self._token) else self._token}"
        return tuple((name, value) for name, value in headers.items() if value is not None)
