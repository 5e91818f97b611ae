"""The editor: Textual's, of a text that stays byte for byte what it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.document._document import Document, EditResult, Location
from textual.document._document_navigator import DocumentNavigator
from textual.document._edit import Edit
from textual.document._wrapped_document import WrappedDocument
from textual.events import Paste
from textual.geometry import Offset
from textual.message import Message
from textual.widgets import TextArea

from tokscope.text.visible import UNSAFE

MAX_WRAPPED = 500_000
"""How many characters are wrapped at the screen's width; wrapping more takes seconds."""

_UNSAFE = re.compile(rf"(?!\t)[{UNSAFE}]")


class ExactDocument(Document):
    r"""Lines that end at \n and nowhere else; Textual's own end at eight more characters, and forget which.

    Example: ExactDocument("a\r\nb").text -> "a\r\nb"
    """

    def __init__(self, text: str) -> None:
        super().__init__("")
        self._newline = "\n"
        self._lines = text.split("\n")

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Put `text` in place of what is from `start` to `end`.

        Example: document = ExactDocument("a\\r\\nb"); document.replace_range((0, 0), (0, 1), "c");
        document.text -> "c\\r\\nb"
        """
        (top, left), (bottom, right) = sorted((start, end))
        replaced = self.get_text_range((top, left), (bottom, right))
        before = self._lines[top][:left] if top < len(self._lines) else ""
        after = self._lines[bottom][right:] if bottom < len(self._lines) else ""
        lines = (before + text).split("\n")
        place = (top + len(lines) - 1, len(lines[-1]))
        lines[-1] += after
        self._lines[top : bottom + 1] = lines
        return EditResult(place, replaced)


class QuickWrapped(WrappedDocument):
    """Lines as they are wrapped: once for each width, since edits keep them so, and counted once.

    Example: QuickWrapped(ExactDocument("one two")).height -> 1
    """

    _widths: tuple[int, int] | None = None

    def wrap(self, width: int, tab_width: int | None = None) -> None:
        """Wrap all lines, unless they are wrapped at this width.

        Example: lines = QuickWrapped(ExactDocument("one two")); lines.wrap(4); lines.height -> 2
        """
        if self._widths != (width, tab_width or self._tab_width):
            super().wrap(width, tab_width)
            self._widths = width, self._tab_width

    @property
    def height(self) -> int:
        """How many lines there are on the screen."""
        return len(self._offset_to_line_info)


def replace_controls(text: str) -> str:
    r"""Put a sign of one cell in place of each character that a terminal may obey.

    Example: replace_controls("a\x1b[31m") -> "a␛[31m"
    """
    return _UNSAFE.sub(lambda match: _sign(match[0]), text)


def _sign(char: str) -> str:
    return chr(0x2400 + ord(char)) if char < " " else "␡" if char == "\x7f" else "\ufffd"


class Editor(TextArea):
    """Where the text is typed; `edited` is given it at once, while Textual's own message is on its way.

    Example: Editor("Hello", print)
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.leave", "Keys"),
        Binding("ctrl+t", "app.tokenizers", "Tokenizers", priority=True),
        Binding("ctrl+q", "app.quit", "Quit", priority=True),
        Binding("ctrl+home", "end(-1)", show=False),
        Binding("ctrl+end", "end(1)", show=False),
    ]

    class Begun(Message):
        """Somebody undoes more than was typed into this text.

        Example: Editor("Hello").action_undo(), which posts it
        """

    def __init__(
        self, text: str, edited: Callable[[str], object] = lambda text: None, *, id: str | None = None
    ) -> None:
        super().__init__(id=id, placeholder="Type or paste a text here.")
        self._edited = edited
        self._set_document(text, None)

    def _set_document(self, text: str, language: str | None) -> None:
        """Open a text as the parent does, with another kind of document."""
        self._highlight_query = None
        self.set_reactive(TextArea.soft_wrap, len(text) <= MAX_WRAPPED)
        self.document = ExactDocument(text)
        self.wrapped_document = QuickWrapped(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self._build_highlight_map()
        self.move_cursor((0, 0))
        self._rewrap_and_refresh_virtual_size()

    def edit(self, edit: Edit) -> EditResult:
        """Do what was typed, and say so.

        Example: editor.insert("a"), which calls `edited` before the screen is painted
        """
        result = super().edit(edit)
        self._edited(self.text)
        return result

    def get_line(self, line_index: int) -> Text:
        """Give a line as it is drawn, with nothing in it that a terminal obeys.

        Example: Editor("a\\x1b[31mb").get_line(0).plain, in which no escape is left
        """
        return Text(replace_controls(self.document.get_line(line_index)), end="", no_wrap=True)

    def action_undo(self) -> None:
        """Undo what was typed; where nothing is left to undo, say so."""
        if self.history.undo_stack:
            super().action_undo()
        else:
            self.post_message(self.Begun())

    def action_end(self, which: int) -> None:
        """Go to the beginning of the text, or to its end."""
        self.move_cursor(self.document.end if which > 0 else (0, 0))

    async def _on_paste(self, event: Paste) -> None:
        r"""Paste; terminals send \r for a line's end."""
        event.text = re.sub("\r\n?", "\n", event.text)
        await super()._on_paste(event)
        event.prevent_default()

    def seen(self) -> tuple[int, int]:
        """Say from which character to which the text is in view.

        Example: editor.seen() -> (0, 240), of a long text that is not scrolled
        """
        left, top = self.scroll_offset
        width, height = self.scrollable_content_region.size
        lines = self.wrapped_document
        bottom = top + max(height, 1)
        if not self.soft_wrap:  # a line may be the whole text
            end = Offset(left + width, min(bottom, lines.height) - 1)
            first, last = lines.offset_to_location(Offset(left, top)), lines.offset_to_location(end)
        else:
            first = lines.offset_to_location(Offset(0, top))
            beyond = bottom >= lines.height
            last = self.document.end if beyond else lines.offset_to_location(Offset(0, bottom))
        return self.index(first), self.index(last)

    def index(self, location: Location) -> int:
        """Say how many characters come before a place.

        Example: Editor("ab\\ncd").index((1, 1)) -> 4
        """
        row, column = location
        return sum(map(len, self.document.lines[:row])) + row + column

    def location(self, index: int) -> Location:
        """Find the place after this many characters.

        Example: Editor("ab\\ncd").location(4) -> (1, 1)
        """
        lines = self.document.lines
        for row, line in enumerate(lines):
            if index <= len(line):
                return row, index
            index -= len(line) + 1
        return self.document.end
