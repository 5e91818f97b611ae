"""Notes: what is said below a report, of which a terminal that nobody asked for details shows two lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tokscope.text.visible import visible
from tokscope.text.wrapping import wrapped

ASIDE_LINES = 2
"""How many lines of asides a terminal shows."""


class Aside(str):
    """A note that a terminal may leave out, as it may not what no figure includes.

    Example: Aside("gpt-4o uses o200k_base")
    """

    __slots__ = ()


def told(notes: Iterable[str], width: int | None) -> Sequence[str]:
    """Choose what is shown of notes at a width: all but the asides for which there are not lines enough.

    Example: told([Aside("a"), Aside("b"), Aside("c"), "cut"], 80) -> ["cut", "a", "2 more notes: -v ..."]

    What is too long for a line gives way to the first aside that is not.
    """
    said = [*notes]
    asides = [one for one in said if isinstance(one, Aside)]
    rest = [one for one in said if not isinstance(one, Aside)]
    if len(asides) == 1 or sum(_height(one, width) for one in asides) <= ASIDE_LINES:
        return [*rest, *asides]
    shown = [one for one in asides if _height(one, width) < ASIDE_LINES][: ASIDE_LINES - 1]
    left = len(asides) - len(shown)
    count = f"{left:,} more" if shown else f"{left:,}"
    return [*rest, *shown, f"{count} note: -v shows it" if left == 1 else f"{count} notes: -v shows them"]


def _height(note: str, width: int | None) -> int:
    return len([*wrapped(visible(note), width)])
