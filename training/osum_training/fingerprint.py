"""What must be the same for a checkpoint or a cache to fit: the model's dimensions and the tokenizer."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from .config import AdapterConfig, Config, DecoderConfig, EncoderConfig
from .errors import InputError

Fingerprint = dict[str, int | float | bool | str]


def model_fingerprint(config: Config, tokenizer: Path | None = None) -> Fingerprint:
    """Every setting that decides shapes or the meaning of ids, by its name in a TOML file."""
    sections: dict[str, EncoderConfig | AdapterConfig | DecoderConfig]
    sections = {"encoder": config.encoder, "adapter": config.adapter, "decoder": config.decoder}
    values: Fingerprint
    values = {f"{section}.{key}": value for section, part in sections.items() for key, value in asdict(part).items()}
    if tokenizer is not None:
        values["tokenizer.model"] = hashlib.sha256(tokenizer.read_bytes()).hexdigest()[:16]
    return values


def cache_fingerprint(config: Config) -> Fingerprint:
    """What decides the encoder's hidden states: its dimensions and weights, and for random ones their seed."""
    values = {f"encoder.{key}": value for key, value in asdict(config.encoder).items()}
    return values | ({"seed": config.seed} if config.encoder.weights == "random" else {})


def differences(made: Fingerprint, wanted: Fingerprint) -> list[str]:
    """What the two say differently; a setting that one of them does not know is no difference."""
    return [f"{key} = {made[key]}, not {wanted[key]}" for key in wanted if key in made and made[key] != wanted[key]]


def expect_same(path: Path, made: Fingerprint, wanted: Fingerprint) -> None:
    """Raises InputError if `path` was made with another configuration than the one that is wanted."""
    if found := differences(made, wanted):
        raise InputError(
            f"{path} was made with another configuration ({'; '.join(found)}); "
            "use the configuration that made it, or another folder by OSUM_TRAINING_DIR"
        )


def claim_cache(folder: Path, config: Config) -> None:
    """Notes beside the shards what made them. Raises InputError if another configuration made those that are there;
    a folder without a note is taken as it is.
    """
    note, wanted = folder / "configuration.json", cache_fingerprint(config)
    if note.exists():
        expect_same(folder, json.loads(note.read_text()), wanted)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps(wanted, indent=1) + "\n")


def check_cache(folder: Path, config: Config) -> None:
    """Raises InputError if the shards of `folder` were made with another encoder."""
    note = folder / "configuration.json"
    if note.exists():
        expect_same(folder, json.loads(note.read_text()), cache_fingerprint(config))
