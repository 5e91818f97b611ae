"""Markup: text from outside as HTML and SVG may hold it, and the head of every page."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape

from tokscope.text.visible import visible


def as_markup(text: str) -> str:
    """Give a text whose signs no browser obeys, and in which what has no shape is seen.

    Example: as_markup("<b>\\x07") -> "&lt;b&gt;\\\\x07"
    """
    return escape(visible(text))


def by_hash(code: str) -> str:
    """Name a style or a script by its hash, as a policy does that allows it alone.

    Example: by_hash("") -> "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    return f"'sha256-{b64encode(sha256(code.encode()).digest()).decode()}'"


def html_head(title: str, style: str, policy: str) -> str:
    """Begin a page that loads nothing; its `title` is markup, its `policy` says what a browser may do.

    Example: html_head("a.md", style, f"default-src 'none'; style-src {by_hash(style)}")
    """
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n"
    )
