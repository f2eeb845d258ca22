"""The command line: `python -m osum_training all`, or its steps one by one."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a process; parallel work is done by processes

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import typer

from .config import REPOSITORY, Config, work_folder
from .config_file import load_config
from .errors import InputError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its layout keeps the line breaks of docstrings
    help="Trains osum-nano in the three stages of the OSUM-Pangu paper. Every step goes on from where it was stopped. "
    "Large files live in training/.work, or where OSUM_TRAINING_DIR points. Exit code 2 means that something is to be "
    "put right, which one sentence on standard error names.",
)

Data = Annotated[Path, typer.Option(help="Folder with speech/, text/ and instructions/.")]
Settings = Annotated[Path | None, typer.Option("--config", help="TOML file with values over the defaults.")]
Processes = Annotated[
    int | None,
    typer.Option(help="Single-threaded processes; the configuration's number if unset. One on cuda and npu."),
]
Device = Annotated[str, typer.Option(help="Where the networks run: cpu, cuda or npu; npu:1 is the second NPU.")]
Clips = Annotated[int, typer.Option(help="Clips to score on, at most, a test set.")]
Out = Annotated[Path, typer.Option(help="Folder of the package.")]
DEFAULT_DATA = REPOSITORY.parent / "shared" / "data"
DEFAULT_OUT = REPOSITORY / "models" / "osum-nano"


def _config(settings: Path | None, processes: int | None = None, device: str = "cpu") -> Config:
    config = load_config(settings)
    if device == "cpu":
        return config if processes is None else dataclasses.replace(config, processes=_positive(processes))
    if processes not in (None, 1):
        raise InputError(f"--processes {processes}: one process serves a {device} device; leave the option out")
    return dataclasses.replace(config, processes=1)


def _positive(processes: int) -> int:
    if processes < 1:
        raise InputError(f"--processes {processes}: expected 1 or more")
    return processes


def _parts(settings: Path | None, data: Path, device: str = "cpu"):
    from .device import open_device
    from .parts import build

    return build(_config(settings, 1, device), data, work_folder(), open_device(device))


def _step(name: str, data: Path, settings: Path | None, processes: int | None, device: str) -> None:
    from .pipeline import run_step

    run_step(name, _config(settings, processes, device), data, work_folder(), device)


@app.command()
def prepare(
    data: Data = DEFAULT_DATA, config: Settings = None, processes: Processes = None, device: Device = "cpu"
) -> None:
    """Decodes, synthesises, disturbs and encodes all speech into the cache; makes only what is missing.

    Reads all recordings once before, and asks whether the disk has room. May run beside training, which takes in new
    shards, and beside another prepare, with which it shares the work.
    """
    from .prepare import prepare

    prepare(_config(config, processes, device), data, work_folder(), device)


@app.command()
def stage1(
    data: Data = DEFAULT_DATA, config: Settings = None, processes: Processes = None, device: Device = "cpu"
) -> None:
    """Aligns the adapter with the decoder's embeddings: CTC on cached speech. Writes runs/stage1.pt."""
    _step("stage1", data, config, processes, device)


@app.command()
def stage1_encoder(
    data: Data = DEFAULT_DATA, config: Settings = None, processes: Processes = None, device: Device = "cpu"
) -> None:
    """Goes on with the encoder's upper layers trained along. Writes runs/stage1-encoder.pt."""
    _step("stage1-encoder", data, config, processes, device)


@app.command()
def stage2(
    data: Data = DEFAULT_DATA, config: Settings = None, processes: Processes = 1, device: Device = "cpu"
) -> None:
    """Trains the decoder on text: instruction to tags, and the copying game. Writes runs/stage2.pt.

    Needs no speech, so it may run beside prepare and stage 1.
    """
    _step("stage2", data, config, processes, device)


@app.command()
def stage3(
    data: Data = DEFAULT_DATA, config: Settings = None, processes: Processes = None, device: Device = "cpu"
) -> None:
    """Instruction and audio: first the decoder alone on the adapter's rows, then both. Writes runs/stage3-read.pt and
    runs/stage3.pt.
    """
    _step("stage3", data, config, processes, device)


@app.command()
def score(
    data: Data = DEFAULT_DATA,
    config: Settings = None,
    served: Annotated[bool, typer.Option(help="With the int8 package's numbers, or else in float32.")] = True,
    clips: Clips = 300,
    device: Device = "cpu",
) -> None:
    """Prints the scores of stage 3's checkpoint on held-out clips and instructions."""
    from .release import score_checkpoint

    score_checkpoint(_parts(config, data, device), served, clips)


