"""The dialogs: which tokenizers, which entry of the vocabulary, which file to write, what the keys do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.events import Paste
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList, SelectionList, Static
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection

from tokscope.errors import TokscopeError
from tokscope.inside.vocabulary import Filter
from tokscope.playground.token import vocabulary_entries
from tokscope.render.glyphs import visible_piece
from tokscope.shell.completion import complete_tokenizers
from tokscope.text.visible import visible
from tokscope.tokenizer import Entry, Tokenizer

FOUND = 200
"""How many entries of a vocabulary are listed."""

LEAVE: list[BindingType] = [Binding("escape", "leave", "Back")]


class TypedLine(Input):
    """A line to type in, into which nothing is pasted that a terminal obeys.

    Example: TypedLine(placeholder="strawb, 13225")
    """

    def _on_paste(self, event: Paste) -> None:
        event.text = visible(event.text.partition("\n")[0].rstrip("\r"))
        super()._on_paste(event)


class TokenizersDialog(ModalScreen[list[str]]):
    """Choose tokenizers: type a part of a name, Enter takes the first; Space marks; Esc is done.

    Example: app.push_screen(TokenizersDialog(["gpt-4o"]), callback)
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+t", "leave", "Done")]

    def __init__(self, chosen: Sequence[str]) -> None:
        super().__init__()
        self._chosen = dict.fromkeys(chosen)
        self._names = list(
            dict.fromkeys([*chosen, *(one for one in complete_tokenizers("") if one[-1] != ":")])
        )

    def compose(self) -> ComposeResult:
        """Make a line and a list."""
        with Vertical(classes="dialog"):
            yield Label("Tokenizers: type to find, Enter or Space to choose, Esc when done")
            yield TypedLine(placeholder="gpt, qwen, hf:FILE …")
            yield SelectionList[str](*self._listed(""))

    def _listed(self, typed: str) -> list[Selection[str]]:
        found = [one for one in self._names if typed.lower() in one.lower()]
        return [Selection(Text(visible(one)), one, one in self._chosen) for one in found]

    def on_input_changed(self, event: Input.Changed) -> None:
        """List the names that have what was typed."""
        names = self.query_one(SelectionList)
        with self.prevent(SelectionList.SelectedChanged):
            names.clear_options()
            names.add_options(self._listed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take or leave the first name in the list; where there is none, what was typed is a name."""
        names = self.query_one(SelectionList)
        name = names.get_option_at_index(0).value if names.option_count else event.value
        if name not in self._names:
            self._names.append(name)
        if name in self._chosen:
            del self._chosen[name]
        elif name:
            self._chosen[name] = None
        event.input.value = ""
        with self.prevent(SelectionList.SelectedChanged):
            names.clear_options()
            names.add_options(self._listed(""))

    def on_selection_list_selection_toggled(self, event: SelectionList.SelectionToggled[str]) -> None:
        """Take or leave a name."""
        name = event.selection.value
        if name in self._chosen:
            del self._chosen[name]
        else:
            self._chosen[name] = None

    def action_leave(self) -> None:
        """Give what is chosen."""
        self.dismiss(list(self._chosen))


class VocabularyDialog(ModalScreen[Entry | None]):
    """Search a vocabulary: a part of a token, or an id.

    Example: app.push_screen(VocabularyDialog(load("gpt-4o")), callback)
    """

    BINDINGS: ClassVar[list[BindingType]] = [*LEAVE, Binding("down", "list", show=False)]

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__()
        self._tokenizer = tokenizer
        self._found: Sequence[Entry] = ()

    def compose(self) -> ComposeResult:
        """Make a line and a list."""
        with Vertical(classes="dialog"):
            yield Label(Text(f"Vocabulary of {visible(self._tokenizer.shown)}: a part of a token, or an id"))
            yield TypedLine(placeholder="strawb, 人工, 13225 …")
            yield OptionList()

    def on_mount(self) -> None:
        """List the first entries."""
        self._search("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """List the entries that have what was typed."""
        self._search(event.value)

    @work(thread=True, exclusive=True)
    def _search(self, typed: str) -> None:
        try:
            known = vocabulary_entries(self._tokenizer)
        except TokscopeError as error:
            self.app.call_from_thread(self._show, [], str(error))
            return
        by_id = [entry for entry in known if typed.isdecimal() and entry.id == int(typed[:10])]
        by_text = Filter(grep=typed, fixed=True)(known) if typed else iter(known)
        found = [*by_id, *islice(by_text, FOUND)]
        self.app.call_from_thread(self._show, found, "" if found else "no token has it")

    def _show(self, found: Sequence[Entry], said: str) -> None:
        if not self.is_attached:
            return
        self._found = found
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(_entry_line(one)) for one in found])
        if said:
            options.add_option(Option(Text(said, "dim"), disabled=True))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the first entry."""
        self.dismiss(self._found[0] if self._found else None)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take an entry."""
        self.dismiss(self._found[event.option_index])

    def action_list(self) -> None:
        """Go to the list."""
        self.query_one(OptionList).focus()

    def action_leave(self) -> None:
        """Take none."""
        self.dismiss(None)


def _entry_line(entry: Entry) -> Text:
    label = f"  {visible(entry.label)}" if entry.label is not None else ""
    return Text.assemble(f"{entry.id:>8}  {visible_piece(entry.data)}", (label, "dim"))


class FileDialog(ModalScreen[str | None]):
    """Ask for a file's name.

    Example: app.push_screen(FileDialog("notes.html"), callback)
    """

    BINDINGS: ClassVar[list[BindingType]] = LEAVE

    def __init__(self, name: str) -> None:
        super().__init__()
        self._file = name

    def compose(self) -> ComposeResult:
        """Make a line."""
        with Vertical(classes="dialog small"):
            yield Label("Write the page to")
            yield TypedLine(visible(self._file))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the name."""
        self.dismiss(event.value or None)

    def action_leave(self) -> None:
        """Give none."""
        self.dismiss(None)


class HelpDialog(ModalScreen[None]):
    """Say what the keys do.

    Example: app.push_screen(HelpDialog("Tab  the next pane"))
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,enter", "leave", "Back")]

    def __init__(self, keys: str) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Show the keys."""
        with VerticalScroll(classes="dialog help") as box:
            box.border_title = "Keys"
            yield Static(Text(self._keys))

    def on_click(self) -> None:
        """Leave."""
        self.dismiss(None)

    def action_leave(self) -> None:
        """Leave."""
        self.dismiss(None)
