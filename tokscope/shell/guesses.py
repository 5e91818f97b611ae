"""What people type where there is no such command or option, and what they mean."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Collection, Sequence
from itertools import islice
from pathlib import Path

from tokscope.errors import did_you_mean, similar
from tokscope.shell.synonyms import ADVICE, COMMAND_SYNONYMS, NEEDLESS, OPTION_SYNONYMS

BUDGET_COMMANDS = ["tokscope check --budget", "tokscope truncate --budget"]
"""What to offer for a budget where a command has none."""

LIKE = 0.75
"""How alike an option has to be to be offered: two dashes make any two of them somewhat alike."""

OF_NAMES = "agree", "diff", "help", "init", "list", "samples", "vocab"
"""The commands whose arguments are names, or files alone."""

LONGEST_LINE = 160
"""How many characters of what somebody typed are repeated."""


def synonyms_of(word: str, names: Collection[str]) -> list[str]:
    """Give the commands among `names` that another word stands for, or a name made of several.

    Example: synonyms_of("models", ["list"]) -> ["list --models"]; synonyms_of("count-tokens", ["count"]) ->
    ["count"]
    """
    word = word.lower()
    parts = [word] if word in COMMAND_SYNONYMS else filter(None, re.split("[-_]", word))
    meant = [one for part in parts for one in (part, *COMMAND_SYNONYMS.get(part, ()))]
    there = [*dict.fromkeys(one for one in meant if one.split()[0] in names or one.startswith("--"))]
    return [one for one in there if not any(other.startswith(f"{one} ") for other in there)]


def command_meant(words: Sequence[str], names: Collection[str], group: str = "") -> str:
    """Say what somebody meant who typed these words, the first in place of a command.

    Example: command_meant(["models"], ["list", "count"]) -> "no command 'models': did you mean
    list --models?"

    A `group` like "tokscope train", whose commands are the `names`, takes no text and no path.
    """
    typed = words[0]
    meant = synonyms_of(typed, names)
    alike = [] if meant else similar(typed.lower(), names)
    if group:
        if not meant and typed and os.path.lexists(typed):
            return f"{typed!r} is a path, not a command: {group} {next(iter(names))} {_shown(words)}"
        known = f"there are {', '.join(names)}"
        return f"no command {typed!r}: {did_you_mean(meant or alike, known)}"
    if typed == "-" or (typed and os.path.lexists(typed)):
        return f"{typed!r} is a path, not a command; to count it: {_count_line(words)}"
    if not meant and (line := _with_tokenizer(words)):
        return f"{typed!r} is a tokenizer, not a command: {line}"
    if re.match("https?://", typed):
        return f"an address is not fetched: curl -sL {shlex.quote(typed)} | tokscope count"
    if re.fullmatch(r"[\w.~/\\-]*(?:\w\.[a-z]\w{0,7}|[\w.~]/[\w.~/\\-]*)", typed):
        there = similar(typed, _beside(typed))
        found = f": did you mean {_count_line([there[0], *words[1:]])}?" if there else ""
        return f"no command and no file {typed!r}{found}"
    counted = _count_line(["-x", *_as_text(words)])
    if not meant and not alike and not (typed.isascii() and typed.isidentifier()):
        return f"no command {typed!r}; to count this text: {counted}"
    if not meant and not similar(typed.lower(), names, LIKE):
        meant = [*alike[:2], counted]
    elif len(meant or alike) == 1 and words[1:]:
        meant = [_whole_line((meant or alike)[0], words[1:])]
    return f"no command {typed!r}: {did_you_mean(meant or alike, '')}"


def option_before_command(
    option: str, words: Sequence[str], names: Collection[str], options: Collection[str]
) -> str:
    """Say what somebody meant who typed these words, an option among them before any command.

    Example: option_before_command("-t", ["-t", "gpt-4o", "a.md"], ["count"], ["-t"]) ->
    "no option -t before the command: tokscope count -t gpt-4o a.md"

    `names` are the commands, and `options` those of the command that counts.
    """
    if option == "-v":
        return "no option -v before the command: did you mean --version?"
    if option in options:
        command = next((word for word in words if word in names), "count")
        rest = [*words]
        if command in rest:
            rest.remove(command)
        return f"no option {option} before the command: tokscope {command} {_shown(rest)}"
    name = option.lstrip("-")
    known = name in names or name in COMMAND_SYNONYMS
    if (known or option not in OPTION_SYNONYMS) and (meant := synonyms_of(name, names)):
        rest = [word for word in words if word != option]
        lines = [f"tokscope {one}{_with_rest(rest)}" for one in meant]
        return f"no option {option}: {did_you_mean(lines, '')}"
    return option_meant(option, options, "count")


def _with_rest(words: Sequence[str]) -> str:
    return f" {_shown(words)}" if words else ""


def _count_line(words: Sequence[str]) -> str:
    return f"tokscope count {_shown(words)}"


def _shown(words: Sequence[str]) -> str:
    """Write words as the shell reads them, and no more of them than fit a line or two."""
    line = shlex.join(words)
    if len(line) <= LONGEST_LINE:
        return line
    kept = list(words[:1])
    while len(shlex.join([*kept, words[len(kept)]])) <= LONGEST_LINE:
        kept.append(words[len(kept)])
    return f"{shlex.join(kept)} ..."


def _as_text(words: Sequence[str]) -> list[str]:
    """Join the words before the first option into one text."""
    end = next((index for index, word in enumerate(words) if index and word.startswith("-")), len(words))
    return [" ".join(words[:end]), *words[end:]]


def _with_tokenizer(words: Sequence[str]) -> str | None:
    """Write the command line that counts, or shows, what follows a tokenizer's name; None for other words."""
    from tokscope.models.meant import model_named
    from tokscope.registry.backends import BACKENDS

    name, *rest = words
    model = model_named(name)
    if model is None and name not in BACKENDS:
        return None
    command = "split" if model is None else "count"
    if rest and not rest[0].startswith("-") and not os.path.lexists(rest[0]):
        rest = ["-x", *_as_text(rest)]
    return f"tokscope {command} -t {_shown([model or name, *rest])}{'' if rest else ' ...'}"


