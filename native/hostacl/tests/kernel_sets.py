"""The kernel sets of this machine against the scalar reference, without the C ABI."""

import subprocess

from acl import library_path


def test_every_kernel_set_agrees_with_the_scalar_reference():
    program = library_path().with_name("compare_sets")
    assert program.exists(), f"{program} is missing: build it with `node native/build.mjs`"
    ended = subprocess.run([program], capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    compared, _, outcome = ended.stdout.strip().partition(": ")
    assert outcome == "0 failures"
    assert compared.split(",")[-1] == "scalar"
