"""tokscope: count, split and compare tokens with every family of tokenizer.

>>> import tokscope
>>> tokscope.load("gpt-4o").count("Hello world")
2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokscope.registry import load
from tokscope.split import Split, Token
from tokscope.tokenizer import Tokenizer

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tokscope.fitting.chunking import chunk
    from tokscope.fitting.truncation import truncate

__all__ = ["Split", "Token", "Tokenizer", "chunk", "load", "truncate"]

_LATER = {"chunk": "tokscope.fitting.chunking", "truncate": "tokscope.fitting.truncation"}
"""What is imported when it is first used, so that the commands which do not need it start sooner."""


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LATER[name]), name)
