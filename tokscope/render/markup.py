"""Markup: text from outside as HTML and SVG may hold it."""

from __future__ import annotations

from html import escape

from tokscope.text.visible import visible


def as_markup(text: str) -> str:
    """Give a text whose signs no browser obeys, and in which what has no shape is seen.

    Example: as_markup("<b>\\x07") -> "&lt;b&gt;\\\\x07"
    """
    return escape(visible(text))
