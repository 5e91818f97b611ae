"""Proposal: the rules that `tokscope init` writes, from the prompts that a repository has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tokscope.gate.globs import Globs

PROMPTS = {
    "Instructions that an agent reads before every task": [
        "AGENTS.md",
        "CLAUDE.md",
        "GEMINI.md",
        ".cursorrules",
        ".windsurfrules",
        ".windsurf/rules/**",
        ".clinerules",
        ".clinerules/**",
        ".roo/rules/**",
        ".kiro/steering/**",
        ".junie/guidelines.md",
        ".amazonq/rules/**",
        ".github/copilot-instructions.md",
        ".github/instructions/**",
        ".cursor/rules/**",
    ],
    "Skills, which an agent reads when it needs them": ["**/SKILL.md"],
    "Prompts": [
        "**/prompts/**",
        "*.prompt",
        "*.prompt.md",
        "*.prompty",
        ".claude/agents/**",
        ".claude/commands/**",
        ".github/agents/**",
        ".github/chatmodes/**",
    ],
}
"""Where prompts are in repositories, by what they are: globs as in .gitignore."""

HEADROOM = 1.25
"""How much above the largest file of today a proposed budget is, before it is rounded up."""


class PromptFiles(NamedTuple):
    """The files of one kind: the globs that matched, and the tokens of each file.

    Example: PromptFiles("Prompts", ["prompts/**"], {"prompts/a.md": 812})
    """

    kind: str
    globs: Sequence[str]
    tokens: Mapping[str, int]

    @property
    def budget(self) -> int:
        """A round figure above the largest file.

        Example: PromptFiles("Prompts", ["prompts/**"], {"prompts/a.md": 812}).budget -> 1100
        """
        wanted = max(self.tokens.values(), default=0) * HEADROOM
        step = 10 ** max(len(str(int(wanted))) - 2, 1)
        rounded: int = int(-(-wanted // step)) * step
        return max(rounded, 100)


def find_prompts(files: Mapping[str, int]) -> list[PromptFiles]:
    """Sort the files that are prompts by what they are; `files` are paths from the repository, and tokens.

    Example: find_prompts({"AGENTS.md": 900, "src/a.py": 50})[0].globs -> ["AGENTS.md"]
    """
    found = []
    for kind, globs in PROMPTS.items():
        matched = {glob: [name for name in files if Globs.parse([glob]).match(name)] for glob in globs}
        names = dict.fromkeys(name for several in matched.values() for name in several)
        if names:
            present = [glob for glob, several in matched.items() if several]
            found.append(PromptFiles(kind, present, {name: files[name] for name in names}))
    return found


def configuration(found: Iterable[PromptFiles], tokenizer: str) -> str:
    """Write tokscope.toml with a rule for each kind, and comments that say what it means.

    Example: configuration(find_prompts({"AGENTS.md": 900}), "gpt-4o") ends in "max = 1200 ..."
    """
    lines = [
        "# The rules of `tokscope check`: how many tokens files may have. See `tokscope help check`.",
        "",
        f"tokenizer = {json.dumps(tokenizer)}  # or a model, as `tokscope list` names them",
    ]
    for kind in found:
        name, tokens = max(kind.tokens.items(), key=lambda item: item[1])
        which = f"The largest of {len(kind.tokens):,} is" if len(kind.tokens) > 1 else "There is"
        lines += [
            "",
            f"# {kind.kind}. {which} {_toml_comment(name)}, {tokens:,} tokens.",
            "[[budget]]",
            f"paths = {json.dumps(list(kind.globs))}  # globs as in .gitignore",
            f"max = {kind.budget}  # tokens in each file",
            f"# warn = {kind.budget * 9 // 10}  # is reported, and never fails",
        ]
    return "\n".join(lines) + "\n"


def _toml_comment(name: str) -> str:
    """Write a file's name so that it cannot end a comment."""
    return json.dumps(name) if not name.isprintable() else name


PRE_COMMIT = """\
repos:
  - repo: local
    hooks:
      - id: tokscope-check
        name: tokscope check
        entry: tokscope check
        language: system
        types: [text]
        require_serial: true
"""
"""A hook that judges the files of a commit, for .pre-commit-config.yaml."""

WORKFLOW = """\
# Holds the prompts of a pull request to the budgets in tokscope.toml.
name: tokens
on: pull_request
permissions:
  contents: read
jobs:
  tokens:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0 # for --base: what it is compared with
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
      - run: pip install tokscope-cli # once it is published; until then git+ADDRESS in its place
      - run: tokscope check --base "origin/$BASE" --format github
        env:
          BASE: ${{ github.base_ref }}
"""
"""A workflow of GitHub Actions, for .github/workflows/tokscope.yml."""