@app.command()
def export(
    data: Data = DEFAULT_DATA,
    config: Settings = None,
    version: Annotated[str | None, typer.Option(help="Of the package; the configuration's if unset.")] = None,
    out: Out = DEFAULT_OUT,
    clips: Clips = 300,
    lora: Annotated[
        Path | None, typer.Option(help="safetensors file of LoRA matrices with published names, to be merged.")
    ] = None,
    device: Device = "cpu",
) -> None:
    """Scores stage 3's checkpoint and writes it as a model package with its model card."""
    from .release import export_checkpoint

    parts = _parts(config, data, device)
    if version is not None:
        release = dataclasses.replace(parts.config.release, version=version)
        parts.config = dataclasses.replace(parts.config, release=release)
    export_checkpoint(parts, out, clips, lora)


@app.command(name="all")
def run_all(
    data: Data = DEFAULT_DATA,
    config: Settings = None,
    processes: Processes = None,
    device: Device = "cpu",
    out: Out = DEFAULT_OUT,
    clips: Clips = 300,
) -> None:
    """Everything from recordings to the package: prepare, stage1, stage1-encoder, stage2, stage3, export.

    Training begins when the first round of shards is made; the others are made beside it (log in prepare.log). After
    Ctrl-C or kill the same command goes on, at most five minutes back.
    """
    from .pipeline import run_all

    run_all(_config(config, processes, device), data, work_folder(), device, out, clips)


@app.command()
def mandarin(
    data: Data = DEFAULT_DATA,
    config: Settings = None,
    hours: Annotated[float, typer.Option(help="Of audio to train on.")] = 20.0,
    processes: Processes = None,
) -> None:
    """A trial beside the package: the character error rate that its adapter reaches on the little Mandarin there is.

    Needs the extra `mandarin` and the Debian package espeak-ng. Writes mandarin/ and runs/mandarin.pt.
    """
    from .mandarin import mandarin_trial
    from .parts import build

    parts = build(_config(config, processes), data, work_folder())
    for name, rate in mandarin_trial(parts, hours).items():
        print(f"{name}: {rate:.1%} wrong")


@app.command()
def validation(
    out: Annotated[Path, typer.Option(help="Folder for the recordings and manifests.")],
    data: Data = DEFAULT_DATA,
    config: Settings = None,
    clips: Clips = 300,
) -> None:
    """Writes the held-out clips as FLAC with manifests that `osum eval` reads, to score a package through the mesh."""
    from .validation import write_validation

    for name, lines in write_validation(_parts(config, data, "cpu"), out, clips).items():
        print(f"{out / name}: {lines}")


@app.command()
def combinations(
    results: Annotated[Path, typer.Argument(help="What osum eval combinations.jsonl --out wrote.")],
) -> None:
    """Tells what combinations cost their parts: each task's score over all of them, and of the same clips alone."""
    from .combination_costs import combination_costs

    costs = combination_costs(results)
    print(f"{costs.whole} of {costs.asked} answers have every part")
    for task, clips, combined, alone in costs.parts:
        unit = "ms" if task == "align" else "%"
        print(f"{task}: {combined:.1f} {unit}, alone {alone:.1f} {unit}, {clips} clips")


@app.command()
def pitch(
    source: Annotated[str, typer.Option(help="Whose manifest states genders.")] = "speechocean762",
    data: Data = DEFAULT_DATA,
) -> None:
    """Compares the genders that a source states with the pitch of the voices, to find labels that are hardly right."""
    from .pitch import pitch_report, voices

    for line in pitch_report(voices(data / "speech", source)):
        print(line)


@app.command()
def plot() -> None:
    """Draws losses, word error rates and accuracies over hours of audio and over time into runs/plots."""
    from .plots import write_plots

    for path in write_plots(work_folder() / "runs"):
        print(path)


@app.command()
def smoke(
    out: Annotated[Path, typer.Option(help="Folder of the package that is made.")],
    work: Annotated[
        Path | None, typer.Option(help="Where the rest goes, and stays; a temporary folder that is removed if unset.")
    ] = None,
) -> None:
    """All steps at toy size, in less than two minutes: made-up speech, a tiny model, a package that the mesh serves.

    Reads training/smoke.toml. Two runs give the same weights, bit for bit.
    """
    from .smoke import run_smoke

    run_smoke(out, work)


def main() -> None:
    try:
        app()
    except InputError as error:
        print(f"osum_training: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
