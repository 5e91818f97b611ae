"""The app: its commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, cast

import typer
from typer._click import (  # its own since 0.28; pyproject.toml bounds it
    Command,
    Context,
    HelpFormatter,
    Parameter,
)
from typer._click.exceptions import BadOptionUsage, NoSuchOption
from typer.core import TyperCommand, TyperGroup, TyperOption

from tokscope.errors import ExitCode, OutputError, ReaderGone, TokscopeError, UsageError
from tokscope.shell.failures import explain_error
from tokscope.shell.groups import spread_groups
from tokscope.shell.stderr import complain
from tokscope.shell.streams import count_escapes, streams
from tokscope.text.quantity import quantity

if TYPE_CHECKING:
    from typer._click.shell_completion import CompletionItem

COMMANDS: dict[str, dict[str, str | dict[str, str]]] = {
    "Count": {
        "count": "tokscope.commands.count:count",
        "compare": "tokscope.commands.compare:compare",
        "agree": "tokscope.commands.agree:agree",
        "verify": "tokscope.commands.verify:verify",
        "stats": "tokscope.commands.stats:stats",
        "bench": "tokscope.commands.bench:bench",
        "corpus": {
            "count": "tokscope.commands.corpus.count:count",
            "compare": "tokscope.commands.corpus.compare:compare",
            "encode": "tokscope.commands.corpus.encode:encode",
            "sample": "tokscope.commands.corpus.sample:sample",
        },
    },
    "Look inside": {
        "split": "tokscope.commands.split:split",
        "trace": "tokscope.commands.trace:trace",
        "chars": "tokscope.commands.chars:chars",
        "vocab": "tokscope.commands.vocab:vocab",
        "weights": {
            "rows": "tokscope.commands.weights.rows:rows",
            "glitch": "tokscope.commands.weights.glitch:glitch",
            "letters": "tokscope.commands.weights.letters:letters",
            "positions": "tokscope.commands.weights.positions:positions",
            "attention": "tokscope.commands.weights.attention:attention",
        },
        "list": "tokscope.commands.list:list_",
        "play": "tokscope.commands.play:play",
        "samples": "tokscope.commands.samples:samples",
        "help": "tokscope.commands.help:help_",
    },
    "Make it fit": {
        "init": "tokscope.commands.init:init",
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
            "molebert": "tokscope.commands.train.molebert:molebert",
            "vq": "tokscope.commands.train.vq:vq",
        },
        "adapt": "tokscope.commands.adapt:adapt",
    },
}
"""Each command is a line, "module:function", under the heading that the help shows it by.

It is imported when it is called: what the others need costs nothing. A dict in a command's place is a group
of commands, a package of commands/ whose docstring is the group's help.
"""


SAFE = ("list", "samples", "help", "train")
"""The commands, and the group of commands, that run nothing from outside."""


class Documented:
    """A command, or a group of them, whose --help is laid out by shell.help_page.

    Example: class SingleCommand(Documented, TyperCommand)
    """

    def format_help(self, context: Context, formatter: HelpFormatter) -> None:
        """Write what there is to say of it.

        Example: command.format_help(context, HelpFormatter())
        """
        from tokscope.shell.help_page import show_help

        formatter.write(show_help(cast(Command, self), context))


class SingleCommand(Documented, TyperCommand):
    """A command.

    Example: single.command("count", cls=SingleCommand)(function)
    """

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read the arguments; an error about an option knows of what command it is.

        Example: command.parse_args(context, ["-x", "hi"])
        """
        try:
            self._refuse_options_as_values(args)
            return super().parse_args(ctx, args)
        except BadOptionUsage as error:
            error.ctx = ctx
            raise

    def _refuse_options_as_values(self, args: list[str]) -> None:
        """Take `--section -n 100` for a value left out, where the parser takes -n for it; -x has any text."""
        names = {name for one in self.params for name in (*one.opts, *one.secondary_opts)}
        valued = {
            name: one.name
            for one in self.params
            if isinstance(one, TyperOption) and not (one.is_flag or one.count)
            for name in one.opts
        }
        words = iter(args)
        for word in words:
            if word == "--":
                return
            if word in valued and next(words, None) in names and valued[word] != "text":
                raise BadOptionUsage(word, "")


