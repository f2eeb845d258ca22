"""Compares the int8 weights of a converted package with those of the training code, bit by bit.

python -m osum_reference.check_int8 CASE PACKAGE      PYTHONPATH must hold test/golden and training
"""

import sys
from pathlib import Path

import torch
from osum_training.quantize import quantize_rows
from safetensors.torch import load_file

from .cases import CASES
from .weights import all_weights


def main(name: str, package: Path) -> None:
    speech, language, factors = all_weights(CASES[name])
    if factors:
        sys.exit(f"{name} has LoRA, whose merging rounds differently: choose a merged case")
    compared = 0
    for stage in ("encoder", "adapter", "decoder"):
        stored = load_file(package / f"{stage}.safetensors")
        for key, found in stored.items():
            if found.dtype != torch.int8:
                continue
            expected, scale = quantize_rows(({**speech, **language})[key])
            if not torch.equal(found, expected) or not torch.equal(stored[f"{key}_scale"], scale):
                sys.exit(f"{key} is quantised differently")
            compared += 1
    print(compared)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
