"""Decoding: how bytes become text."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tokscope.errors import UsageError, did_you_mean, similar

if TYPE_CHECKING:
    from tokscope.inputs.notebook import Notebooks


def _is_text_encoding(encoding: str) -> bool:
    """Say whether an encoding exists and is one of text, which base64 is not."""
    try:
        "".encode(encoding)
    except (LookupError, ValueError):
        return False
    return True


@cache
def _codec(encoding: str) -> str:
    """Give the name that Python has for an encoding; it is asked for every file."""
    return codecs.lookup(encoding).name


@dataclass(frozen=True, slots=True)
class Decoding:
    """How bytes become text: a codec, and what to do with bytes that it does not know.

    Example: Decoding("shift_jis"); Decoding(errors="replace") reads U+FFFD where the UTF-8 is broken

    `errors` is "strict" or "replace". Raises UsageError for another word and for an unknown encoding. `svg`
    says that an SVG, which is both, is a picture here, not text; `convert` that a DOCX, PPTX, XLSX, EPUB or
    HTML is the text that it holds. What `notebooks` gives
    reads those; without it the text of one is the JSON that it is written in.
    """

    encoding: str = "utf-8"
    errors: str = "strict"
    svg: bool = False
    convert: bool = False
    notebooks: Callable[[], Notebooks] | None = None

    def __post_init__(self) -> None:
        if not _is_text_encoding(self.encoding):
            from encodings.aliases import aliases

            from tokscope.models.names import vocabulary_of

            if vocabulary_of(self.encoding) is not None:
                raise UsageError(
                    f"--encoding is that of the file's bytes; for a tokenizer: -t {self.encoding}"
                )

            names = {
                name.replace("_", "-")
                for alias in aliases.items()
                for name in alias
                if _is_text_encoding(name)
            }
            close = similar(self.encoding.lower().replace("_", "-"), sorted(names))
            hint = did_you_mean(close, "utf-8, utf-16 and latin-1 are some")
            raise UsageError(f"unknown encoding {self.encoding!r}: {hint}")
        if self.errors not in ("strict", "replace"):
            raise UsageError(f"unknown --errors {self.errors!r}: strict or replace")

    @property
    def utf8(self) -> bool:
        """Whether it is UTF-8, under any of its names."""
        return _codec(self.encoding) == "utf-8"

    @property
    def wide(self) -> bool:
        """Whether it is UTF-16 or UTF-32, whose text is full of NUL bytes."""
        return _codec(self.encoding).startswith(("utf-16", "utf-32"))
