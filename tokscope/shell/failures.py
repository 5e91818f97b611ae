"""Failures: what went wrong, in one line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from typer._click.exceptions import NoArgsIsHelpError
from typer.exceptions import TyperException

from tokscope.errors import TokscopeError
from tokscope.shell.misused import misuse
from tokscope.shell.stderr import complain


def explain_error(error: BaseException) -> None:
    """Say in one line what went wrong; a bug is told as one, with how to report it.

    Example: explain_error(InputError("a.md", "not found")) writes "tokscope: a.md: not found" to standard
    error
    """
    if isinstance(error, NoArgsIsHelpError):  # a group of commands alone
        print(error.format_message(), file=sys.stderr)
        return
    if isinstance(error, TyperException):
        complain(misuse(error), wrong=True)
        return
    if isinstance(error, TokscopeError):
        complain(str(error), wrong=True)
        return
    if os.environ.get("TOKSCOPE_DEBUG"):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, MemoryError):
        complain(
            "out of memory; a tokenizer that needs the whole text at once needs more than there is",
            wrong=True,
        )
    elif isinstance(error, RecursionError):
        complain("something here is nested too deeply to be read", wrong=True)
    elif isinstance(error, OSError):
        complain(f"{_subject(error)}: {error.strerror or error}", wrong=True)
    else:  # a panic in Rust is not an Exception, and a plug-in may call sys.exit: no verdict either
        said = " ".join(f"{type(error).__name__}: {error}".split())
        complain(f"a bug: {said[:200]}; please report it, with what TOKSCOPE_DEBUG=1 shows", wrong=True)


def _subject(error: OSError) -> str:
    """Name what an error of the system is about."""
    if error.filename is not None:
        return os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else str(error.filename)
    try:
        Path.cwd()
    except OSError:
        return "the working directory"
    return "the system says"
