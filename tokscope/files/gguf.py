"""GGUF: the key-value part of a model's file and the places of its tensors, read where they lie in memory.

The format, of ggml-org/ggml's docs/gguf.md: b"GGUF", a version (32 bits), how many tensors and how many
pairs (64 bits each), then the pairs: a key, the type of its value, the value. What there is of tensors comes
after them: a name, the axes (the fastest first), a type, and where the bytes are. The bytes themselves are
not touched, so that a file of any size opens in the time that its vocabulary takes. Every length is held
against what is left of the file before it is believed.
"""

from __future__ import annotations

import mmap
import struct
import sys
from array import array
from collections.abc import Iterator, Mapping
from operator import sub
from pathlib import Path
from typing import TypeVar

from tokscope.errors import BrokenTokenizer
from tokscope.files.stored import TENSOR_TYPES, Stored, mapped

STRUCT_LETTERS = {**dict(enumerate("BbHhIif?")), 10: "Q", 11: "q", 12: "d"}
"""The struct letter of each type of number."""

STRING, ARRAY = 8, 9

NORMAL, UNKNOWN, CONTROL, WORD, UNUSED, BYTE = range(1, 7)
"""What kind of token one is, in `tokenizer.ggml.token_type`; the numbers are sentencepiece's too."""

PAIRS = 1 << 16
"""The most pairs, and tensors, that are read; a model has some 50, and some thousands."""

VALUES = 1 << 22
"""The most values of all arrays together; the largest vocabulary in use, with its merges, has 1.3 million."""

MAX_STRINGS = 1 << 28
"""The most bytes of a text, or of the texts of an array: the largest in use have some 10 million."""

TENSORS: Mapping[int, str] = {
    **dict(enumerate(("F32", "F16", "Q4_0", "Q4_1", "Q4_2", "Q4_3", "Q5_0", "Q5_1", "Q8_0", "Q8_1"))),
    **dict(enumerate(("Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS"), 10)),
    **dict(enumerate(("IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS"), 18)),
    **dict(enumerate(("I8", "I16", "I32", "I64", "F64", "IQ1_M", "BF16"), 24)),
    34: "TQ1_0",
    35: "TQ2_0",
    39: "MXFP4",
    40: "NVFP4",
}
"""The name of each type of tensor, as ggml.h numbers them."""

T = TypeVar("T")

_U64 = struct.Struct("<Q").unpack_from


class Strings:
    """An array of strings, each made when it is asked for.

    Example: Gguf("model.gguf").strings("tokenizer.ggml.tokens")[0] -> b"<unk>"
    """

    def __init__(self, data: mmap.mmap, starts: array[int]) -> None:
        self._data = data
        self._starts = starts  # of the lengths, 8 bytes before each string; and where the last one ends

    def __len__(self) -> int:
        return len(self._starts) - 1

    @property
    def empty(self) -> int:
        """How many are empty.

        Example: Gguf("model.gguf").strings("tokenizer.ggml.tokens").empty -> 0
        """
        return list(map(sub, self._starts[1:], self._starts)).count(8)

    def __getitem__(self, index: int) -> bytes:
        return self._data[self._starts[index] + 8 : self._starts[index + 1]]

    def __iter__(self) -> Iterator[bytes]:
        data, starts = self._data, self._starts
        start = starts[0]
        for end in starts[1:]:
            yield data[start + 8 : end]
            start = end