class Commands(Documented, TyperGroup):
    """Commands, each made from its function when it is asked for.

    Example: Commands(name="tokscope").list_commands(context)[0] -> "count"
    """

    group: Mapping[str, str] | None = None  # None: all that there are

    @property
    def names(self) -> Mapping[str, str | Mapping[str, str]]:
        """Where each command is.

        Example: Commands(name="tokscope").names["decode"] -> "tokscope.commands.decode:decode"
        """
        if self.group is not None:
            return self.group
        return {name: where for panel in COMMANDS.values() for name, where in panel.items()}

    def list_commands(self, ctx: Context) -> list[str]:
        """Name the commands, in the order of the help.

        Example: Commands(name="tokscope").list_commands(None)[0] -> "count"
        """
        return list(self.names)

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        """Offer commands, with what the manual says of them: none has to be imported for it.

        Example: Commands(name="tokscope").shell_complete(context, "comp")[0].value -> "compare"
        """
        if self.group is not None or incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        from typer._click.shell_completion import CompletionItem

        from tokscope.manual import page

        titles = {name: page(name).partition("\n")[0] for name in self.names if name.startswith(incomplete)}
        return [CompletionItem(name, help=title.partition(": ")[2]) for name, title in titles.items()]

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read the options before a command. Raises UsageError, which says what was meant.

        Example: Commands(name="tokscope").parse_args(context, ["count", "-x", "hi"])
        """
        typed = [*args]
        try:
            return super().parse_args(ctx, args)
        except NoSuchOption as error:
            if ctx.parent is not None:
                raise
            from tokscope.shell.guesses import option_before_command

            count = self.get_command(ctx, "count")
            options = [name for one in (count.params if count else ()) for name in one.opts]
            meant = option_before_command(error.option_name, typed, self.names, options)
            raise UsageError(meant) from None

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Find the command that the first argument names. Raises UsageError, which says what was meant.

        Example: Commands(name="tokscope").resolve_command(context, ["count", "-x", "hi"])[0] -> "count"
        """
        if args[0] not in self.names and not ctx.resilient_parsing:
            from tokscope.shell.guesses import command_meant

            raise UsageError(command_meant(args, self.names, ctx.command_path if ctx.parent else ""))
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """Make one command, or a group of them; None where there is none of this name.

        Example: Commands(name="tokscope").get_command(context, "count").name -> "count"
        """
        if cmd_name not in self.names:
            return None
        named = self.names[cmd_name]
        panels = COMMANDS if self.group is None else {}  # a group's commands may have names of others
        panel = next((panel for panel, names in panels.items() if cmd_name in names), None)
        if not isinstance(named, str):
            package = import_module(f"tokscope.commands.{cmd_name}")
            group = Commands(name=cmd_name, no_args_is_help=True, help=package.__doc__)
            group.rich_help_panel = panel
            group.group = named
            return group
        module, _, function = named.partition(":")
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        made = spread_groups(getattr(import_module(module), function))
        single.command(cmd_name, cls=SingleCommand, rich_help_panel=panel)(made)
        command = typer.main.get_command(single)
        if cmd_name not in SAFE and self.name not in SAFE:
            command.params.append(_no_limit())
        command.params += _printing(command.params)
        return command


def _flag(names: Sequence[str], says: str, do: Callable[[Context], None], panel: str | None) -> TyperOption:
    """Make an option that several commands have and that none of them needs to know of."""

    def act(context: Context, option: Parameter, wanted: bool) -> None:
        if wanted:
            do(context)

    option = TyperOption(
        param_decls=[*names],
        type=bool,
        is_flag=True,
        default=False,
        expose_value=False,
        is_eager=True,
        callback=act,
        help=says,
    )
    option.rich_help_panel = panel
    return option


