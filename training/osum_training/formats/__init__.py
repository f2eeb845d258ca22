"""The formats in which the reference keeps its data (section 8.3), as sources of `prepare`.

A format module has `units(path)`, the parts of a source that are encoded one by one, and `records(unit)`, the items of
a part. `clips.read_clips` makes training clips of them.
"""

from collections.abc import Iterator

from . import combine, raw, shard
from .record import Record, Unit

FORMATS = {"raw": raw, "shard": shard, "combine": combine}


def records(unit: Unit) -> Iterator[Record]:
    """The items of a unit of any format. An index of shards may name combined ones too, so the unit itself decides."""
    reader = raw if unit.tar is None else shard if unit.lines is None else combine
    return reader.records(unit)
