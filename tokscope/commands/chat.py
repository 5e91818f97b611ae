"""`tokscope chat`: the tokens of a chat request, message by message."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from tokscope.errors import Problem, UsageError
from tokscope.fitting import chat as chats
from tokscope.fitting.counted import Counted, Seeing, by_rule, by_template
from tokscope.inputs import Decoding, Document, Selection, documents
from tokscope.models.limits import Model, model_of
from tokscope.models.names import vocabulary_of
from tokscope.registry import DEFAULT
from tokscope.report.table import AtLeast, Column, Estimate, TableReport, most
from tokscope.shell.console import Console
from tokscope.shell.input_options import INPUT, Encoding, Errors, Text
from tokscope.shell.media_options import Away, Media
from tokscope.shell.options import Printing, name_option, require_one

if TYPE_CHECKING:
    from tokscope.fitting.chat import Request
    from tokscope.fitting.chat.request_media import Size

MAX_KEYS = 8
"""How many of the keys that are in no figure a message names; `--format json` has them all."""


class Method(NamedTuple):
    """By what requests are counted.

    Example: Method(["gpt-4o"]).tokenizers -> ["gpt-4o"]
    """

    tokenizers: Annotated[
        list[str] | None, name_option("A tokenizer or model.", f"the request's model, else {DEFAULT}")
    ] = None
    template: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Count exactly what an open model sees: its folder, tokenizer_config.json or .jinja file.",
            rich_help_panel=INPUT,
        ),
    ] = None

    def apply(self, path: str, name: str, request: Request, seeing: Seeing) -> Counted:
        """Count a request. Raises UsageError, InputError and TokenizerError.

        Example: Method(["gpt-4o"]).apply("a.json", "", request, Seeing()).total_word -> "estimate"
        """
        tokenizer = require_one(self.tokenizers) if self.tokenizers else None
        if self.template is None:
            return by_rule(path, name, request, tokenizer, seeing)
        return by_template(path, name, request, tokenizer, self.template, seeing)


class RequestSource(NamedTuple):
    """Where the requests are: one file, standard input, or a text.

    Example: RequestSource(text=['[{"role": "user", "content": "Hi"}]'])
    """

    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]",
            help="A chat request in JSON, or one a line in JSON Lines; - is standard input.",
            show_default=False,
        ),
    ] = None
    text: Text = None
    encoding: Encoding = "utf-8"
    errors: Errors = "strict"

    def documents(self, report: Problem, skip: Callable[[str], None]) -> Iterator[Document]:
        """Find the document; what cannot be read goes to `report`. Raises UsageError after a second one.

        Example: [one.read() for one in RequestSource(text=["[]"]).documents(print, print)] -> ["[]"]

        Of a folder that holds one request, the binary files go to `skip`.
        """
        selection = Selection([self.file] if self.file is not None else [], self.text or [])
        decoding = Decoding(self.encoding, self.errors)
        read = 0
        for document in documents(selection, decoding, report=report, skip=skip, command="tokscope chat"):
            read += 1
            yield document
        if read > 1:
            raise UsageError(f"one chat request at a time, not {read}")


def chat(printing: Printing, media: Media, away: Away, method: Method, source: RequestSource) -> int:
    """Count the tokens of a chat request: each message, each tool, and what the format adds."""
    console = printing.console()
    media.check()
    seeing = Seeing(lambda: media.asked, _asked_size(away))
    counted: list[Counted] = []
    for document in source.documents(console.problem, console.skipped.append):
        with console.reporting():
            for name, request in chats.read_all(document, console.problem):
                counted.append(method.apply(document.path, name, request, seeing))
    _warn_of_halves([one for one in counted if one.request.halves], console)
    console.left_out += dict.fromkeys(one.note for one in counted if not one.model_known)
    _warn([one for one in counted if one.unknown or one.uncounted], console)
    console.say_lost(list({id(one.tokenizer): one.tokenizer for one in counted}.values()))
    return console.write(_report(counted))


def _asked_size(away: Away) -> Size | None:
    """Read --size. Raises UsageError."""
    if away.picture is None:
        return None
    from tokscope.fitting.chat.request_media import Size

    return Size(*away.picture)


def _warn(lacking: Sequence[Counted], console: Console) -> None:
    """Name what is in no figure, on stderr, whatever the format."""
    for one in lacking[:MAX_KEYS]:
        name = f"{one.path}: {one.name}: " if one.name else f"{one.path}: "
        for places, what in ((one.unknown, "not understood"), (one.uncounted, "without text to count")):
            if places:
                more = f" and {len(places) - MAX_KEYS:,} more" if places[MAX_KEYS:] else ""
                named = ", ".join(places[:MAX_KEYS]) + more
                console.say(f"{name}at least {one.tokens:,} tokens: {what}: {named}")
    if lacking[MAX_KEYS:]:
        console.say(f"and {len(lacking) - MAX_KEYS:,} more requests are counted at least")


def _warn_of_halves(changed: Sequence[Counted], console: Console) -> None:
    """Name what is half a surrogate pair, on stderr, whatever the format."""
    for one in changed[:MAX_KEYS]:
        name = f"{one.path}: {one.name}: " if one.name else f"{one.path}: "
        halves = one.request.halves
        more = f" and {len(halves) - MAX_KEYS:,} more" if halves[MAX_KEYS:] else ""
        named = ", ".join(halves[:MAX_KEYS]) + more
        console.say(f"{name}half a surrogate pair is not text; read as U+FFFD: {named}")
    if changed[MAX_KEYS:]:
        console.say(f"and in {len(changed) - MAX_KEYS:,} more requests")


def _count_with_bounds(tokens: int, word: str) -> int:
    """Give a count as it is written, by the word for what is known of it, with the bounds that it has."""
    if word == "exact":
        return int(tokens)
    if word == "at least":
        return AtLeast(int(tokens))
    return tokens if isinstance(tokens, Estimate) else Estimate(tokens)


COLUMNS = [
    Column("part", "path"),
    Column("text", "int"),
    Column("overhead", "int"),
    Column("tokens", "int"),
    Column("tokens", "bar", optional=True),
    Column("share", "percent"),
    Column("exact"),
]


def _report(counted: Sequence[Counted]) -> TableReport:
    """A row for each part of a request, or for each request of many; the total, how full the window is."""
    total = sum(one.tokens for one in counted)
    text = sum(one.text for one in counted)
    around = sum(one.overhead for one in counted)
    rows: list[tuple[str, int, int, int, str]] = []
    results: list[dict[str, object]] = []
    for one in counted:
        if one.name:
            rows.append((one.name, one.text, one.overhead, one.tokens, one.total_word))
            results.append(_of_request(one, total))
        else:
            rows += [(*part[:3], part.tokens, one.word(part)) for part in one.parts]
            results += _of_parts(one, total)
    words = {one.total_word for one in counted}
    word = "at least" if "at least" in words else "exact" if words == {"exact"} else "estimate"
    return TableReport(
        COLUMNS,
        [
            (name, own, around, _count_with_bounds(tokens, word), int(tokens), tokens / (total or 1), word)
            for name, own, around, tokens, word in rows
        ],
        total=("total", text, around, _count_with_bounds(total, word), None, 1.0, word) if counted else None,
        results=results,
        summary=_summary(counted, word),
        notes=_notes(counted),
    )


def _notes(counted: Sequence[Counted]) -> list[str]:
    """Say by what it was counted, and how full the window is."""
    notes = list(dict.fromkeys(one.note for one in counted if one.model_known))
    if len(counted) == 1 and (model := _with_window(counted[0])):
        filled = model.filled(most(counted[0].tokens))
        notes.append(filled if most(counted[0].tokens) == counted[0].tokens else f"at most {filled}")
    return notes


def _with_window(counted: Counted) -> Model | None:
    """Find the limits of the model that is counted for; none where another's tokenizer counts."""
    vocabulary = vocabulary_of(counted.model)
    return model_of(counted.model) if vocabulary in (None, counted.tokenizer.name) else None


