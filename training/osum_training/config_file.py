"""Reads a TOML file over the defaults, and checks every section, key, type and value before any work begins."""

import dataclasses
import tomllib
import typing
from difflib import get_close_matches
from pathlib import Path

from .config import NETWORKS, PASSAGE_PIECES, Config, PhaseConfig
from .errors import InputError

if typing.TYPE_CHECKING:
    from _typeshed import DataclassInstance

_Section = typing.TypeVar("_Section", bound="DataclassInstance")
_NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def load_config(path: Path | None) -> Config:
    """The defaults, or the defaults with the file's values over them. Raises InputError with one sentence."""
    if path is None:
        return Config()
    try:
        values = tomllib.loads(path.read_text())
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing; --config must name a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no TOML file: {error}; correct it there") from error
    config = _replaced(Config(), values, path.name)
    check(config, path.name)
    return config


def _replaced(base: _Section, values: dict, place: str) -> _Section:
    """`base` with the values of a table over its fields."""
    kinds = typing.get_type_hints(type(base))
    changes = {}
    for key, value in values.items():
        if key not in kinds:
            raise InputError(_unknown(key, value, kinds, place))
        changes[key] = _typed(kinds[key], getattr(base, key), value, f"{place}: {key}", place)
    return dataclasses.replace(base, **changes)


def _unknown(key: str, value: object, kinds: dict, place: str) -> str:
    close = get_close_matches(key, kinds, 1)
    hint = f"did you mean {close[0]}?" if close else f"it may hold {', '.join(kinds)}"
    return f"{place}: there is no {'section' if isinstance(value, dict) else 'setting'} {key}; {hint}"


def _typed(kind: typing.Any, base: object, value: object, name: str, place: str) -> typing.Any:
    """`value` as a field of type `kind` holds it."""
    if dataclasses.is_dataclass(base) and not isinstance(base, type):
        if not isinstance(value, dict):
            raise InputError(f"{name}: expected a section [{name.split(': ')[-1]}], got {value!r}")
        return _replaced(base, value, f"{place} [{name.split(': ')[-1]}]")
    if typing.get_origin(kind) is typing.Literal:
        allowed = typing.get_args(kind)
        if value not in allowed or not isinstance(value, str):
            raise InputError(f"{name}: expected one of {', '.join(map(repr, allowed))}, got {value!r}")
        return value
    if typing.get_origin(kind) is tuple:
        return tuple(_item(typing.get_args(kind)[0], item, name) for item in _array(value, name))
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise InputError(f"{name}: expected {_NAMES[kind]}, got {value!r}")
    return value


def _array(value: object, name: str) -> list:
    if not isinstance(value, list):
        raise InputError(f"{name}: expected a list, got {value!r}")
    return value


def _item(kind: type, value: object, name: str) -> typing.Any:
    if not dataclasses.is_dataclass(kind):
        return _typed(kind, None, value, name, name)
    if not isinstance(value, dict):
        raise InputError(f"{name}: expected tables, such as [[data.sources]], got {value!r}")
    needed = [f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING]
    absent = [key for key in needed if key not in value]
    if absent:
        raise InputError(f"{name}: {', '.join(absent)} is missing; each entry needs {', '.join(needed)}")
    return _replaced(kind(**{key: "" for key in needed}), value, name)


def check(config: Config, place: str) -> None:
    """Raises InputError for values that cannot work together."""
    for wrong, sentence in [*_shape_faults(config), *_data_faults(config), *_phase_faults(config)]:
        if wrong:
            raise InputError(f"{place}: {sentence}")


Faults = list[tuple[bool, str]]


