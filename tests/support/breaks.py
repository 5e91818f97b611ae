"""Where a text breaks: by Unicode's own tests, and by Markdown, as tests and benchmarks weigh cuts."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support import DATA
from tokscope.text.outline import Level, breaks


def markdown_breaks(text: str) -> dict[int, Level]:
    """Find the breaks of Markdown, or of prose; the worst thing that a cut there would do counts."""
    return {found.at: Level.LINE if found.glued else found.level for found in breaks(text)}


UNICODE = DATA / "unicode"


def break_tests(name: str) -> Iterator[list[str]]:
    """Read a Unicode break test: "÷ 0061 × 0308 ÷ 0062 ÷" is the text "ä" and the text "b"."""
    for line in (UNICODE / name).read_text("utf-8").splitlines():
        data = line.partition("#")[0].replace("×", "").strip("÷ \t")
        if data:
            yield ["".join(chr(int(point, 16)) for point in part.split()) for part in data.split("÷")]
