r"""`plain` of a split: one token a line, for pipes.

    [path TAB] [tokenizer TAB] [id TAB] [hex TAB] token [TAB label]

The path comes first where there are several, as in grep, and so does the tokenizer; id and hex are there if
they were asked for; the label, the token as its vocabulary writes it, is there if the tokenizer has labels.
A token is escaped to fit on one line (see visible.escape): `printf %b` gives its bytes back.

As lists, a line is all tokens of a text, a list as JSON has them; in it, bytes of no character are \\x...
"""

from __future__ import annotations

import json
from typing import TextIO

from tokscope.render.cells import NOTHING
from tokscope.report.split import SplitReport
from tokscope.text.visible import escape, visible


def render(report: SplitReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write one line per token."""
    several_paths = len({(cut.path, cut.split.source) for cut in report.cuts}) > 1
    several_names = len({cut.name for cut in report.cuts}) > 1
    labelled = any(cut.split.labels is not None for cut in report.cuts)
    for cut in report.cuts:
        lead = f"{visible(cut.path or NOTHING)}\t" if several_paths else ""
        lead += f"{visible(cut.name)}\t" if several_names else ""
        if report.lists:
            tokens = [visible(token.data.decode(errors="backslashreplace")) for token in cut.split]
            stream.write(f"{lead}{json.dumps(tokens, ensure_ascii=False)}\n")
            continue
        for token in cut.split:
            fields = [escape(token.data)]
            if report.hex:
                fields.insert(0, token.data.hex())
            if report.ids:
                fields.insert(0, NOTHING if token.id is None else str(token.id))
            if labelled:
                fields.append(fields[-1] if token.label is None else visible(token.label))
            stream.write(lead + "\t".join(fields) + "\n")
