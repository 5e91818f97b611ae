"""`tokscope init`: budgets for the prompts of a repository."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.files.writing import whole_file, writing_to
from tokscope.gate import git
from tokscope.gate.config import here, of_folder
from tokscope.gate.listing import Listing
from tokscope.gate.proposal import PRE_COMMIT, PROMPTS, WORKFLOW, configuration, find_prompts
from tokscope.inputs import Decoding, Selection, documents
from tokscope.measure.counter import Counter
from tokscope.shell.console import Console
from tokscope.shell.options import OneTokenizer

CONFIG_NAME = "tokscope.toml"


class Wanted(NamedTuple):
    """What to write beside the rules.

    Example: Wanted(github=True).files(Path.cwd()) -> {".github/workflows/tokscope.yml": "# Holds ..."}
    """

    pre_commit: Annotated[
        bool, typer.Option("--pre-commit", help="Also write a pre-commit hook: .pre-commit-config.yaml.")
    ] = False
    github: Annotated[
        bool,
        typer.Option(
            "--github", help="Also write a GitHub Actions workflow: .github/workflows/tokscope.yml."
        ),
    ] = False
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write no file: print what would be in it.")] = (
        False
    )

    def files(self, root: Path) -> dict[str, str]:
        """Give the files, and what is in them: they are looked for at the root of a repository.

        Example: Wanted(pre_commit=True).files(Path("..")) -> {"../.pre-commit-config.yaml": "repos: ..."}
        """
        found = {
            **({".pre-commit-config.yaml": PRE_COMMIT} if self.pre_commit else {}),
            **({".github/workflows/tokscope.yml": WORKFLOW} if self.github else {}),
        }
        return {os.path.relpath(root / name): text for name, text in found.items()}


def init(tokenizer: OneTokenizer, wanted: Wanted) -> int:
    """Write tokscope.toml, the rules of `tokscope check`, with budgets for the prompts found here."""
    console = Console()
    root = git.root_of(here()) or Path.cwd()
    files = wanted.files(root)
    if not files or of_folder(Path()) is None:
        files = {CONFIG_NAME: _rules(tokenizer, console), **files}
    for name in files:
        _refuse_existing(name, root)
    if wanted.dry_run:
        with console.stream() as out:
            out.write("\n".join(f"# {name}\n{text}" for name, text in files.items()).encode())
        return console.end()
    for name, text in files.items():
        with writing_to(name):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
        with whole_file(name) as file:
            file.write(text.encode())
        console.say(f"{name} is written")
    if CONFIG_NAME in files:
        console.say("tokscope check judges by it")
    return console.end()


def _rules(tokenizer: OneTokenizer, console: Console) -> str:
    """Count the prompts that are here, and propose rules. Raises UsageError where there are none."""
    loaded = tokenizer.load()
    counter = Counter([loaded])
    globs = [glob for several in PROMPTS.values() for glob in several]
    selection = Selection(paths=["."], include=globs, hidden=True)
    for document in documents(
        selection, Decoding(), report=console.problem, skip=console.skipped.append, find=Listing()
    ):
        with console.reporting():
            counter.add(document, console.progress)
    rows = counter.results(console.problem)
    found = find_prompts({os.path.normpath(row[0].path): int(row[0].tokens) for row in rows})
    if not found:
        console.end()  # what was skipped may be why
        raise UsageError(
            "no prompts found here (AGENTS.md, SKILL.md, prompts/, ...); tokscope help check shows some"
        )
    return configuration(found, loaded.shown)


def _refuse_existing(name: str, root: Path) -> None:
    """Raise UsageError, which says what to do, for a file that exists or would be out of the repository."""
    if name == CONFIG_NAME and (os.path.lexists(name) or of_folder(Path()) is not None):
        raise UsageError("the rules already exist: tokscope check judges by them")
    if os.path.lexists(name):
        raise UsageError(f"{name} already exists, and stays as it is: tokscope help ci has what to add")
    if not Path(name).resolve().is_relative_to(root.resolve()):
        raise UsageError(f"{name}: a link leads out of this folder; put a folder in its place")
