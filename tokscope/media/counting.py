"""How many tokens a picture, a sound, a video or a PDF is to a model: MediaCount."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from math import ceil
from typing import NamedTuple

from tokscope.errors import UsageError
from tokscope.layout import Layout
from tokscope.media.layouts import LAYOUTS
from tokscope.media.lengths import LENGTHS, REELS, Clip, Reel
from tokscope.media.medium import Medium
from tokscope.media.rules import Asked, MediaRule, candidates
from tokscope.report.table import Estimate

DPI = (72, 150, 300)
"""Dots an inch at which a page may become a picture where no vendor says; the bounds hold for these."""

_UNVERIFIED = {
    "C": "by the model's own code; no answer of an API was seen",
    "D": "derived from the rule; no figure to hold it to was seen",
    "T": "as other projects' tests have it; no answer of an API was seen",
}
"""What is said of a figure that no document and no bill pins."""


class MediaCount(NamedTuple):
    """What a medium is to a model, in tokens, and why.

    Example: count_medium(Medium("picture", "png", width=1024, height=1024), "gpt-4o").tokens -> 765

    Three states: `tokens` is a number, exact or between `low` and `high`; or None, because the vendor rejects
    such a file, and `rejected` says why; or None because there is no rule, and `note` says so. `sound` is the
    part of a video's tokens that its sound is, `cells` the tiles or patches of a picture, `taken` the frames
    that the model takes of a video. `least` says that something in it is not counted. `codes` is how many
    different tokens there are, where they are numbers of a codebook, else 0; `around` the least and the most
    that the API counts around it in a request.
    """

    kind: str
    width: int
    height: int
    seconds: float
    pages: int
    frames: int
    tokens: int | None = None
    low: int | None = None
    high: int | None = None
    exact: bool = False
    rule: str = ""
    as_of: str = ""
    source: str = ""
    note: str = ""
    rejected: str = ""
    sound: int = 0
    cells: int = 0
    taken: int = 0
    least: bool = False
    codes: int = 0
    around: tuple[int, int] = (0, 0)

    @property
    def framing(self) -> int:
        """What the API counts around it in a request, which is no part of `tokens`; an Estimate if unsure.

        Example: count_medium(Medium("picture", "png", width=1024, height=1024), "gpt-4o").framing -> 0
        """
        low, high = self.around
        return low if low == high else Estimate(high, low, high)


class _TokenRange(NamedTuple):
    """What one rule makes of a medium; `low` and `high` differ where the rule is a range."""

    tokens: int
    low: int
    high: int
    sound: int = 0
    cells: int = 0
    taken: int = 0


class _NotTaken(Exception):
    """The vendor, or the model's own code, does not take the file."""


def count_medium(
    medium: Medium,
    model: str,
    asked: Asked = Asked(),
    page_texts: Callable[[], Iterable[int]] | None = None,
) -> MediaCount:
    """Count a medium for a model, by the rule for the day, the detail and the host that are asked for.

    Example: count_medium(Medium("picture", "png", width=2049, height=513), "gpt-4.1").tokens -> 1445

    `page_texts` counts the text of each page of a PDF with the model's tokenizer; it is called only for a
    model to which that text is tokens too. A figure is exact where an API's answer or the vendor's page pins
    its rule and no other reading gives another figure. Raises Unsupported for a detail that the model does
    not have, UsageError for words and parameters that do not exist.
    """
    measures = MediaCount(
        *(medium.kind, medium.width, medium.height, float(medium.seconds), len(medium.pages), medium.frames)
    )
    rows = candidates(model, medium.kind, asked)
    if not rows:
        return measures._replace(note=f"{model}: no {medium.kind} rule")
    chosen = rows[0]
    said = measures._replace(as_of=chosen.as_of, source=chosen.source)
    if chosen.rule == "none":
        return said._replace(note=f"{model}: no {medium.kind} rule: {chosen.note}")
    said = said._replace(rule=str(chosen), codes=chosen.codes, around=chosen.around)
    page = [*page_texts()] if page_texts and chosen.parameters.get("text") else []
    try:
        figure = _apply_rule(medium, chosen, model, asked, page)
    except _NotTaken as refusal:
        return said._replace(rejected=f"{model} rejects it: {refusal}", note=chosen.note)
    others = [*_apply_alternatives(medium, rows[1:], model, asked, page)]
    least = bool(chosen.parameters.get("text")) and not page_texts
    said = said._replace(sound=figure.sound, cells=figure.cells, taken=figure.taken, least=least)
    counted = _weighed(said, chosen, figure, others, asked)
    if empty := page.count(0):
        without = f"{empty:,} of {len(page):,} pages without text that PDFium can read"
        counted = counted._replace(note="; ".join(filter(None, (counted.note, without))))
    return counted


