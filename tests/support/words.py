"""Words on a screen, to see whether its width has broken any."""

from __future__ import annotations

import re

CUT = re.compile(r"\S*…\S*")
"""What was shortened, and says so."""

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
"""A word, or a character of a script that has no spaces between words."""


def words(shown: str) -> set[str]:
    shown = re.sub(r"\d+\s+more\s+notes?:\s+-v\s+shows\s+(it|them)", "", shown)
    lines = [line for line in shown.splitlines() if not line.startswith("no room for")]
    return {*WORD.findall(CUT.sub("", "\n".join(lines)))}
