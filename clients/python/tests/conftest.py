"""Tests run against the scripted mesh of packages/client/src/testing, which `npm run test:clients` starts."""

import json
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from osum_client import OsumClient


def from_environment(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise RuntimeError(f"{name} is not set: run the tests by npm run test:clients")
    return value


@dataclass(frozen=True)
class Scripted:
    """A mesh that does what instructions say; a tenant of its own for each test."""

    address: str
    tenant: str

    def attempts(self) -> list[dict[str, Any]]:
        """What the mesh saw of each attempt of this test's calls."""
        with OsumClient(self.address, tenant=self.tenant) as client:
            seen: list[dict[str, Any]] = json.loads(client.interpret("attempts").tags)
            return seen

    def ended(self) -> dict[str, Any]:
        """The last attempt, once it has ended."""
        self.until(lambda seen: bool(seen) and seen[-1]["ended"] != "running")
        return self.attempts()[-1]

    def until(self, met: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Waits until what the mesh saw is as wanted."""
        deadline = time.monotonic() + 10
        while not met(self.attempts()):
            assert time.monotonic() < deadline, "nothing happened for 10 s"
            time.sleep(0.01)


@pytest.fixture
def scripted() -> Scripted:
    return Scripted(from_environment("OSUM_SCRIPTED"), str(uuid.uuid4()))
