"""Every way in which tokscope can refuse, and the exit codes.

    TokscopeError               something that the user can mend; one line on stderr, exit 2
    ├── UsageError              arguments that do not fit together
    ├── InputError              a file or a text that cannot be read
    │   ├── NotText             a picture, a sound, a video or a PDF where a text is read
    │   └── UnknownId           a number to be decoded that is no id
    ├── OutputError             a result that cannot be written
    │   └── ReaderGone          nobody reads standard output any more: no failure
    └── TokenizerError          a tokenizer that cannot be had
        ├── UnknownTokenizer    no such name; says which names are close
        ├── BrokenTokenizer     its file is missing, damaged or of another kind
        ├── MissingExtra        needs a package that is not installed; says how to install it
        └── Unsupported         it exists, but cannot do what was asked

An error's text is one line and says what to do next. Catch the types, never the text.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says to the shell; nothing else may exit with another number."""

    OK = 0
    OVER_BUDGET = 1
    ERROR = 2  # could not judge: bad usage, bad input, unknown tokenizer
    TRUNCATED = 3  # `truncate --exit-code` cut something off
    INTERRUPTED = 130  # 128 + SIGINT, as shells have it


class TokscopeError(Exception):
    """Something that the user can mend."""


class UsageError(TokscopeError):
    """Arguments that do not fit together."""


class InputError(TokscopeError):
    """A file or a text that cannot be read.

    `path` names it as the user did; `offset` is the byte where it went wrong, if one byte did.
    """

    def __init__(self, path: str, message: str, *, offset: int | None = None) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message
        self.offset = offset


class NotText(InputError):
    """A picture, a sound, a video or a PDF where a text is read; `kind` is which of them."""

    def __init__(self, path: str, kind: str) -> None:
        a = "a PDF" if kind == "pdf" else f"a {kind}"
        super().__init__(
            path, f"{a} and no text; count, check, fit and diff count it for models that take it"
        )
        self.kind = kind


class UnknownId(InputError):
    """A number to be decoded that is no id.

    `id` is the number, and `position`, counted from 0, its place among the ids.
    """

    def __init__(self, path: str, token_id: int, tokenizer: str, position: int) -> None:
        super().__init__(path, f"{token_id} is no id of {tokenizer} (number {position + 1:,} of the input)")
        self.id = token_id
        self.position = position


class OutputError(TokscopeError):
    """A result that cannot be written."""


class ReaderGone(OutputError):
    """Nobody reads standard output any more, as when `head` has had enough: no failure."""


class TokenizerError(TokscopeError):
    """A tokenizer that cannot be had."""


class UnknownTokenizer(TokenizerError):
    """No tokenizer goes by this name."""

    def __init__(self, spec: str, close: list[str]) -> None:
        hint = f"did you mean {' or '.join(close)}?" if close else "tokscope list shows every name"
        super().__init__(f"unknown tokenizer {spec!r}: {hint}")
        self.spec = spec
        self.close = close


class BrokenTokenizer(TokenizerError):
    """A tokenizer's file is missing, damaged or of another kind."""


class MissingExtra(TokenizerError):
    """A package that an optional tokenizer needs is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an extra; install with: pip install 'tokscope-cli[{extra}]'")
        self.extra = extra


class Unsupported(TokenizerError):
    """The tokenizer exists, but cannot do what was asked."""
