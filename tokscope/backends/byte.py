"""`byte`: one token per byte, or per code unit of another encoding.

`byte` and `byte:utf-8` give one token per byte, `byte:utf-16` one per 16-bit code unit (a pair for a
character beyond U+FFFF), `byte:utf-32` one per code point. Ids are the bytes or units themselves.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tokscope.split import Split, byte_offsets
from tokscope.text.cuts import LINE_OR_WORD
from tokscope.text.encodings import ASCII
from tokscope.tokenizer import Census, Tokenizer
from tokscope.tokenizer.spec import Spec

if TYPE_CHECKING:
    from tokscope.report.trace import Trace
    from tokscope.tokenizer import Entry


class Byte(Tokenizer):
    """UTF-8 bytes as tokens.

    Example: load("byte").count("日本") -> 6
    """

    name = "byte"
    vocab_size = 256
    cut = LINE_OR_WORD
    unlabelled = True

    def encode(self, text: str) -> Split:
        """Cut `text` into its UTF-8 bytes.

        Example: list(load("byte").encode("hé").ids) -> [104, 195, 169]
        """
        source = text.encode()
        return Split(source, range(len(source)), range(1, len(source) + 1), source)

    def count(self, text: str) -> int:
        """Count the UTF-8 bytes of `text`.

        Example: load("byte").count("hé") -> 3
        """
        return len(text) if text.isascii() else len(text.encode())

    def census(self, texts: Sequence[str]) -> list[Census]:
        """Count the bytes, and of them those of characters that have several."""
        return [
            Census(len(data), partial=len(data.translate(None, ASCII)))
            for data in (text.encode() for text in texts)
        ]

    decodes_by_token = True

    def decode(self, ids: Sequence[int]) -> bytes:
        """Give the bytes that `ids` are.

        Example: load("byte").decode([104, 105]) -> b"hi"
        """
        try:
            return bytes(iter(ids))  # number by number, even where they come in an array
        except ValueError:
            raise self.no_such_id(ids, next(unit for unit in ids if not 0 <= unit < 256)) from None

    def vocabulary(self) -> Iterator[Entry]:
        """Give the 256 bytes."""
        from tokscope.tokenizer import Entry

        return (Entry(byte, bytes([byte])) for byte in range(256))

    def trace(self, text: str) -> Trace:
        """Show the bytes of each character."""
        from tokscope.tracing.one_step import rule_step
        from tokscope.tracing.steps import finished

        step = rule_step("one token per byte of UTF-8", text, "bytes", lambda char: char.encode().hex(" "))
        return finished(self, text, [step], [byte for char in text for byte in char.encode()])


class CodeUnit(Tokenizer):
    """UTF-16 or UTF-32 code units as tokens; no byte order mark is counted that is not in the text.

    Example: load("byte:utf-16").count("a😀") -> 3

    The two units of a surrogate pair share the four UTF-8 bytes of their character, two bytes each.
    """

    cut = LINE_OR_WORD
    unlabelled = True

    vocab_size: int

    def __init__(self, bits: int) -> None:
        self.name = f"byte:utf-{bits}"
        self.vocab_size = 0x10000 if bits == 16 else 0x110000
        self._codec = f"utf-{bits}-{'le' if sys.byteorder == 'little' else 'be'}"
        self._typecode = "H" if bits == 16 else "I"

    def encode(self, text: str) -> Split:
        """Cut `text` into its code units.

        Example: list(load("byte:utf-16").encode("A😀").ids) -> [65, 55357, 56832]
        """
        ids = array(self._typecode, text.encode(self._codec))
        bounds = list(byte_offsets(text))
        if len(ids) > len(text):  # surrogate pairs: a cut in the middle of the character's four bytes
            astral = (bounds[i] + 2 for i, char in enumerate(text) if char > "\uffff")
            bounds = sorted([*bounds, *astral])
        return Split(text.encode(), bounds[:-1], bounds[1:], ids)

    def count(self, text: str) -> int:
        """Count the code units of `text`.

        Example: load("byte:utf-16").count("A😀") -> 3
        """
        return len(text.encode(self._codec)) // (2 if self._typecode == "H" else 4)

    def decode(self, ids: Sequence[int]) -> bytes:
        """Give the characters of the code units `ids`; half a pair becomes three bytes, no UTF-8.

        Example: load("byte:utf-16").decode([65, 66]) -> b"AB"
        """
        for unit in ids:
            if not 0 <= unit < self.vocab_size:
                raise self.no_such_id(ids, unit)
        return (
            array(self._typecode, iter(ids))
            .tobytes()
            .decode(self._codec, "surrogatepass")
            .encode(errors="surrogatepass")
        )

    def trace(self, text: str) -> Trace:
        """Show the code units of each character."""
        from tokscope.tracing.one_step import rule_step
        from tokscope.tracing.steps import finished

        def units(char: str) -> Sequence[int]:
            return array(self._typecode, char.encode(self._codec))

        digits = 4 if self._typecode == "H" else 8
        says = f"one token per code unit of {self.name.removeprefix('byte:').upper()}"
        step = rule_step(
            says, text, "units", lambda char: " ".join(f"{unit:0{digits}x}" for unit in units(char))
        )
        return finished(self, text, [step], [unit for char in text for unit in units(char)])


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `byte`, `byte:utf-8`, `byte:utf-16` or `byte:utf-32`.

    Example: load(Spec("byte", "utf-16")).vocab_size -> 65536
    """
    return Byte() if spec.argument in ("", "utf-8") else CodeUnit(int(spec.argument.removeprefix("utf-")))
