"""`tokscope help`: the manual, in the terminal."""

from __future__ import annotations

import io
import sys
from importlib.resources import files
from typing import Annotated

import typer

from tokscope.errors import ExitCode, UsageError, did_you_mean, similar
from tokscope.shell.pager import show

WIDEST = 100
"""How many cells wide a page is on a wide terminal: longer lines are hard to read."""

COMMAND = "tokscope "
"""What the title of a command's page begins with."""

ALSO = {
    "decode": "encode",
    "estimates": "exact",
    "github": "ci",
    "gitlab": "ci",
    "init": "check",
    "json": "output",
    "pictures": "media",
    "plugins": "extending",
    "pre-commit": "ci",
}
"""Other words for a page, and commands that share one."""


def help_(
    subject: Annotated[
        str | None, typer.Argument(help="A command or a subject, as help alone lists them.", show_default=False)
    ] = None,
    no_pager: Annotated[bool, typer.Option("--no-pager", help="Do not page what is long.")] = False,
) -> int:
    """Show a page of the manual; without a subject, list what there is."""
    text = page(subject) if subject is not None else contents()
    show(_drawn(text) if sys.stdout.isatty() else text, paged=not no_pager)
    return ExitCode.OK


def subjects() -> dict[str, str]:
    """Name every page of the manual, with its title.

    Example: subjects()["count"] -> "tokscope count: like wc, in tokens"
    """
    manual = files("tokscope") / "manual"
    names = sorted(one.name.removesuffix(".md") for one in manual.iterdir() if one.name.endswith(".md"))
    return {name: page(name).partition("\n")[0].removeprefix("# ") for name in names}


def page(subject: str) -> str:
    """Read a page of the manual, as Markdown. Raises UsageError with similar subjects.

    Example: page("count").startswith("# tokscope count")
    """
    name = ALSO.get(subject.lower(), subject.lower())
    file = files("tokscope") / "manual" / f"{name}.md"
    if not name.isalpha() or not file.is_file():
        hint = did_you_mean(similar(name, [*subjects(), *ALSO]), "tokscope help lists the subjects")
        raise UsageError(f"the manual has no page on {subject!r}: {hint}")
    return file.read_text("utf-8")


def contents() -> str:
    """List the pages of the manual, those of commands first, as Markdown.

    Example: contents().startswith("# The manual of tokscope")
    """
    titles = subjects()
    commands = [name for name, title in titles.items() if title.startswith(COMMAND)]
    others = [name for name in titles if name not in commands]
    lines = ["# The manual of tokscope", "", "`tokscope help SUBJECT` shows a page.", ""]
    for heading, names in (("Commands", commands), ("Subjects", others)):
        lines += [f"## {heading}", ""]
        lines += [f"- `{name}`: {titles[name].rpartition(': ')[2]}" for name in names]
        lines.append("")
    return "\n".join(lines)


def _drawn(text: str) -> str:
    """Draw a page for the terminal."""
    from rich.console import Console
    from rich.markdown import Markdown

    terminal = Console()
    drawn = Console(
        file=io.StringIO(),
        width=min(terminal.width, WIDEST),
        force_terminal=True,
        color_system=terminal.color_system,
        no_color=terminal.no_color,
    )
    with drawn.capture() as captured:
        drawn.print(Markdown(text, hyperlinks=False))
    return captured.get()
