import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from osum_training.config_file import load_config
from osum_training.parts import Parts, build
from osum_training.smoke import SETTINGS, run_smoke


@dataclass
class SmokeRun:
    """A finished run of the smoke configuration: its package and its work folder, which must not be changed."""

    package: Path
    work: Path

    def copied_parts(self, folder: Path, **changes) -> Parts:
        """The run's shards, tokenizer and checkpoints in a folder of their own, with a changed configuration."""
        from dataclasses import replace

        shutil.copytree(self.work, folder / "work")
        config = replace(load_config(SETTINGS), **changes)
        return build(config, folder / "work" / "data", folder / "work")


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory) -> SmokeRun:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("smoke")
    run_smoke(folder / "package", folder / "work")
    return SmokeRun(folder / "package", folder / "work")
