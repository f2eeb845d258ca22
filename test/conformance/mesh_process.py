"""A mesh and its gateway as processes of the `osum` command, as a user starts them."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
MAX_AUDIO_BYTES = 1_000_000
STOP_SECONDS = 30


@dataclass(frozen=True)
class Mesh:
    """Addresses, each `host:port`."""

    services: dict[str, str]
    riva: str
    http: str


def model_package() -> Path:
    """The package to serve: OSUM_PACKAGE, else the shipped one."""
    package = Path(os.environ.get("OSUM_PACKAGE") or REPOSITORY / "models" / "osum-nano")
    if not (package / "model.json").exists():
        raise FileNotFoundError(f"{package} holds no model.json: set OSUM_PACKAGE to the folder of a model package")
    return package


@contextmanager
def running_mesh() -> Iterator[Mesh]:
    """Starts `osum up` and `osum serve gateway` on free ports; both must drain and exit with 0 at the end."""
    up = ["up", "--listen", "127.0.0.1:0", "--package", str(model_package()), "--log-level", "error"]
    with _osum(up) as mesh:
        services = dict(_lines_until(mesh, re.compile(r"^ +(\w+) +(\S+:\d+)$"), last="router"))
        gateway = ["serve", "gateway", "--router", services["router"], "--listen", "127.0.0.1:0"]
        gateway += ["--http", "127.0.0.1:0", "--max-audio-bytes", str(MAX_AUDIO_BYTES), "--log-level", "error"]
        with _osum(gateway) as doors:
            ready = json.loads(_line(doors))
            yield Mesh(services, ready["address"], ready["httpAddress"])


@contextmanager
def _osum(arguments: list[str]) -> Iterator[subprocess.Popen[str]]:
    main = REPOSITORY / "packages" / "cli" / "dist" / "main.js"
    environment = {**os.environ, "NO_COLOR": "1"}
    process = subprocess.Popen(["node", str(main), *arguments], stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield process
        process.terminate()
        code = process.wait(timeout=STOP_SECONDS)
        assert code == 0, f"osum {arguments[0]} ended with {code}"
    finally:
        process.kill()
        process.wait()


def _lines_until(process: subprocess.Popen[str], pattern: re.Pattern[str], last: str) -> Iterator[tuple[str, str]]:
    while True:
        if found := pattern.match(_line(process)):
            name, address = found.groups()
            yield name, address
            if name == last:
                return


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "osum ended before it was ready; its reason is on standard error"
    return line.rstrip("\n")
