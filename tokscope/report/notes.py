"""Notes: what is said below a report; a terminal shows two lines of it unless asked for more."""

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


class Caution(str):
    """A note that figures are not to be trusted as they are: shown in yellow, and never left out for room.

    Example: Caution("runs of o200k_base differ by more than 25%")
    """

    __slots__ = ()


def notes_shown(notes: Iterable[str], width: int | None) -> Sequence[str]:
    """Choose what is shown of notes at a width: all but the asides for which there are not lines enough.

    Example: notes_shown([Aside("a"), Aside("b"), Aside("c"), "cut"], 80) -> ["cut", "a", "2 more notes: -v
    ..."]

    How many are left stands on a line of its own, or behind the first aside where that is longer than a line.
    """
    said = [*notes]
    asides = [one for one in said if isinstance(one, Aside)]
    rest = [one for one in said if not isinstance(one, Aside)]
    if len(asides) < 2 or sum(_note_height(one, width) for one in asides) <= ASIDE_LINES:
        return [*rest, *asides]
    first, left = asides[0], len(asides) - 1
    more = "1 more note: -v shows it" if left == 1 else f"{left:,} more notes: -v shows them"
    return [*rest, first, more] if _note_height(first, width) < ASIDE_LINES else [*rest, f"{first}; {more}"]


def _note_height(note: str, width: int | None) -> int:
    return len([*wrapped(visible(note), width)])
