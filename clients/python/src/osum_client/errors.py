"""Failures of calls, with all that the mesh says about them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import grpc
import grpc.aio
from google.protobuf.any_pb2 import Any
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

_Detail = TypeVar("_Detail", ErrorInfo, BadRequest)
_DOMAIN = "osum.mesh"


@dataclass(frozen=True)
class FieldViolation:
    """What is wrong with one field of a request."""

    field: str
    """Path of the field in the request, such as `config.tags`."""
    description: str
    """One sentence: what was expected and what came."""


class OsumError(Exception):
    """A call that failed. Its text is the mesh's sentence about what was expected, what came and what to do."""

    status: grpc.StatusCode
    """gRPC status, such as `StatusCode.INVALID_ARGUMENT`."""
    reason: str | None
    """Cause in the error catalogue (docs/errors.md), such as `QUEUE_FULL`; None if the mesh did not say."""
    number: int | None
    """Number of the cause in the error catalogue."""
    retryable: bool
    """Whether the same call may succeed later without a change."""
    retry_after: float | None
    """Seconds after which the mesh asks to come back; None if it did not say."""
    violations: tuple[FieldViolation, ...]
    """Fields of the request that are wrong."""
    facts: Mapping[str, str]
    """Facts for programs, such as `{"limitSeconds": "60"}`."""

    def __init__(self, status: grpc.StatusCode, message: str, trailers: Iterable[tuple[str, str | bytes]] = ()) -> None:
        super().__init__(message)
        self.status = status
        # grpc.aio.Metadata looks like a mapping, but gives pairs.
        found = {key: value for key, value in trailers}
        packed = _packed_details(found.get("grpc-status-details-bin"))
        info = next((info for info in _unpacked(packed, ErrorInfo) if info.domain == _DOMAIN), ErrorInfo())
        facts = dict(info.metadata)
        number = facts.pop("number", None)
        self.reason = info.reason or None
        self.number = None if number is None else int(number)
        self.facts = facts
        self.violations = tuple(
            FieldViolation(violation.field, violation.description)
            for bad in _unpacked(packed, BadRequest)
            for violation in bad.field_violations
        )
        pushback = _text(found.get("grpc-retry-pushback-ms"))
        allowed = pushback is None or re.fullmatch(r"\d{1,10}", pushback) is not None
        self.retryable = allowed and _may_pass(status, pushback)
        self.retry_after = int(pushback) / 1000 if pushback is not None and allowed else None


def osum_error(error: grpc.RpcError) -> OsumError:
    """The typed failure of a call."""
    # Both kinds of call carry these, but gRPC's types promise them of the calls alone.
    assert isinstance(error, grpc.Call | grpc.aio.AioRpcError)
    trailers = error.trailing_metadata() or ()
    return OsumError(error.code(), error.details() or "", trailers)


def _may_pass(status: grpc.StatusCode, pushback: str | None) -> bool:
    # Without a pushback, RESOURCE_EXHAUSTED may mean a message that is too large for ever.
    if status is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return pushback is not None
    return status in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED)


def _packed_details(data: str | bytes | None) -> list[Any]:
    """Details of a status. One that cannot be read is left out: it must not hide the status."""
    if not isinstance(data, bytes):
        return []
    try:
        return list(Status.FromString(data).details)
    except DecodeError:
        return []


def _unpacked(packed: Iterable[Any], kind: type[_Detail]) -> list[_Detail]:
    found = []
    for any_message in packed:
        message = kind()
        if any_message.Unpack(message):
            found.append(message)
    return found


def _text(value: str | bytes | None) -> str | None:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
