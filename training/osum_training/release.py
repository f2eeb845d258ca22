"""From stage 3's checkpoint to a scored package: the scores are measured with the weights that the package serves."""

import copy
import json
from dataclasses import replace
from pathlib import Path

import torch

from .checkpoint import load_weights, read_checkpoint
from .config import STAGES
from .disk_space import require_space
from .errors import InputError
from .export import Release, export_package
from .lora import merge_lora, merge_lora_file
from .model_card import model_card
from .parts import EARLIER, Parts
from .quantize import served_weights_
from .score import TEST_SETS, Scorer, TestSet


def latest_checkpoint(parts: Parts) -> Path:
    """The joint model, or while there is none the one whose decoder alone was trained on audio."""
    for name in ("stage3", "stage3-read"):
        if (path := parts.runs / f"{name}.pt").exists():
            return path
    raise InputError(f"{parts.runs} has no checkpoint of stage 3; run stage3 first")


def load_release(parts: Parts, lora: Path | None = None) -> None:
    """Puts the latest checkpoint into the model, with LoRA merged: the checkpoint's own, and that of a file."""
    path = latest_checkpoint(parts)
    merge_lora(parts.model.decoder)
    saved = load_weights(parts.model, path, parts.fingerprint)
    print(f"{path.name}: {saved['steps']} steps, {saved['hours']:.1f} hours of audio", flush=True)
    if lora is not None:
        merge_lora_file(parts.model.decoder, lora, parts.config.lora.alpha)


def scores(parts: Parts, served: bool, clips: int) -> tuple[dict[str, list[dict]], list[dict]]:
    """All scores of the weights in `parts.model`: by task, and those of instructions. Test sets of which the cache has
    no clip are left out.
    """
    model = served_weights_(copy.deepcopy(parts.model)) if served else parts.model
    model.eval()
    scorer = Scorer(model, parts.open_cache(), parts.tokenizer)
    by_task: dict[str, list[dict]] = {}
    for test in TEST_SETS:
        limited = replace(test, limit=clips)
        if not scorer.clips(limited):
            continue
        found, count = _measured(scorer, limited)
        print(f"{test.task}, {test.name}: {', '.join(f'{m} {v:.3f}' for m, v in found)}, {count} clips", flush=True)
        entries = [_entry(metric, value, test.name, count) for metric, value in found if metric != "ctc"]
        by_task.setdefault(test.task, []).extend(entries)
    intents = []
    for language in ("zh", "en"):
        for name, held_out in (
            ("published prompts", parts.instructions.validation),
            ("paraphrases", parts.instructions.held_out),
        ):
            asked = [i for i in held_out if i.language == language][: parts.config.evaluate_prompts]
            if asked:
                value = scorer.exact_tags(asked)
                print(f"instructions, {name}, {language}: exact tags {value:.3f}, {len(asked)} held out", flush=True)
                intents.append(_entry("exactTags", value, f"held-out {name}, {language}", len(asked)))
    return by_task, intents


def _measured(scorer: Scorer, test: TestSet) -> tuple[list[tuple[str, float]], int]:
    """The scores of a test set by the names that model.json has for them, and the number of clips."""
    if test.task == "asr":
        value, by_ctc, count = scorer.word_error_rate(test)
        return [("wer", value), ("ctc", by_ctc)], count
    if test.task == "align":
        value, count = scorer.start_error(test)
        return [("startMedianMs", 1000 * min(value, 30.0))], count
    if test.task == "chat":
        value, count = scorer.fitting_replies(test)
        return [("rubric", value)], count
    value, macro, count = scorer.accuracy(test)
    return [("accuracy", value), ("macroAccuracy", macro)], count


def _entry(metric: str, value: float, on: str, count: int) -> dict:
    return {"metric": metric, "value": round(value, 4), "on": on, "n": count}


def score_checkpoint(parts: Parts, served: bool, clips: int) -> None:
    """Prints the scores of the latest checkpoint."""
    load_release(parts)
    scores(parts, served, clips)


def provenance(parts: Parts) -> dict:
    """How long each stage was trained, and in all those that heard audio."""
    history = {
        stage: {"steps": saved["steps"], "audioHours": round(saved["hours"], 2)}
        for stage in STAGES
        if (path := parts.runs / f"{stage}.pt").exists() and (saved := read_checkpoint(path))
    }
    heard = [entry for stage, entry in history.items() if stage != "stage2"]
    hours, steps = (round(sum(entry[key] for entry in heard), 2) for key in ("audioHours", "steps"))
    told = {"steps": steps, "audioHours": hours, "stages": history, "torch": torch.__version__}
    earlier = parts.runs / EARLIER
    return told | ({"earlier": json.loads(earlier.read_text())} if earlier.exists() else {})


def is_exported(parts: Parts, out: Path) -> bool:
    """Whether `out` holds a package of the checkpoints as they are, under the configuration's name and version."""
    description, release = out / "model.json", parts.config.release
    if not description.exists():
        return False
    found = json.loads(description.read_text())
    wanted = {"name": release.name, "version": release.version, "weights": release.weights}
    return found | wanted == found and found["provenance"] | provenance(parts) == found["provenance"]


def export_checkpoint(parts: Parts, out: Path, clips: int, lora: Path | None = None) -> None:
    """Scores and writes the package with its model card."""
    load_release(parts, lora)
    require_space(out, 1.1 * sum(4 * p.numel() for p in parts.model.parameters()), "the package")
    by_task, intents = scores(parts, served=True, clips=clips)
    release = Release(scores=by_task, intent_scores=intents, provenance=provenance(parts))
    export_package(out, parts.config, parts.model.cpu(), parts.work / "tokenizer.model", release)
    description = json.loads((out / "model.json").read_text())
    (out / "README.md").write_text(model_card(description))
    size = sum(path.stat().st_size for path in out.iterdir()) / 1e6
    print(f"{out}: version {parts.config.release.version}, {size:.1f} MB")
