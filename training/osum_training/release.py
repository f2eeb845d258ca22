"""From stage 3's checkpoint to a scored package: the scores are measured with the weights that the package serves."""

import copy
import json
from dataclasses import replace
from pathlib import Path

import torch

from .cache import FeatureCache, cache_folder
from .export import Release, export_package
from .model_card import model_card
from .quantize import served_weights_
from .score import TEST_SETS, Scorer, TestSet
from .stages import Parts
from .trainer import load_weights

EARLIER = "earlier.json"  # beside the checkpoints: what was trained before a run that began from other weights


def latest_checkpoint(parts: Parts) -> Path:
    """The joint model, or while there is none the one whose decoder alone was trained on audio."""
    for name in ("stage3", "stage3-read"):
        if (path := parts.runs / f"{name}.pt").exists():
            return path
    raise FileNotFoundError(f"{parts.runs} has no checkpoint of stage 3")


def scores(parts: Parts, served: bool, clips: int) -> tuple[dict[str, list[dict]], list[dict]]:
    """All scores of the weights in `parts.model`: by task, and those of instructions."""
    model = served_weights_(copy.deepcopy(parts.model)) if served else parts.model
    model.eval()
    scorer = Scorer(model, FeatureCache(cache_folder(parts.config, parts.work)), parts.tokenizer)
    by_task: dict[str, list[dict]] = {}
    for test in TEST_SETS:
        limited = replace(test, limit=clips)
        found, count = _measured(scorer, limited)
        print(f"{test.task}, {test.name}: {', '.join(f'{m} {v:.3f}' for m, v in found)}, {count} clips", flush=True)
        entries = [_entry(metric, value, test.name, count) for metric, value in found if metric != "ctc"]
        by_task.setdefault(test.task, []).extend(entries)
    intents = []
    for language in ("zh", "en"):
        for name, asked in (
            ("published prompts", parts.instructions.validation),
            ("paraphrases", parts.instructions.held_out),
        ):
            asked = [i for i in asked if i.language == language]
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
    print(load_weights(parts.model, latest_checkpoint(parts)))
    scores(parts, served, clips)


def export_checkpoint(parts: Parts, version: str, out: Path, clips: int) -> None:
    """Scores and writes the package with its model card."""
    load_weights(parts.model, latest_checkpoint(parts))
    by_task, intents = scores(parts, served=True, clips=clips)
    history = {
        stage: {"steps": saved["steps"], "audioHours": round(saved["hours"], 2)}
        for stage in ("stage1", "stage1-encoder", "stage2", "stage3-read", "stage3")
        if (path := parts.runs / f"{stage}.pt").exists() and (saved := torch.load(path, weights_only=True))
    }
    heard = [entry for stage, entry in history.items() if stage != "stage2"]
    hours, steps = (round(sum(entry[key] for entry in heard), 2) for key in ("audioHours", "steps"))
    provenance = {"steps": steps, "audioHours": hours, "stages": history, "torch": torch.__version__}
    if (earlier := parts.runs / EARLIER).exists():
        provenance["earlier"] = json.loads(earlier.read_text())
    release = Release(version=version, scores=by_task, intent_scores=intents, provenance=provenance)
    export_package(out, parts.config, parts.model, parts.work / "tokenizer.model", release)
    description = json.loads((out / "model.json").read_text())
    (out / "README.md").write_text(model_card(description))
    size = sum(path.stat().st_size for path in out.iterdir()) / 1e6
    print(f"{out}: version {version}, {size:.1f} MB")
