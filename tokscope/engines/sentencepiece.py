"""What a SentencePiece .model says about itself, and spans as its library gives them."""

from __future__ import annotations

import string
import sys
from array import array
from collections.abc import Sequence

import sentencepiece

from tokscope.errors import BrokenTokenizer
from tokscope.files.protobuf import fields, integer
from tokscope.files.tokenizer_json import of_table


def divide_bytes(source: bytes, pieces: Sequence[bytes], starts: list[int], ends: list[int]) -> None:
    """Give, in place, each byte piece of a character its byte of it.

    Example: of the pieces <0xE6> <0x97> <0xA5> of "日", at (0, 0), (0, 0), (0, 3), each gets one byte

    `sentencepiece` gives the whole character to the last one. Where a normaliser made other bytes of the
    character than the source has, that stays.
    """
    for last, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if pieces[last].startswith(b"<0x"):
            first = max(last + 1 - (end - start), 0)
            if pieces[first : last + 1] == [b"<0x%02X>" % byte for byte in source[start:end]]:
                starts[first : last + 1] = range(start, end)
                ends[first : last + 1] = range(start + 1, end + 1)


def parted_at_spaces(processor: sentencepiece.SentencePieceProcessor) -> int | None:
    """Give the type of a model that cuts what comes before a space and what follows alone, else None.

    Example: parted_at_spaces(that of t5) -> UNIGRAM

    The space is one after a letter or digit of ASCII. It becomes a ▁, which begins a piece, since none has
    one within and it is not unknown, so that no piece and no run of unknown characters goes over that place.
    By itself, what follows begins with the same ▁: spaces at its start are taken away and one ▁ is put there,
    or neither. What normalisation replaces does not reach over the place either: no key of its table has a
    space after a letter or digit of ASCII, or begins with a space and goes on; and no symbol has a space.
    """
    proto = processor.serialized_model_proto()
    specs = {field: dict(fields(value)) for field, value in fields(proto) if field in (2, 3)}
    trainer, normalizer = specs.get(TRAINER_SPEC, {}), specs.get(NORMALIZER_SPEC, {})
    # Booleans that are true where they are not given: a ▁ in front, spaces taken away, spaces written ▁.
    front, fewer, escaped = (integer(normalizer.get(field, b"\1")) for field in (3, 4, 5))
    behind = integer(trainer.get(24, b"\0"))
    try:
        pieces = processor.id_to_piece(list(range(processor.vocab_size())))
    except UnicodeDecodeError:  # one that is not text
        return None
    known = processor.piece_to_id("▁") != processor.unk_id()
    if behind or not escaped or front != fewer or not known:
        return None
    if any("▁" in piece[1:] or " " in piece for piece in pieces) or _maps_spaces(normalizer.get(2, b"")):
        return None
    letters = string.ascii_letters + string.digits
    if any("▁" in processor.normalize(f"{char}x").removeprefix("▁") for char in letters):
        return None
    return integer(trainer.get(3, b"\1"))


def _maps_spaces(table: bytes) -> bool:
    """Tell whether a key of a normalisation table may reach over a space after a letter or digit of ASCII.

    A table is a double-array trie (https://github.com/s-yata/darts-clone), and what its keys are replaced by.
    A child of a unit lies at the unit's index, xor its offset, xor the byte; it has the byte as its label.
    """
    if not table:
        return False
    size = int.from_bytes(table[:4], "little")
    units = array("I", table[4 : 4 + size])
    if sys.byteorder == "big":
        units.byteswap()

    def child(index: int, byte: int) -> int | None:
        unit = units[index]
        at = index ^ (unit >> 10 << ((unit & 1 << 9) >> 6)) ^ byte
        return at if at < len(units) and units[at] & 0x800000FF == byte else None

    space = child(0, 0x20)
    if space is not None and any(child(space, byte) is not None for byte in range(1, 256)):
        return True
    alone = set(map(ord, string.ascii_letters + string.digits))
    return any(
        units[index] & 0x800000FF in alone and child(index, 0x20) is not None for index in range(len(units))
    )


UNIGRAM = 1
"""The type of a model, as the .proto numbers it; its default."""

PIECES, TRAINER_SPEC, NORMALIZER_SPEC = 1, 2, 3
"""The pieces and the fields after them in sentencepiece_model.proto; every trainer writes one of these.

A .model that was cut off between two pieces loads without complaint, with fewer pieces and without these. It
may also have been written by hand, and be whole: it loads as in the library, and is not called exact.
"""


def is_whole(model: bytes, damaged: str) -> bool:
    """Say whether a .model has what is after its pieces.

    Example: is_whole(Path("t5.model").read_bytes(), "t5.model: not a whole .model") -> True

    Raises BrokenTokenizer where it is not a message, has no pieces, or claims what it does not have.
    """
    try:
        parts = dict(fields(model))
        table = dict(fields(parts.get(NORMALIZER_SPEC, b""))).get(2, b"")
    except ValueError as error:
        raise BrokenTokenizer(damaged) from error
    if PIECES not in parts:
        raise BrokenTokenizer(damaged)
    for claim in of_table(table):
        raise BrokenTokenizer(f"{damaged}: {claim}")
    return bool(parts.keys() & {TRAINER_SPEC, NORMALIZER_SPEC})
