"""The pane of the folder: its files with their counts, of which one can be opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Label, Tree
from textual.widgets.tree import TreeNode

from tokscope.errors import InputError, TokscopeError
from tokscope.inputs.decoding import Decoding
from tokscope.text.visible import visible
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    from tokscope.playground.folder import Branch


class FolderTree(Tree["Branch"]):
    """The tree, whose key to open a file is shown.

    Example: FolderTree("docs")
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select_cursor", "Open")]


class FolderPane(Vertical):
    """The tree of a folder, filled as its files are counted.

    Example: FolderPane("docs", None, Decoding()).count(load("gpt-4o"))

    `budget` is what the bars are shares of, None for the tokens of the whole.
    """

    class Chosen(Message):
        """A file was chosen.

        Example: FolderPane.Chosen("docs/a.md").path -> "docs/a.md"
        """

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(self, folder: str, budget: int | None, decoding: Decoding) -> None:
        super().__init__(id="files")
        self._folder, self._budget, self._decoding = folder, budget, decoding

    def compose(self) -> ComposeResult:
        """Make the line that says how far it is, and the tree."""
        yield Label(id="files-said", markup=False)
        yield FolderTree("", id="tree")

    @work(thread=True, exclusive=True, group="files")
    def count(self, tokenizer: Tokenizer) -> None:
        """Count the files by a tokenizer, and show them when that is done.

        Example: app.query_one(FolderPane).count(load("gpt-4o"))
        """
        from tokscope.playground.folder import Branch, count_folder

        problems: list[InputError] = []
        skipped: list[str] = []
        tree = Branch(self._folder, self._folder)
        said = self.query_one("#files-said", Label)
        try:
            for tree in count_folder(
                self._folder, self._decoding, tokenizer, problems.append, skipped.append
            ):
                self.app.call_from_thread(said.update, f"counting… {tree.total:,} tokens")
        except TokscopeError as error:
            self.app.call_from_thread(said.update, visible(str(error)))
            return
        share = f"shares of {self._budget:,}" if self._budget else "shares of the whole"
        words = [f"{visible(tokenizer.shown)}, {share}"]
        words += [f"{len(skipped):,} binary skipped"] if skipped else []
        words += [f"{len(problems):,} not read: {visible(str(problems[0]))}"] if problems else []
        self.app.call_from_thread(said.update, "; ".join(words))
        self.app.call_from_thread(self._plant, tree)

    def _plant(self, tree: Branch) -> None:
        """Show the tree; what is in a folder is listed when it is opened."""
        shown: Tree[Branch] = self.query_one("#tree", Tree)
        shown.reset(tree.label(self._budget or tree.total), tree)
        self._grow(shown.root)
        shown.root.expand()

    def _grow(self, node: TreeNode[Branch]) -> None:
        branch = node.data
        top = node.tree.root.data
        whole = self._budget or (top.total if top else 0)
        for one in branch.largest() if branch is not None and not node.children else ():
            label = one.label(whole)
            node.add(label if one.inside else Text.assemble("  ", label), one, allow_expand=bool(one.inside))

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[Branch]) -> None:
        """List a folder."""
        self._grow(event.node)

    def on_tree_node_selected(self, event: Tree.NodeSelected[Branch]) -> None:
        """Tell that a file was chosen."""
        branch = event.node.data
        if branch is not None and not branch.inside and branch.path != self._folder:
            self.post_message(self.Chosen(branch.path))
