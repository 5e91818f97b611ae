"""What the `tokenizers` library refuses or crashes on, as errors of our own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tokscope.errors import BrokenTokenizer
from tokscope.files.quiet import quiet


@contextmanager
def refusals(name: str) -> Iterator[None]:
    """Turn what `tokenizers` raises into BrokenTokenizer, and let it write nothing to standard error.

    Example: with refusals("hf:a.json"): engine.encode("a")

    It raises a bare Exception, whatever went wrong; a panic in its Rust code is a PanicException, which is
    not an Exception and cannot be imported.
    """
    try:
        with quiet():
            yield
    except BaseException as error:
        if why := of_panic(error):
            raise BrokenTokenizer(f"{name}: {why}") from error
        if type(error) not in (Exception, ValueError):
            raise
        said = str(error).partition("\n")[0].removeprefix("Cannot instantiate Tokenizer from buffer: ")
        if re.search("unknown token|UNK", said):  # "WordLevel error: Missing [UNK] token from the vocabulary"
            said = "no token stands for what its vocabulary lacks, and this text has some of that"
        raise BrokenTokenizer(f"{name}: {re.sub(' at line [0-9]+ column [0-9]+$', '', said)}") from error


def of_panic(error: BaseException) -> str:
    """Say in our words what made a library panic; "" where it did not.

    Example: of_panic(type("PanicException", (Exception,), {})("retry-limit")) -> "one of its patterns tries
    too many ways to match this text"
    """
    if type(error).__name__ != "PanicException":
        return ""
    if "retry-limit" in str(error):
        return "one of its patterns tries too many ways to match this text"
    return "the library that reads it crashed; its file may be damaged"


def dump_stages(*stages: Any) -> str:
    """Write stages of an engine as JSON: their str() panics where byte 100 of a pattern cuts a character.

    Example: dump_stages(tokenizers.normalizers.NFC(), None) -> '{"type":"NFC"}'
    """
    return "".join(stage.__getstate__().decode() for stage in stages if stage is not None)
