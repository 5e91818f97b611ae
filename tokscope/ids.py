"""Token ids as bytes, for pipes: written by `encode`, read by `decode`.

plain   decimal, a space between two; every text is a line
json    an array for every text, a line each
u16     little-endian, 2 bytes an id, with nothing around them; for vocabularies of at most 65,536 ids
u32     the same, 4 bytes an id
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from tokscope.errors import InputError, UnknownId, UsageError
from tokscope.tokenizer import Tokenizer


class Width(StrEnum):
    """How many bits an id takes in binary.

    Example: Width("u16") -> Width.U16
    """

    U16 = "u16"
    U32 = "u32"

    @property
    def typecode(self) -> str:
        """The typecode of Python's array."""
        return "H" if self is Width.U16 else "I"

    def check(self, tokenizer: Tokenizer) -> None:
        """Raise UsageError where an id of `tokenizer` may need more bits.

        Example: Width.U32.check(load("gpt-4o")) passes, and Width.U16 raises UsageError: it has more than
        65,536 ids
        """
        size = tokenizer.vocab_size
        if self is Width.U16 and (size is None or size > 1 << 16):
            ids = "ids without limit" if size is None else f"{size:,} ids"
            raise UsageError(f"{tokenizer.name} has {ids}, more than u16 can hold: --binary u32")


def write_ids(
    batches: Iterable[Sequence[int]], *, width: Width | None = None, json: bool = False
) -> Iterator[bytes]:
    """Write the ids of one text, batch by batch.

    Example: b"".join(write_ids([[13225], [2375]])) -> b"13225 2375\\n"; with width=Width.U16 b"\\xa93G\\x09"
    """
    if width is not None:
        # iter: what has a buffer of its own (bytes are the ids of `byte`) would be taken for machine words
        for ids in batches:
            if any(number < 0 for number in ids):
                raise UsageError(
                    "ids below 0, of padding, do not fit into binary: use plain numbers or --json"
                )
            yield _little_endian(array(width.typecode, iter(ids))).tobytes()
        return
    between = ", " if json else " "
    lead = "[" if json else ""
    for ids in batches:
        if ids:
            yield (lead + between.join(map(str, ids))).encode()
            lead = between
    yield b"]\n" if json and lead != "[" else b"[]\n" if json else b"\n"


MAX_DIGITS = 20
"""Digits of the longest number that is looked at."""

_BRACKETS = bytes.maketrans(b"[],", b"   ")


def read_ids(blocks: Iterable[bytes], *, path: str, width: Width | None = None) -> Iterator[Sequence[int]]:
    """Read ids, batch by batch: decimal numbers with white space, commas or brackets around them, or binary.

    Example: list(read_ids([b"[13225, 23", b"75]"], path="ids.json")) -> [[13225], [], [2375]]

    There is a batch for each block, and of decimal numbers one more at the end. `path` names the source.
    Raises InputError for what is not a number, for bytes that are not a whole id, and at the end for a list
    that is not closed: a part of it is missing.
    """
    kept, position, unclosed = b"", 0, 0
    for block in blocks:
        kept += block
        if width is not None:
            whole = len(kept) - len(kept) % array(width.typecode).itemsize
            numbers, kept = array(width.typecode, kept[:whole]), kept[whole:]
            yield _little_endian(numbers)
        else:
            unclosed += block.count(b"[") - block.count(b"]")
            words = kept.translate(_BRACKETS).split()
            kept = words.pop() if words and not kept[-1:].isspace() else b""
            yield _parse_numbers(words, path, position)
            position += len(words)
            if len(kept) > MAX_DIGITS:  # before it grows with every block
                break
    if width is not None and kept:
        raise InputError(
            path, f"ends with {len(kept)} of the {array(width.typecode).itemsize} bytes of an id"
        )
    if width is None:
        yield _parse_numbers(kept.translate(_BRACKETS).split(), path, position)
        if unclosed:
            raise InputError(path, "its brackets do not match: a part of the list may be missing")


def decode_ids(tokenizer: Tokenizer, batches: Iterable[Sequence[int]], *, path: str) -> Iterator[bytes]:
    """Decode ids as they come, or all at once where the tokenizer does not decode each by itself.

    Example: b"".join(decode_ids(load("gpt-4o"), [[13225], [2375]], path="-")) -> b"Hello world"

    Raises UnknownId, which names `path`, for a number that is not an id, and Unsupported.
    """
    if not tokenizer.decodes_by_token:
        batches = [[token_id for ids in batches for token_id in ids]]
    position = 0
    for ids in batches:
        try:
            yield tokenizer.decode(ids)
        except UnknownId as error:
            raise UnknownId(path, error.id, tokenizer.name, position + error.position) from error
        position += len(ids)


def _parse_numbers(words: Sequence[bytes], path: str, position: int) -> list[int]:
    for i, word in enumerate(words):
        if not word.isdigit() or len(word) > MAX_DIGITS:
            shown = word.decode("utf-8", "backslashreplace")[:MAX_DIGITS]
            raise InputError(path, f"{shown!r} is not an id (number {position + i + 1:,} of the input)")
    return list(map(int, words))


def _little_endian(ids: array[int]) -> array[int]:
    """Swap the bytes of ids between little-endian and this machine's order."""
    if sys.byteorder == "big":
        ids.byteswap()
    return ids