def _whole_line(command: str, words: Sequence[str]) -> str:
    """Write what follows a wrong command after the right one, a text or a model's name after its option."""
    from tokscope.models.meant import model_named

    if command.split()[0] not in OF_NAMES and not words[0].startswith("-") and not os.path.lexists(words[0]):
        model = model_named(words[0])
        words = ["-x", *_as_text(words)] if model is None else ["-t", model, *words[1:]]
    return f"tokscope {command} {_shown(words)}"


def _beside(path: str) -> list[str]:
    """List the files beside one that does not exist, named in the same way."""
    folder = Path(path).parent
    try:
        return [str(one) for one in islice(folder.iterdir(), 1000)]
    except OSError:
        return []


def option_meant(typed: str, options: Collection[str], command: str) -> str:
    """Say what somebody meant who typed this in place of an option of a command that has these `options`.

    Example: option_meant("--max", ["--budget"], "check") -> "no option --max: did you mean --budget?"
    """
    others = [typed, *OPTION_SYNONYMS.get(typed, [])]
    if f"tokscope {command}" in others:
        return f"no option {typed}: leave it out, that is what tokscope {command} shows"
    meant = [one for one in others if one.split()[0] in (*options, "tokscope")]
    meant = [one for one in meant if not one.startswith(f"tokscope {command} ")]
    if not meant and typed in NEEDLESS:
        return f"no option {typed}: leave it out, {NEEDLESS[typed]}"
    if cure := ADVICE.get(f"{command} {typed}") or (not meant and ADVICE.get(typed)):
        return f"no option {typed}: {cure}"
    if "--budget" in others and "--budget" not in options:
        meant += BUDGET_COMMANDS
    meant = meant or _options_like(typed, [one for one in options if one.startswith("--")])
    return f"no option {typed}: {did_you_mean(meant, _told_in(typed, command))}"


def _options_like(typed: str, options: Sequence[str]) -> list[str]:
    """Name the options that begin like another, have its words, are among its words, or are spelled alike."""
    if not typed.startswith("--"):
        return []
    begun = [one for one in options if one.startswith(typed) and len(typed) > 4]
    words = typed[2:].split("-")
    within = [one for one in options if len(one) > 4 and set(one[2:].split("-")) <= {*words}]
    return begun or within or similar(typed, options, LIKE)


def _told_in(option: str, command: str) -> str:
    """Say where an option is that a command does not have."""
    from tokscope.manual import page, subjects

    shown = re.compile(rf"`{re.escape(option)}(?![\w-])")
    for name in subjects() if len(option) > 3 else ():
        if name not in ("changes", command) and shown.search(page(name)):
            return f"tokscope help {name} explains it"
    return "tokscope COMMAND --help has those of each" if command == "help" else "--help lists them all"
