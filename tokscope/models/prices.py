"""Prices: what sending an input costs, from the data that the package genai-prices carries; no network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple

from tokscope.errors import MissingExtra


class PriceList(NamedTuple):
    """The price list that is installed: its package, with the version, and the newest date in it.

    Example: PriceList("genai-prices 0.2.3", date(2026, 11, 9)).source -> "genai-prices 0.2.3"
    """

    source: str
    dated: date | None


def price_list() -> PriceList:
    """Say which price list is installed, and how old it is at most. Raises MissingExtra.

    Example: price_list() -> PriceList("genai-prices 0.2.3", date(2026, 11, 9))

    The package does not say when it was made; the newest date from which one of its prices holds, that is not
    in the future, is the next best.
    """
    try:
        import genai_prices
    except ImportError as error:
        raise MissingExtra("a price", "prices") from error
    today = datetime.now(UTC).date()
    starts = [start for start in _start_dates() if start <= today]
    return PriceList(f"genai-prices {genai_prices.__version__}", max(starts, default=None))


def _start_dates() -> Iterator[date]:
    from genai_prices.data import providers
    from genai_prices.types import StartDateConstraint

    for provider in providers:
        for model in provider.models:
            for price in model.prices if isinstance(model.prices, list) else ():
                if isinstance(price.constraint, StartDateConstraint):
                    yield price.constraint.start_date


def input_price(model: str, tokens: int) -> float | None:
    """Give the price in US dollars of sending `tokens` to a model now, None where the list has no such model.

    Example: input_price("gpt-4o", 10_000) -> 0.025

    The model's own provider is asked first, at its standard rate: no cache, no batch. Raises MissingExtra.
    """
    try:
        from genai_prices import Usage, calc_price
    except ImportError as error:
        raise MissingExtra("a price", "prices") from error
    try:
        # Nothing here starts genai_prices.UpdatePrices, so that its own bundled data is all there is.
        return float(calc_price(Usage(input_tokens=tokens), model).total_price)
    except LookupError:
        return None
