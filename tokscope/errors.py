"""Every error that tokscope reports, and the exit codes.

    TokscopeError               something that the user can fix; one line on stderr, exit 2
    ├── UsageError              arguments that do not fit together
    ├── InputError              a file or a text that cannot be read
    │   ├── NotText             a picture, a sound, a video or a PDF where a text is read
    │   ├── Flaw                a molecule or a graph that is not one, with the line and the column
    │   └── UnknownId           a number to decode that is not a token id
    ├── OutputError             a result that cannot be written
    │   └── ReaderGone          nobody is reading standard output any more: not a failure
    └── TokenizerError          a tokenizer that cannot be loaded
        ├── UnknownTokenizer    no such name; lists similar names
        ├── BrokenTokenizer     its file is missing, damaged or of another kind
        ├── Unanswered          a server that was asked gave no answer, or none that can be used
        ├── MissingExtra        needs a package that is not installed; says how to install it
        └── Unsupported         it exists, but cannot do what was asked

An error's text is one line and says what to do next. Catch the types, never the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum, StrEnum
from types import TracebackType
from typing import Any, TypeVar

Word = TypeVar("Word", bound=StrEnum)

GUESSES = 3
"""How many names an error offers in place of one that does not exist."""


def similar(typed: str, known: Iterable[str], like: float = 0.6) -> list[str]:
    """Find the names that have the words that somebody typed, or else are most like it, the closest first.

    Example: similar("bite", ["byte", "char"]) -> ["byte"]; similar("opus 5", ["gpt-5", "claude-opus-5"])[0]
    -> "claude-opus-5"

    1 is `like` only itself.
    """
    from difflib import get_close_matches

    names = list(known)
    words = _words_in(typed)
    having = [name for name in names if words and words <= _words_in(name)]
    return [*dict.fromkeys([*having, *get_close_matches(typed, names, GUESSES, like)])][:GUESSES]


def _words_in(name: str) -> set[str]:
    """Give the words and numbers of a name, without single letters."""
    import re

    return {word for word in re.split(r"[\W_]+", name.lower()) if len(word) > 1 or word.isdecimal()}


def did_you_mean(close: Sequence[str], otherwise: str) -> str:
    """Offer names in place of one that does not exist, or say what to do where none is like it.

    Example: did_you_mean(["byte", "char"], "tokscope list") -> "did you mean byte or char?"
    """
    if not close:
        return otherwise
    *others, last = close[:GUESSES]
    return f"did you mean {', '.join(others)} or {last}?" if others else f"did you mean {last}?"


class ExitCode(IntEnum):
    """The status that the process exits with; there is no other.

    Example: `tokscope check` over a budget exits with ExitCode.OVER_BUDGET, 1
    """

    OK = 0
    OVER_BUDGET = 1
    ERROR = 2  # could not judge: bad usage, bad input, unknown tokenizer
    TRUNCATED = 3  # `truncate --exit-code` cut something off
    INTERRUPTED = 130  # 128 + SIGINT, as in shells


class TokscopeError(Exception):
    """Something that the user can fix.

    Example: TokscopeError("name a file") -> one line on stderr, "tokscope: name a file", and exit code 2
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """Go from process to process with its message and all that it knows, without its __init__ again."""
        return self.__class__.__new__, (self.__class__, *self.args), self.__dict__


class UsageError(TokscopeError):
    """Arguments that do not fit together.

    Example: `tokscope trace -x Hi --from 2 --to 1`
    """


def one_of(words: type[Word], word: str, name: str) -> Word:
    """Take one of some words. Raises UsageError for any other.

    Example: one_of(Keep, "all", "keep") raises "keep: 'all' is not one of head, tail, middle"
    """
    try:
        return words(word)
    except ValueError:
        raise UsageError(f"{name}: {word!r} is not one of {', '.join(words)}") from None


class InputError(TokscopeError):
    """A file or a text that cannot be read.

    Example: str(InputError("a.md", "no such file")) -> "a.md: no such file"

    `path` is the name that the user gave; `offset` is the byte that could not be read, if there is one.
    """

    def __init__(self, path: str, message: str, *, offset: int | None = None) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message
        self.offset = offset


Problem = Callable[[InputError], None]
"""What tells the user of an input that cannot be read, like Console.problem."""


