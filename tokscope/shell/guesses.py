"""What people type where there is no such command or option, and what they mean."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection

from tokscope.errors import did_you_mean, similar
from tokscope.models.names import vocabulary_of

COMMAND_SYNONYMS = {
    "analyse": ["stats", "compare"],
    "analyze": ["stats", "compare"],
    "audit": ["check"],
    "benchmark": ["bench"],
    "bisect": ["diff"],
    "budget": ["check"],
    "cat": ["split"],
    "ci": ["check"],
    "color": ["split"],
    "colorize": ["split"],
    "colour": ["split"],
    "completion": ["--install-completion"],
    "config": ["init"],
    "context": ["fit"],
    "corpora": ["corpus"],
    "cost": ["fit"],
    "cut": ["truncate", "split"],
    "dashboard": ["play"],
    "detokenize": ["decode"],
    "divide": ["chunk"],
    "embed": ["encode", "weights"],
    "enforce": ["check"],
    "estimate": ["count", "fit"],
    "explain": ["trace"],
    "explore": ["play"],
    "find": ["vocab"],
    "finetune": ["train"],
    "fits": ["fit"],
    "gate": ["check"],
    "grep": ["vocab"],
    "gui": ["play"],
    "head": ["truncate"],
    "highlight": ["split"],
    "html": ["split"],
    "id": ["vocab", "encode"],
    "ids": ["encode"],
    "info": ["list"],
    "inspect": ["split", "trace"],
    "install": ["--install-completion"],
    "interactive": ["play"],
    "learn": ["train"],
    "len": ["count"],
    "length": ["count"],
    "letters": ["chars"],
    "limit": ["check", "truncate"],
    "lint": ["check"],
    "lookup": ["vocab"],
    "ls": ["list"],
    "man": ["help"],
    "manual": ["help"],
    "measure": ["count", "bench"],
    "merge": ["trace"],
    "merges": ["trace"],
    "message": ["chat"],
    "messages": ["chat"],
    "model": ["list --models"],
    "models": ["list --models"],
    "perf": ["bench"],
    "playground": ["play"],
    "price": ["fit"],
    "prices": ["fit"],
    "pricing": ["fit"],
    "print": ["split"],
    "prompt": ["chat"],
    "rag": ["chunk"],
    "repl": ["play"],
    "report": ["stats", "check"],
    "sample": ["samples"],
    "search": ["vocab"],
    "section": ["chunk"],
    "segment": ["split", "chunk"],
    "serve": ["play"],
    "setup": ["init"],
    "shorten": ["truncate"],
    "show": ["split", "list"],
    "size": ["count"],
    "slice": ["chunk", "truncate"],
    "speed": ["bench"],
    "stat": ["stats"],
    "summary": ["count", "stats"],
    "tail": ["truncate"],
    "test": ["check"],
    "time": ["bench"],
    "token": ["count", "split"],
    "tokenise": ["split", "encode"],
    "tokenize": ["split", "encode"],
    "tokenizer": ["list"],
    "tokenizers": ["list"],
    "tokens": ["count", "split"],
    "top": ["count"],
    "tree": ["count"],
    "trim": ["truncate"],
    "truncation": ["truncate"],
    "tui": ["play"],
    "ui": ["play"],
    "usage": ["count", "help"],
    "validate": ["check"],
    "version": ["--version"],
    "view": ["split"],
    "visualise": ["split"],
    "visualize": ["split"],
    "vocabulary": ["vocab"],
    "vs": ["compare"],
    "watch": ["play"],
    "wc": ["count"],
    "web": ["play"],
    "why": ["trace"],
    "window": ["fit"],
    "words": ["count"],
}
"""Other words for commands, as the commands of other tools are called."""

OPTION_SYNONYMS = {
    "--accept": ["--update-baseline"],
    "--actions": ["--github"],
    "--all": ["--no-ignore", "--hidden"],
    "--backlog": ["--update-baseline"],
    "--bars": ["--plot"],
    "--baseline": ["--update-baseline"],
    "--cached": ["--base"],
    "--changed": ["--base"],
    "--chart": ["--plot"],
    "--chunk-size": ["--budget"],
    "--ci": ["--github"],
    "--colored": ["--color"],
    "--config-file": ["--config"],
    "--content": ["--text"],
    "--context": ["--overlap"],
    "--cost": ["tokscope fit"],
    "--count": ["--top"],
    "--csv": ["--format csv"],
    "--cut": ["--truncate-to"],
    "--debug": ["--verbose"],
    "--details": ["--verbose"],
    "--diff": ["--base"],
    "--dir": ["--include"],
    "--dry-run": ["--exit-zero"],
    "--encoding-name": ["--tokenizer"],
    "--ext": ["--include", "--by ext"],
    "--extension": ["--include", "--by ext"],
    "--fail-over": ["--budget"],
    "--filter": ["--include", "--grep"],
    "--format": ["--output"],
    "--github": ["tokscope check --format github"],
    "--github-actions": ["--github"],
    "--gitlab": ["tokscope check --format gitlab"],
    "--glob": ["--include"],
    "--graph": ["--plot"],
    "--group-by": ["--by"],
    "--head": ["--top", "--keep head"],
    "--hook": ["--pre-commit"],
    "--html": ["--format html"],
    "--ignore": ["--exclude", "--no-ignore"],
    "--json": ["--output"],
    "--junit": ["tokscope check --format junit"],
    "--language": ["--script"],
    "--length": ["--budget"],
    "--limit": ["--budget", "--top"],
    "--markdown": ["--format md"],
    "--max": ["--budget", "--top"],
    "--max-length": ["--budget", "--pad-to"],
    "--max-tokens": ["--budget"],
    "--models": ["--model"],
    "--modified": ["--base"],
    "--no-color": ["--color never"],
    "--no-colour": ["--color never"],
    "--no-fail": ["--exit-zero"],
    "--nocolor": ["--color never"],
    "--order": ["--sort"],
    "--order-by": ["--sort"],
    "--out": ["--output"],
    "--per-file": ["--by"],
    "--plain": ["--format plain"],
    "--pretty": ["--format table"],
    "--price": ["tokscope fit"],
    "--print": ["--dry-run"],
    "--prompt": ["--text"],
    "--raw": ["--format plain"],
    "--repeat": ["--runs"],
    "--report": ["--output-file", "--output"],
    "--rule": ["--config"],
    "--sarif": ["tokscope check --format sarif"],
    "--search": ["--grep"],
    "--show-ids": ["--ids"],
    "--silent": ["--quiet"],
    "--since": ["--base"],
    "--size": ["--budget"],
    "--sort-by": ["--sort"],
    "--staged": ["--base"],
    "--stdout": ["--dry-run"],
    "--string": ["--text"],
    "--svg": ["--format svg", "--output"],
    "--table": ["--format table"],
    "--tail": ["--keep tail"],
    "--threshold": ["--budget"],
    "--tokens": ["--budget"],
    "--tsv": ["--format plain"],
    "--warn-only": ["--exit-zero"],
    "--window": ["--budget", "--overlap"],
    "--workflow": ["--github"],
    "--yaml": ["--format json"],
    "-a": ["--hidden", "--no-ignore"],
    "-c": ["--color", "--format"],
    "-d": ["--ids"],
    "-e": ["--encoding", "--tokenizer"],
    "-f": ["--format", "--files-from"],
    "-g": ["--grep"],
    "-j": ["--json", "--output"],
    "-k": ["--top", "--keep"],
    "-l": ["--top"],
    "-n": ["--budget", "--top"],
    "-p": ["--text", "--plot"],
    "-s": ["--sort", "--text"],
    "-w": ["--warn"],
}
"""Other words for options; what is offered is those that the command has."""


NEEDLESS = {
    **dict.fromkeys(("--recursive", "-r", "-R"), "folders are read with all folders below"),
    **dict.fromkeys(("--input", "--file", "--path"), "files and folders are named without an option"),
    **dict.fromkeys(("--stdin", "--pipe"), "what is piped in is read"),
    **dict.fromkeys(("--total", "--totals", "--sum"), "several files have their total below"),
    **dict.fromkeys(("--force", "--overwrite"), "only -o replaces a file that exists"),
    **dict.fromkeys(("--fail", "--strict", "--ci", "--exit-code"), "what fails sets the exit code"),
}
"""Options for what is done anyway, by commands that do not have them."""


BUDGETED = ["tokscope check --budget", "tokscope truncate --budget"]
"""What to offer for a budget where a command has none."""

LIKE = 0.75
"""How alike an option has to be to be offered: two dashes make any two of them somewhat alike."""


def command_meant(typed: str, names: Collection[str], outermost: bool = True) -> str:
    """Say what somebody meant who typed this in place of a command.

    Example: command_meant("models", ["list", "count"]) -> "no command 'models': did you mean list --models?"

    `outermost` is false within a group like `train`, which takes no text and no path.
    """
    meant = [
        one for one in COMMAND_SYNONYMS.get(typed.lower(), []) if one.split()[0] in names or one[0] == "-"
    ]
    if outermost and not meant and vocabulary_of(typed) is not None:
        return f"{typed!r} is a tokenizer, not a command: tokscope count -t {typed} ..."
    alike = [] if meant else similar(typed.lower(), names)
    if outermost and typed != "" and os.path.lexists(typed):
        return f"{typed!r} is a path, not a command; to count it: tokscope count {shlex.quote(typed)}"
    counted = f"tokscope count -x {shlex.quote(typed)}"
    if outermost and not meant and not alike and not (typed.isascii() and typed.isidentifier()):
        return f"no command {typed!r}; to count this text: {counted}"
    if outermost and not meant and not similar(typed.lower(), names, LIKE):
        meant = [*alike, counted]
    known = f"there are {', '.join(names)}"
    return f"no command {typed!r}: {did_you_mean(meant or alike, known)}"


def option_meant(typed: str, options: Collection[str]) -> str:
    """Say what somebody meant who typed this in place of an option of a command that has these `options`.

    Example: option_meant("--max", ["--budget"]) -> "no option --max: did you mean --budget?"
    """
    others = [typed, *OPTION_SYNONYMS.get(typed, [])]
    meant = [one for one in others if one.split()[0] in (*options, "tokscope")]
    if not meant and typed in NEEDLESS:
        return f"no option {typed}: leave it out, {NEEDLESS[typed]}"
    if "--budget" in others and "--budget" not in options:
        meant += BUDGETED
    meant = meant or similar(typed, [one for one in options if one.startswith("--")], LIKE)
    return f"no option {typed}: {did_you_mean(meant, '--help lists them all')}"