def _summary(counted: Sequence[Counted], word: str) -> dict[str, object]:
    tokens: dict[str, int] = {}
    for one in counted:
        tokens[one.tokenizer.name] = tokens.get(one.tokenizer.name, 0) + one.tokens
    if not counted:
        return {"files": 0, "tokens": tokens}
    models, dialects = {one.model for one in counted}, {one.request.dialect for one in counted}
    model = _with_window(counted[0]) if len(models) == 1 else None
    return {
        "files": 1,
        "tokens": tokens,
        "exact": word == "exact",
        "at_least": word == "at least",
        "requests": len(counted),
        "dialect": dialects.pop() if len(dialects) == 1 else None,
        "model": (models.pop() or None) if len(models) == 1 else None,
        "model_known": all(one.model_known for one in counted),
        "window": model.window if model else None,
        "not_understood": [_short_place(one, place) for one in counted for place in one.unknown],
        "not_counted": [_short_place(one, place) for one in counted for place in one.uncounted],
        "skipped": sum(len(one.uncounted) for one in counted),
    }


def _short_place(counted: Counted, place: str) -> str:
    return f"{counted.name}: {place}" if counted.name else place


def _of_parts(counted: Counted, total: int) -> list[dict[str, object]]:
    """Give a result for each part of a request."""
    return [
        {
            "path": counted.path,
            "part": part.name,
            "tokenizer": counted.tokenizer.name,
            "exact": counted.word(part) == "exact",
            "at_least": part.at_least,
            "tokens": part.tokens,
            "text": part.text,
            "text_exact": counted.text_exact and not part.supposed,
            "overhead": part.overhead,
            "overhead_exact": counted.overhead_exact,
            "share": part.tokens / (total or 1),
            "not_understood": list(part.unknown),
            "not_counted": list(part.uncounted),
            **({"media": [one._asdict() for one in part.media]} if part.media else {}),
        }
        for part in counted.parts
    ]


def _of_request(counted: Counted, total: int) -> dict[str, object]:
    """Give the result of one request of many."""
    return {
        "path": counted.path,
        "part": counted.name,
        "tokenizer": counted.tokenizer.name,
        "exact": counted.exact,
        "at_least": counted.total_word == "at least",
        "tokens": counted.tokens,
        "text": counted.text,
        "text_exact": counted.text_exact and not any(part.supposed for part in counted.parts),
        "overhead": counted.overhead,
        "overhead_exact": counted.overhead_exact,
        "share": counted.tokens / (total or 1),
        "model": counted.model or None,
        "model_known": counted.model_known,
        "dialect": counted.request.dialect,
        "not_understood": counted.unknown,
        "not_counted": counted.uncounted,
    }
