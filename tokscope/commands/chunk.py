"""`tokscope chunk`: a text in parts that fit a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Annotated, Literal, NamedTuple, TypeVar

import typer

from tokscope.errors import UsageError
from tokscope.fitting.chunk_window import By, ChunkRule
from tokscope.fitting.chunking import chunk_blocks
from tokscope.fitting.context import PlacedChunk, placed_chunks
from tokscope.inputs import Document
from tokscope.render import FORMATS, JSON_LINES
from tokscope.report.objects import with_bounds
from tokscope.report.table import Fields, Later, RecordsReport
from tokscope.shell.console import Console
from tokscope.shell.input_options import Inputs
from tokscope.shell.options import OUTPUT, Color, NoPager, OneTokenizer, Output, budget_option
from tokscope.shell.pager import is_looked_at, screen_width, show_lines
from tokscope.text.outline import OutlinePart, markdown_outline
from tokscope.text.quantity import quantity
from tokscope.text.visible import visible
from tokscope.text.wrapping import wrapped
from tokscope.tokenizer import Tokenizer

T = TypeVar("T")

Truth = Literal["true", "false"]
"""Yes or no, as a word."""


class Cutting(NamedTuple):
    """How large chunks are, and where they may end.

    Example: Cutting(budget=200).overlap -> 0
    """

    budget: Annotated[int | None, budget_option("At most N tokens in each chunk.")] = None
    overlap: Annotated[
        int, typer.Option(min=0, metavar="M", help="Repeat up to M tokens of the chunk before.")
    ] = 0
    by: Annotated[By, typer.Option(help="What to keep whole, as far as it fits.")] = By.PARAGRAPH
    even: Annotated[
        Truth, typer.Option(help="With --by token: equal chunks; if false, full ones and a remainder.")
    ] = "true"

    context: Annotated[
        bool,
        typer.Option(
            "--context",
            help="In Markdown, repeat before a chunk the headings above it, and a table's header.",
        ),
    ] = False

    def check(self) -> None:
        """Raise UsageError for options that do not go together.

        Example: Cutting(even="false", by=By.TOKEN).check()
        """
        if self.even == "false" and self.by is not By.TOKEN:
            raise UsageError("--even false is for --by token: other chunks end where the text has a break")
        if self.context and self.by is By.CODE:
            raise UsageError("--context is for Markdown, --by code for programs: use one of them")

    def __call__(self, document: Document, budget: int, tokenizer: Tokenizer) -> Iterator[PlacedChunk]:
        """Cut a document; without --context nothing comes before a chunk."""
        rule = ChunkRule(budget, self.overlap, self.by, self.even == "true")
        if self.context:
            yield from placed_chunks(document.read(), rule, tokenizer)
            return
        for one in chunk_blocks(document.blocks(), rule, tokenizer):
            yield PlacedChunk(one, None, "", one.tokens)


class Requests:
    """Numbers requests that take several chunks each, of at most `limit` tokens together.

    Example: requests = Requests(10); [requests.of(n) for n in (6, 4, 1)] -> [0, 0, 1]
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._number, self._tokens = 0, 0

    def of(self, tokens: int) -> int:
        """Say into which request a chunk of `tokens` tokens goes.

        Example: Requests(10).of(6) -> 0
        """
        self._tokens += tokens
        if self._tokens > self._limit:
            self._number, self._tokens = self._number + 1, tokens
        return self._number


class ChunkForm(NamedTuple):
    """How chunks are written.

    Example: ChunkForm(batch=300_000).check(8_000)
    """

    batch: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Group chunks into numbered requests of at most N tokens."),
    ] = None
    nul: Annotated[
        bool,
        typer.Option(
            "-0", "--null", help="Write only the texts, each followed by a NUL.", rich_help_panel=OUTPUT
        ),
    ] = False
    tree: Annotated[
        bool,
        typer.Option(
            "--tree",
            help="Write sections, paragraphs and sentences, with their tokens.",
            rich_help_panel=OUTPUT,
        ),
    ] = False
    color: Color = "auto"
    no_pager: NoPager = False

    def check(self, budget: int | None) -> None:
        """Raise UsageError for options that do not go together.

        Example: ChunkForm(tree=True).check(None)
        """
        if self.tree == (budget is not None) or (self.tree and self.nul):
            raise UsageError("chunk needs --budget N, the most tokens of a chunk, or --tree alone")
        if self.batch is not None and (budget is None or self.nul or self.batch < budget):
            raise UsageError("--batch needs a --budget no larger than it, and no -0")

    def looked_at(self, output: str | None) -> bool:
        """Whether chunks are laid out for somebody who looks at them.

        Example: ChunkForm(nul=True).looked_at(None) -> False
        """
        return not self.nul and output is None and is_looked_at(self.color)

    def console(self, output: str | None) -> Console:
        """Make the Console of this form: of text, or of JSON Lines.

        Example: ChunkForm().console("chunks.jsonl").format -> "ndjson"
        """
        if self.nul or self.looked_at(output):
            return Console(output, "plain", endings=FORMATS["plain"].suffixes)
        return Console(output, forms=RecordsReport.forms, endings=JSON_LINES)


OfChunks = Callable[[str, Iterable[PlacedChunk], Tokenizer, Requests | None], Iterator[T]]
"""Writes or describes the chunks of a text, which it gives beside the text's path."""


