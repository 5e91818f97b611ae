"""Keeping standard error ours while a library works: some write to it whatever they think of an input."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_ONE_AT_A_TIME = Lock()
_inside = 0
_kept: int | None = None


@contextmanager
def quiet() -> Iterator[None]:
    """Let nothing reach standard error's descriptor, from whatever thread, until the last one is out.

    Example: with quiet(): tokenizers.Tokenizer.from_buffer(b"...") panics without a word

    Rust's "thread panicked" and C++'s logs go past sys.stderr, straight to the descriptor; our own messages
    have another (see shell.stderr.separate_stderr), and are not lost.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _kept
    with _ONE_AT_A_TIME:
        _inside += 1
        if _inside > 1:
            return
        try:
            _kept = os.dup(2)
        except OSError:  # it is closed
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)


def _leave() -> None:
    global _inside, _kept
    with _ONE_AT_A_TIME:
        _inside -= 1
        if _inside or _kept is None:
            return
        os.dup2(_kept, 2)
        os.close(_kept)
        _kept = None
