"""Folders: the figures of folders as a tree that adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from tokscope.measure import add_up

OWN_FILES = "(files here)"
"""What the files are called that are in a folder itself, beside folders."""

BranchRow = tuple[str, list[int]]
"""What comes before a branch's name with that name, and its figures."""


@dataclass
class _FolderNode:
    name: str
    figures: list[int]
    own: list[int] | None = None
    inside: dict[str, _FolderNode] = field(default_factory=dict)


def folder_tree(folders: Sequence[tuple[str, Sequence[int]]], *, largest: bool = False) -> list[BranchRow]:
    """Hang folders, each with the figures of its own files, below one another.

    Example: folder_tree([("a", [1]), ("a/b", [2])]) -> [("a", [3]), ("├─ b", [2]), ("└─ (files here)", [1])]

    Every row is the sum of those that hang on it. A folder that holds one folder and nothing else shares
    its line: "a/b/c". Folders come as they are given, or the `largest` first.
    """
    top = _FolderNode("", [])
    for path, figures in folders:
        place = top
        for part in PurePath(path).parts or (OWN_FILES,):
            place = place.inside.setdefault(part, _FolderNode(part, [0] * len(figures)))
            place.figures = [add_up(pair) for pair in zip(place.figures, figures, strict=True)]
        place.own = [*figures]
    rows: list[BranchRow] = []
    waiting = [("", "", one) for one in reversed(_subtrees(top, largest))]
    while waiting:  # a list, since folders may be deeper than Python's stack
        mark, stem, folder = waiting.pop()
        rows.append((mark + folder.name, folder.figures))
        below = _subtrees(folder, largest)[::-1] if folder.inside else []
        waiting += [(f"{stem}└─ ", f"{stem}   ", one) for one in below[:1]]
        waiting += [(f"{stem}├─ ", f"{stem}│  ", one) for one in below[1:]]
    return rows


def _subtrees(folder: _FolderNode, largest: bool) -> list[_FolderNode]:
    """Give what hangs on a folder: the folders in it, and its own files."""
    found = [_collapse(one) for one in folder.inside.values()]
    if folder.own is not None:
        found.append(_FolderNode(OWN_FILES, folder.own))
    return sorted(found, key=lambda one: -one.figures[0]) if largest else found


def _collapse(folder: _FolderNode) -> _FolderNode:
    """Put a folder and the only one in it into one."""
    names = [folder.name]
    while folder.own is None and len(folder.inside) == 1:
        (folder,) = folder.inside.values()
        names.append(folder.name)
    return replace(folder, name=str(PurePath(*names)))
