"""Fixtures of the hostacl tests: the library, a device, checked mode, and whole processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from acl import Acl, AclError, library_path


@pytest.fixture(scope="session")
def library():
    """The library with aclInit called, without a device."""
    path = library_path()
    assert path.exists(), f"{path} is missing: build it with `node native/build.mjs`"
    instance = Acl(path)
    instance.check("aclInit", None)
    return instance


@pytest.fixture
def acl(library):
    """The library with device 0 set on this thread; afterwards the device is reset, whatever the test left."""
    library.check("aclrtSetDevice", 0)
    library.message()
    yield library
    library.hostaclInjectFault(0, 0)
    library.aclrtResetDeviceForce(0)


@pytest.fixture
def checked(library):
    """As `acl`, in checked mode."""
    library.hostaclSetChecked(1)
    library.hostaclClearMisuse()
    library.check("aclrtSetDevice", 0)
    library.message()
    yield library
    library.hostaclInjectFault(0, 0)
    library.aclrtResetDeviceForce(0)
    library.hostaclSetChecked(0)


@pytest.fixture
def refused(library):
    """refused(code, function, arguments..., misuse=number): the call answers `code`, and checked mode says why."""

    def check(code, function, *arguments, misuse=None):
        library.hostaclClearMisuse()
        answer = getattr(library, function)(*arguments)
        assert answer == code, f"{function} answered {answer}: {library.message()}"
        assert library.message(), "an error comes with a message"
        if misuse is not None:
            assert library.hostaclLastMisuseNumber() == misuse, library.hostaclLastMisuse()

    return check


@pytest.fixture
def phase1_refused(checked):
    """phase1_refused(code, name, arguments...): the first phase answers `code`."""

    def check(code, name, *arguments):
        with pytest.raises(AclError) as error:
            checked.phase1(name, *arguments)
        assert error.value.code == code, error.value

    return check


@pytest.fixture
def process():
    """process(code, **environment): runs Python code with `acl` = Acl() in a process of its own; returns its stdout."""

    def run(code, **environment):
        prelude = "import ctypes, numpy as np\nfrom acl import *\nacl = Acl()\n"
        result = subprocess.run(
            [sys.executable, "-c", prelude + code],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent), **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    return run
