"""`tokscope chunk`: a text in parts that fit a budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.fitting.chunking import By, Chunk, chunk_blocks
from tokscope.inputs import Document
from tokscope.render import FOR_PEOPLE, JSON
from tokscope.render.json import dumps
from tokscope.report.table import with_bounds
from tokscope.shell.console import Console
from tokscope.shell.input_options import Inputs
from tokscope.shell.options import OUTPUT, OneTokenizer, Output
from tokscope.text.outline import OutlinePart, outline
from tokscope.tokenizer import Tokenizer


class Truth(StrEnum):
    """Yes or no, as a word.

    Example: Truth("false") is Truth.FALSE -> True
    """

    TRUE = "true"
    FALSE = "false"


class Cutting(NamedTuple):
    """How large chunks are, and where they may end.

    Example: Cutting(budget=200).overlap -> 0
    """

    budget: Annotated[
        int | None, typer.Option("--budget", "-n", min=1, metavar="N", help="At most N tokens in each.")
    ] = None
    overlap: Annotated[int, typer.Option(min=0, metavar="M", help="Repeat at most M tokens.")] = 0
    by: Annotated[By, typer.Option(help="What to keep whole, as far as it fits.")] = By.PARAGRAPH
    even: Annotated[
        Truth, typer.Option(help="With --by token: even parts, or with false full ones and a rest.")
    ] = Truth.TRUE

    def check(self) -> None:
        """Raise UsageError for full chunks of what is kept whole.

        Example: Cutting(even=Truth.FALSE, by=By.TOKEN).check()
        """
        if self.even is Truth.FALSE and self.by is not By.TOKEN:
            raise UsageError("--even false is for --by token: other chunks end where the text has a break")

    def __call__(self, document: Document, budget: int, tokenizer: Tokenizer) -> Iterator[Chunk]:
        """Cut a document."""
        blocks, even = document.blocks(), self.even is Truth.TRUE
        return chunk_blocks(blocks, budget, self.overlap, self.by, tokenizer, even=even)


def chunk(
    inputs: Inputs,
    tokenizer: OneTokenizer,
    cutting: Cutting,
    nul: Annotated[
        bool, typer.Option("-0", "--null", help="Only the texts, a NUL after each.", rich_help_panel=OUTPUT)
    ] = False,
    tree: Annotated[
        bool,
        typer.Option(
            "--tree", help="Sections, paragraphs and sentences, with their tokens.", rich_help_panel=OUTPUT
        ),
    ] = False,
    output: Output = None,
) -> int:
    """Cut texts into chunks of at most N tokens: a JSON object a line.

    Where tokens can only be estimated, the upper bound of the estimate counts.
    """
    budget = cutting.budget
    if tree == (budget is not None) or (tree and nul):
        raise UsageError("use either --budget N, with or without -0, or --tree")
    cutting.check()
    console = Console(output, "plain")
    loaded = tokenizer.load()
    with console.stream(FOR_PEOPLE if nul else JSON) as out:
        for document in inputs.documents(console, "chunk"):
            if budget is None:
                lines = _tree(document, loaded)
            else:
                chunks = cutting(document, budget, loaded)
                lines = _texts(chunks) if nul else _objects(document.path, chunks, loaded)
            with console.reporting():
                out.writelines(line.encode() for line in lines)
    if budget is not None:
        console.say_estimates([loaded])
    return console.end([loaded])


def _texts(chunks: Iterable[Chunk]) -> Iterator[str]:
    """Write the texts of chunks, with a NUL after each."""
    return (f"{one.text}\0" for one in chunks)


def _objects(path: str, chunks: Iterable[Chunk], tokenizer: Tokenizer) -> Iterator[str]:
    """Write chunks as JSON, a line each; where tokens are estimated with the bounds, of which one fits."""
    for one in chunks:
        fields = {"path": path, **asdict(one)}
        if not tokenizer.exact:
            fields |= {"tokens": tokenizer.count(one.text), "exact": False}
        yield dumps(with_bounds(fields)) + "\n"


def _tree(document: Document, tokenizer: Tokenizer) -> Iterator[str]:
    """Write the hierarchy of a text, with the count of every node."""
    text = document.read()
    data = text.encode()
    root = outline(text)
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

    yield dumps({"path": document.path, "tokenizer": tokenizer.name, **described(root)}) + "\n"


def _all(node: OutlinePart) -> Iterator[OutlinePart]:
    yield node
    for child in node.children:
        yield from _all(child)
