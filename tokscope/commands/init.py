"""`tokscope init`: the first rules of a repository."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from tokscope.errors import UsageError
from tokscope.files.writing import whole_file, writing_to
from tokscope.gate.config import of_folder
from tokscope.gate.listing import Listing
from tokscope.gate.proposal import PRE_COMMIT, PROMPTS, WORKFLOW, configuration, find_prompts
from tokscope.inputs import Decoding, Selection, documents
from tokscope.measure.counter import Counter
from tokscope.shell.console import Console
from tokscope.shell.options import OneTokenizer

CONFIG_NAME = "tokscope.toml"


class Wanted(NamedTuple):
    """What to write beside the rules.

    Example: Wanted(github=True).files keys are tokscope.toml and .github/workflows/tokscope.yml
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

    @property
    def files(self) -> dict[str, str]:
        """The files to write, and what is in them."""
        return {
            **({".pre-commit-config.yaml": PRE_COMMIT} if self.pre_commit else {}),
            **({".github/workflows/tokscope.yml": WORKFLOW} if self.github else {}),
        }


def init(tokenizer: OneTokenizer, wanted: Wanted) -> int:
    """Write tokscope.toml, the rules of `tokscope check`, with budgets for the prompts found here."""
    console = Console()
    files = wanted.files
    if not files or of_folder(Path()) is None:
        files = {CONFIG_NAME: _rules(tokenizer, console), **files}
    for name in files:
        if os.path.lexists(name) or (name == CONFIG_NAME and of_folder(Path()) is not None):
            raise UsageError(_there(name))
        if not Path(name).resolve().is_relative_to(Path.cwd().resolve()):
            raise UsageError(f"{name}: a link leads out of this folder; put a folder in its place")
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


def _there(name: str) -> str:
    """Say that a file already exists, and what to do."""
    if name == CONFIG_NAME:
        return "the rules already exist: tokscope check judges by them"
    return f"{name} already exists, and stays as it is: tokscope help ci has what to add"
