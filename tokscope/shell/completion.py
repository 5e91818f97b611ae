"""What a shell offers for a word that is not finished yet; typer asks when the user presses Tab."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence

import typer


def complete_tokenizers(typed: str) -> list[str]:
    """Offer tokenizers and models; of a list with commas the last name is completed.

    Example: complete_tokenizers("char,o200k_b") -> ["char,o200k_base"]
    """
    from tokscope.models.limits import known_models
    from tokscope.models.names import MODELS
    from tokscope.registry.backends import BACKENDS
    from tokscope.vocabularies import VOCABULARIES

    before, comma, last = typed.rpartition(",")
    names = dict.fromkeys([*VOCABULARIES, *MODELS, *known_models(), *_specs()])
    schemes = [f"{name}:" for name, backend in BACKENDS.items() if backend.variants is None]
    return [f"{before}{comma}{one}" for one in _starting(last, [*names, *schemes])]


def _specs() -> Iterable[str]:
    """Give every backend that needs no file, in all its variants."""
    from tokscope.registry.backends import BACKENDS

    for name, backend in BACKENDS.items():
        for variant in backend.variants or ():
            yield f"{name}:{variant}" if variant else name


def formats(forms: Sequence[str]) -> Callable[[str], list[str]]:
    """Offer the formats that can show a report that has these `forms`.

    Example: formats(("table", "results"))("c") -> ["csv"]
    """

    def offered(typed: str) -> list[str]:
        from tokscope.render import formats_of

        return _starting(typed, formats_of(forms))

    return offered


def complete_names(names: Iterable[str]) -> Callable[[str], list[str]]:
    """Offer some of these `names`.

    Example: complete_names(["Han", "Latin"])("H") -> ["Han"]
    """

    def offered(typed: str) -> list[str]:  # typer reads the annotations
        return _starting(typed, names)

    return offered


def complete_subjects(typed: str) -> list[tuple[str, str]]:
    """Offer the pages of the manual, with their titles.

    Example: complete_subjects("inst")[0][0] -> "install"
    """
    from tokscope.manual import subjects

    return [(name, title) for name, title in subjects().items() if name.startswith(typed)]


def complete_columns(context: typer.Context, typed: str) -> list[str]:
    """Give the columns by which --sort can order a command's tables: those its module has as COLUMNS.

    Example: complete_columns(context of compare, "comp") -> ["compression"]

    What every table has is among them; columns that are named by tokenizers or by the input are not.
    """
    from tokscope.report.order import FIRST_COLUMN, FIRST_COUNT

    module = sys.modules[context.command.callback.__module__]
    columns = [column.name for column in getattr(module, "COLUMNS", ()) if column.kind != "bar"]
    return _starting(typed, dict.fromkeys([*columns, FIRST_COUNT, FIRST_COLUMN]))


def _starting(typed: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(typed)]
