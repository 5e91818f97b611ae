"""`tokscope encode`: text to token ids, as they are or as a model takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal, NamedTuple

import typer

from tokscope.batches import read_pieces
from tokscope.errors import UsageError
from tokscope.ids import Width, write_ids
from tokscope.inputs import Document
from tokscope.measure import takes
from tokscope.report.matrix import IdsReport, MatrixReport
from tokscope.report.table import Column, TableReport, forms_of
from tokscope.shell.console import Console
from tokscope.shell.input_options import Inputs
from tokscope.shell.options import FORMAT_DEFAULT, OUTPUT, OneTokenizer, Printing, format_option
from tokscope.tokenizer import Kind, Tokenizer

if TYPE_CHECKING:
    from tokscope.fitting.padding import Padding, Prepared

MODEL_PANEL = "As a model takes it"


Side = Literal["left", "right"]
"""Where padding goes."""


class ForModel(NamedTuple):
    """How texts become what a model takes; any of these asks for that.

    Example: ForModel(pad_to=512).wanted -> True
    """

    pad_to: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=10_000_000,  # the longest context that a model has
            metavar="N",
            help="Fill every text up to N tokens.",
            rich_help_panel=MODEL_PANEL,
        ),
    ] = None
    pad: Annotated[Side, typer.Option(help="On which side padding goes.", rich_help_panel=MODEL_PANEL)] = (
        "right"
    )
    pad_id: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="ID",
            help="The id of padding.",
            show_default="the vocabulary's own",
            rich_help_panel=MODEL_PANEL,
        ),
    ] = None
    truncate_to: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Cut every text at N tokens.", rich_help_panel=MODEL_PANEL),
    ] = None
    pair: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="TEXT TEXT", help="Encode these two texts as one input.", rich_help_panel=MODEL_PANEL
        ),
    ] = None
    batch: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Make batches of N texts, each as long as its longest text.",
            rich_help_panel=MODEL_PANEL,
        ),
    ] = None

    @property
    def wanted(self) -> bool:
        """Whether it is asked for."""
        return any(one is not None for one in (self.pad_to, self.truncate_to, self.pair, self.batch))

    def check(self) -> None:
        """Raise UsageError for options that only mean something beside others.

        Example: ForModel(pad_id=0).check() raises UsageError; ForModel(pad_id=0, batch=8).check() passes
        """
        if not self.wanted and (self.pad_id is not None or self.pad != "right"):
            raise UsageError("--pad and --pad-id only say how to pad: add --pad-to N or --batch N")

    def padding(self, tokenizer: Tokenizer) -> Padding | None:
        """Say how to fill up, None where nothing asks for it. Raises UsageError where no id is known.

        Example: ForModel(pad_to=8, pad_id=0).padding(load("gpt-4o")).id -> 0
        """
        from tokscope.fitting.padding import Padding

        if self.pad_to is None and self.batch is None:
            return None
        chosen = tokenizer.pad_id if self.pad_id is None else self.pad_id
        if chosen is None:
            raise UsageError(f"{tokenizer.shown} has no token for padding: give one with --pad-id ID")
        return Padding(chosen, self.pad == "left")


class EncodePrinting(Printing):
    """How to write ids, or what a model takes, and where.

    Example: EncodePrinting("json").ids(None).format -> "json"
    """

    format: Annotated[
        str | None,
        format_option(
            forms_of(IdsReport, MatrixReport),
            f"ids a line; as a model takes it: {FORMAT_DEFAULT}",
        ),
    ]

    def forms(self, plot: bool = False) -> Sequence[str]:
        """Give those of what a model takes."""
        return MatrixReport.forms

    def ids(self, binary: Width | None) -> Console:
        """Make the Console for ids alone. Raises UsageError for what goes with what a model takes.

        Example: EncodePrinting().ids(None).format -> "plain"
        """
        add = "is for what a model takes: add --batch N, --pad-to N or --pair"
        if self.order:
            raise UsageError(f"--sort and --top are{add.removeprefix('is')}")
        if self.format and binary is not None:
            raise UsageError("--json is text and --binary is not: use one of them")
        return Console(
            *(self.output, self.format),
            forms=IdsReport.forms,
            endings=() if binary is None else (".bin",),
            refusal=f" {add}",
        )


def encode(
    inputs: Inputs,
    tokenizer: OneTokenizer,
    for_model: ForModel,
    *,
    binary: Annotated[
        Width | None,
        typer.Option("--binary", help="Write ids as little-endian integers.", rich_help_panel=OUTPUT),
    ] = None,
    printing: EncodePrinting,
) -> int:
    """Turn texts, molecules or pictures into ids: a line each, JSON, binary, or all that a model takes."""
    for_model.check()
    if for_model.wanted:
        if binary is not None:
            raise UsageError("--binary writes only ids: for what a model takes, use --format json or npz")
        console = printing.console()
        return _for_model(inputs, tokenizer.load(), for_model, console, special=tokenizer.special)
    console = printing.ids(binary)
    loaded = tokenizer.load(structures=True)
    save = partial(_save_ids, inputs, loaded, console)
    if binary is None:
        return console.write(IdsReport(save), [loaded])
    binary.check(loaded)
    with console.stream(None) as out:
        save(out, width=binary)
    return console.end([loaded])


def _save_ids(
    inputs: Inputs,
    tokenizer: Tokenizer,
    console: Console,
    file: BinaryIO,
    *,
    width: Width | None = None,
    json: bool = False,
) -> None:
    """Write the ids of every document, of each line of it by itself."""
    for document in inputs.documents(console, "encode", takes=takes([tokenizer]), raw=True):
        with console.reporting():
            for ids in _id_lines(document, tokenizer, console):
                file.writelines(write_ids(ids, width=width, json=json))


def _id_lines(
    document: Document, tokenizer: Tokenizer, console: Console
) -> Iterator[Iterable[Sequence[int]]]:
    """Give the ids of each line: of a text as a whole, of molecules one after the other."""
    if not tokenizer.takes_structures:
        yield _ids(document, tokenizer)
        return
    from tokscope.structure_files.stream import Said
    from tokscope.structure_files.transcribing import write_structures
    from tokscope.transcriber import Transcriber

    assert isinstance(tokenizer, Transcriber)
    said = Said()
    for found in write_structures(document, [tokenizer], console.problem, said):
        for _, transcript in found.transcripts:
            if transcript.signs and transcript.ids is None:
                raise tokenizer.no_ids()
            yield [transcript.ids or []]
    console.left_out += said.notes


def _ids(document: Document, tokenizer: Tokenizer) -> Iterator[Sequence[int]]:
    """Encode a document, a text piece by piece where the tokenizer allows it."""
    if Kind.TEXT not in tokenizer.takes:
        tokenizer.require(document.kind)
        from tokscope.media.pixels import decode_picture

        with document.opened() as source:
            picture = decode_picture(source)
        yield tokenizer.encode_picture(picture).ids or []
        return
    for _, piece in read_pieces(document, [tokenizer.cut or tokenizer.stretches], lambda document: None):
        ids = tokenizer.encode(piece).ids
        if ids is None:
            raise tokenizer.no_ids()
        yield ids


def _for_model(
    inputs: Inputs, tokenizer: Tokenizer, asked: ForModel, console: Console, *, special: bool
) -> int:
    """Encode all texts, put them into batches, and say what the batches cost."""
    from tokscope.fitting.padding import fill_batches, prepared

    texts: list[tuple[str | None, str]] = []
    if asked.pair is not None:
        if inputs.paths or inputs.text or inputs.files_from or inputs.files0_from:
            raise UsageError("--pair brings its own texts: leave out files and --text")
        texts = [(None, asked.pair[0])]
    else:
        for document in inputs.documents(console, "encode"):
            with console.reporting():
                texts.append((document.path, document.read()))
    padding = asked.padding(tokenizer)
    made = prepared(
        tokenizer,
        [text for _, text in texts],
        None if asked.pair is None else [asked.pair[1]],
        truncate_to=asked.truncate_to,
    )
    size = asked.batch or max(1, len(made))
    rows = [*fill_batches(made, size, asked.pad_to, padding)]
    report = _report([path for path, _ in texts], rows, tokenizer)
    if len(made) > 1 and padding is not None:
        report = _with_waste(report, [len(one.ids) for one in made], size)
    if not special and len(tokenizer.frame(pair=asked.pair is not None)) == 1 + (asked.pair is not None):
        report = replace(report, notes=[*report.notes, *_unframed(tokenizer)])
    return console.write(report, [tokenizer])


def _unframed(tokenizer: Tokenizer) -> Iterator[str]:
    """Say that special tokens are left out, where the tokenizer has any to put around a text."""
    from tokscope.registry import load

    around = load(tokenizer.name, special=True).frame()
    if len(around) > 1:
        yield (
            f"without the {len(around) - 1} special tokens that {tokenizer.shown} puts around a text: "
            "--special adds them"
        )


def _report(
    paths: Sequence[str | None], rows: Sequence[tuple[int, Prepared]], tokenizer: Tokenizer
) -> MatrixReport:
    """A row for each place of each text."""
    from tokscope.fitting.padding import save_prepared

    entries = {entry.id: entry for entry in tokenizer.vocabulary()}
    several = len(rows) > 1

    def name(token_id: int) -> bytes:
        entry = entries.get(token_id)
        return entry.data if entry else b""

    return MatrixReport(
        [
            *(
                Column("text", "id", shown=several),
                Column("batch", "id", shown=any(batch for batch, _ in rows)),
            ),
            *(Column("position", "id"), Column("id", "id"), Column("token", "token")),
            *(Column("attention", "id"), Column("type", "id"), Column("special", "id")),
        ],
        [
            (number, batch, position, token_id, name(token_id), attention, kind, special)
            for number, (batch, one) in enumerate(rows)
            for token_id, attention, kind, special, position in zip(*one, strict=True)
        ],
        results=[
            {
                "path": path,
                "tokenizer": tokenizer.name,
                "batch": batch,
                "tokens": one.tokens,
                **one.lists,
            }
            for path, (batch, one) in zip(paths, rows, strict=True)
        ],
        save=partial(save_prepared, [one for _, one in rows]),
    )


def _with_waste(report: MatrixReport, lengths: Sequence[int], size: int) -> MatrixReport:
    """Add what batches of this size cost, in three orders."""
    from tokscope.fitting.padding import wastes

    found = wastes(lengths, size)
    waste = TableReport(
        [
            *(Column("batches"), Column("number", "int"), Column("tokens", "int"), Column("places", "int")),
            *(Column("padding", "percent"), Column("padding", "bar", optional=True, full=1.0)),
        ],
        [(one.order, one.batches, one.tokens, one.padded, one.share, one.share) for one in found],
        title=f"What batches of {size:,} cost, each as long as its longest text",
    )
    described = [{**one._asdict(), "share": one.share} for one in found]
    return replace(report, parts=[waste], summary={**report.summary, "batch_size": size, "waste": described})
