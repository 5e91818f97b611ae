r"""`plain` of a split: one token a line, for pipes.

    [path TAB] [tokenizer TAB] [id TAB] [hex TAB] token [TAB label]

The path comes first where there are several, as in grep, and so does the tokenizer; id and hex are there if
they were asked for; the label, the token as its vocabulary writes it, is there if the tokenizer has labels.
A token is escaped to fit on one line (see visible.escape): `printf %b` gives its bytes back.

As lists, a line is all tokens of a text, a list as JSON has them; in it, bytes of no character are \\x...
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TextIO

from tokscope.render.cells import ABSENT
from tokscope.report.split import Cut, ListsReport, PiecesReport, SplitReport
from tokscope.split import Split
from tokscope.text.visible import escape, visible


def render(report: SplitReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write one line per token.

    Example: out = StringIO(); render(SplitReport([Cut("byte", load("byte").encode("Hi"))]), out, color=False,
    width=None); out.getvalue() -> "H\\ni\\n"
    """
    labelled = any(cut.split.labels is not None for cut in report.cuts)
    for cut, lead in _led(report.cuts):
        stream.writelines(lines(cut.split, report.ids, report.hex, labelled, lead))


def lists(report: ListsReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write one line per text and tokenizer.

    Example: out = StringIO(); lists(ListsReport([Cut("byte", load("byte").encode("Hi"))]), out, color=False,
    width=None); out.getvalue() -> '["H", "i"]\\n'
    """
    for cut, lead in _led(report.cuts):
        tokens = [visible(token.data.decode(errors="backslashreplace")) for token in cut.split]
        stream.write(f"{lead}{json.dumps(tokens, ensure_ascii=False)}\n")


def _led(cuts: Sequence[Cut]) -> Iterator[tuple[Cut, str]]:
    """Give each with what its lines begin with: where there are several, its path and its tokenizer."""
    several_paths = len({cut.of for cut in cuts}) > 1
    several_names = len({cut.name for cut in cuts}) > 1
    for cut in cuts:
        lead = f"{visible(cut.path or ABSENT)}\t" if several_paths else ""
        yield cut, lead + (f"{visible(cut.name)}\t" if several_names else "")


def pieces(report: PiecesReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write one line per token, those of a piece before the next is read.

    Example: pieces(PiecesReport(map(load("byte").encode, ["H", "i"])), sys.stdout, color=False, width=None)
    writes "H\\ni\\n"
    """
    for piece in report.pieces:
        stream.writelines(lines(piece, report.ids, report.hex))


AT_ONCE = 1 << 16
"""Of how many tokens lines are made together, and how many tokens are remembered as they are written."""

_escaped = lru_cache(AT_ONCE)(escape)


def lines(
    split: Split, ids: bool = False, hex_: bool = False, labelled: bool = False, lead: str = ""
) -> Iterator[str]:
    """Give the lines of a text's tokens, many in one string.

    Example: list(lines(load("gpt-4o").encode("Hi there"))) -> ["Hi\\n there\\n"]
    """
    for first in range(0, len(split), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        bounds = zip(split.starts[part], split.ends[part], strict=True)
        tokens = [split.source[start:end] for start, end in bounds]
        fields: list[Sequence[str]] = [list(map(_escaped, tokens))]
        if hex_:
            fields.insert(0, [token.hex() for token in tokens])
        if ids:
            numbers = [ABSENT] * len(tokens) if split.ids is None else map(str, split.ids[part])
            fields.insert(0, list(numbers))
        if labelled:
            labels = [None] * len(tokens) if split.labels is None else split.labels[part]
            written = zip(fields[-1], labels, strict=True)
            fields.append([same if label is None else visible(label) for same, label in written])
        rows = fields[0] if len(fields) == 1 else map("\t".join, zip(*fields, strict=True))
        yield lead + f"\n{lead}".join(rows) + "\n"
