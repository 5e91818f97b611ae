"""The breaks of a Markdown document, as tests and benchmarks weigh cuts."""

from __future__ import annotations

from tokscope.text.outline import Level, breaks


def markdown_breaks(text: str) -> dict[int, Level]:
    """Find the breaks of Markdown, or of prose; the worst thing that a cut there would do counts."""
    return {found.at: Level.LINE if found.glued else found.level for found in breaks(text)}
