"""Adds pieces to a SentencePiece model file, or takes some out of use.

The file is a protobuf message whose field 1 is repeated, one message {piece, score, type} each. They are inserted
behind those that are there, without the generated classes, which would ask for one version of the protobuf runtime.
"""

import struct
from collections.abc import Container, Iterable, Iterator

NORMAL, USER_DEFINED, UNUSED = 1, 4, 5  # types of a piece
_BYTES = 2  # wire type: a length, then so many bytes
_PIECES = 1  # number of the field


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at `at`, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _bytes_field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content


def piece_field(piece: str, score: float, kind: int) -> bytes:
    """A piece as the file holds it: piece (field 1), score (2, float32), type (3)."""
    content = _bytes_field(1, piece.encode()) + b"\x15" + struct.pack("<f", score) + b"\x18" + _varint(kind)
    return _bytes_field(_PIECES, content)


def _fields(message: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Each field of a message of messages: its number, where it starts, and where its content starts and ends."""
    at = 0
    while at < len(message):
        tag, start = _read_varint(message, at)
        if tag & 7 != _BYTES:
            raise ValueError(f"a SentencePiece model holds messages only, but field {tag >> 3} has wire type {tag & 7}")
        size, start = _read_varint(message, start)
        yield tag >> 3, at, start, start + size
        at = start + size


def with_pieces(model: bytes, added: Iterable[tuple[str, float, int]]) -> bytes:
    """The model with further pieces (piece, score, type) behind its own, whose ids stay as they are."""
    behind = max((end for number, _, _, end in _fields(model) if number == _PIECES), default=0)
    return model[:behind] + b"".join(piece_field(*piece) for piece in added) + model[behind:]


def without_pieces(model: bytes, ids: Container[int]) -> bytes:
    """The model that writes no text with the pieces of `ids`; all ids stay as they are."""
    parts, number_of_piece = [], 0
    for number, at, start, end in _fields(model):
        if number == _PIECES and number_of_piece in ids:
            # Of a field that comes twice the last one counts.
            parts.append(_bytes_field(_PIECES, model[start:end] + b"\x18" + _varint(UNUSED)))
        else:
            parts.append(model[at:end])
        number_of_piece += number == _PIECES
    return b"".join(parts)