def _printing(others: Sequence[Parameter]) -> list[TyperOption]:
    """Make the options of every command on what it says, more where it has formats.

    --format itself goes before --json.
    """
    from tokscope.shell.options import OUTPUT

    def choose(context: Context) -> None:
        context.default_map = {"format": "json"}

    def speak(context: Context, voice: str) -> None:
        from tokscope.shell.console import Console, Voice

        Console.voice = Voice[voice]
        context.call_on_close(lambda: setattr(Console, "voice", Voice.NORMAL))

    def unpaged(context: Context) -> None:
        from tokscope.shell.console import Console

        Console.paged = False
        context.call_on_close(lambda: setattr(Console, "paged", True))

    quiet, verbose = partial(speak, voice="QUIET"), partial(speak, voice="VERBOSE")
    said = [
        _flag(["-q", "--quiet"], "Show no notes and no progress.", quiet, OUTPUT),
        _flag(["-v", "--verbose"], "Show every note.", verbose, OUTPUT),
    ]
    if all(one.name != "format" for one in others):
        return said
    return [
        _flag(["--json"], "Short for --format json.", choose, OUTPUT),
        *said,
        _flag(["--no-pager"], "Do not page output longer than the screen.", unpaged, OUTPUT),
    ]


def _no_limit() -> TyperOption:
    """Make the option of every command that may run what somebody else wrote: a template, a pattern."""

    def lift(context: Context) -> None:
        from tokscope.files import confined

        confined.lift()

    from tokscope.shell.options import TOKENIZER

    says = "Do not limit the time and memory of templates and patterns from others."
    return _flag(["--no-limit"], says, lift, TOKENIZER)


app = typer.Typer(
    cls=Commands,
    name="tokscope",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from tokscope.version import RELEASE

        print(f"tokscope {RELEASE}")
        raise typer.Exit


@app.callback()
def tokscope(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Count, split and compare tokens with every family of tokenizer, offline and exactly."""


def run(arguments: Sequence[str] | None = None, called_off: Collection[int] = ()) -> int:
    """Run one command line and give its exit code; nothing that goes wrong in it gets out of here.

    Example: run(["count", "-x", "Hello world"]) prints 2 and gives 0

    Without arguments, a pipe is counted; otherwise the help is shown, and that is not success. `called_off`
    gets the signals that ask for an end: what is raised after one is no bug.
    """
    if arguments is None:
        arguments = sys.argv[1:]
    if not arguments and _piped():
        arguments = ["count"]
    if os.environ.get("COLUMNS") == "0":
        del os.environ["COLUMNS"]  # a terminal without a size; rich would draw nothing on it
    if len(arguments) > 1 and arguments[0] in ("-h", "--help"):  # of what follows
        arguments = [*arguments[1:], arguments[0]]
    with streams():
        try:
            if sys.stdout is None:
                raise OutputError("standard output is closed")
            code = _invoke(list(arguments) or ["--help"])
            with suppress(ReaderGone):  # the verdict stands, whoever reads it
                sys.stdout.flush()
            if count := count_escapes():
                complain(_ESCAPED_NOTE.format(quantity(count, "place")))
        except ReaderGone:  # of a help, which gives no verdict
            code = ExitCode.OK
        except KeyboardInterrupt:
            code = ExitCode.INTERRUPTED
        except BaseException as error:
            if isinstance(error, SystemExit) and arguments[0].endswith("-completion"):
                code = error.code if isinstance(error.code, int) else ExitCode.OK  # typer's own way out
            elif called_off:  # which an import may turn into an error of its own
                code = ExitCode.INTERRUPTED
            else:
                explain_error(error)
                code = ExitCode.ERROR
    return code if arguments else ExitCode.ERROR


def _piped() -> bool:
    """Whether something is piped in: no terminal and no other device, such as /dev/null."""
    try:
        mode = os.fstat(0).st_mode
    except OSError:  # it is closed
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


_ESCAPED_NOTE = (
    "standard output: {} escaped that this CI service would obey; -o FILE writes the text as it is"
)


def _invoke(arguments: list[str]) -> int:
    """Do what typer does for a command line, without its own answers to errors and closed pipes."""
    command = typer.main.get_command(app)
    if arguments[0].endswith("-completion"):
        from tokscope.shell.tab import set_scripts

        set_scripts()
    try:
        with command.make_context("tokscope", arguments) as context:
            code: int | None = command.invoke(context)
            return code or ExitCode.OK
    except typer.Exit as leaving:  # --help, --version
        return leaving.exit_code


def complete() -> None:
    """Answer a shell that asks for completions.

    Example: complete(), with _TOKSCOPE_COMPLETE=complete_bash and the line so far in the environment
    """
    from tokscope.shell.tab import set_answers

    set_answers()
    with suppress(TokscopeError):  # there are none for a command that does not exist
        app(prog_name="tokscope")
