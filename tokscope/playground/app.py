"""The app: the panes, the keys, and what passes between them."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.css.query import NoMatches
from textual.events import Resize
from textual.message import Message
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.widgets import ContentSwitcher, Static, TextArea

from tokscope.errors import InputError, TokscopeError
from tokscope.inputs.decoding import Decoding
from tokscope.playground.bars import KeyBar, PaneBar
from tokscope.playground.cut_rows import Cuts
from tokscope.playground.editor import Editor
from tokscope.playground.folder_pane import FolderPane
from tokscope.playground.key_bindings import (
    CUT_ACTIONS,
    KEY_DELAY,
    KEY_HELP,
    LETTER_ACTIONS,
    SCREEN_KEYS,
)
from tokscope.playground.mill import Mill, Seen, Told, ViewedText
from tokscope.registry import load_all
from tokscope.text.visible import visible
from tokscope.tokenizer import Entry, Tokenizer

if TYPE_CHECKING:
    from tokscope.playground.token import Looked


PANES = ("text", "token", "files", "fit")


# What only a pane or a dialog needs is imported when that is opened, since the first cuts are waited for.


STYLE = """
ContentSwitcher { height: 1fr; }
* { scrollbar-size-vertical: 1; scrollbar-background: $surface; }
#editor { height: 2fr; min-height: 3; border: none; border-bottom: solid $primary; padding: 0 1; }
#cuts { height: 3fr; padding: 0 1; overflow-x: hidden; overflow-y: auto; scrollbar-gutter: stable; }
#cuts:focus { background-tint: $foreground 4%; }
#token { padding: 0 1; }
#files-said { padding: 0 1; width: 100%; color: $text-muted; }
#tree { padding: 0 1; background: $background; }
ModalScreen { align: center middle; }
.dialog { width: 90%; max-width: 100; height: 80%; border: round $primary; padding: 0 1; }
.dialog { background: $surface; }
.dialog.small { height: 7; }
.dialog.help { width: auto; height: auto; max-width: 100%; max-height: 100%; padding: 0 1; }
.dialog.help Static { width: auto; max-width: 100%; }
.dialog SelectionList, .dialog OptionList { height: 1fr; }
"""


class Draft(NamedTuple):
    """What is typed into: the file that it was read from, None where there is none, as read and as it is now.

    Example: Draft("notes.md", "Hello", "Hello!").edited -> True
    """

    path: str | None
    read: str
    text: str

    @property
    def edited(self) -> bool:
        """Whether something was typed."""
        return self.text != self.read


class MillTold(Message):
    """The mill has something to say.

    Example: app.post_message(MillTold())
    """


class Playground(App[Exception | None]):
    """The live screen.

    Example: Playground([load("gpt-4o")], "Hello", path="notes.md").run()

    `path` is the file that `text` came from. Where a `folder` is given, its files are seen first. When it has
    run, `text` is what stood there last, `tokenizers` those that were chosen, and its result an error that
    ended it.
    """

    CSS: ClassVar[str] = STYLE
    TITLE = "tokscope play"
    ENABLE_COMMAND_PALETTE = False
    NOTIFICATION_TIMEOUT = 2  # they cover figures
    BINDINGS: ClassVar[list[BindingType]] = SCREEN_KEYS
    pane = reactive(PANES[0], init=False)

    def __init__(
        self,
        tokenizers: Sequence[Tokenizer],
        text: str,
        *,
        path: str | None = None,
        folder: str | None = None,
        budget: int | None = None,
        decoding: Decoding | None = None,
    ) -> None:
        super().__init__()
        self.tokenizers = list(tokenizers)
        self.text = text
        self.path = path
        self._opened = text if path is not None else ""  # as it was read
        self._drafts: dict[str, Draft] = {}  # of each file that was left
        self._left: list[Draft] = []  # what was there before, the last one last
        self._folder, self._budget = folder, budget
        self._decoding = decoding or Decoding()
        self._mill = Mill(self.tokenizers, self._told)
        self._asked: ViewedText | None = None  # the mill, last
        self._said: deque[Told] = deque()  # by the mill, and not heard yet
        self._looked: Looked | None = None  # the token that its pane shows
        self._read: set[str] = set()  # the panes that are up to date

    def compose(self) -> ComposeResult:
        """Make the panes."""
        yield PaneBar(PANES, self._file_shown, partial(setattr, self, "pane"))
        with ContentSwitcher(initial=PANES[0]):
            with Vertical(id="text"):
                yield Editor(self.text, self._take, id="editor")
                yield Cuts(self.tokenizers)
            with VerticalScroll(id="token"):
                yield Static(id="about")
            folder = self._folder or os.path.dirname(self.path or "") or "."
            yield FolderPane(folder, self._budget, self._decoding)
            with VerticalScroll(id="fit"):
                yield Static(id="windows")
        yield KeyBar()

    def on_mount(self) -> None:
        """Start the mill, and type away."""
        editor = self.query_one(Editor)
        self._mill.start()
        self.watch(editor, "scroll_x", self._look, init=False)
        self.watch(editor, "scroll_y", self._look, init=False)
        editor.focus()
        self.call_after_refresh(self._look)
        if self._folder is not None:
            self.pane = "files"

    def on_unmount(self) -> None:
        """Stop the mill."""
        self._mill.ask(None)

    def on_resize(self, event: Resize) -> None:
        """Draw for the room that there is now."""
        self.call_after_refresh(self._draw_again)

    def _draw_again(self) -> None:
        self._look()
        self._read.discard("fit")
        self._fill(self.pane)

    def _told(self, told: Told) -> None:
        self._said.append(told)
        self.post_message(MillTold())

    def _look(self) -> None:
        """Ask for the cuts of what is seen now."""
        view = ViewedText(self.text, *self.query_one(Editor).seen())
        if view != self._asked:
            self._asked = view
            self._mill.ask(view, KEY_DELAY)
            self.on_mill_told()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Take the text as it is now, if it was not typed but undone or opened."""
        self._take(event.text_area.text)

    def _take(self, text: str) -> None:
        if text == self.text:
            return
        self.text = text
        self._read.clear()
        self._looked = None
        self._look()
        self.query_one(PaneBar).show(self.pane, self._file_shown)

    def on_text_area_selection_changed(self, event: TextArea.SelectionChanged) -> None:
        """Follow the cursor, if what it is in has been cut."""
        self._looked = None
        cuts = self.query_one(Cuts)
        if cuts.seen is not None and cuts.seen.view.text is self.text:
            cuts.follow(self._cursor())

    def _cursor(self) -> int:
        editor = self.query_one(Editor)
        return editor.index(editor.cursor_location)

    def on_mill_told(self) -> None:
        """Show what the mill has found, unless the text is another by now; what is of another is outdated."""
        try:
            cuts = self.query_one(Cuts)
        except NoMatches:  # the screen was left while the mill was at work
            return
        cuts.outdate(self.text)
        while self._said:
            told = self._said.popleft()
            if isinstance(told, Exception):
                self.exit(told)
            elif told.view.text is self.text:
                if isinstance(told, Seen):
                    cuts.show_seen(told, self._cursor())
                else:
                    cuts.show_counts(told.counts, told.unknown)

    # Panes

    def watch_pane(self, pane: str) -> None:
        """Show a pane, and fill it when it is first seen.

        Example: app.pane = "token", which calls it
        """
        self.query_one(ContentSwitcher).current = pane
        self.query_one(PaneBar).show(pane, self._file_shown)
        self.query_one({"text": "#editor", "files": "#tree"}.get(pane, f"#{pane}")).focus()
        self._fill(pane)

    def _fill(self, pane: str) -> None:
        """Fill a pane, unless what it has is true still."""
        if pane == "token" and self._looked is None:
            self.action_trace()
        elif pane == "token":
            self._describe(self._looked)
        elif pane == "files" and pane not in self._read:
            self.query_one(FolderPane).count(self.tokenizers[0])
        elif pane == "fit" and pane not in self._read:
            self.query_one("#windows", Static).update("counting…")
            self._fit(self.text)
        self._read.add(pane)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave all keys to a dialog while there is one, letters to the text, and its own keys to each pane.

        Example: app.check_action("done", ()) -> False, while somebody types
        """
        if isinstance(self.screen, ModalScreen):
            return action == "quit"
        if action in CUT_ACTIONS and self.pane != "text":
            return False
        return not (action in LETTER_ACTIONS and isinstance(self.focused, Editor))

    def action_pane(self, by: int) -> None:
        """Go to another pane."""
        self.pane = PANES[(PANES.index(self.pane) + by) % len(PANES)]

    def action_leave(self) -> None:
        """Go from the text to its cuts, and back; from a token to the cuts, where it was chosen."""
        editor, cuts = self.query_one(Editor), self.query_one(Cuts)
        to_cuts = self.pane == "token" or editor.has_focus
        self.pane = "text"
        (cuts if to_cuts else editor).focus()

    # Tokens

    def action_token(self, by: int) -> None:
        """Go to the next token, or the one before; the text's cursor goes along."""
        cuts = self.query_one(Cuts)
        editor = self.query_one(Editor)
        beyond = cuts.step_token(by)
        self._looked = None
        place = cuts.place
        at = cuts.start_of(place) if beyond is None else min(max(beyond, 0), len(self.text))
        with self.prevent(TextArea.SelectionChanged):
            editor.move_cursor(editor.location(at))
        if beyond is not None:
            self._look()

    def action_row(self, by: int) -> None:
        """Go to another tokenizer."""
        self.query_one(Cuts).step_row(by)
        self._looked = None

    def on_cuts_pointed(self, event: Cuts.Pointed) -> None:
        """Go to the token that the mouse points at."""
        cuts = self.query_one(Cuts)
        cuts.focus()
        self._looked = None
        cuts.place = event.place
        cuts.redraw()
        editor = self.query_one(Editor)
        with self.prevent(TextArea.SelectionChanged):
            editor.move_cursor(editor.location(cuts.start_of(event.place)))

    def action_draw(self, how: str) -> None:
        """Draw the cuts in another way, or again as before."""
        cuts = self.query_one(Cuts)
        setattr(cuts, how, not getattr(cuts, how))
        if how == "ids":
            cuts.aligned = cuts.differences = False
        else:
            cuts.ids = False
        cuts.redraw()

    def action_copy(self) -> None:
        """Copy the current token, or its id where ids are shown."""
        cuts = self.query_one(Cuts)
        current = cuts.current()
        if current is None:
            return
        _, token = current
        text = str(token.id) if cuts.ids and token.id is not None else token.data.decode(errors="replace")
        self.copy_to_clipboard(text)
        self.notify(f"copied {visible(text)}", markup=False)

    def action_trace(self) -> None:
        """Say all of the current token."""
        from tokscope.playground.token import Looked

        cuts = self.query_one(Cuts)
        if (current := cuts.current()) is None:
            said = visible(cuts.problem) or "There is no token: the text is empty."
            self.query_one("#about", Static).update(Text(said))
            self.pane = "token"
        else:
            self._show(Looked.at(self.tokenizers[cuts.place.row], *current))

    def _show(self, looked: Looked) -> None:
        self._looked = looked
        self.query_one("#about", Static).update("looking it up…")
        if self.pane == "token":
            self._describe(looked)
        self.pane = "token"

    def action_vocabulary(self) -> None:
        """Search the vocabulary of the current tokenizer."""
        from tokscope.playground.dialogs import VocabularyDialog
        from tokscope.playground.token import Looked

        tokenizer = self.tokenizers[self.query_one(Cuts).place.row]

        def look(entry: Entry | None) -> None:
            if entry is not None:
                # the screen below first gives the focus, and with it the pane, back to what had it
                self.call_after_refresh(self._show, Looked.entry(tokenizer, entry))

        self.push_screen(VocabularyDialog(tokenizer), look)

    @work(thread=True, exclusive=True, group="token")
    def _describe(self, looked: Looked) -> None:
        from tokscope.playground.token import describe_token

        width = max(self.size.width - 4, 20)
        said = Text("\n").join(describe_token(looked, width))
        self.call_from_thread(self.query_one("#about", Static).update, said)

    # Files, windows, tokenizers, the page

    @property
    def _draft(self) -> Draft:
        return Draft(self.path, self._opened, self.text)

    @property
    def _file_shown(self) -> str:
        return f"{self.path} (edited)" if self.path and self._draft.edited else self.path or ""

    def on_folder_pane_chosen(self, event: FolderPane.Chosen) -> None:
        """Open a file, with what was typed into it before."""
        from tokscope.inputs import Selection, documents

        self._keep()
        last = self._drafts.get(os.path.abspath(event.path))
        if last is not None and last.edited:
            self._open(last)
            return
        try:
            (document,) = documents(Selection([event.path]), self._decoding, report=_raise_error)
            text = document.read()
        except TokscopeError as error:
            self._complain(error)
            return
        self._open(Draft(event.path, text, text))

    def _open(self, draft: Draft) -> None:
        """Show another text, and keep what was there: it comes back with its file, or by undoing."""
        if draft != self._draft:
            self._left.append(self._draft)
            self._show_draft(draft)
        self.pane = "text"

    def _keep(self) -> None:
        if self.path is not None:
            self._drafts[os.path.abspath(self.path)] = self._draft

    def _show_draft(self, draft: Draft) -> None:
        self._keep()
        self.path, self._opened = draft.path, draft.read
        self.query_one(Editor).load_text(draft.text)
        self.query_one(PaneBar).show(self.pane, self._file_shown)

    def on_editor_begun(self, event: Editor.Begun) -> None:
        """Go back to what was there before the file was opened."""
        if self._left:
            self._show_draft(self._left.pop())

    @work(thread=True, exclusive=True, group="fit")
    def _fit(self, text: str) -> None:
        from tokscope.fitting.window_table import CURRENT, window_table
        from tokscope.fitting.windows import tokenizer_of
        from tokscope.inputs import Selection, documents
        from tokscope.measure.counter import Counter
        from tokscope.measure.whole import Whole
        from tokscope.models.meant import models_of
        from tokscope.render import table

        try:
            chosen = models_of(CURRENT)
            by = load_all([*dict.fromkeys(map(tokenizer_of, chosen))])
            counter = Counter(by)
            for document in documents(Selection(text=[text]), Decoding(), report=_raise_error):
                counter.add(document, lambda document: None)
            windows = window_table(Whole.of(counter.results(), by), chosen)
            said = Text("\n").join(table.lines(windows, self.size.width))
            if len(said.split()) > self.query_one("#fit").size.height:  # a scroll bar takes a column
                said = Text("\n").join(table.lines(windows, self.size.width - 1))
        except TokscopeError as error:
            said = Text(visible(str(error)), "red")
        self.call_from_thread(self.query_one("#windows", Static).update, said)

    def action_tokenizers(self) -> None:
        """Choose tokenizers."""
        from tokscope.playground.dialogs import TokenizersDialog

        self.push_screen(TokenizersDialog([one.shown for one in self.tokenizers]), self._load)

    def _load(self, names: list[str] | None) -> None:
        if names and names != [one.shown for one in self.tokenizers]:
            self._loaded(names)

    @work(thread=True, exclusive=True, group="tokenizers")
    def _loaded(self, names: list[str]) -> None:
        try:
            loaded = load_all(names)
        except TokscopeError as error:
            self.call_from_thread(self._complain, error)
            return
        self.call_from_thread(self._use, loaded)

    def _use(self, tokenizers: Sequence[Tokenizer]) -> None:
        self._mill.ask(None)
        self.tokenizers[:] = tokenizers
        cuts = self.query_one(Cuts)
        cuts.take(self.tokenizers)
        self._read.clear()
        self._mill = Mill(self.tokenizers, self._told)
        self._mill.start()
        self._asked = None
        self._look()

    def action_page(self) -> None:
        """Write the page."""
        from tokscope.playground.dialogs import FileDialog

        stem = PurePath(self.path or "play").stem
        free = (f"{stem}{number or ''}.html" for number in range(1_000_000))
        name = next(one for one in free if not os.path.lexists(one))
        self.push_screen(FileDialog(name), self._save)

    def _save(self, name: str | None) -> None:
        if name is not None:
            self._write(name)

    @work(thread=True, exclusive=True, group="page")
    def _write(self, name: str) -> None:
        from tokscope.playground.page import write_page

        try:
            write_page(name, self.tokenizers, self.text, self.path)
        except TokscopeError as error:
            self.call_from_thread(self._complain, error)
        else:
            self.call_from_thread(self.notify, f"{visible(name)} is written", markup=False)

    def _complain(self, error: TokscopeError) -> None:
        self.notify(visible(str(error)), severity="error", markup=False, timeout=8)

    def action_done(self) -> None:
        """End it."""
        self.exit()

    def action_light(self) -> None:
        """Go from dark to light, and back."""
        self.theme = "textual-light" if self.current_theme.dark else "textual-dark"

    def action_keys(self) -> None:
        """Say what the keys do."""
        from tokscope.playground.dialogs import HelpDialog

        self.push_screen(HelpDialog(KEY_HELP))


def _raise_error(error: InputError) -> None:
    raise error
