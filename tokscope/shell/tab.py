"""What passes between a shell and typer at Tab, where typer's own part would not do.

bash takes a name apart at its colons, and zsh reads an answer as shell code; no shell but bash takes the
value alone for an answer to --option=value.
"""

from __future__ import annotations

import os
import re
import shlex
from typing import Any, cast

from typer import _completion_classes, _completion_shared  # its own: pyproject.toml bounds it
from typer._click.shell_completion import CompletionItem, ShellComplete

_BASH = r"""
%(complete_func)s() {
    local IFS=$'\n'
    COMPREPLY=( $( env _TYPER_COMPLETE_ARGS="${COMP_LINE:0:COMP_POINT}" \
                   COMP_WORDBREAKS="$COMP_WORDBREAKS" \
                   %(autocomplete_var)s=complete_bash $1 ) )
    return 0
}

complete -o default -F %(complete_func)s %(prog_name)s
"""

_ZSH_AT_ONCE = 'if [[ $zsh_eval_context[-1] == loadautofunc ]]; then %(complete_func)s "$@"; fi\n'
"""Lets zsh complete when it loads typer's file, too, which else only says how to from the next Tab on."""


def set_scripts() -> None:
    """Have typer show and install scripts that send all that the answers need.

    Example: set_scripts(), before --show-completion
    """
    scripts = _completion_shared._completion_scripts
    scripts["bash"] = _BASH
    scripts["zsh"] += _ZSH_AT_ONCE


def set_answers() -> None:
    """Have typer answer so that each shell understands it.

    Example: set_answers(), before a command with _TOKSCOPE_COMPLETE=complete_bash in the environment
    """
    vars(_completion_classes).update(
        BashComplete=_Bash,
        ZshComplete=_Zsh,
        FishComplete=_Fish,
        # It would take rich's markup out of help, which has none here, and rich takes long to import.
        _sanitize_help_text=lambda text: text,
    )


class _WithOption(ShellComplete):
    """Offers all of --option=value for what begins with --option=, where typer offers the value alone."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        found = super().get_completions(args, incomplete)
        option, equals, _ = incomplete.partition("=")
        if equals and option.startswith("-"):
            for item in found:
                item.value = f"{option}={item.value}"
        return found


class _Bash(_WithOption, _completion_classes.BashComplete):
    """Answers for the part of a word that bash replaces: after its last break, or all of it in quotes."""

    def get_completion_args(self) -> tuple[list[str], str]:
        if "COMP_WORDS" in os.environ:  # from typer's own script, which is installed
            return super().get_completion_args()
        return _completion_classes.ZshComplete.get_completion_args(cast(Any, self))

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        found = super().get_completions(args, incomplete)
        if _in_quotes(os.environ.get("_TYPER_COMPLETE_ARGS", "")):
            return found
        breaks = set(":=@").intersection(os.environ.get("COMP_WORDBREAKS", ""))
        kept = max((incomplete.rfind(one) + 1 for one in breaks), default=0)
        for item in found:
            item.value = re.sub(r"([^\w%+,./:=@-])", r"\\\1", item.value[kept:])
        return found


def _in_quotes(line: str) -> bool:
    """Whether a quotation mark is open at the end of a line."""
    try:
        shlex.split(line)
    except ValueError as error:
        return "quotation" in str(error)
    return False


class _Zsh(_WithOption, _completion_classes.ZshComplete):
    """Answers in words that are quoted twice, as zsh reads them twice: '... "word":"help" ...'."""

    def format_completion(self, item: CompletionItem) -> str:
        value = _read_twice(item.value.replace("\\", "\\\\").replace(":", "\\:"))
        return f"{value}:{_read_twice(item.help)}" if item.help else value

    def complete(self) -> str:
        answer = super().complete()
        return "compset -P '-*='; _files" if answer == "_files" else answer  # the value of --output=FILE


def _read_twice(text: str) -> str:
    inner = re.sub(r'(["$`\\])', r"\\\1", text)
    return '"{}"'.format(inner.replace("'", r"'\''"))


class _Fish(_WithOption, _completion_classes.FishComplete):
    pass
