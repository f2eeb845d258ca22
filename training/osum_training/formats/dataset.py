"""The reference's dataset YAML: a name for each source, with its path and weight."""

from dataclasses import replace
from pathlib import Path

from ..config import SourceConfig
from ..errors import InputError
from .combine import LIST
from .record import existing


def format_of(path: str) -> str:
    """The format that a path stands for, by the names that the reference's makers give their files."""
    name = Path(path).name
    return "combine" if name == LIST else "shard" if name == "shards_list.txt" or name.endswith(".tar") else "raw"


def read_dataset(source: SourceConfig, folder: Path) -> list[SourceConfig]:
    """The sources of the YAML file that `source.dataset` names, each with the settings of `source` otherwise.

    A weight is 1 unless it is given, and may have a fraction; keys other than path, weight and format are ignored, such
    as shard_num. Relative paths start at the folder of the YAML file.
    """
    import yaml

    path = existing(folder / source.dataset)
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InputError(f"{path} is no YAML file: {' '.join(str(error).split())}; correct it there") from error
    if not isinstance(entries, dict) or not entries:
        raise InputError(f"{path}: expected a name for each source with its path and weight, got {entries!r}")
    return [_source(source, path, str(name), entry) for name, entry in entries.items()]


def _source(base: SourceConfig, file: Path, name: str, entry: object) -> SourceConfig:
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
        raise InputError(f"{file}: {name}: expected a path, got {entry!r}")
    weight = entry.get("weight", 1.0)
    if not isinstance(weight, int | float) or isinstance(weight, bool) or weight < 0:
        raise InputError(f"{file}: {name}: expected a weight of 0 or more, got {weight!r}")
    kind = entry.get("format", format_of(entry["path"]))
    if kind not in ("raw", "shard", "combine"):
        raise InputError(f"{file}: {name}: expected the format raw, shard or combine, got {kind!r}")
    path = str(file.parent / entry["path"])
    return replace(base, dataset="", name=name.replace("/", "-"), path=path, format=kind, weight=float(weight))


def expanded(sources: tuple[SourceConfig, ...], folder: Path) -> list[SourceConfig]:
    """All single sources of a configuration, those of dataset files among them, in their order."""
    found = [one for source in sources for one in (read_dataset(source, folder) if source.dataset else [source])]
    names = [source.name for source in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InputError(f"data.sources: the name {min(twice)} comes more than once; rename one of the sources")
    return found
