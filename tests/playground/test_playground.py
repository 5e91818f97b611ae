"""The screen, driven as its users do: keys and a mouse, and what is seen then."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Tree

from tests.support import SAMPLES
from tests.support.words import words
from tokscope import load
from tokscope.inputs import Decoding
from tokscope.playground.app import Playground
from tokscope.playground.bars import KeyBar, PaneBar
from tokscope.playground.cut_rows import Cuts
from tokscope.playground.editor import Editor
from tokscope.playground.folder_pane import FolderPane
from tokscope.playground.mill import ViewedText
from tokscope.text.visible import UNSAFE

Driven = Callable[[Pilot[Exception | None], Playground], Awaitable[None]]


def drive(
    steps: Driven,
    text: str = "",
    names: Sequence[str] = ("gpt-4o", "bert-base-uncased"),
    size: tuple[int, int] = (100, 40),
    **options: object,
) -> Playground:
    """Run the screen, let `steps` use it, and give it as it is then."""
    app = Playground([load(name) for name in names], text, **options)  # type: ignore[arg-type]

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await settled(app)
            await steps(pilot, app)

    asyncio.run(run())
    return app


async def until(holds: Callable[[], object], what: str = "") -> None:
    end = time.monotonic() + 100
    while not holds():
        assert time.monotonic() < end, what
        await asyncio.sleep(0.005)


async def settled(app: Playground) -> None:
    """Wait until everything is cut, counted and painted."""
    cuts = app.query_one(Cuts)
    await until(lambda: cuts.seen and cuts.seen.view.text is app.text and None not in cuts.counts)
    await until(lambda: cuts.size_of_text == len(app.text.encode()))
    await asyncio.sleep(0.1)


def screen(app: Playground) -> str:
    """Give what is on the screen as text."""
    return "\n".join(
        "".join(segment.text for segment in line) for line in app.screen._compositor.render_strips()
    )


def test_type_and_see() -> None:
    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        await pilot.press(*"strawberry", "enter", *"qada/?")
        await settled(app)
        assert app.text == "strawberry\nqada/?"  # letters are letters in the text
        shown = screen(app)
        for name, tokenizer in (("gpt-4o", load("gpt-4o")), ("bert-base-uncased", load("bert-base-uncased"))):
            assert re.search(rf"{name} +{tokenizer.count(app.text)} tokens", shown)
        assert "the fewest" in shown

    drive(steps)


@pytest.mark.slow  # reads a vocabulary of 200,000
def test_arrows_go_token_by_token_and_enter_traces() -> None:
    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        cuts = app.query_one(Cuts)
        await pilot.press("escape")
        found = []
        for _ in range(4):
            current = cuts.current()
            assert current is not None
            found.append(current[1].data)
            await pilot.press("right")
        assert found == [b"Hello", b" strawberry", b" jam", b" jam"]
        await pilot.press("left", "down", "up", "enter")
        await until(lambda: "Why the text is cut here" in screen(app))
        shown = screen(app)
        assert "strawberry" in shown
        assert "101830" in shown  # its id
        assert "rank" in shown and "·straw + berry" in shown  # the merges of a piece that is a token
        assert "101831" in shown  # a neighbour in the vocabulary

    drive(steps, "Hello strawberry jam")


def test_align_differences_and_ids() -> None:
    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        await pilot.press("escape", "i")
        await pilot.pause(0.1)
        assert "13225" in screen(app)
        await pilot.press("a")
        await pilot.pause(0.1)
        assert "13225" not in screen(app) and "├" in screen(app)
        await pilot.press("a", "d")
        await pilot.pause(0.1)
        below = screen(app).partition("gpt-4o")[2]
        assert "tokscope" in below and "Hello" not in below

    drive(steps, "Hello tokscope", ("gpt-4o", "deepseek"))


def test_the_mouse_chooses_a_token() -> None:
    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        cuts = app.query_one(Cuts)
        await pilot.click(Cuts, offset=(8, 1))  # below the heading: "Hello strawberry"
        await until(lambda: cuts.current() and cuts.current()[1].data == b" strawberry")  # type: ignore[index]
        assert app.query_one(Editor).cursor_location == (0, 5)
        await pilot.click(PaneBar, offset=(17, 0))  # " Text  Token  Files "
        await until(lambda: app.pane == "files")
        await pilot.click(KeyBar, offset=(screen(app).splitlines()[-1].index("Pane"), 0))
        await until(lambda: app.pane == "fit")

    drive(steps, "Hello strawberry jam")


@pytest.mark.slow
def test_tokenizers_are_chosen_and_a_wrong_one_is_told() -> None:
    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        await pilot.press("ctrl+t", *"qwen2.5", "enter", "escape")
        await until(
            lambda: [one.shown for one in app.tokenizers] == ["gpt-4o", "bert-base-uncased", "qwen2.5"]
        )
        await settled(app)
        assert "qwen2.5" in screen(app)
        await pilot.press("ctrl+t", *"nonesuch", "enter", "escape")
        await until(lambda: any("nonesuch" in one.message for one in app._notifications))
        assert len(app.tokenizers) == 3

    drive(steps, "Hello")


@pytest.mark.slow  # reads a vocabulary of 200,000
def test_the_vocabulary_is_searched() -> None:
    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        await pilot.press("escape", "slash", *"strawberr")
        await until(lambda: "101830" in screen(app))
        await pilot.press("enter")
        await until(lambda: "Why the text is cut here" in screen(app))
        assert "strawberry" in screen(app)

    drive(steps, "Hello")


@pytest.mark.slow
def test_the_page_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        await pilot.press("escape", "e", "enter")
        await until(lambda: (tmp_path / "play.html").exists())
        await pilot.press("e", "enter")
        await until(lambda: (tmp_path / "play1.html").exists())
        await pilot.press("e", *["backspace"] * 20, *"play.html", "enter")
        await until(lambda: any("already exists" in one.message for one in app._notifications))

    drive(steps, "Hello <script>")
    page = (tmp_path / "play.html").read_text("utf-8")
    assert page.startswith("<!doctype html>") and "bert-base-uncased" in page


@pytest.mark.slow
def test_files_against_a_budget_and_the_windows(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "long.txt").write_text("word " * 300)
    (tmp_path / "short.txt").write_text("Hi")
    (tmp_path / "pro.bin").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "latin.txt").write_bytes("é".encode("latin-1"))

    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        tree = app.query_one("#tree", Tree)  # where there is a folder, its files are seen first
        await until(lambda: len(tree.root.children) == 3)
        await until(lambda: "1 binary skipped" in screen(app))
        assert re.search(r"█{10} +15[01]% +301  a", screen(app))
        tree.move_cursor(tree.root.children[1])
        await pilot.press("enter")
        await until(lambda: app.text == "é")
        await settled(app)
        assert app.pane == "text"
        await pilot.press("tab", "tab", "tab")
        await until(lambda: "gpt-4.1" in screen(app))
        assert "yes" in screen(app)

    drive(steps, "", folder=str(tmp_path), budget=200, decoding=Decoding("latin-1"))


@pytest.mark.slow
@pytest.mark.parametrize("text", ["a\x1b[31mred\x1b]0;title\x07", "\u202eevil\u2066", "\x9b2J\x7f"])
def test_nothing_on_the_screen_is_obeyed(text: str) -> None:
    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        for keys in ([], ["escape"], ["a"], ["d"], ["i"], ["enter"]):
            await pilot.press(*keys)
            await pilot.pause(0.2)
            assert not re.search(rf"(?!\n)[{UNSAFE}]", screen(app))

    assert drive(steps, text).text == text


def test_a_cut_seen_by_itself_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokscope.playground.mill.MAX_WHOLE", 1000)

    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        assert "cut without the rest of the text" in screen(app)
        assert f"{load('t5').count(app.text):,} tokens" in screen(app)

    drive(steps, (SAMPLES / "english.txt").read_text("utf-8") * 5, ("t5",))


def test_text_is_followed_as_it_scrolls() -> None:
    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        app.query_one(Editor).scroll_to(y=3000, animate=False)
        await pilot.pause(0.1)
        await settled(app)
        await until(lambda: "3001" in screen(app).partition("gpt-4o")[2])

    drive(steps, "".join(f"line {i}\n" for i in range(5000)), ("gpt-4o",))


def test_no_count_of_another_text_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        assert "1 token " in screen(app) and "counting…" not in screen(app)
        with monkeypatch.context() as patch:
            patch.setattr(app._mill, "ask", lambda *asked: None)  # it takes its time
            await pilot.press("x")
            await until(lambda: "counting…" in screen(app))
            assert "1 token " not in screen(app)

    drive(steps, "Hello", ("gpt-4o",))


def test_of_a_long_line_what_is_seen_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokscope.playground.editor.MAX_WRAPPED", 1000)
    text = "word " * 2000

    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        def view() -> ViewedText:
            seen = app.query_one(Cuts).seen
            assert seen is not None
            return seen.view

        assert view().first == 0 and 50 < view().last < 150
        await pilot.press("ctrl+end", "y")
        await until(lambda: view().first > 9800 and view().last == len(text) + 1)
        assert app.text == text + "y"
        await pilot.press("ctrl+home")
        await until(lambda: view().first == 0)

    drive(steps, text, ("gpt-4o",))


@pytest.mark.parametrize("narrow", [80, pytest.param(60, marks=pytest.mark.slow)])
def test_no_word_is_broken_however_wide_the_screen_is(narrow: int) -> None:
    """Of all that is drawn again when the size changes; the rest is in the next test."""

    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        wide: set[str] = set()
        for width in (300, narrow):
            await pilot.resize_terminal(width, 20)
            for key in (
                "escape",
                "i",
                "a",
                "question_mark",
                "escape",
                "ctrl+t",
                "escape",
                "e",
                "escape",
                "a",
            ):
                if width == 300:
                    await pilot.pause(0.1)
                    wide.update(words(dialog(app)))
                await until(lambda: words(dialog(app)) <= wide, f"{width}, before {key}")
                await pilot.press(key)
            await pilot.press("escape")

    drive(steps, "Hello strawberry jam, unbelievable\n", ("gpt2", "bert-base-uncased"), (300, 20))


@pytest.mark.slow  # reads the vocabularies of many models
def test_no_word_of_the_panes_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a file of a name.txt").write_text("word " * 300)
    (tmp_path / "pro.bin").write_bytes(b"\x7fELF\0\0")

    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        app.pane = "text"
        app.query_one(Cuts).focus()
        await pilot.press("enter")
        await until(lambda: "Why the text is cut here" in screen(app))
        found = [words(screen(app))]
        await pilot.press("tab")
        await until(lambda: "1 binary skipped" in screen(app))
        found.append(words(screen(app)))
        await pilot.press("tab")
        await until(lambda: "gpt-4.1" in screen(app))
        await pilot.pause(0.1)
        found.append(words(screen(app)))
        await pilot.press("slash")
        await until(lambda: "Vocabulary of" in screen(app))
        found.append(words(dialog(app)))
        seen[app.size.width] = found

    seen: dict[int, list[set[str]]] = {}
    for width in (300, 60):
        drive(steps, "Hello jam", ("gpt2",), (width, 60), budget=200)
    broken = [narrow - wide for narrow, wide in zip(seen[60], seen[300], strict=True)]
    assert not any(broken), broken


def dialog(app: Playground) -> str:
    """Give what stands on the screen, or in the dialog over it."""
    for box in app.screen.query(".dialog"):
        x, y, width, height = box.region
        lines = screen(app).splitlines()[y : y + height]
        return "\n".join(line[x : x + width] for line in lines)
    return screen(app)


SCREENS = Path(__file__).parents[1] / "data" / "playground"


def picture(app: Playground) -> str:
    """Give the screen as text, under each line a letter for the paper of each cell."""
    letters: dict[object, str] = {}
    lines = []
    for strip in app.screen._compositor.render_strips():
        cells = [
            (
                text,
                letters.setdefault(style and style.bgcolor, "abcdefghijklmnopqrstuvwxyz"[len(letters) % 26]),
            )
            for text, style, _ in strip
        ]
        lines.append("".join(text for text, _ in cells).rstrip())
        lines.append("".join(letter * cell_len(text) for text, letter in cells))
    return "\n".join(line for line in lines if line) + "\n"


def test_the_screen_looks_as_it_did() -> None:
    """TOKSCOPE_GOLDEN=rewrite accepts what it looks like today."""

    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        await pilot.press("escape")
        for key, name in {"l": "light", "a": "aligned", "d": "differences", "i": "ids"}.items():
            await pilot.press(key)
            file = SCREENS / f"{name}.txt"
            if os.environ.get("TOKSCOPE_GOLDEN") == "rewrite":
                await asyncio.sleep(0.5)
                file.write_text(picture(app), "utf-8")
            expected = file.read_text("utf-8")
            await until(lambda expected=expected: picture(app) == expected, name)  # type: ignore[misc]
            await pilot.press(key)

    drive(steps, "Hello 日本 unbelievable\n", ("gpt2", "bert-base-uncased"), size=(60, 20))


def test_who_lost_the_text_is_not_the_best_of_those_who_kept_it() -> None:
    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        shown = screen(app)
        assert re.search(r"t5 +\d+ tokens? +\d\d% unknown +exact", shown)
        assert re.search(r"gpt-4o +\d+ tokens +[\d.]+ bytes each +the fewest", shown)
        assert re.search(r"byte +\d+ tokens +1.00 bytes each +\+\d+%", shown)
        app.query_one(Editor).load_text("Hello")
        await until(lambda: re.search(r"t5 +1 token +5.00 bytes each +the fewest", screen(app)))

    drive(steps, "人工智能 猫", ("gpt-4o", "t5", "byte"))


@pytest.mark.parametrize("width", [80, 40])
def test_figures_come_first_and_why_there_are_no_cuts_is_in_the_pane_of_the_token(width: int) -> None:
    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        each = r" +[\d.]+ bytes each +\+\d+%" if width == 80 else ""
        assert re.search(rf"claude-opus-5-5 +≈\d+ tokens{each} ", screen(app)) and "…" not in screen(app)
        assert "not published" not in screen(app)
        await pilot.press("escape", "down", "enter")
        await until(lambda: "published" in screen(app))
        await pilot.press("escape")  # back to the cuts, where letters are keys still
        await until(lambda: app.focused is app.query_one(Cuts))
        await pilot.press("i")
        assert app.pane == "text" and app.text == "人工智能 hello"
        await pilot.press("question_mark", "end")
        await until(lambda: "files." in screen(app))

    drive(steps, "人工智能 hello", ("gpt-4o", "claude-opus-5-5", "byte"), (width, 14))


def test_what_was_typed_into_a_file_comes_back(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(name)

    async def steps(pilot: Pilot[Exception | None], app: Playground) -> None:
        def choose(name: str) -> None:
            app.post_message(FolderPane.Chosen(str(tmp_path / f"{name}.txt")))

        await pilot.press("escape", *"no file's")
        for name, text in (("a", "a"), ("b", "b")):
            choose(name)
            await until(lambda text=text: app.text == text)  # type: ignore[misc]
            await pilot.press("x")
        choose("b")
        await pilot.pause(0.1)
        assert app.text == "xb"
        choose("a")
        await until(lambda: app.text == "xa")
        await until(lambda: "a.txt (edited)" in screen(app))
        for text in ("xb", "xa", "no file's"):
            await pilot.press("ctrl+z")
            await until(lambda text=text: app.text == text, text)  # type: ignore[misc]
        assert app.path is None
        choose("b")
        await until(lambda: app.text == "xb")

    drive(steps, "", ("byte",), (200, 20), folder=str(tmp_path))
