"""The bars: the panes in a line at the top, the keys in a line at the bottom.

Textual's own are dozens of widgets, whose styles are looked up one by one before anything is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content
from textual.events import Click
from textual.style import Style
from textual.widget import Widget

from tokscope.text.visible import visible


class PaneBar(Widget):
    """Names the panes, of which one is shown, and the file that is open; `choose` gets one that is clicked.

    Example: PaneBar(["text", "token"], "notes.md", print)
    """

    DEFAULT_CSS = "PaneBar { dock: top; height: 1; padding: 0 1; background: $surface; }"

    def __init__(self, panes: Sequence[str], file: str, choose: Callable[[str], object]) -> None:
        super().__init__()
        self._panes, self._shown, self._file = panes, panes[0], file
        self._choose = choose

    def show(self, pane: str, file: str) -> None:
        """Say that another pane is shown, or another file is open.

        Example: bar.show("token", "notes.md")
        """
        self._shown, self._file = pane, file
        self.refresh()

    def render(self) -> Content:
        """Draw the names, and at the right the file as far as there is room for it.

        Example: bar.render().plain -> " Text  Token        notes.md"
        """
        names = Content("").join(self._pane_name(pane) for pane in self._panes)
        room = max(self.size.width - names.cell_length, 0)
        file = Content(visible(self._file)).truncate(max(room - 2, 0), ellipsis=True)
        return Content.assemble(names, " " * (room - file.cell_length), file.stylize("$foreground-muted"))

    def _pane_name(self, pane: str) -> Content:
        style = "bold $block-cursor-foreground on $primary" if pane == self._shown else "$foreground-muted"
        return Content.styled(f" {pane.capitalize()} ", style).stylize(Style.from_meta({"pane": pane}))

    def on_click(self, event: Click) -> None:
        """Choose the pane under the pointer."""
        if (pane := event.style.meta.get("pane")) is not None:
            self._choose(pane)


class KeyBar(Widget):
    """Names the keys that do something where the cursor is; a click on one presses it.

    Example: KeyBar()
    """

    DEFAULT_CSS = "KeyBar { dock: bottom; height: 1; padding: 0 1; background: $footer-background; }"

    def on_mount(self) -> None:
        """Follow what is focused."""
        self.screen.bindings_updated_signal.subscribe(self, lambda screen: self.refresh())

    def render(self) -> Content:
        """Draw each key with what it does, as many as there is room for; `?` says all.

        Example: bar.render().plain -> "tab Pane  ? Help"
        """
        drawn: list[Content] = []
        room = self.size.width
        for one in (active.binding for active in self.screen.active_bindings.values()):
            if not one.show:
                continue
            key = Content.assemble(
                (self.app.get_key_display(one), "bold $footer-key-foreground"),
                (f" {one.description}", "$footer-foreground"),
            ).stylize(Style.from_meta({"key": one.key}))
            room -= key.cell_length
            if room < 0:
                break
            room -= 2
            drawn.append(key)
        return Content("  ").join(drawn)

    def on_click(self, event: Click) -> None:
        """Press the key under the pointer."""
        if (key := event.style.meta.get("key")) is not None:
            self.app.simulate_key(key)
