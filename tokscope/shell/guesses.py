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

BEFORE_COMMANDS = "--version", "--help", "--install-completion", "--show-completion"
"""The options of tokscope itself, which no command follows."""

BUDGETS = "--truncate-to", "--tokens"
"""What sets a number of tokens in commands without --budget."""

BUDGET_COMMANDS = ["tokscope check --budget", "tokscope truncate --budget"]
"""What to offer for a budget where a command has none."""

LIKE = 0.75
"""How alike an option has to be to be offered: two dashes make any two of them somewhat alike."""

NEAR = 0.81
"""How alike another word for a command has to be: texts are typed there, too, such as "world"."""

OF_NAMES = "agree", "corpus", "diff", "help", "init", "list", "samples", "vocab", "weights"
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
    there = [*dict.fromkeys(one for one in meant if one.partition(" ")[0] in names or one.startswith("--"))]
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
    others = [] if meant or group else _other_words_like(typed.lower(), names)
    misspelt = [*dict.fromkeys(one for other in others for one in synonyms_of(other, names))]
    if group:
        if not meant and typed and os.path.lexists(typed):
            return f"{typed!r} is a path, not a command: {group} {next(iter(names))} {_shown(words)}"
        known = f"there are {', '.join(names)}"
        return f"no command {typed!r}: {did_you_mean(meant or alike, known)}"
    if typed == "-" or (typed and os.path.lexists(typed)):
        return f"{typed!r} is a path, not a command; to count it: {_count_line(words)}"
    if not meant and (answer := _no_command(words)):
        return answer
    counted = _count_line(["-x", *_as_text(words)])
    if not meant and not alike and not (typed.isascii() and typed.isidentifier()):
        return f"no command {typed!r}; to count this text: {counted}"
    if misspelt:
        meant = [*misspelt, counted]
    elif not meant and not similar(typed.lower(), names, LIKE):
        meant = [*alike[:2], counted]
    elif len(meant or alike) == 1 and words[1:]:
        meant = [_whole_line((meant or alike)[0], words[1:])]
    return f"no command {typed!r}: {did_you_mean(meant or alike, '')}"


def _other_words_like(typed: str, names: Collection[str]) -> list[str]:
    """Give the words for commands that somebody began or misspelt; none where a command's name is nearer.

    Example: _other_words_like("verion", ["verify"]) -> ["version"]
    """
    words = [*names, *COMMAND_SYNONYMS]
    begun = [one for one in words if one.startswith(typed)] if len(typed) > 3 else []
    nearest = sorted(begun, key=lambda one: (one not in names, len(one)))[:1] or similar(typed, words, NEAR)
    return [] if nearest and nearest[0] in names else nearest


def _no_command(words: Sequence[str]) -> str | None:
    """Answer what looks like a tokenizer, a program, an address, a file that is not there, or a pattern."""
    from tokscope.models.meant import PROGRAMS, instead_of

    typed = words[0]
    if line := _with_tokenizer(words):
        return f"{typed!r} is a tokenizer, not a command: {line}"
    if typed.lower() in PROGRAMS.split():
        return f"no command {typed!r}: {instead_of(typed, '')}"
    if re.match("https?://", typed):
        return f"an address is not fetched: curl -sL {shlex.quote(typed)} | tokscope count"
    if re.fullmatch(r"[\w.~/\\-]*(?:\w\.[a-z]\w{0,7}|[\w.~]/[\w.~/\\-]*)", typed):
        there = similar(typed, _beside(typed))
        found = f": did you mean {_count_line([there[0], *words[1:]])}?" if there else ""
        return f"no command and no file {typed!r}{found}"
    if re.fullmatch(r"[^\s*?\[]*[*?\[]\S*[^?]", typed):
        pattern = f"tokscope count . --include {shlex.quote(typed)}"
        return f"no command and no file {typed!r}; as a pattern: {pattern}"
    return None


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
    if misspelt := similar(option, BEFORE_COMMANDS, LIKE):
        return f"no option {option}: {did_you_mean(misspelt[:1], '')}"
    name = option.lstrip("-")
    real = any(option == one.partition(" ")[0] for several in OPTION_SYNONYMS.values() for one in several)
    if real:
        return option_meant(option, options, "count")
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
    dashed = typed.replace("_", "-")
    others = [*dict.fromkeys((typed, dashed, *OPTION_SYNONYMS.get(dashed, [])))]
    if f"tokscope {command}" in others:
        return f"no option {typed}: leave it out, that is what tokscope {command} shows"
    meant = [one for one in others if one.partition(" ")[0] in options]
    elsewhere = [one for one in others if one.startswith("tokscope ")]
    meant = meant or [one for one in elsewhere if not one.startswith(f"tokscope {command} ")]
    if not meant and dashed in NEEDLESS:
        return f"no option {typed}: leave it out, {NEEDLESS[dashed]}"
    if cure := ADVICE.get(f"{command} {dashed}") or ("" if meant else _advice(others, command)):
        return f"no option {typed}: {cure}"
    if "--budget" in others and "--budget" not in options:
        own = [one for one in BUDGETS if one in options]
        meant = [*own, *meant] if own else [*meant, *BUDGET_COMMANDS]
    long = [one for one in options if one.startswith("--")]
    meant = meant or _options_like(dashed, long)
    if not meant and (page := _page_with(dashed, command)):
        return f"no option {typed}: tokscope help {page} explains it"
    meant = meant or (similar(dashed, long, LIKE) if typed.startswith("--") else [])
    otherwise = "tokscope COMMAND --help has those of each" if command == "help" else "--help lists them all"
    return f"no option {typed}: {did_you_mean(meant, otherwise)}"


def _advice(others: Sequence[str], command: str) -> str:
    """Find what to do where no option does what somebody typed, or what that clearly stands for."""
    typed, *stands_for = dict.fromkeys(one.partition(" ")[0] for one in others)
    names = [typed, *stands_for] if len(stands_for) == 1 else [typed]
    advice = (ADVICE.get(key) for name in names for key in (f"{command} {name}", name))
    return next(filter(None, advice), "")


def _options_like(typed: str, options: Sequence[str]) -> list[str]:
    """Name the options that begin like another, or else those whose words are all among its words."""
    if not typed.startswith("--"):
        return []
    begun = [one for one in options if one.startswith(typed) and len(typed) > 4]
    words = {*typed[2:].split("-")}
    return begun or [one for one in options if len(one) > 4 and words.issuperset(one[2:].split("-"))]


def _page_with(option: str, command: str) -> str | None:
    """Name the page of the manual that tells of an option that a command does not have; None for none."""
    from tokscope.manual import page, subjects

    shown = re.compile(rf"`{re.escape(option)}(?![\w-])")
    names = [one for one in subjects() if one not in ("changes", command)] if len(option) > 3 else []
    return next((name for name in names if shown.search(page(name))), None)
