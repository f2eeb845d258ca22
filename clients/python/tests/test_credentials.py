from pathlib import Path

import grpc
import pytest
from conftest import Scripted, from_environment
from osum_client import AsyncOsumClient, OsumClient, OsumError, RetryOptions


def test_key_and_token_go_with_each_call_and_a_function_gives_a_new_token(scripted: Scripted) -> None:
    tokens = iter(["one", "two"])
    with OsumClient(scripted.address, tenant=scripted.tenant, api_key="key", token=lambda: next(tokens)) as client:
        for _ in range(2):
            client.understand(b"1", instruction="answer")
    seen = [(attempt["apiKey"], attempt["authorization"]) for attempt in scripted.attempts()]
    assert seen == [("key", "Bearer one"), ("key", "Bearer two")]


def test_key_and_token_are_not_sent_in_plaintext_over_a_network() -> None:
    with pytest.raises(ValueError, match="over TLS only"):
        OsumClient("mesh.example:443", api_key="key")
    with pytest.raises(ValueError, match="over TLS only"):
        AsyncOsumClient("mesh.example:443", token="token")


def test_a_mesh_is_reached_by_tls_when_its_certificate_is_trusted() -> None:
    roots = Path(from_environment("OSUM_TLS_CA")).read_bytes()
    credentials = grpc.ssl_channel_credentials(roots)
    with OsumClient(from_environment("OSUM_SCRIPTED_TLS"), credentials=credentials, api_key="key") as client:
        assert client.describe(timeout=10).model == "scripted"


def test_a_mesh_whose_certificate_is_not_trusted_is_not_talked_to() -> None:
    credentials = grpc.ssl_channel_credentials()
    address = from_environment("OSUM_SCRIPTED_TLS")
    with OsumClient(address, credentials=credentials, retry=RetryOptions(attempts=1)) as client:
        with pytest.raises(OsumError) as caught:
            client.describe(timeout=10)
        assert caught.value.status is grpc.StatusCode.UNAVAILABLE
