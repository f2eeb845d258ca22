"""The few scores that are followed while training."""

import math
from dataclasses import replace

from .cache import FeatureCache
from .device import autocast
from .grammar import LABELS
from .parts import Parts
from .score import TEST_SETS, Scorer, TestSet

WATCHED = {"librispeech-other-dev": None, "digit strings, unseen speaker": 24, "synthetic sentences": 40}


def watched_scores(parts: Parts, cache: FeatureCache, decoder: bool) -> dict[str, float]:
    """By the decoder, or while there is none by CTC and the label head. Test sets without a clip in the cache are left
    out.
    """
    parts.model.eval()
    scorer = Scorer(parts.model, cache, parts.tokenizer)
    figures: dict[str, float] = {}
    with autocast(parts.device):
        for test in TEST_SETS:
            if scorer.clips(replace(test, limit=1)):
                figures |= _scores(scorer, test, decoder)
        if decoder:
            most = parts.config.evaluate_prompts
            figures["intent, published"] = scorer.exact_tags(parts.instructions.validation[:most])
            for language in ("zh", "en"):
                asked = [i for i in parts.instructions.held_out if i.language == language]
                figures[f"intent {language}"] = scorer.exact_tags(asked[::3][:most])
    return figures


def _scores(scorer: Scorer, test: TestSet, decoder: bool) -> dict[str, float]:
    name = f"{test.task} {test.name.split(',')[0]}"
    if test.task == "asr" and test.name in WATCHED:
        limited = replace(test, limit=WATCHED[test.name] or test.limit)
        by_decoder, by_ctc, _ = scorer.word_error_rate(limited, decoder)
        return {f"{name} ctc": by_ctc} | ({name: by_decoder} if decoder else {})
    if test.task in LABELS:
        measure = scorer.accuracy if decoder else scorer.pooled_accuracy
        return {name: measure(replace(test, limit=80))[1]}
    if decoder and test.task == "align":
        error = scorer.start_error(replace(test, limit=30))[0]
        return {name: error} if math.isfinite(error) else {}
    if decoder and test.task == "chat":
        return {name: scorer.fitting_replies(replace(test, limit=80))[0]}
    return {}
