"""The keys of the live screen: what they do, and what is said of them."""

from __future__ import annotations

from textual.binding import Binding, BindingType

KEY_DELAY = 0.008
"""For how many seconds a key waits for its cuts, so that one picture of the screen shows both."""

CUT_ACTIONS = ("trace", "draw", "copy")
"""The actions that change how cuts are drawn, or take a token of them."""

LETTER_ACTIONS = ("trace", "vocabulary", "draw", "copy", "page", "light", "keys", "done")
"""The actions whose keys are letters, or signs that are typed into a text as well."""

KEY_HELP = """\
Esc         between the text and its cuts, where letters are keys
Tab         the next pane; Shift-Tab the one before
Ctrl-T      choose tokenizers
← →         the token before, the next one
↑ ↓         the tokenizer above, the one below
Enter       trace the token; in Files, open the file
/           search the vocabulary
a           align: the text once, and all cuts under it
d           differences: only where the cuts differ
i           ids under the tokens
y           copy the token, with ids shown its id
e           write the page, HTML with everything in it
l           light or dark
?           this help
q           quit, and print the count; Ctrl-Q also within the text

The mouse chooses tokens, rows, panes and files."""

SCREEN_KEYS: list[BindingType] = [
    Binding("escape", "leave", "Text"),
    Binding("tab", "pane(1)", "Pane", priority=True),
    Binding("shift+tab", "pane(-1)", show=False, priority=True),
    Binding("ctrl+t", "tokenizers", show=False, priority=True),
    Binding("question_mark", "keys", "Help"),
    Binding("q", "done", "Quit"),
    Binding("enter", "trace", "Trace"),
    Binding("a", "draw('aligned')", "Align"),
    Binding("d", "draw('differences')", "Differ"),
    Binding("i", "draw('ids')", "Ids"),
    Binding("slash", "vocabulary", "Vocab"),
    Binding("y", "copy", show=False),
    Binding("e", "page", show=False),
    Binding("l", "light", show=False),
]
