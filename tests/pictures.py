"""Draws the README's pictures from what the commands really print.

    python -m tests.pictures

Writes samples/*.svg. Chromium, if it is there, renders them to look at: `chromium --screenshot`.
"""

from __future__ import annotations

import html
import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

SAMPLES = Path(__file__).parents[1] / "samples"

PICTURES = {
    "split": [
        *("split", "-x", "Hello 日本語 World! 我爱自然语言处理"),
        *("-t", "gpt-4o,bert-base-chinese,t5,jieba,char,byte"),
    ],
    "compare": ["compare", *sorted(f"samples/{path.name}" for path in SAMPLES.glob("*.txt"))],
}
WIDTH = 112


def draw(arguments: list[str]) -> str:
    """Run one command as if on a terminal WIDTH cells wide, and give what it shows as an SVG."""
    done = subprocess.run(
        [sys.executable, "-m", "tokscope", *arguments, "--format", "table", "--color", "always"],
        cwd=SAMPLES.parent,
        env={**os.environ, "COLUMNS": str(WIDTH), "COLORTERM": "truecolor", "TERM": "xterm-256color"},
        capture_output=True,
        text=True,
        check=True,
    )
    typed = " ".join(f'"{word}"' if " " in word else word for word in arguments)
    typed = re.sub(r"samples/\S+\.txt(?: samples/\S+\.txt)+", "samples/*.txt", typed)
    screen = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    screen.print(Text(f"$ tokscope {typed}\n", "bold"))
    for line in done.stdout.splitlines():
        screen.print(Text.from_ansi(line), soft_wrap=True, highlight=False)
    svg = screen.export_svg(title="tokscope", unique_id="tokscope")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S)  # a picture fetches nothing
    return re.sub(r'<text [^>]*textLength="([\d.]+)"[^>]*>([^<]*)</text>', _in_cells, svg)


def _in_cells(match: re.Match[str]) -> str:
    """Set a text's length by its cells: rich counts characters, which squeezes Han to half its width."""
    text = html.unescape(match[2])
    length = float(match[1]) / len(text) * cell_len(text) if text else 0
    return match[0].replace(f'textLength="{match[1]}"', f'textLength="{length:.1f}"')


def main() -> None:
    """Write every picture."""
    for name, arguments in PICTURES.items():
        (SAMPLES / f"{name}.svg").write_text(draw(arguments), encoding="utf-8")


if __name__ == "__main__":
    main()
