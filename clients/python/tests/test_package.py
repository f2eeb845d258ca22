import subprocess
import sys
import zipfile
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def test_the_wheel_holds_the_client_its_types_and_the_generated_code(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        "osum_client/__init__.py",
        "osum_client/py.typed",
        "osum/v1/understanding_pb2.py",
        "osum/v1/result_pb2.pyi",
    }
    assert wanted <= names
