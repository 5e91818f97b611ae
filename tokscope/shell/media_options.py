"""The options that say how files that are not text are counted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from tokscope.errors import InputError, Problem, UsageError
from tokscope.inputs import Decoding, Document

if TYPE_CHECKING:
    from tokscope.media.rules import Asked


Detail = Literal["auto", "low", "medium", "high", "ultra_high", "original"]
"""How closely a model looks at a picture."""


Basis = Literal["measured", "documented"]
"""Whose rules count, where measured bills and the vendor's page differ."""


Host = Literal["gemini", "files", "vertex"]
"""Where Gemini is asked: by its API, by the same with an uploaded file, or by Vertex AI."""


Svg = Literal["text", "picture"]
"""What an SVG is, which is both."""


MEDIA_PANEL = "Pictures, sound, video, PDF"
"""The panel of the help that shows them."""


class Media(NamedTuple):
    """How files that are not text are counted.

    Example: Media("low").asked.detail -> "low"
    """

    detail: Annotated[
        Detail,
        typer.Option(help="The detail that the request asks for in pictures.", rich_help_panel=MEDIA_PANEL),
    ] = "auto"
    rules: Annotated[
        Basis,
        typer.Option(
            help="Count as measured bills do, or as the vendor documents it.", rich_help_panel=MEDIA_PANEL
        ),
    ] = "measured"
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="Use the rules of this day, such as 2026-06.", rich_help_panel=MEDIA_PANEL
        ),
    ] = None
    host: Annotated[
        Host,
        typer.Option(
            help="Where Gemini runs; Vertex AI counts video differently.", rich_help_panel=MEDIA_PANEL
        ),
    ] = "gemini"
    svg: Annotated[Svg, typer.Option("--as", help="How to count an SVG.", rich_help_panel=MEDIA_PANEL)] = (
        "text"
    )

    @property
    def asked(self) -> Asked:
        """What the rules are asked for. Raises UsageError for what is not a date.

        Example: Media(detail="low").asked.detail -> "low"
        """
        from tokscope.media.rules import Asked

        asked = Asked(self.detail, self.rules, self.as_of or "", self.host)
        asked.check()
        return asked

    def decoding(self, plain: Decoding) -> Decoding:
        """Say also whether the bytes of an SVG become text.

        Example: Media(svg="picture").decoding(Decoding()).svg -> True
        """
        return replace(plain, svg=self.svg == "picture")

    def check(self) -> None:
        """Raise UsageError for what is not a date, even where no file needs one.

        Example: Media(as_of="yesterday").check() raises UsageError
        """
        if self.as_of is not None:
            _ = self.asked


NOT_FETCHED = "not fetched: pipe it in, as from curl, or give a picture's size with --size 1024x768"


class Away(NamedTuple):
    """Pictures that are not at hand.

    Example: Away("1024x768").picture -> (1024, 768)
    """

    size: Annotated[
        str | None,
        typer.Option(
            metavar="WxH",
            help="The size of pictures without a file, such as URLs: 1024x768.",
            rich_help_panel=MEDIA_PANEL,
        ),
    ] = None

    @property
    def picture(self) -> tuple[int, int] | None:
        """Their width and height, None where nothing says it. Raises UsageError.

        Example: Away("1024x768").picture -> (1024, 768)
        """
        if self.size is None:
            return None
        found = re.fullmatch(r"([1-9]\d{0,8})[xX×]([1-9]\d{0,8})", self.size)
        if found is None:
            raise UsageError(f"--size {self.size!r}: width and height in pixels, like 1024x768")
        return int(found[1]), int(found[2])

    def documents(self, paths: Sequence[str], decoding: Decoding, report: Problem) -> Iterator[Document]:
        """Give a blank picture for each address; without a size, they are problems.

        Example: Away("1024x768").documents(["https://example.com/a.png"], Decoding(), console.problem)
        """
        for path in paths:
            if self.picture is None:
                report(InputError(path, NOT_FETCHED))
            else:
                from tokscope.inputs.document import Blank

                yield Blank(path, decoding, *self.picture)
