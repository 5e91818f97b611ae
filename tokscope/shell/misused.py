"""What is wrong with a command line, in one line of our own words, where typer finds it."""

from __future__ import annotations

from typer._click import Context, Parameter
from typer._click.exceptions import (
    BadOptionUsage,
    BadParameter,
    MissingParameter,
    NoSuchOption,
    UsageError,
)
from typer._click.types import FloatParamType, IntParamType
from typer._types import TyperChoice
from typer.exceptions import TyperException


def misuse(error: TyperException) -> str:
    """Say what is wrong and what to type.

    Example: misuse(NoSuchOption("--max", ctx=of_check)) -> "no option --max: did you mean --budget?"
    """
    context = getattr(error, "ctx", None)
    if context is None:
        return error.format_message()
    if isinstance(error, NoSuchOption):
        return _unknown_option(error.option_name, context)
    if isinstance(error, MissingParameter) and error.param is not None:
        return f"{context.info_name} needs {_asked(error.param, context)}"
    if isinstance(error, BadParameter) and error.param is not None:
        value, _, _ = error.message.partition(" is not ")
        expected = _expected(error.param.type)
        name = _name_as_typed(error.param, context)
        return f"{name} takes {expected}, not {value}" if expected else f"{name}: {error.message}"
    if isinstance(error, BadOptionUsage):
        return _without_value(error.option_name, context)
    if type(error) is UsageError:  # words that no argument takes
        words = error.message.partition("(s) (")[2].removesuffix(")")
        usage = " ".join(context.command.collect_usage_pieces(context))
        return f"{context.info_name} has no place for {words!r}: {context.command_path} {usage}"
    return error.format_message()


def _unknown_option(option: str, context: Context) -> str:
    from tokscope.shell.guesses import option_meant

    options = [name for one in context.command.params for name in (*one.opts, *one.secondary_opts)]
    return option_meant(option, [one for one in options if one.startswith("-")], context.info_name or "")


def _without_value(option: str, context: Context) -> str:
    """Word an option that has no value and needs one, or that has one and takes none."""
    for one in context.command.params:
        if option in (*one.opts, *one.secondary_opts):
            if getattr(one, "is_flag", False):
                return f"{option} takes no value: leave out what follows its ="
            return f"{option} needs {_bare_metavar(one, context)} after it"
    raise AssertionError(option)


def _name_as_typed(param: Parameter, context: Context) -> str:
    """Name a parameter as people type it: the longest form of an option, the metavar of an argument."""
    return max(param.opts, key=len) if param.param_type_name == "option" else _bare_metavar(param, context)


def _bare_metavar(param: Parameter, context: Context) -> str:
    return param.make_metavar(context).strip("[]<>.,")


def _asked(param: Parameter, context: Context) -> str:
    """Say what to give, and what its help says of it."""
    name = _name_as_typed(param, context)
    shown = f"{name} {_bare_metavar(param, context)}" if param.param_type_name == "option" else name
    help = getattr(param, "help", None)
    return f"{shown}: {help.rstrip('.')}" if help else shown


def _expected(kind: object) -> str:
    """Say what values an option takes; nothing where its own error says it.

    Example: _expected(IntRange(1, 22)) -> "a whole number from 1 to 22"
    """
    if isinstance(kind, TyperChoice):
        *others, last = (str(getattr(one, "value", one)) for one in kind.choices)
        return f"{', '.join(others)} or {last}" if others else last
    number = {IntParamType: "a whole number", FloatParamType: "a number"}
    for one, name in number.items():
        if isinstance(kind, one):
            low, high = getattr(kind, "min", None), getattr(kind, "max", None)
            above = getattr(kind, "min_open", False)
            least = None if low is None else f" over {low:,}" if above else f" from {low:,}"
            if low is not None and high is not None:
                return f"{name}{least} to {high:,}"
            if low is not None:
                return f"{name}{f' over {low:,}' if above else f' of {low:,} or more'}"
            return name if high is None else f"{name} up to {high:,}"
    return ""
