from collections.abc import Iterator

import numpy as np
import pytest
from direct import Direct
from mesh_process import REPOSITORY, Mesh, running_mesh
from schemas import Schemas

SAMPLE_RATE = 16_000


@pytest.fixture(scope="session")
def schemas() -> Schemas:
    return Schemas()


@pytest.fixture(scope="session")
def mesh() -> Iterator[Mesh]:
    with running_mesh() as mesh:
        yield mesh


@pytest.fixture(scope="session")
def direct(schemas: Schemas, mesh: Mesh) -> Direct:
    return Direct(schemas, mesh.services)


@pytest.fixture(scope="session")
def recording() -> bytes:
    """Some seconds of speech, Opus in Ogg."""
    return (REPOSITORY / "test" / "recordings" / "a-peaceful-night.ogg").read_bytes()


@pytest.fixture(scope="session")
def pcm() -> np.ndarray:
    """A second of a tone that swells, as 32-bit floats at 16 kHz."""
    seconds = np.arange(SAMPLE_RATE, dtype=np.float32) / SAMPLE_RATE
    return (0.5 * seconds * np.sin(2 * np.pi * 220 * seconds)).astype(np.float32)