def _weighed(
    said: MediaCount,
    chosen: MediaRule,
    figure: _TokenRange,
    others: Sequence[tuple[MediaRule, _TokenRange]],
    asked: Asked,
) -> MediaCount:
    """Give the figure of the rule that was chosen, its bounds, and what to know about it."""
    rivals = [(chosen, figure), *((row, other) for row, other in others if _rival(chosen, row, asked))]
    low = min(int(found.low * row.low) for row, found in rivals)
    high = max(ceil(found.high * row.high) for row, found in rivals)
    notes = [*_rule_notes(chosen, asked)]
    documented = next((other.tokens for row, other in others if row.basis == "documented"), figure.tokens)
    if chosen.basis == "measured" and documented != figure.tokens:
        notes.append(f"the vendor's page says {documented:,}")
    if said.least:
        notes.append("its text is not counted")
    exact = low == high and not said.least and any(row.status in "OM" for row, _ in rivals)
    return said._replace(tokens=figure.tokens, low=low, high=high, exact=exact, note="; ".join(notes))


def layout(medium: Medium, model: str, asked: Asked = Asked()) -> Layout:
    """Lay a picture out as a model sees it: its size after the resize, and its cells in the tokens' order.

    Example: layout(Medium("picture", "png", width=1024, height=1024), "gpt-4o").width -> 768

    Raises UsageError where the model has no rule for pictures, or does not take this one.
    """
    result = count_medium(medium, model, asked)
    if medium.kind != "picture" or result.tokens is None:
        raise UsageError(result.rejected or result.note or f"a {medium.kind} has no cells")
    return _layout(medium.width, medium.height, candidates(model, medium.kind, asked)[0])


def _apply_alternatives(
    medium: Medium, rows: Iterable[MediaRule], model: str, asked: Asked, page: list[int]
) -> Iterator[tuple[MediaRule, _TokenRange]]:
    """Apply the rows that were not chosen, except those that refuse."""
    for row in rows:
        with suppress(_NotTaken):
            yield row, _apply_rule(medium, row, model, asked, page)


def _rival(chosen: MediaRule, row: MediaRule, asked: Asked) -> bool:
    """Say whether a row could be right as well: nothing but another reading is, beside a measured one."""
    if asked.as_of and row.as_of[: len(asked.as_of)] > asked.as_of:
        return False
    if chosen.status in "OM":
        return row.basis == "or" or (chosen.status == "O" and row.status == "M")
    return True


def _check_limits(medium: Medium, rule: MediaRule, asked: Asked) -> None:
    """Raise _NotTaken for what the vendor does not take."""
    limits = {name: int(value) for name, value in rule.limits.items()}
    longer, shorter = max(medium.width, medium.height), min(medium.width, medium.height)
    if asked.together > limits.get("together", asked.together):
        raise _NotTaken(f"{asked.together:,} pictures in a request; at most {limits['together']:,}")
    if "many" in limits and asked.together > limits["many"]:
        limits["side"] = limits["many_side"]
    if longer > limits.get("side", longer):
        among = (
            f" among more than {limits['many']} pictures" if limits["side"] == limits.get("many_side") else ""
        )
        raise _NotTaken(f"a side of {longer:,} pixels; at most {limits['side']:,}{among}")
    if "ratio" in limits and longer > limits["ratio"] * shorter:
        raise _NotTaken(f"one side is more than {limits['ratio']} times the other")
    if len(medium.pages) > limits.get("pages", len(medium.pages)):
        raise _NotTaken(f"{len(medium.pages):,} pages; at most {limits['pages']:,}")
    if medium.size > limits.get("bytes", medium.size):
        raise _NotTaken(f"{medium.size:,} bytes; at most {limits['bytes']:,}")


