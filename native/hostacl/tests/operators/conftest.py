"""Runs each operator test once for every instruction set that this machine has."""

import os

import pytest
from acl import Acl, library_path
from device_arrays import DeviceArrays

NAMES = ("scalar", "avx2", "avx512", "amx", "neon")


def available_sets() -> list:
    """Names that hostaclSetIsa accepts here."""
    if not library_path().exists():
        return ["scalar"]  # the `library` fixture says what is missing
    library = Acl()
    return [name for name in NAMES if library.hostaclSetIsa(name.encode()) == 0]


def pytest_generate_tests(metafunc):
    if "isa" in metafunc.fixturenames:
        metafunc.parametrize("isa", available_sets(), indirect=True)


@pytest.fixture
def isa(request, acl):
    """The name of the instruction set in use; each test runs with all of them."""
    before = acl.hostaclGetIsa()
    acl.check("hostaclSetIsa", request.param.encode())
    yield request.param
    acl.check("hostaclSetIsa", before)


@pytest.fixture
def arrays(acl, isa):
    """Device tensors from numpy arrays, and operator calls on them, with the kernels of `isa`."""
    return DeviceArrays(acl)


os.environ.setdefault("HOSTACL_THREADS", "2")
