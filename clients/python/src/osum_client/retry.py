"""How a refused call is tried again."""

import json
from dataclasses import dataclass

# Calls of these services have no side effects where a client makes them: they may be repeated as a whole.
_SERVICES = ("SpeechUnderstanding", "FeatureExtractor", "SpeechEncoder", "ModalityAdapter")


@dataclass(frozen=True)
class RetryOptions:
    """How a call is tried again that failed with UNAVAILABLE or RESOURCE_EXHAUSTED before any answer.

    gRPC's own retry layer does it: it waits exactly as long as the mesh's `grpc-retry-pushback-ms` says, and gives up
    where that is negative.
    """

    attempts: int = 4
    """Attempts in all, the first included: 1 to 5."""
    first_backoff: float = 0.1
    """Seconds before the second attempt where the mesh names no time; doubled each time, with 20 % jitter."""
    longest_backoff: float = 3.0
    """Longest such wait, in seconds."""
    replay_bytes: int = 16 * 1024 * 1024
    """Bytes of one call that are kept to be sent again; a call that has sent more is not repeated."""


def channel_options(retry: RetryOptions) -> list[tuple[str, int | str]]:
    """Options of a channel that retries so, and notices within 50 s that a mesh vanished without a word."""
    options: list[tuple[str, int | str]] = [("grpc.keepalive_time_ms", 30_000), ("grpc.keepalive_timeout_ms", 20_000)]
    if retry.attempts < 2:
        return [*options, ("grpc.enable_retries", 0)]
    policy = {
        "maxAttempts": retry.attempts,
        "initialBackoff": f"{retry.first_backoff}s",
        "maxBackoff": f"{retry.longest_backoff}s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
    }
    names = [{"service": f"osum.v1.{service}"} for service in _SERVICES]
    config = {
        "methodConfig": [{"name": names, "retryPolicy": policy}],
        "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.1},
    }
    return [
        *options,
        ("grpc.enable_retries", 1),
        ("grpc.service_config", json.dumps(config)),
        ("grpc.per_rpc_retry_buffer_size", retry.replay_bytes),
    ]
