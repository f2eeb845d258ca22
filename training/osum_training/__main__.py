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
Clips = Annotated[int, typer.Option(help="Clips to score on, at most, a test set.")]
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
def stage1_encoder(data: Data = DEFAULT_DATA, config: Settings = None, processes: Processes = None) -> None:
    """Goes on with the encoder's upper layers trained along."""
    from .stages import stage1_encoder
    from .trainer import load_weights, train

    parts = _parts(config, data, processes)
    stage = stage1_encoder(parts)
    if not stage.checkpoint.exists():
        load_weights(parts.model, parts.runs / "stage1.pt")
    train(stage)


@app.command()
def stage2(data: Data = DEFAULT_DATA, config: Settings = None, processes: Processes = 1) -> None:
    """Trains the decoder on text: instruction to tags, and the copying game. May run beside stage 1."""
    from .stages import stage2
    from .trainer import train

    train(stage2(_parts(config, data, processes)))


@app.command()
def stage3(data: Data = DEFAULT_DATA, config: Settings = None, processes: Processes = None) -> None:
    """Instruction + audio: first the decoder alone, reading the adapter's rows, then adapter and decoder together."""
    from .stages import joint_stage, read_stage, start_reading
    from .trainer import load_weights, train

    parts = _parts(config, data, processes)
    reading, joint = read_stage(parts), joint_stage(parts)
    if not joint.checkpoint.exists():
        if not reading.checkpoint.exists():
            start_reading(parts)
        train(reading)
        load_weights(parts.model, reading.checkpoint)
    train(joint)


@app.command()
def score(data: Data = DEFAULT_DATA, config: Settings = None, served: bool = True, clips: Clips = 300) -> None:
    """Scores stage 3's checkpoint; `--no-served` in float32 instead of the int8 package's numbers."""
    from .release import score_checkpoint

    score_checkpoint(_parts(config, data, 1), served, clips)


@app.command()
def export(
    data: Data = DEFAULT_DATA,
    config: Settings = None,
    version: str = "0.1.0",
    out: Path = REPOSITORY / "models" / "osum-nano",
    clips: Clips = 300,
) -> None:
    """Scores stage 3's checkpoint and writes it as a model package."""
    from .release import export_checkpoint

    export_checkpoint(_parts(config, data, 1), version, out, clips)


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