class Gguf(Mapping[str, object]):
    """The pairs of a GGUF file.

    Example: Gguf("model.gguf")["tokenizer.ggml.model"] -> "gpt2"

    Raises BrokenTokenizer, which names the place, for a file that is cut off, damaged, or of another version.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        self._data = mapped(path)
        if self._data[:4] != b"GGUF":
            raise self._broken(0, "is not a GGUF file")
        version = self._number("I", 4)
        if version & 0xFFFF == 0:
            raise self._broken(4, "is a big-endian GGUF; convert it with gguf_convert_endian.py of llama.cpp")
        if version not in (2, 3):
            raise self._broken(
                4, f"is GGUF version {version}, and only 2 and 3 are known; convert the model again"
            )
        pairs = self._number("Q", 16)
        self._at = 24
        if pairs > len(self._data) // 13:  # a key of no letters, a type, a value of one byte
            raise self._broken(16, f"claims {pairs:,} entries, more than it has bytes for")
        if pairs > PAIRS:
            raise self._broken(16, f"has {pairs:,} entries, and {PAIRS:,} is the most that can be read")
        self._left = VALUES
        self._pairs: dict[str, object] = {}
        for _ in range(pairs):
            key = self._string().decode(errors="replace")
            self._pairs[key] = self._value(self._take("I"))
        self._after = self._at

    def __getitem__(self, key: str) -> object:
        return self._pairs[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def text(self, key: str, default: str = "") -> str:
        """Give a value that is a text. Raises BrokenTokenizer where it is something else.

        Example: Gguf("model.gguf").text("general.architecture") -> "llama"
        """
        return self._typed(key, str, default)

    def number(self, key: str, default: int = -1) -> int:
        """Give a value that is a whole number, or a yes or no. Raises BrokenTokenizer as text() does.

        Example: Gguf("model.gguf").number("tokenizer.ggml.bos_token_id") -> 1
        """
        return self._typed(key, int, default)

    def strings(self, key: str) -> Strings:
        """Give an array of strings, an empty one where there is none. Raises as text() does.

        Example: Gguf("model.gguf").strings("tokenizer.ggml.tokens")[1] -> b"<s>"
        """
        return self._typed(key, Strings, Strings(self._data, array("Q", [0])))

    def numbers(self, key: str) -> array[float]:
        """Give an array of numbers, an empty one where there is none. Raises as text() does.

        Example: Gguf("model.gguf").numbers("tokenizer.ggml.scores")[300] -> -41.0
        """
        return self._typed(key, array, array("f"))

    def tensors(self) -> dict[str, Stored]:
        """Give the tensors by name, their axes in NumPy's order.

        Example: Gguf("model.gguf").tensors()["token_embd.weight"].shape -> (49152, 576)

        Raises BrokenTokenizer for places outside the file, and rows that are not a whole number of blocks.
        """
        self._at = self._after
        count = self._number("Q", 8)
        if count > min(
            (len(self._data) - self._at) // 24, PAIRS
        ):  # a length, a number of axes, a type, a place
            raise self._broken(8, f"claims {count:,} tensors, more than it has bytes for or than are read")
        listed = []
        for _ in range(count):
            name = self._string().decode(errors="replace")
            axes = self._take("I")
            if axes > 4:  # GGML_MAX_DIMS
                raise self._broken(self._at - 4, f"has a tensor of {axes:,} axes, and 4 are the most")
            shape = tuple(self._take("Q") for _ in range(axes))[::-1]
            kind = self._take("I")
            listed.append((name, TENSORS.get(kind, f"type {kind}"), shape, self._take("Q")))
        align = self.number("general.alignment", 32)
        if align < 1:
            raise self._broken(0, f"says that tensors begin at multiples of {align}")
        base = -(-self._at // align) * align
        return {name: self._placed(name, kind, shape, base + at) for name, kind, shape, at in listed}

    def _placed(self, name: str, kind: str, shape: tuple[int, ...], start: int) -> Stored:
        """Check where a tensor lies."""
        found = Stored(name, kind, shape, self._data, start)
        if kind in TENSOR_TYPES:
            if shape and shape[-1] % TENSOR_TYPES[kind].numbers:
                raise self._broken(
                    start, f"has rows of {shape[-1]:,} in {name!r}, not a whole number of blocks of {kind}"
                )
            if start + found.size > len(self._data):
                raise self._broken(len(self._data), f"is cut off before the end of {name!r}; fetch it again")
        return found

    def _typed(self, key: str, kind: type[T], default: T) -> T:
        found = self._pairs.get(key, default)
        if not isinstance(found, kind):
            raise BrokenTokenizer(f"{self.path}: its {key} has the wrong type")
        return found

    def _broken(self, at: int, what: str) -> BrokenTokenizer:
        return BrokenTokenizer(f"{self.path}: {what} (at byte {at:,})")

    def _number(self, letter: str, at: int) -> int:
        try:
            found: int = struct.unpack_from("<" + letter, self._data, at)[0]
        except struct.error as error:
            raise self._broken(at, "is cut off; fetch it again") from error
        return found

    def _take(self, letter: str) -> int:
        found = self._number(letter, self._at)
        self._at += struct.calcsize("<" + letter)
        return found

    def _room(self, size: int) -> int:
        """Go on by `size` bytes, and give where they start."""
        at = self._at
        if size > len(self._data) - at:
            raise self._broken(at, f"is cut off or damaged: {size:,} bytes should follow; fetch it again")
        self._at += size
        return at

    def _string(self) -> bytes:
        size = self._take("Q")
        at = self._room(size)
        if size > MAX_STRINGS:
            raise self._broken(at, f"has a text of {size:,} bytes; at most {MAX_STRINGS:,} are read")
        return self._data[at : at + size]

    def _value(self, kind: int) -> object:
        if kind == STRING:
            return self._string().decode(errors="replace")
        if kind == ARRAY:
            return self._array()
        if kind not in STRUCT_LETTERS:
            raise self._broken(self._at - 4, f"has a value of type {kind}, which GGUF does not know")
        return self._take(STRUCT_LETTERS[kind])

    def _array(self) -> object:
        kind, count = self._take("I"), self._take("Q")
        self._left -= count
        if kind == STRING:
            return self._strings(count)
        if kind not in STRUCT_LETTERS:
            raise self._broken(self._at - 12, f"has an array of type {kind}, which tokscope does not know")
        at = self._room(count * struct.calcsize("<" + STRUCT_LETTERS[kind]))
        self._bounded(at)
        numbers = array("B" if STRUCT_LETTERS[kind] == "?" else STRUCT_LETTERS[kind])
        numbers.frombytes(self._data[at : self._at])
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers

    def _bounded(self, at: int) -> None:
        """Hold the arrays read so far against the most that is read. Raises BrokenTokenizer."""
        if self._left < 0:
            raise self._broken(at, f"has arrays of more than {VALUES:,} values, the most that are read")

    def _strings(self, count: int) -> Strings:
        """Walk over an array of strings, remembering where each starts."""
        data, at, end = self._data, self._at, len(self._data)
        if count > (end - at) // 8:
            raise self._broken(at, f"claims an array of {count:,} texts, more than it has bytes for")
        self._bounded(at)
        starts = array("Q", bytes(8 * (count + 1)))
        try:
            for i in range(count):
                starts[i] = at
                at += 8 + _U64(data, at)[0]
            starts[count] = at
        except (struct.error, OverflowError) as error:
            raise self._broken(self._at, "is cut off or damaged inside an array; fetch it again") from error
        if at > end:
            raise self._broken(self._at, "is cut off inside an array; fetch it again")
        if at - self._at > MAX_STRINGS:
            raise self._broken(self._at, f"has an array of more than {MAX_STRINGS:,} bytes, the most read")
        self._at = at
        return Strings(data, starts)