def _layout(width: int, height: int, rule: MediaRule) -> Layout:
    """Lay out a picture by a rule. Raises UsageError for a parameter that it does not have."""
    try:
        return LAYOUTS[rule.rule](width, height, **rule.parameters)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise UsageError(f"the rule {rule.rule!r} does not take these parameters: {rule}") from error


def _apply_rule(medium: Medium, rule: MediaRule, model: str, asked: Asked, page: list[int]) -> _TokenRange:
    """Apply one rule to a medium. Raises _NotTaken."""
    _check_limits(medium, rule, asked)
    if medium.kind == "pdf":
        return _count_pages(medium, rule, model, asked, page)
    if medium.kind == "picture":
        shown = _layout(medium.width, medium.height, rule)
        if shown.cells > int(rule.limits.get("patches", shown.cells)):
            raise _NotTaken(f"{shown.cells:,} patches; at most {rule.limits['patches']:,}")
        return _TokenRange(shown.tokens, shown.tokens, shown.tokens, cells=shown.cells)
    try:
        if medium.kind == "sound":
            parameters = {name: value for name, value in rule.parameters.items() if name != "padded"}
            seconds = medium.stored if "padded" in rule.parameters else medium.seconds
            tokens = LENGTHS[rule.rule](seconds or medium.seconds, **parameters)
            return _TokenRange(tokens, tokens, tokens)
        clip = Clip(medium.width, medium.height, medium.seconds, medium.frames, medium.sound)
        reel: Reel = REELS[rule.rule](clip, **rule.parameters)
    except ValueError as error:
        raise _NotTaken(str(error)) from error
    except (TypeError, KeyError, ArithmeticError) as error:
        raise UsageError(f"the rule {rule.rule!r} does not take these parameters: {rule}") from error
    tokens = reel.picture + reel.sound
    return _TokenRange(tokens, tokens, tokens, sound=reel.sound, taken=reel.frames)


def _count_pages(medium: Medium, rule: MediaRule, model: str, asked: Asked, page: list[int]) -> _TokenRange:
    """Count the pages of a PDF: a picture each, and where the rule says so their text.

    Where the size of the pictures is not known, the bounds are those at 72 to 300 dots an inch, and the
    figure is the upper one. Where their price is not known ("own"), they are the model's own pictures or
    nothing.
    """
    text = sum(page)
    parameters = {name: value for name, value in rule.parameters.items() if name not in ("text", "raster")}
    price = rule._replace(parameters=parameters)
    if rule.rule == "own":
        pictures = [row for row in candidates(model, "picture", asked) if row.rule != "none"]
        if not pictures:
            return _TokenRange(text, text, text)
        price = pictures[0]
    at = DPI if rule.rule == "own" or rule.parameters.get("raster") else DPI[:1]
    low = high = 0
    for width, height in medium.pages:
        sides = [(max(round(width * dpi / 72), 1), max(round(height * dpi / 72), 1)) for dpi in at]
        tokens = [_layout(*side, price).tokens for side in sides]
        low, high = low + min(tokens), high + max(tokens)
    if rule.rule == "own":
        return _TokenRange(text, text, text + high)
    return _TokenRange(text + high, text + low, text + high)


def _rule_notes(chosen: MediaRule, asked: Asked) -> Iterator[str]:
    """Say what a reader should know of a rule: its note, what it rests on, whether it is of another day."""
    if chosen.note:
        yield chosen.note
    if chosen.around[1]:
        more = " or ".join(map(str, dict.fromkeys(chosen.around)))
        yield f"the API counts {more} tokens more around each {chosen.kind}"
    if (why := _UNVERIFIED.get(chosen.status)) and not (chosen.status == "D" and chosen.note):
        yield why
    if asked.as_of and chosen.as_of[: len(asked.as_of)] > asked.as_of:
        yield f"nothing older than {chosen.as_of} is known"
