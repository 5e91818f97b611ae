"""`tokscope chat`: the tokens of a chat request, message by message."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from tokscope.errors import InputError, UsageError
from tokscope.fitting import chat as chats
from tokscope.fitting.chat import Part, Request
from tokscope.inputs import Decoding, Selection, documents
from tokscope.models.limits import model_of
from tokscope.models.names import vocabulary_of
from tokscope.registry import DEFAULT, load
from tokscope.report.table import Column, TableReport
from tokscope.shell.console import Console
from tokscope.shell.options import INPUT, Encoding, Errors, OnError, Printing, Text
from tokscope.tokenizer import Tokenizer


def chat(
    printing: Printing,
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]", help="A chat request in JSON; - is standard input.", show_default=False
        ),
    ] = None,
    tokenizer: Annotated[
        str | None,
        typer.Option(
            *("-t", "--tokenizer", "-m", "--model"),
            metavar="NAME",
            help="Tokenizer or model.",
            show_default=f"the request's model, else {DEFAULT}",
        ),
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Count exactly what an open model sees: its tokenizer_config.json or chat_template.jinja.",
            rich_help_panel=INPUT,
        ),
    ] = None,
    text: Text = None,
    encoding: Encoding = "utf-8",
    errors: Errors = OnError.STRICT,
) -> int:
    """Count the tokens of a chat request: each message, each tool, and what the format adds."""
    console = printing.console()
    selection = Selection([file] if file is not None else [], text or [])
    counted = []
    for document in documents(
        selection, Decoding(encoding, errors), report=console.problem, command="tokscope chat"
    ):
        try:
            request = chats.read(document)
            if template is None:
                counted.append(_by_rule(document.path, request, tokenizer))
            else:
                counted.append(_by_template(document.path, request, tokenizer, template))
        except InputError as error:
            console.problem(error)
    if len(counted) > 1:
        raise UsageError(f"one chat request at a time, and here are {len(counted)}")
    return console.write(_report(counted, console))


class Counted(NamedTuple):
    """A request and its parts, and which of their figures are exact."""

    path: str
    request: Request
    model: str
    parts: Sequence[Part]
    tokenizer: Tokenizer
    text_exact: bool
    overhead_exact: bool
    note: str

    def exact(self, part: Part) -> bool:
        """Whether both figures of a part are."""
        return (self.text_exact or not part.text) and (self.overhead_exact or not part.overhead)


PUBLISHERS = {"anthropic": "Anthropic", "gemini": "Google"}


def _by_rule(path: str, request: Request, asked: str | None) -> Counted:
    """Count by the dialect's rule, with the tokenizer asked for, the model's, or one that stands for it."""
    model = asked or request.model
    named = asked is not None and model_of(asked) is None  # a tokenizer, and not a model that keeps its own
    known = named or not model or vocabulary_of(model) is not None
    tokenizer = load(model if known and model else DEFAULT)
    rule = chats.rule_of(request, model, tokenizer.name)
    parts = list(chats.parts(request, tokenizer.count, rule))
    if rule in PUBLISHERS:
        owner = PUBLISHERS[rule]
        note = f"an estimate, by {tokenizer.name}: {owner} publishes neither tokenizer nor overhead"
    elif known:
        note = (
            f"text as {tokenizer.name} counts it; overhead by OpenAI's published rule, which is an estimate"
        )
    else:
        note = f"an estimate, by {tokenizer.name}: the tokenizer of {model} is not known; name one with -t"
    exact = rule not in PUBLISHERS and known and tokenizer.exact
    return Counted(path, request, model, parts, tokenizer, exact, False, note)


def _by_template(path: str, request: Request, asked: str | None, file: str) -> Counted:
    """Count what a template renders, with the tokenizer beside it or the one asked for."""
    from tokscope.fitting import template

    beside = Path(file).with_name("tokenizer.json")
    if asked is None and not beside.exists():
        raise UsageError(f"no tokenizer.json beside {file}: name the template's tokenizer with -t")
    tokenizer = load(asked or f"hf:{beside}", special=True)
    rendering = template.load(file, tools=bool(request.tools))
    parts = list(template.parts(request, rendering, tokenizer))
    note = f"as {file} renders it, by {tokenizer.name}"
    return Counted(path, request, request.model, parts, tokenizer, tokenizer.exact, tokenizer.exact, note)


COLUMNS = [
    Column("part", "path"),
    Column("text", "int"),
    Column("overhead", "int"),
    Column("tokens", "int"),
    Column("tokens", "bar", optional=True),
    Column("share", "percent"),
    Column("exact", optional=True),
]


def _report(counted: Sequence[Counted], console: Console) -> TableReport:
    """A row for each part; the total under them, and how full the model's window is."""
    if not counted:
        return TableReport(COLUMNS, [], summary={"files": 0, "tokens": {}})
    (one,) = counted
    total = sum(part.tokens for part in one.parts)
    text, skipped = sum(part.text for part in one.parts), sum(part.skipped for part in one.parts)
    model = model_of(one.model)
    notes = [one.note]
    if model:
        notes.append(model.filled(total))
    if skipped:
        notes.append(
            f"{skipped} {'part' if skipped == 1 else 'parts'} without text (pictures, files) skipped"
        )
    return TableReport(
        COLUMNS,
        [
            (
                part.name,
                part.text,
                part.overhead,
                part.tokens,
                part.tokens,
                part.tokens / (total or 1),
                _word(one, part),
            )
            for part in one.parts
        ],
        total=("total", text, total - text, total, None, 1.0, None),
        results=[_result(one, part, total) for part in one.parts],
        summary={
            "files": 1,
            "tokens": {one.tokenizer.name: total},
            "exact": all(map(one.exact, one.parts)),
            "dialect": one.request.dialect,
            "model": one.model or None,
            "window": model.window if model else None,
            "skipped": skipped,
        },
        notes=notes,
    )


def _word(counted: Counted, part: Part) -> str:
    if counted.exact(part):
        return "exact"
    return "text exact" if counted.text_exact and part.text else "estimate"


def _result(counted: Counted, part: Part, total: int) -> dict[str, object]:
    return {
        "path": counted.path,
        "part": part.name,
        "tokenizer": counted.tokenizer.name,
        "exact": counted.exact(part),
        "tokens": part.tokens,
        "text": part.text,
        "text_exact": counted.text_exact,
        "overhead": part.overhead,
        "overhead_exact": counted.overhead_exact,
        "share": part.tokens / (total or 1),
    }
