"""The tokenizer of a work folder: trained on first use, complete or not there at all."""

import os
import random
import shutil
import tempfile
from pathlib import Path

from .config import REPOSITORY, Config
from .errors import InputError
from .instructions import Instructions
from .starting_package import TOKENIZER
from .text import corpus
from .tokenizer import Tokenizer, extend_tokenizer, train_tokenizer


def ensure_tokenizer(config: Config, data: Path, work: Path, instructions: Instructions | None = None) -> Path:
    """The path of `tokenizer.model`. If it is not there yet it is trained from the texts of `data`, or taken from the
    package that training starts from. Processes that ask at once make the same.
    """
    path = work / TOKENIZER
    if not path.exists() and config.start.package:
        _copy(REPOSITORY / config.start.package / TOKENIZER, path)
    if not path.exists():
        instructions = instructions or Instructions(data)
        rng = random.Random(config.seed)
        work.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=work, prefix="tokenizer-") as folder:
            made = Path(folder) / path.name
            _train(made, corpus(data, rng), instructions.corpus(rng), config)
            extend_tokenizer(made, config.decoder.vocab, [i.text for i in instructions.training])
            os.replace(made, path)
    size = len(Tokenizer(path))
    if size != config.decoder.vocab:
        raise InputError(
            f"{path} has {size} pieces, but decoder.vocab is {config.decoder.vocab}; "
            "use the configuration that made it, or another folder by OSUM_TRAINING_DIR"
        )
    return path


def _copy(source: Path, path: Path) -> None:
    if not source.exists():
        raise InputError(f"start.package: {source} is missing; name a folder with a model package")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    shutil.copyfile(source, part)
    os.replace(part, path)


def _train(path: Path, transcripts: list[str], instructions: list[str], config: Config) -> None:
    try:
        train_tokenizer(path, transcripts, instructions, config.decoder.spoken, config.seed)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"the tokenizer cannot have decoder.spoken = {config.decoder.spoken} pieces ({reason}); "
            "choose another number, or give more text"
        ) from error
