"""`tokscope samples`: the files of the manual's examples."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from shutil import get_terminal_size
from typing import Annotated

import typer

from tokscope.errors import ExitCode, UsageError
from tokscope.files.writing import whole_file, writing_to
from tokscope.shell.console import Console, Voice
from tokscope.shell.pager import show_text
from tokscope.text.visible import visible
from tokscope.text.wrapping import wrapped

PICTURES = (".svg", "page.png", "patches.png")
"""What the names of pictures of tokscope itself end in, which no example reads."""


def samples(
    folder: Annotated[str, typer.Argument(metavar="[FOLDER]", help="The folder to write to.")] = "samples",
) -> int:
    """Write the files that the manual's examples read into a folder."""
    found = dict(_samples(_samples_folder(), ""))
    there = [name for name in found if (Path(folder) / name).exists()]
    if there:
        raise UsageError(f"{Path(folder) / there[0]} already exists: name another folder")
    for name, sample in found.items():
        target = Path(folder) / name
        with writing_to(folder):
            target.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(str(target)) as file:
            file.write(sample.read_bytes())
    if Console.voice is Voice.QUIET:
        return ExitCode.OK
    said = visible(f"{len(found)} files are in {folder}; tokscope compare {folder}/*.txt")
    show_text("\n".join(wrapped(said, get_terminal_size().columns if sys.stdout.isatty() else None)) + "\n")
    return ExitCode.OK


def _samples_folder() -> Traversable:
    """Find the samples: within the package, or beside it in a clone."""
    package = files("tokscope")
    installed = package / "samples"
    return installed if installed.is_dir() else package / ".." / "samples"


def _samples(folder: Traversable, within: str) -> Iterator[tuple[str, Traversable]]:
    """Give every sample by its path from the folder."""
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.name == "__pycache__":  # pip compiles code.py
            continue
        if one.is_dir():
            yield from _samples(one, f"{within}{one.name}/")
        elif not one.name.endswith(PICTURES):
            yield f"{within}{one.name}", one