def _shape_faults(config: Config) -> Faults:
    encoder, adapter, decoder = config.encoder, config.adapter, config.decoder
    sizes = {
        f"{section}.{field.name}": getattr(part, field.name)
        for section, part in (("encoder", encoder), ("adapter", adapter), ("decoder", decoder))
        for field in dataclasses.fields(part)
        if field.name != "frozen" and isinstance(getattr(part, field.name), int | float)
    }
    return [
        *(
            (value <= 0 and not isinstance(value, bool), f"{n} must be positive, got {value}")
            for n, value in sizes.items()
        ),
        (encoder.width % encoder.heads > 0, "encoder.width must be a multiple of encoder.heads"),
        (adapter.width % adapter.heads > 0, "adapter.width must be a multiple of adapter.heads"),
        (adapter.in_width != encoder.width, "adapter.in_width must equal encoder.width"),
        (adapter.out_width != decoder.width, "adapter.out_width must equal decoder.width"),
        (decoder.heads % decoder.kv_heads > 0, "decoder.heads must be a multiple of decoder.kv_heads"),
        (
            decoder.heads < 4 or decoder.layers < 4,
            "decoder.layers and decoder.heads must be 4 at least, for the guided heads",
        ),
        (decoder.head_dim % 2 > 0, "decoder.head_dim must be even"),
        (decoder.spoken > decoder.vocab, "decoder.spoken must not exceed decoder.vocab"),
        (not 0 <= encoder.frozen <= encoder.layers, "encoder.frozen must lie between 0 and encoder.layers"),
    ]


def _data_faults(config: Config) -> Faults:
    data = config.data
    names = [source.name for source in data.sources if source.name]
    faults: Faults = [
        (data.rounds < 0 or data.first_rounds < 0, "data.rounds and data.first_rounds must not be negative"),
        (data.copies < 1 or data.chat_shards < 1, "data.copies and data.chat_shards must be 1 or more"),
        (
            data.max_seconds * 50 > config.encoder.max_frames,
            "data.max_seconds must fit into encoder.max_frames, 50 a second",
        ),
        (not data.recordings and not data.sources and data.rounds == 0, "data names no recordings, sources or rounds"),
        (len(names) != len(set(names)), "data.sources: each name may come once"),
        (bool(set(names) & set(data.recordings)), "data.sources: a name of data.recordings is taken"),
    ]
    for source in data.sources:
        single = bool(source.name and source.format and source.path)
        faults.append(
            (
                single == bool(source.dataset),
                "data.sources: expected name, format and path, or dataset alone, in each entry",
            )
        )
        faults.append((source.weight < 0, f"data.sources: the weight of {source.name} must not be negative"))
        faults.append(("/" in source.name, f"data.sources: the name {source.name} must not hold a slash"))
    return faults


def _phase_faults(config: Config) -> Faults:
    faults: Faults = [
        (
            not set(config.start.networks) <= set(NETWORKS),
            f"start.networks: expected some of {', '.join(NETWORKS)}, got {', '.join(config.start.networks)}",
        ),
        (config.processes < 1, "processes must be 1 at least"),
        (config.average_every < 1, "average_every must be 1 at least"),
        (not 0 <= config.checkpoint_seconds <= 240, "checkpoint_seconds must lie between 0 and 240: a kill costs them"),
        (config.lora.rank < 1, "lora.rank must be 1 at least"),
        (not 0 <= config.lora.dropout < 1, "lora.dropout must lie between 0 and 1"),
    ]
    for key, positions in dataclasses.asdict(config.text).items():
        faults.append((positions < PASSAGE_PIECES, f"text.{key} must be {PASSAGE_PIECES} at least, which is a passage"))
    for field in dataclasses.fields(config):
        phase = getattr(config, field.name)
        if isinstance(phase, PhaseConfig):
            for key in ("hours", "peak_lr", "batch_seconds", "warmup_steps", "decay_share", "clip"):
                faults.append((getattr(phase, key) <= 0, f"{field.name}.{key} must be positive"))
            for key in ("dropout", "decoder_dropout"):
                faults.append((not 0 <= getattr(phase, key) < 1, f"{field.name}.{key} must lie between 0 and 1"))
            faults.append((not 0 < phase.decoder_share <= 1, f"{field.name}.decoder_share must lie between 0 and 1"))
    return faults
