"""How long does `tokscope play` take from a key to the paint of its cuts? Prints milliseconds.

    python -m tests.bench.playground

A character is typed into the middle of a text, KEYS times, with four tokenizers. `text` is the time until the
editor has painted it, `cuts` until the cuts and figures below are painted, and `start` how long the whole
process takes from its start to the first counts: its peer is an app of Textual's own widgets alone. Both have
their bytecode, as what is installed has.
"""

from __future__ import annotations

import asyncio
import os
import pty
import select
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

from tests.support import SAMPLES
from tokscope import garbage, load
from tokscope.playground.app import Playground
from tokscope.playground.cut_rows import Cuts
from tokscope.playground.editor import Editor

NAMES = ("gpt-4o", "bert-base-uncased", "deepseek", "qwen3.5")
KEYS = 40


drawn: list[float] = [0.0]
"""When the cuts were drawn again."""


def _redraw(cuts: Cuts, redraw: Callable[[Cuts], None] = Cuts.redraw) -> None:
    redraw(cuts)
    drawn.append(time.perf_counter())


class Timed(Playground):
    """The screen, which remembers when it last painted."""

    painted = 0.0

    def _display(self, *arguments: object) -> None:
        super()._display(*arguments)  # type: ignore[arg-type]
        self.painted = time.perf_counter()


async def until(done: object, patience: float = 60) -> None:
    """Wait until something holds."""
    end = time.perf_counter() + patience
    while not done():  # type: ignore[operator]
        assert time.perf_counter() < end
        await asyncio.sleep(0.001)


async def keys(text: str) -> tuple[list[float], list[float]]:
    """Type, and give in milliseconds how long the text and the cuts took to be painted."""
    app = Timed([load(name) for name in NAMES], text)
    typed, cut = [], []
    async with app.run_test(size=(100, 40)) as pilot:
        cuts, editor = app.query_one(Cuts), app.query_one(Editor)
        await until(lambda: cuts.seen is not None and None not in cuts.counts)
        editor.move_cursor(editor.location(len(text) // 2), center=True)
        await pilot.pause(0.5)
        for i in range(KEYS):
            start = time.perf_counter()
            editor._replace_via_keyboard("x" if i % 7 else " ", *editor.selection)
            await until(lambda start=start: app.painted > start)
            typed.append(1000 * (app.painted - start))
            await until(
                lambda start=start: cuts.seen.view.text is app.text and app.painted > drawn[-1] > start
            )
            cut.append(1000 * (app.painted - start))
            await asyncio.sleep(0.03)
    return typed, cut


async def scrolling(text: str) -> tuple[float, float]:
    """Open a large text and go to its middle; give the seconds until each is cut and painted."""
    tokenizers = [load(name) for name in NAMES]
    began = time.perf_counter()
    app = Timed(tokenizers, text)
    async with app.run_test(size=(100, 40)):
        cuts = app.query_one(Cuts)
        await until(lambda: cuts.seen is not None and app.painted > drawn[-1] > began)
        opened = time.perf_counter() - began
        took = []
        for share in (2, 3, 5, 7):
            start = time.perf_counter()
            editor = app.query_one(Editor)
            editor.scroll_to(y=editor.max_scroll_y // share, animate=False)
            await until(lambda start=start: app.painted > drawn[-1] > start and cuts.seen.view.first > 0)
            took.append(time.perf_counter() - start)
        return opened, statistics.median(took)


PEER = """
import os
os.environ["TEXTUAL_FPS"] = "240"
from textual.app import App
from textual.widgets import Footer, Static, TabbedContent, TabPane, TextArea
class Peer(App):
    ENABLE_COMMAND_PALETTE = False
    def compose(self):
        with TabbedContent(), TabPane("Text"):
            yield TextArea("a text")
            yield Static("bytes each")
        yield Footer()
Peer().run()
"""


def start(bytecode: str, *arguments: str) -> float:
    """Start Python on a terminal of its own, and give the seconds until it shows the first count."""
    began = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.environ |= {"COLUMNS": "100", "LINES": "40", "TERM": "xterm-256color"}
        os.environ |= {"PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
        os.execv(sys.executable, [sys.executable, *arguments])
    shown = b""
    while b"bytes each" not in shown:
        if select.select([terminal], [], [], 60)[0]:
            shown += os.read(terminal, 1 << 16)
    took = time.perf_counter() - began
    os.write(terminal, b"\x11")
    while True:
        try:
            if not os.read(terminal, 1 << 16):
                break
        except OSError:
            break
    os.waitpid(child, 0)
    return took


def main() -> None:
    """Print a line for each size of text."""
    Cuts.redraw = _redraw  # type: ignore[method-assign]
    garbage.look_seldom(whole=1000)
    whole = (SAMPLES / "english.txt").read_text("utf-8") + (SAMPLES / "code.py").read_text("utf-8")
    whole += (SAMPLES / "chinese.txt").read_text("utf-8")
    print(f"{'bytes':>10}{'text':>8}{'p95':>8}{'cuts':>8}{'p95':>8}   ms")
    for size in (2_000, 100_000):
        text = (whole * (size // len(whole.encode()) + 1)).encode()[:size].decode(errors="ignore")
        typed, cut = asyncio.run(keys(text))
        figures = [
            f(one)
            for one in (typed, cut)
            for f in (statistics.median, lambda x: sorted(x)[len(x) * 95 // 100])
        ]
        print(f"{size:>10,}" + "".join(f"{one:>8.1f}" for one in figures))
    big = (whole * (5_000_000 // len(whole.encode()) + 1)).encode()[:5_000_000].decode(errors="ignore")
    opened, scrolled = asyncio.run(scrolling(big))
    print(f"5 MB: {opened:.2f} s until its first cuts are seen, {1000 * scrolled:.0f} ms for another page")
    play = ["-m", "tokscope", "play", str(SAMPLES / "english.txt"), "-t", ",".join(NAMES)]
    with tempfile.TemporaryDirectory() as bytecode:
        starts = [(start(bytecode, *play), start(bytecode, "-c", PEER)) for _ in range(11)]
    ours, peers = (statistics.median(column) for column in zip(*starts[1:], strict=True))
    print(f"start: {ours:.2f} s, the median of 10, {ours / peers:.1f} times the peer's {peers:.2f} s")


if __name__ == "__main__":
    main()
