"""Writes a synthetic checkpoint and what PyTorch makes of random questions to it.

python -m osum_reference CASE FOLDER --count 50 --tokens 24          answers.json, samples.f32, logits.f32
python -m osum_reference CASE FOLDER --layers-of 7                   layers.safetensors: every layer's result
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from .cases import CASES
from .files import write_case
from .prompts import INTENT_PREFIX
from .questions import question
from .understand import Osum

LEAST_GAP = 1e-3
"""Where two tokens are nearer than this, float32 elsewhere may choose the other: such questions are skipped."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=CASES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--tokens", type=int, default=24)
    parser.add_argument("--layers-of", type=int)
    args = parser.parse_args()
    torch.set_num_threads(1)
    case = CASES[args.case]
    if args.layers_of is None:
        write_case(case, args.folder)
    osum = Osum(case, args.folder, getattr(torch, args.dtype))
    if args.layers_of is None:
        write_answers(osum, args)
    else:
        write_layers(osum, args.folder, args.layers_of)


def write_answers(osum: Osum, args: argparse.Namespace) -> None:
    answers: list[dict[str, object]] = []
    samples, logits = [], []
    skipped, start = 0, 0
    index = -1
    while len(answers) < args.count:
        index += 1
        asked = question(index, osum.case.seed)
        answer = osum.answer(asked, args.tokens)
        if args.dtype == "float32" and answer.gap < LEAST_GAP:
            skipped += 1
            continue
        prefix = INTENT_PREFIX if asked.mode == "intent" else ""
        answers.append(
            {
                "index": index,
                "mode": asked.mode,
                "instruction": prefix + asked.instruction,
                "start": start,
                "samples": len(asked.samples),
                "ids": answer.ids,
                "text": osum.tokenizer.decode(answer.ids),
                "gap": answer.gap,
            }
        )
        start += len(asked.samples)
        samples.append(asked.samples)
        logits.append(answer.logits)
    (args.folder / "samples.f32").write_bytes(torch.cat(samples).numpy().tobytes())
    (args.folder / "logits.f32").write_bytes(torch.stack(logits).numpy().tobytes())
    case = osum.case
    content = {
        "skipped": skipped,
        "vocab": case.decoder.vocab,
        "eos": osum.tokenizer.eos,
        "options": {
            "encoderHeads": case.encoder.heads,
            "adapterHeads": case.adapter.heads,
            "ropeRounding": "bf16" if case.decoder.rope_bf16 else "fp32",
            **({"loraAlpha": case.lora_alpha} if case.form.lora else {}),
        },
        "answers": answers,
    }
    (args.folder / "answers.json").write_text(json.dumps(content))


def write_layers(osum: Osum, folder: Path, index: int) -> None:
    """Results of the layers for one question, the last logits among them."""
    layers: dict[str, Tensor] = {}

    def tap(name: str, tensor: Tensor) -> None:
        layers[name] = tensor.float().contiguous()

    answer = osum.answer(question(index, osum.case.seed), 1, tap=tap)
    save_file({**layers, "logits": answer.logits.contiguous()}, folder / "layers.safetensors")


if __name__ == "__main__":
    main()
