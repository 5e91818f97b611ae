"""What people type where there is no such command or option, and what they mean."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection

from tokscope.errors import did_you_mean, similar

COMMANDS = {
    "benchmark": ["bench"],
    "budget": ["check"],
    "ci": ["check"],
    "color": ["split"],
    "config": ["init"],
    "context": ["fit"],
    "cost": ["fit"],
    "cut": ["truncate", "split"],
    "detokenize": ["decode"],
    "explain": ["trace"],
    "explore": ["play"],
    "gate": ["check"],
    "ids": ["encode"],
    "info": ["list"],
    "inspect": ["split", "trace"],
    "learn": ["train"],
    "len": ["count"],
    "length": ["count"],
    "lint": ["check"],
    "ls": ["list"],
    "man": ["help"],
    "manual": ["help"],
    "messages": ["chat"],
    "model": ["list --models"],
    "models": ["list --models"],
    "playground": ["play"],
    "price": ["fit"],
    "prices": ["fit"],
    "print": ["split"],
    "setup": ["init"],
    "show": ["split", "list"],
    "size": ["count"],
    "stat": ["stats"],
    "token": ["count", "split"],
    "tokenise": ["split", "encode"],
    "tokenize": ["split", "encode"],
    "tokenizer": ["list"],
    "tokenizers": ["list"],
    "tokens": ["count", "split"],
    "trim": ["truncate"],
    "tui": ["play"],
    "version": ["--version"],
    "view": ["split"],
    "visualize": ["split"],
    "vocabulary": ["vocab"],
    "wc": ["count"],
    "why": ["trace"],
    "window": ["fit"],
}
"""Other words for commands, as the commands of other tools are called."""

OPTIONS = {
    "--all": ["--no-ignore", "--hidden"],
    "--csv": ["--format csv"],
    "--encoding-name": ["--tokenizer"],
    "--file": ["--files-from"],
    "--input": ["--files-from"],
    "--language": ["--script"],
    "--limit": ["--budget", "--top"],
    "--markdown": ["--format md"],
    "--max": ["--budget", "--top"],
    "--max-length": ["--budget", "--pad-to"],
    "--max-tokens": ["--budget"],
    "--out": ["--output"],
    "--search": ["--grep"],
    "--table": ["--format table"],
    "--threshold": ["--budget"],
    "--tokens": ["--budget"],
    "-a": ["--hidden", "--no-ignore"],
    "-e": ["--encoding", "--tokenizer"],
    "-f": ["--format", "--files-from"],
    "-j": ["--json"],
    "-l": ["--top"],
    "-n": ["--budget", "--top"],
    "-s": ["--sort", "--text"],
}
"""Other words for options; what is offered is those that the command has."""


def command_meant(typed: str, names: Collection[str], outermost: bool = True) -> str:
    """Say what somebody meant who typed this in place of a command.

    Example: command_meant("models", ["list", "count"]) -> "no command 'models': did you mean list --models?"

    `outermost` is false within a group like `train`, which takes no text and no path.
    """
    meant = [one for one in COMMANDS.get(typed.lower(), []) if one.split()[0] in names or one[0] == "-"]
    meant = meant or similar(typed.lower(), names)
    if outermost and typed != "" and os.path.lexists(typed):
        return f"{typed!r} is a path and no command; to count it: tokscope count {shlex.quote(typed)}"
    if outermost and not meant and not (typed.isascii() and typed.isidentifier()):
        return f"no command {typed!r}; to count this text: tokscope count -x {shlex.quote(typed)}"
    return f"no command {typed!r}: {did_you_mean(meant, 'tokscope --help lists them')}"


def option_meant(typed: str, options: Collection[str]) -> str:
    """Say what somebody meant who typed this in place of an option of a command that has these `options`.

    Example: option_meant("--max", ["--budget"]) -> "no option --max: did you mean --budget?"
    """
    meant = [one for one in OPTIONS.get(typed, []) if one.split()[0] in options]
    meant = meant or similar(typed, options)
    return f"no option {typed}: {did_you_mean(meant, '--help lists those that there are')}"