def chunk(
    inputs: Inputs, tokenizer: OneTokenizer, cutting: Cutting, form: ChunkForm, output: Output = None
) -> int:
    """Cut texts into chunks of at most N tokens: a JSON object a line, or text on a terminal.

    Where tokens can only be estimated, the upper bound of the estimate counts.
    """
    form.check(cutting.budget)
    cutting.check()
    console, seen = form.console(output), form.looked_at(output)
    loaded = tokenizer.load()
    requests = Requests(form.batch) if form.batch else None

    def each(of_chunks: OfChunks[T], of_outline: Callable[[Document, Tokenizer], Iterator[T]]) -> Iterator[T]:
        for document in inputs.documents(console, "chunk"):
            with console.reporting():
                if cutting.budget is None:
                    yield from of_outline(document, loaded)
                else:
                    cut = cutting(document, cutting.budget, loaded)
                    yield from of_chunks(document.path, cut, loaded, requests)

    if not (form.nul or seen):
        objects = Later(lambda: each(_chunk_objects, _outline_objects))
        code = console.write(RecordsReport(results=objects), [loaded])
    else:
        with console.stream() as out:
            if seen:
                show_lines(each(_pages, _outline_lines), paged=not form.no_pager)
            else:
                out.writelines(line.encode() for line in each(_texts_with_nul, _outline_lines))
        code = console.end([loaded])
    if cutting.budget is not None:
        console.say_estimates([loaded])
    return code


def _texts_with_nul(
    path: str, chunks: Iterable[PlacedChunk], tokenizer: Tokenizer, requests: Requests | None
) -> Iterator[str]:
    """Write the texts of chunks, with a NUL after each."""
    return (f"{one.context}{one.chunk.text}\0" for one in chunks)


def _pages(
    path: str, chunks: Iterable[PlacedChunk], tokenizer: Tokenizer, requests: Requests | None
) -> Iterator[str]:
    """Write chunks for people: where each stands, and how large it is, on a line above its text."""
    width = screen_width()
    chunk = None
    for chunk, headings, context, tokens in chunks:
        said = [
            f"{path}:{chunk.line_start}",
            f"{'' if tokenizer.exact else 'at most '}{quantity(tokens, 'token')}",
        ]
        said += [f"request {requests.of(tokens)}"] if requests else []
        said += [" › ".join(headings)] if headings else []
        yield from _chunk_rule(said, width)
        for line in f"{context}{chunk.text}".splitlines():
            yield "".join(f"{part}\n" for part in wrapped(visible(line.expandtabs()), width, ""))
        yield "\n"
    if chunk is None:
        yield from _chunk_rule([path, "0 tokens"], width)


def _chunk_rule(said: Sequence[str], width: int) -> Iterator[str]:
    """Draw what is said of a chunk in a rule as wide as the terminal, so that chunks stand apart."""
    from rich.cells import cell_len

    *full, last = wrapped(visible("── " + "  ".join(said)), width)
    yield from (f"{line}\n" for line in full)
    yield f"{last} {'─' * (width - cell_len(last) - 1)}".rstrip() + "\n"


def _chunk_objects(
    path: str, chunks: Iterable[PlacedChunk], tokenizer: Tokenizer, requests: Requests | None
) -> Iterator[Fields]:
    """Describe chunks in JSON; where tokens are estimated with the bounds, of which one fits."""
    for one, headings, context, tokens in chunks:
        fields = {"path": path, **asdict(one), "tokens": tokens}
        if not tokenizer.exact:
            fields |= {"tokens": tokenizer.count(context + one.text), "exact": False}
        if headings is not None:
            fields |= {"headings": [*headings], "context": context}
        if requests is not None:
            fields["request"] = requests.of(tokens)
        yield fields


def _outline_lines(document: Document, tokenizer: Tokenizer) -> Iterator[str]:
    """Write the hierarchy of a text for people: a line for each node, indented."""
    from tokscope.render.table import shorten

    text = document.read()
    data = text.encode()
    root = markdown_outline(text)
    nodes = [*_all(root)]
    counts = tokenizer.count_all([data[one.start : one.end].decode() for one in nodes])
    figures = [f"{count:,}" for count in counts]
    room = screen_width() - max(map(len, figures)) - len("  ")
    depths = dict(_depths(root))
    for node, figure in zip(nodes, figures, strict=True):
        name = f"{'#' * node.level} {node.title}" if node.kind == "section" and node.level else node.kind
        if not node.children:
            name = " ".join(data[node.start : node.end].decode().split())
        shown = shorten(visible("  " * depths[node] + name), room, room - 1)
        yield f"{figure:>{max(map(len, figures))}}  {shown}\n"


def _depths(node: OutlinePart, depth: int = 0) -> Iterator[tuple[OutlinePart, int]]:
    yield node, depth
    for child in node.children:
        yield from _depths(child, depth + 1)


def _outline_objects(document: Document, tokenizer: Tokenizer) -> Iterator[Fields]:
    """Describe the hierarchy of a text in JSON, with the count of every node."""
    text = document.read()
    data = text.encode()
    root = markdown_outline(text)
    nodes = [*_all(root)]
    counts = dict(
        zip(nodes, tokenizer.count_all([data[one.start : one.end].decode() for one in nodes]), strict=True)
    )

    def described(node: OutlinePart) -> dict[str, object]:
        fields: dict[str, object] = {"kind": node.kind}
        if node.kind == "section":
            fields |= {"title": node.title, "level": node.level}
        fields |= with_bounds({"start": node.start, "end": node.end, "tokens": counts[node]})
        if node.children:
            return {**fields, "children": [*map(described, node.children)]}
        return {**fields, "text": data[node.start : node.end].decode()}

    yield {"path": document.path, "tokenizer": tokenizer.name, **described(root)}


def _all(node: OutlinePart) -> Iterator[OutlinePart]:
    yield node
    for child in node.children:
        yield from _all(child)
