"""tokscope: count, split and compare tokens with every family of tokenizer.

>>> import tokscope
>>> tokscope.load("gpt-4o").count("Hello world")
2
"""

from __future__ import annotations

TYPE_CHECKING = False  # as typing has it, which takes a while to import: see __main__

if TYPE_CHECKING:
    from tokscope import errors
    from tokscope.fitting.chunking import chunk
    from tokscope.fitting.truncation import truncate
    from tokscope.registry import load
    from tokscope.split import Split, Token
    from tokscope.tokenizer import Tokenizer

    __version__: str

__all__ = ["Split", "Token", "Tokenizer", "chunk", "errors", "load", "truncate"]

_LATER = {
    "Split": "tokscope.split",
    "Token": "tokscope.split",
    "Tokenizer": "tokscope.tokenizer",
    "chunk": "tokscope.fitting.chunking",
    "load": "tokscope.registry",
    "truncate": "tokscope.fitting.truncation",
}
"""What is imported when it is first used: a command starts sooner, and its imports can be interrupted."""


def __getattr__(name: str) -> object:
    if name == "__version__":
        from tokscope.version import RELEASE

        return RELEASE
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    if name == "errors":
        return import_module("tokscope.errors")
    return getattr(import_module(_LATER[name]), name)
