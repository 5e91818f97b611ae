"""The table of windows: how full each model's is, as `fit` prints it."""

from __future__ import annotations

from collections.abc import Sequence

from tokscope.errors import MissingExtra
from tokscope.extras import install
from tokscope.fitting.windows import NO_MEDIA, Fit, MediaOf, Windowless, fit_windows
from tokscope.measure import first_words
from tokscope.measure.whole import Whole
from tokscope.models.limits import Model
from tokscope.models.prices import PriceList, price_list
from tokscope.report.table import Column, Estimate, Row, TableReport

CURRENT = [
    "gpt-4o,gpt-4.1,gpt-5,gpt-5.5,gpt-6-luna,gpt-6.1-sol,gpt-oss-120b,claude-haiku-5-5,claude-sonnet-5-5,"
    "claude-opus-5-5,gemini-3.8-flash,gemini-4-argon,deepseek-v4-pro,mistral-large-4"
]
"""Models of today, some of every maker."""

WINDOW_COLUMNS = [
    Column("model"),
    Column("tokens", "int"),
    Column("exact"),
    Column("window", "int"),
    Column("used", "percent"),
    Column("used", "bar", optional=True, full=1.0),
    Column("fits", better="more"),
    Column("left", "int"),
    Column("US$", "ratio", digits=6, optional=True),  # shown where prices are known
]


def window_table(
    whole: Whole, chosen: Sequence[Model | Windowless], media: MediaOf = NO_MEDIA
) -> TableReport:
    """Give a row for each model: how full its window is, what is left, what sending costs.

    Example: window_table(whole, models_of(["gpt-4o"])).rows[0][0] -> "gpt-4o"

    `whole` has the input's counts by the tokenizers of all, `media` what is beside it and is not text.
    """
    prices = _prices()
    found = fit_windows(whole, chosen if whole.files or media else [], priced=prices is not None, media=media)
    files = len(next(iter(media.values()), ()))
    read = min((one.model.read for one in found if one.model.read), default="-")
    notes = [f"left: for the answer; windows as read on {read}, their sources in --json"]
    if not all(one.exact for one in found):
        notes.append("estimate: its tokenizer is not published; judged by its upper bound")
    if prices:
        notes.append(f"prices for input alone, by {prices.source}, the newest dated {prices.dated}")
    else:
        notes.append(f"for prices: {install('prices')}")
    listed = {"source": prices.source, "dated": str(prices.dated)} if prices else None
    return TableReport(
        [*WINDOW_COLUMNS[:-1], WINDOW_COLUMNS[-1]._replace(shown=prices is not None)],
        [*map(_row, found)],
        results=[_object(whole, one) for one in found],
        summary={**whole.summary, "prices": listed},
        notes=notes,
        title=whole.title + (f"; {files:,} that {'is' if files == 1 else 'are'} no text" if files else ""),
    )


def _row(one: Fit) -> Row:
    if one.problem:
        return (one.model.name, first_words(one.problem), None, one.model.window, None, None, "-", None, None)
    return (
        one.model.name,
        Estimate.unless(one.exact, one.tokens),
        "exact" if one.exact else "estimate",
        one.model.window,
        one.used,
        one.used,
        {True: "yes", False: "no", None: "-"}[one.fits],
        one.left,
        one.price,
    )


def _object(whole: Whole, one: Fit) -> dict[str, object]:
    """Describe a row in JSON."""
    nothing = dict.fromkeys(("tokens", "used", "fits", "left", "price")) if one.problem else {}
    problem = one.problem or ("no context window is known" if one.model.window is None else "")
    return {
        "path": whole.path,
        "model": one.model.name,
        "tokenizer": one.tokenizer,
        "exact": one.exact,
        "tokens": one.tokens,
        "window": one.model.window,
        "used": one.used,
        "fits": one.fits,
        "left": one.left,
        "input": one.model.input,
        "output": one.model.output,
        "price": one.price,
        "read": one.model.read,
        "source": one.model.source,
        **nothing,
        **({"error": problem} if problem else {}),
    }


def _prices() -> PriceList | None:
    """Find the price list; without the extra the windows are shown without prices."""
    try:
        return price_list()
    except MissingExtra:
        return None
