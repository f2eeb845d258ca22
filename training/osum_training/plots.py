"""Pictures of training from its logs: losses, error rates and accuracies over hours of audio and over time."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .config import STAGES
from .errors import InputError
from .grammar import LABELS

FOLDER = "plots"  # inside the folder of runs
_UNPLOTTED = {"time", "step", "hours", "norm", "speed", "difficulty"}
_LOSS = "loss"  # the unit of losses
_INCHES, _DOTS_AN_INCH = (13, 5), 110


@dataclass
class Curve:
    """One figure of one stage: at hours of audio passed in all stages before and this one, at seconds of training."""

    name: str
    stage: str
    hours: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


def read_log(path: Path) -> list[dict]:
    """The lines of a log in their order. A run that was killed repeats steps after it; the later lines count."""
    lines: list[dict] = []
    for text in path.read_text().splitlines():
        try:
            line = json.loads(text)
        except json.JSONDecodeError:  # the last line of a run that was killed while it wrote
            continue
        while lines and lines[-1]["step"] > line["step"]:
            lines.pop()
        lines.append(line)
    return lines


def active_seconds(lines: list[dict], longest_pause: float = 1800.0) -> Iterator[float]:
    """For each line the time since the first one, pauses between runs left out."""
    total, before = 0.0, lines[0]["time"]
    for line in lines:
        gap = line["time"] - before
        total += gap if 0 < gap < longest_pause else 0.0
        before = line["time"]
        yield total


def curves(runs: Path, figures: Callable[[dict], dict[str, float]]) -> list[Curve]:
    """What `figures` finds in the logs' lines, a curve for each name and stage, one stage after the other."""
    found: list[Curve] = []
    hours = seconds = 0.0
    for stage in STAGES:
        lines = read_log(runs / f"{stage}.jsonl") if (runs / f"{stage}.jsonl").exists() else []
        if not lines:
            continue
        by_name: dict[str, Curve] = {}
        for line, at in zip(lines, active_seconds(lines), strict=True):
            for name, value in figures(line).items():
                curve = by_name.setdefault(name, Curve(name, stage))
                curve.hours.append(hours + line["hours"])
                curve.seconds.append(seconds + at)
                curve.values.append(value)
        found += by_name.values()
        hours += lines[-1]["hours"]
        seconds += list(active_seconds(lines))[-1]
    return found


def _losses(line: dict) -> dict[str, float]:
    return {} if "evaluation" in line else {k: v for k, v in line.items() if k not in _UNPLOTTED}


def _word_error_rates(line: dict) -> dict[str, float]:
    return {k: 100 * v for k, v in line.get("evaluation", {}).items() if k.startswith("asr ")}


def _accuracies(line: dict) -> dict[str, float]:
    kinds = (*LABELS, "chat", "intent")
    return {k: 100 * v for k, v in line.get("evaluation", {}).items() if k.startswith(kinds)}


def _start_errors(line: dict) -> dict[str, float]:
    return {k: 1000 * v for k, v in line.get("evaluation", {}).items() if k.startswith("align ")}


PLOTS = {  # file name: title, label of the axis, what it shows
    "losses": ("Losses", _LOSS, _losses),
    "word-error-rates": ("Word error rate on held-out clips", "%", _word_error_rates),
    "label-accuracies": ("Macro accuracy, fitting replies, exact tags", "%", _accuracies),
    "word-starts": ("Median error of word starts", "ms", _start_errors),
}


def write_plots(runs: Path) -> list[Path]:
    """Draws what the logs of `runs` hold into its folder of plots. Raises InputError without matplotlib or logs."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError("plot needs the Python package matplotlib; install training/ with its extra [plot]") from error
    if not any((runs / f"{stage}.jsonl").exists() for stage in STAGES):
        raise InputError(f"{runs} has no log of a stage yet; train one first")
    (runs / FOLDER).mkdir(exist_ok=True)
    written = []
    for name, (title, unit, figures) in PLOTS.items():
        if found := curves(runs, figures):
            figure = Figure(figsize=_INCHES, dpi=_DOTS_AN_INCH, layout="constrained")
            _draw(figure, found, title, unit)
            written.append(runs / FOLDER / f"{name}.png")
            figure.savefig(written[-1])
    return written


def _draw(figure, found: list[Curve], title: str, unit: str) -> None:
    """Two panels with the same curves: over hours of audio, and over hours of time."""
    panels = figure.subplots(1, 2, sharey=True)
    figure.suptitle(title)
    names = list(dict.fromkeys(curve.name for curve in found))
    for panel, of_time in zip(panels, (False, True), strict=True):
        for curve in found:
            at = [s / 3600 for s in curve.seconds] if of_time else curve.hours
            known = curve.name in [c.name for c in found[: found.index(curve)]]
            label = None if known or of_time else curve.name
            panel.plot(at, curve.values, color=f"C{names.index(curve.name) % 10}", marker=".", label=label)
        for stage in dict.fromkeys(curve.stage for curve in found):
            first = min((c for c in found if c.stage == stage), key=lambda c: c.hours[0])
            start = first.seconds[0] / 3600 if of_time else first.hours[0]
            panel.axvline(start, color="0.85", zorder=0)
            place = panel.get_xaxis_transform()
            panel.text(start, 0.99, stage, transform=place, fontsize=7, color="0.4", va="top", ha="right", rotation=90)
        panel.set_xlabel("hours of training" if of_time else "hours of audio passed, all stages")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel(unit)
    if unit == _LOSS:
        panels[0].set_yscale("log")  # they fall from tens to hundredths
    figure.legend(loc="outside right upper", fontsize=7)


def refresh_plots(runs: Path) -> None:
    """Draws what there is while training goes on. A picture is never worth a run: failures are told in one line."""
    try:
        write_plots(runs)
    except InputError:
        return  # without matplotlib, which training does not need
    except Exception as error:
        print(f"the plots in {runs / FOLDER} could not be drawn: {error}", flush=True)