class reporting:  # it reads like contextlib's; a generator would take four times as long
    """Report an input that cannot be read in the block, and go on after it.

    Example: with reporting(console.problem): text = document.read()

    Named like those of contextlib, whose generators would take four times as long, for every file.
    """

    __slots__ = ("_report",)

    def __init__(self, report: Problem) -> None:
        self._report = report

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, InputError):
            self._report(error)
            return True
        return False


class NotText(InputError):
    """A picture, a sound, a video or a PDF where a text is read; `kind` is which of them.

    Example: NotText("photo.png", "picture").kind -> "picture"
    """

    def __init__(self, path: str, kind: str) -> None:
        a = "a PDF" if kind == "pdf" else f"a {kind}"
        super().__init__(path, f"{a}, not text; count, check, fit and diff count it for models that take it")
        self.kind = kind


class Flaw(InputError):
    """What is wrong with a molecule or a graph, and where, counted from 1; column 0 is a whole line.

    Example: str(Flaw("a ring that is not closed", 2, 7).of("a.smi")) ->
    "a.smi: line 2, column 7: a ring that is not closed"
    """

    def __init__(self, reason: str, line: int = 0, column: int = 0, path: str = "") -> None:
        where = [f"{name} {number:,}" for name, number in (("line", line), ("column", column)) if number]
        super().__init__(path, ": ".join(filter(None, (", ".join(where), reason))))
        self.reason, self.line, self.column = reason, line, column

    def of(self, path: str, line: int = 0, column: int = 0) -> Flaw:
        """Say in which file it is, and if the structure began at a `line` and a `column` there, those too.

        Example: str(Flaw("no SMILES", column=2).of("a.smi", 3, 10)) -> "a.smi: line 3, column 11: no SMILES"
        """
        column = max(column - 1, 0) + self.column if self.column else 0
        return Flaw(self.reason, line or self.line, column, path)


class UnknownId(InputError):
    """A number to decode that is not a token id.

    Example: UnknownId("-", 300, "byte", 0), where the ids of `byte` end at 255

    `id` is the number, and `position` its index in the input, from 0.
    """

    def __init__(self, path: str, token_id: int, tokenizer: str, position: int) -> None:
        super().__init__(
            path, f"{token_id} is not an id of {tokenizer} (number {position + 1:,} of the input)"
        )
        self.id = token_id
        self.position = position


class OutputError(TokscopeError):
    """A result that cannot be written.

    Example: `tokscope count -x Hi -o missing/out.csv`, where there is no folder `missing`
    """


class ReaderGone(OutputError):
    """Nobody reads standard output any more, which is not a failure.

    Example: `tokscope count big/ | head -1`
    """


class TokenizerError(TokscopeError):
    """A tokenizer that cannot be loaded, or cannot do what was asked; see its subclasses.

    Example: load("gpt-44") raises UnknownTokenizer, a TokenizerError
    """


class UnknownTokenizer(TokenizerError):
    """No tokenizer has this name.

    Example: str(UnknownTokenizer("bite", ["byte"])) -> "unknown tokenizer 'bite': did you mean byte?"
    """

    def __init__(
        self, spec: str, close: Sequence[str], otherwise: str = "tokscope list shows every name"
    ) -> None:
        super().__init__(f"unknown tokenizer {spec!r}: {did_you_mean(close, otherwise)}")
        self.spec = spec
        self.close = close


class BrokenTokenizer(TokenizerError):
    """A tokenizer's file is missing, damaged or of another kind.

    Example: load("hf:notes.md") raises it
    """


class Unanswered(TokenizerError):
    """A server that was asked gave no answer, or none that can be used.

    Example: raise Unanswered("http://localhost:8000: no answer after 10 s")
    """


class MissingExtra(TokenizerError):
    """A package that an optional feature needs is not installed.

    Example: MissingExtra("word:stem", "words") says "word:stem needs an extra; install with: pip install ..."
    """

    def __init__(self, what: str, extra: str) -> None:
        from tokscope.extras import install

        super().__init__(f"{what} needs an extra; install with: {install(extra)}")
        self.extra = extra


class Unsupported(TokenizerError):
    """The tokenizer exists, but cannot do what was asked.

    Example: load("jieba").decode([1]) raises it: jieba has no ids
    """
