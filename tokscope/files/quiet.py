"""Keeping standard error ours while a library reads a file: some write to it whatever they think of one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_ONE = Lock()


@contextmanager
def quiet() -> Iterator[None]:
    """Let nothing reach standard error, which belongs to the whole process: only for short whiles.

    Example: with quiet(): tokenizers.Tokenizer.from_buffer(b"...") panics without a word

    Rust's "thread panicked" and C++'s logs go past sys.stderr, straight to the descriptor.
    """
    with _ONE:
        try:
            kept = os.dup(2)
        except OSError:  # it is closed
            yield
            return
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
