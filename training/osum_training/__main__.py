"""The command line: `python -m osum_training prepare | stage1 | stage2 | stage3 | export | score | all`."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a process; parallel work is done by processes

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from .config import REPOSITORY, Config, load_config, work_folder

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Trains osum-nano in the three stages of the OSUM-Pangu paper."
)

Data = Annotated[Path, typer.Option(help="Folder with speech/, text/ and instructions/.")]
Settings = Annotated[Path | None, typer.Option("--config", help="TOML file with values over the defaults.")]
Processes = Annotated[int | None, typer.Option(help="Single-threaded processes; the configuration's number if unset.")]
DEFAULT_DATA = REPOSITORY / ".." / "shared" / "data"


def _config(settings: Path | None, processes: int | None) -> Config:
    config = load_config(settings)
    return config if processes is None else dataclasses.replace(config, processes=processes)


def _parts(settings: Path | None, data: Path, processes: int | None):
    from .stages import build

    return build(_config(settings, processes), data, work_folder())


@app.command()
def prepare(data: Data = DEFAULT_DATA, config: Settings = None, processes: Processes = None) -> None:
    """Decodes, synthesises, disturbs and encodes all speech into the cache; makes only what is missing."""
    from .prepare import prepare

    prepare(_config(config, processes), data, work_folder())


@app.command()
def stage1(data: Data = DEFAULT_DATA, config: Settings = None, processes: Processes = None) -> None:
    """Aligns the adapter with the decoder's embeddings (CTC on cached speech)."""
    from .stages import stage1
    from .trainer import train

    train(stage1(_parts(config, data, processes)))


@app.command()
def stage2(data: Data = DEFAULT_DATA, config: Settings = None, processes: Processes = 1) -> None:
    """Trains the decoder on text: instruction to tags, and the copying game. May run beside stage 1."""
    from .stages import stage2
    from .trainer import train

    train(stage2(_parts(config, data, processes)))


@app.command()
def stage3(data: Data = DEFAULT_DATA, config: Settings = None, processes: Processes = None) -> None:
    """Trains adapter and decoder together on instruction + audio, from the ends of stages 1 and 2 or its own
    checkpoint.
    """
    from .stages import stage3, start_of_stage3
    from .trainer import train

    parts = _parts(config, data, processes)
    start_of_stage3(parts)
    train(stage3(parts))


@app.command()
def score(data: Data = DEFAULT_DATA, config: Settings = None, served: bool = True) -> None:
    """Scores stage 3's checkpoint; `--no-served` in float32 instead of the int8 package's numbers."""
    from .release import score_checkpoint

    score_checkpoint(_parts(config, data, 1), served)


@app.command()
def export(
    data: Data = DEFAULT_DATA,
    config: Settings = None,
    version: str = "0.1.0",
    out: Path = REPOSITORY / "models" / "osum-nano",
) -> None:
    """Scores stage 3's checkpoint and writes it as a model package."""
    from .release import export_checkpoint

    export_checkpoint(_parts(config, data, 1), version, out)


@app.command(name="all")
def run_all(data: Data = DEFAULT_DATA, config: Settings = None, processes: Processes = None) -> None:
    """Everything from recordings to the package; each step goes on from where it was stopped."""
    prepare(data, config, processes)
    stage1(data, config, processes)
    stage2(data, config, 1)
    stage3(data, config, processes)
    export(data, config)


if __name__ == "__main__":
    app()
