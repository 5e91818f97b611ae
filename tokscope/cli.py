"""The app: its commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer
from typer._click import Command, Context  # typer carries its own click since 0.28; pyproject.toml bounds it
from typer.core import TyperGroup
from typer.exceptions import TyperException

from tokscope import __version__
from tokscope.errors import ExitCode, TokscopeError, UsageError

COMMANDS: dict[str, str] = {
    "count": "tokscope.commands.count:count",
    "split": "tokscope.commands.split:split",
    "compare": "tokscope.commands.compare:compare",
    "bench": "tokscope.commands.bench:bench",
    "list": "tokscope.commands.list:list_",
}
"""Each command is "module:function", imported when it is called: what the others need costs nothing."""


class Commands(TyperGroup):
    """The commands, each made from its function when it is asked for."""

    def list_commands(self, ctx: Context) -> list[str]:
        """Name the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """Make one command."""
        if cmd_name not in COMMANDS:
            from difflib import get_close_matches

            close = get_close_matches(cmd_name, COMMANDS) or list(COMMANDS)
            raise UsageError(f"no command {cmd_name!r}: did you mean {' or '.join(close)}?")
        module, _, function = COMMANDS[cmd_name].partition(":")
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        single.command(cmd_name)(getattr(import_module(module), function))
        return typer.main.get_command(single)


app = typer.Typer(
    cls=Commands,
    name="tokscope",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"tokscope {__version__}")
        raise typer.Exit


@app.callback()
def tokscope(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Count, split and compare tokens with every family of tokenizer, offline and exact."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and give its exit code; no exception but a bug gets out of here.

    Example: run(["count", "-x", "Hello world"]) prints 2 and gives 0
    """
    if arguments is None:
        arguments = sys.argv[1:]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]  # TextIOWrapper
    try:
        code = _invoke(list(arguments) or ["--help"])
        sys.stdout.flush()
    except TyperException as error:
        _say(error.format_message())
        return ExitCode.ERROR
    except TokscopeError as error:
        _say(str(error))
        return ExitCode.ERROR
    except BrokenPipeError:
        # The reader has had enough, as `head` does: no failure. What Python still holds for it goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except SystemExit:  # rich's answer to the same
        return ExitCode.OK
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return code if arguments else ExitCode.ERROR


def _invoke(arguments: list[str]) -> int:
    """Do what typer does for a command line, without its own answers to errors and closed pipes."""
    command = typer.main.get_command(app)
    try:
        with command.make_context("tokscope", arguments) as context:
            code: int | None = command.invoke(context)
            return code or ExitCode.OK
    except typer.Exit as leaving:  # --help, --version
        return leaving.exit_code


def _say(message: str) -> None:
    from tokscope.render.visible import visible

    print(f"tokscope: {visible(message)}", file=sys.stderr)


def main() -> None:
    """Run the command line of this process."""
    if "_TOKSCOPE_COMPLETE" in os.environ:  # the shell asks for completions, which typer answers
        app(prog_name="tokscope")
    sys.exit(run())
