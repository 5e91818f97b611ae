"""The app: its commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import inspect
import io
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from importlib import import_module
from typing import Annotated, Any, get_type_hints

import typer
from typer._click import Command, Context  # typer carries its own click since 0.28; pyproject.toml bounds it
from typer.core import TyperGroup
from typer.exceptions import TyperException

from tokscope import __version__
from tokscope.errors import ExitCode, OutputError, TokscopeError, UsageError
from tokscope.shell.stderr import complain

COMMANDS: dict[str, dict[str, str | dict[str, str]]] = {
    "Count": {
        "count": "tokscope.commands.count:count",
        "compare": "tokscope.commands.compare:compare",
        "stats": "tokscope.commands.stats:stats",
        "bench": "tokscope.commands.bench:bench",
    },
    "Look inside": {
        "split": "tokscope.commands.split:split",
        "trace": "tokscope.commands.trace:trace",
        "chars": "tokscope.commands.chars:chars",
        "vocab": "tokscope.commands.vocab:vocab",
        "list": "tokscope.commands.list:list_",
    },
    "Make it fit": {
        "check": "tokscope.commands.check:check",
        "diff": "tokscope.commands.diff:diff",
        "fit": "tokscope.commands.fit:fit",
        "chat": "tokscope.commands.chat:chat",
        "truncate": "tokscope.commands.truncate:truncate",
        "chunk": "tokscope.commands.chunk:chunk",
        "encode": "tokscope.commands.encode:encode",
        "decode": "tokscope.commands.decode:decode",
    },
    "Learn": {
        "train": {
            "bpe": "tokscope.commands.train.bpe:bpe",
            "wordpiece": "tokscope.commands.train.wordpiece:wordpiece",
            "unigram": "tokscope.commands.train.unigram:unigram",
            "entropy": "tokscope.commands.train.entropy:entropy",
            "neural": "tokscope.commands.train.neural:neural",
        },
        "adapt": "tokscope.commands.adapt:adapt",
    },
}
"""Each command is a line, "module:function", under the heading that the help shows it by.

It is imported when it is called: what the others need costs nothing. A dict in a command's place is a group
of commands, a package of commands/ whose docstring is the group's help.
"""


class Commands(TyperGroup):
    """Commands, each made from its function when it is asked for."""

    group: Mapping[str, str] | None = None  # None: all that there are

    @property
    def names(self) -> Mapping[str, str | Mapping[str, str]]:
        """Where each command is."""
        if self.group is not None:
            return self.group
        return {name: where for panel in COMMANDS.values() for name, where in panel.items()}

    def list_commands(self, ctx: Context) -> list[str]:
        """Name the commands, in the order of the help."""
        return list(self.names)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """Make one command, or a group of them."""
        if cmd_name not in self.names:
            from difflib import get_close_matches

            close = get_close_matches(cmd_name, self.names) or list(self.names)
            raise UsageError(f"no command {cmd_name!r}: did you mean {' or '.join(close)}?")
        named = self.names[cmd_name]
        panel = next((panel for panel, names in COMMANDS.items() if cmd_name in names), None)
        if not isinstance(named, str):
            package = import_module(f"tokscope.commands.{cmd_name}")
            group = Commands(name=cmd_name, no_args_is_help=True, help=package.__doc__)
            group.rich_help_panel = panel
            group.group = named
            return group
        module, _, function = named.partition(":")
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        single.command(cmd_name, rich_help_panel=panel)(grouped(getattr(import_module(module), function)))
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
        if stream is not None:  # closed by the shell
            assert isinstance(stream, io.TextIOWrapper)
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        if sys.stdout is None:
            raise OutputError("standard output is closed")
        code = _invoke(list(arguments) or ["--help"])
        sys.stdout.flush()
    except TyperException as error:
        if message := error.format_message():  # none where a group of commands has shown its help
            complain(message)
        return ExitCode.ERROR
    except TokscopeError as error:
        complain(str(error))
        return ExitCode.ERROR
    except BrokenPipeError:
        # The reader has had enough, as `head` does: no failure. (stderr's stays in complain.)
        _forget_stdout()
        return ExitCode.OK
    except OSError as error:  # no space, or an error of the device
        _forget_stdout()
        complain(f"standard output: {error.strerror}")
        return ExitCode.ERROR
    except MemoryError:
        complain("out of memory; a tokenizer that wants the whole text at once needs more than there is")
        return ExitCode.ERROR
    except SystemExit:  # what typer's help does on a closed pipe
        return ExitCode.OK
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return code if arguments else ExitCode.ERROR


def _forget_stdout() -> None:
    """Let Python's last flush of standard output go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _invoke(arguments: list[str]) -> int:
    """Do what typer does for a command line, without its own answers to errors and closed pipes."""
    command = typer.main.get_command(app)
    try:
        with command.make_context("tokscope", arguments) as context:
            code: int | None = command.invoke(context)
            return code or ExitCode.OK
    except typer.Exit as leaving:  # --help, --version
        return leaving.exit_code


def main() -> None:
    """Run the command line of this process."""
    if "_TOKSCOPE_COMPLETE" in os.environ:  # the shell asks for completions, which typer answers
        with suppress(TokscopeError):  # there are none for a command that does not exist
            app(prog_name="tokscope")
        return
    # A job that is called off leaves no half-written file behind, just as Ctrl-C does not.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run())


def grouped(command: Callable[..., int]) -> Callable[..., int]:
    """Spread the groups among a command's parameters into their fields, for typer.

    Example: grouped(count) takes paths=, text=, ... where count takes inputs=
    """
    signature = inspect.signature(command, eval_str=True)
    groups: dict[str, Any] = {}
    parameters: list[inspect.Parameter] = []
    for name, parameter in signature.parameters.items():
        group = parameter.annotation
        if not hasattr(group, "_fields"):
            parameters.append(parameter.replace(kind=parameter.KEYWORD_ONLY))
            continue
        groups[name] = group
        hints = get_type_hints(group, include_extras=True)
        parameters += [
            inspect.Parameter(
                field,
                inspect.Parameter.KEYWORD_ONLY,
                default=group._field_defaults[field],
                annotation=hints[field],
            )
            for field in group._fields
        ]

    @wraps(command)
    def spread(**options: Any) -> int:
        for name, group in groups.items():
            options[name] = group(**{field: options.pop(field) for field in group._fields})
        return command(**options)

    spread.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    spread.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return spread
