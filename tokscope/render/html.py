"""`html` of a split: one self-contained page, with every text as every tokenizer cuts it.

Its content security policy lets a browser use nothing but its own style and script, by their hashes; the
script only ever writes text, never HTML (trusted types). A text is laid out in rows, stretches of lines that
no token goes beyond, and a row has a paragraph for each tokenizer: <b> is a token, <s> text that it dropped,
<i> a mark in place of a character that a browser would obey, hide or not draw, <u> a note that is not part of
the text, <span> a cut character with its bytes. A token's heat is its class, h0 to h4. CSS decides which
tokenizers are shown, so all of this works without scripts.

The size of a page: the text once for each tokenizer, and 7 bytes a token, up to MAX_ELEMENTS tokens in all. A
longer text is in the page once, as plain text, and the script cuts what comes into view. For this, and for
what the page says about the token under the pointer, the data holds the lengths and ids of the tokens as
base64 VLQ, the integers of source maps (https://tc39.es/ecma426/#sec-base64-vlq) without a sign: about 4
bytes a token.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from html import escape
from itertools import chain, groupby, pairwise
from pathlib import Path
from typing import TextIO

import regex

from tokscope.render.glyphs import name_of_empty
from tokscope.render.markup import as_markup, by_hash, html_head
from tokscope.report.split import Cut, SplitReport
from tokscope.split import Split, Token, inside
from tokscope.text.quantity import quantity
from tokscope.text.visible import HIDDEN, UNSAFE, sign_of, visible

MAX_ELEMENTS = 20_000
"""How many tokens, of all texts and tokenizers, a page has as elements from the start."""

ROW, ROW_MAX = 200, 4000
"""How many bytes a row has at least, and how many at most if a token ends there."""

# Both are patterns for Python and, except for \U, for JavaScript. Joiners and variation selectors that are
# part of an emoji stay.
MARKS = (
    rf"(?![\t\n\u200d\ufe0e\ufe0f])[{UNSAFE}{HIDDEN}]"
    r"|(?<!\p{Emoji}\p{Emoji_Modifier}?)[\ufe0e\ufe0f]"
    r"|(?<!\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]?)\u200d|\u200d(?!\p{Extended_Pictographic})"
)
"""What is shown by a mark."""

JOINS = (
    rf"^(?!{MARKS})(?:[\p{{M}}\p{{Emoji_Modifier}}\u1160-\u11ff\ud7b0-\ud7ff]"
    r"|\p{Regional_Indicator}(?:\p{Regional_Indicator}{2})*(?!\p{Regional_Indicator}))"
)
"""What a browser would join to the token before, at the beginning of a token."""

_MARK_PATTERN = regex.compile(MARKS)
_MARKS_OF_TOKEN = regex.compile(rf"{MARKS}|[\t\n]")
_JOIN_PATTERN = regex.compile(JOINS)
_WHITE_SPACE = {"\n": "<u>↵</u>\n", "\t": "<u>→</u>\t"}

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def render(report: SplitReport, stream: TextIO, *, color: bool, width: int | None) -> None:
    """Write the page. It is long because it goes through the page from its head to its foot.

    Example: out = StringIO(); render(SplitReport([Cut("byte", load("byte").encode("Hi"))]), out, color=False,
    width=None); out.getvalue()[:15] -> "<!doctype html>"
    """
    texts = [list(cuts) for _, cuts in groupby(report.cuts, lambda cut: (cut.path, cut.split.source))]
    names = list(dict.fromkeys(cut.name for cut in report.cuts))
    plain = sum(len(cut.split) for cut in report.cuts) > MAX_ELEMENTS
    title = _page_title(texts)
    style = _read_asset("page.css") + "".join(
        f':root:has([value="{t}"]:checked) [data-t]:not([data-t="{t}"]) {{ display: none; }}\n'
        for t in range(len(names))
    )
    style += "".join(
        f':root:has([value="{names.index(name)}"]:checked) .heat {{ display: none; }}\n'
        for name in names
        if name not in _heated(report)
    )
    script = _read_asset("page.js")
    policy = (
        f"default-src 'none'; style-src {by_hash(style)}; script-src {by_hash(script)}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    stream.write(html_head(title, style, policy) + f"<header>\n<h1>{title}</h1>\n")
    stream.writelines(_head(report, names, plain))
    stream.write('</header>\n<main lang="">\n')
    for cuts in texts:
        stream.writelines(_write_section(cuts, names, plain, several=len(texts) > 1))
    data = {
        "names": [visible(name) for name in names],
        "marks": _for_javascript(MARKS),
        "joins": _for_javascript(JOINS),
        "texts": [[_script_data(cut, names.index(cut.name)) for cut in cuts] for cuts in texts],
    }
    # < is escaped so that nothing in the data can end the element or begin a comment
    encoded = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    stream.write(
        '</main>\n<footer id="about"><p class="quiet">Point at a token, or press Tab and the arrow keys, '
        "to see its id, bytes and position.</footer>\n"
        f'<script type="application/json" id="data">{encoded}</script>\n<script>{script}</script>\n'
    )


def _read_asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")


def _for_javascript(pattern: str) -> str:
    return re.sub(r"\\U000([0-9a-f]{5})", r"\\u{\1}", pattern)


def _page_title(texts: Sequence[Sequence[Cut]]) -> str:
    if len(texts) != 1:
        return quantity(len(texts), "text")
    path = texts[0][0].path
    return "tokscope split" if path in (None, "-", "--text") else as_markup(path)


def _head(report: SplitReport, names: Sequence[str], plain: bool) -> Iterator[str]:
    """Name the tokenizers, their counts and whether those are exact, and offer to show each or all."""
    described = []
    for name in names:
        cuts = [cut for cut in report.cuts if cut.name == name]
        uses = f" <small>{as_markup(cuts[0].tokenizer)}</small>" if name != cuts[0].tokenizer else ""
        described.append(f"<b>{as_markup(name)}</b>{uses} {_token_count(cuts)}")
    if len(names) == 1:
        yield f"<p>{described[0]}\n"
    elif names:
        yield "<fieldset>\n<legend>As cut by</legend>\n"
        for t, words in enumerate(described):
            checked = "" if t else " checked"
            yield f'<label><input type="radio" name="show" value="{t}"{checked}>{words}</label>\n'
        yield '<label><input type="radio" name="show" value="all"><b>side by side</b></label>\n</fieldset>\n'
    if hot := _heated(report):
        steps = " ".join(f'<b class="h{step}">{20 * step}–{20 * step + 20}%</b>' for step in range(5))
        named = as_markup(", ".join(hot))
        yield f'<p class="quiet heat">Heat of {named}, how uncertain the first byte was: {steps}\n'
    notes = [*report.notes, *(f"{error['path']}: {error['message']}" for error in report.errors)]
    yield from (f'<p class="quiet">{as_markup(note)}\n' for note in notes)
    if plain:
        yield (
            '<noscript><p class="quiet">This text is long: it is shown in full, but its tokens only where '
            "scripts are allowed.</noscript>\n"
        )


def _heated(report: SplitReport) -> list[str]:
    """Name the tokenizers whose tokens have a heat."""
    return list(dict.fromkeys(cut.name for cut in report.cuts if cut.split.heat))


def _token_count(cuts: Sequence[Cut]) -> str:
    count = sum(len(cut.split) for cut in cuts)
    exact = all(cut.exact for cut in cuts)
    word = "<small>exact</small>" if exact else '<small class="estimate">estimate</small>'
    return f"{quantity(count, 'token')} {word}"


def _write_section(cuts: Sequence[Cut], names: Sequence[str], plain: bool, several: bool) -> Iterator[str]:
    """Write one text row by row, in each row a paragraph for each tokenizer."""
    source = cuts[0].split.source
    yield f"<section{' data-plain' if plain else ''}>\n"
    if several:
        counts = " ".join(
            f'<small data-t="{names.index(cut.name)}">{as_markup(cut.name)} {_token_count([cut])}</small>'
            for cut in cuts
        )
        yield f"<h2>{as_markup(cuts[0].path or '-')} {counts}</h2>\n"
    for start, end in pairwise(_cut_rows(source, [cut.split for cut in cuts])):
        yield "<div>"
        if plain:
            text = escape(source[start:end].decode(), quote=False)
            yield f'<p class="plain">{_MARK_PATTERN.sub(lambda match: _mark(match[0]), text)}</p>'
        else:
            for cut in cuts:
                yield f'<p data-t="{names.index(cut.name)}" aria-label="{as_markup(cut.name)}">'
                yield from _write_row(cut.split, start, end)
                yield "</p>"
        yield "</div>\n"
    yield "</section>\n"


def _cut_rows(source: bytes, splits: Sequence[Split]) -> list[int]:
    """Cut a text into rows: after newlines that no token goes across, or else where all tokenizers cut."""
    size = len(source)
    newlines = [match.end() for match in re.finditer(rb"\n", source)]

    def is_edge(at: int) -> bool:
        before = [bisect_left(split.starts, at) for split in splits]
        in_token = any(i and split.ends[i - 1] > at for i, split in zip(before, splits, strict=True))
        return not in_token and not inside(source, at)

    def first(places: Sequence[int], low: int, high: int) -> int | None:
        between = range(bisect_left(places, low), bisect_right(places, high))
        return next((places[i] for i in between if is_edge(places[i])), None)

    bounds = [0]
    while bounds[-1] < size:
        start = bounds[-1]
        line = first(newlines, start + ROW, start + ROW_MAX)
        bounds.append(line or first(splits[0].ends, start + ROW_MAX, size) or size)
    return bounds if size else [0, 0]


def _write_row(split: Split, start: int, end: int) -> Iterator[str]:
    """Write the tokens of a row, and the text that was dropped between them."""
    source, last = split.source, end == len(split.source)
    at = start
    for i in range(bisect_left(split.starts, start), len(split) if last else bisect_left(split.starts, end)):
        token = split[i]
        if token.start > at:
            yield f"<s>{''.join(_span(source, at, token.start))}</s>"
        at = token.end
        heated = "" if split.heat is None else f" class=h{5 * _warmth(split.heat[i]) // 32}"
        yield f"<b{heated}>{_token(source, token)}</b>"
    if at < end:
        yield f"<s>{''.join(_span(source, at, end))}</s>"


def _warmth(heat: float) -> int:
    """Round a token's heat to 0 to 31, one digit of base64 VLQ."""
    return round(31 * min(max(0.0, heat), 1.0))


def _token(source: bytes, token: Token) -> str:
    if not token.data:
        return f"<u>{escape(name_of_empty(token))}</u>"
    return "".join(_span(source, token.start, token.end))


def _span(source: bytes, start: int, end: int) -> Iterator[str]:
    """Show source[start:end]: its whole characters, and in hex the bytes of those that are cut."""

    def piece(start: int, end: int) -> str:
        data = source[start:end].hex(" ")
        if inside(source, end):
            return f"<span><u>‹{data}›</u></span>"
        while inside(source, start):
            start -= 1
        return f"<span><u>‹{data}=</u>{_visible_html(source[start:end].decode())}<u>›</u></span>"

    head, tail = start, end
    while head < end and inside(source, head):
        head += 1
    while tail > head and inside(source, tail):
        tail -= 1
    if start < head:
        yield piece(start, head)
    yield _visible_html(source[head:tail].decode())
    if tail < end:
        yield piece(tail, end)


def _visible_html(text: str) -> str:
    """Write a token's text as HTML that shows every character."""
    joins = "<u>◌</u>" if _JOIN_PATTERN.search(text) else ""
    return joins + _MARKS_OF_TOKEN.sub(
        lambda match: _WHITE_SPACE.get(match[0]) or _mark(match[0]), escape(text, quote=False)
    )


def _mark(char: str) -> str:
    return f"<i>{sign_of(char)}</i>"


def _script_data(cut: Cut, t: int) -> dict[str, object]:
    """Describe one cut for the script: spans as length * 2, + 1 where the tokenizer dropped the text."""
    split = cut.split
    ends = chain([0], split.ends)
    spans = chain.from_iterable(
        ((start - before) * 2 + 1, (end - start) * 2) if start > before else ((end - start) * 2,)
        for before, start, end in zip(ends, split.starts, split.ends, strict=False)
    )
    described: dict[str, object] = {"t": t, "spans": _vlq(spans)}
    if split.ids is not None:
        described["ids"] = _vlq(split.ids)
    if split.heat is not None:
        described["heat"] = _vlq(map(_warmth, split.heat))
    if split.labels is not None:
        told = [
            None if token.label is None or token.label.encode(errors="replace") == token.data else token.label
            for token in split
        ]
        labels = {label: n for n, label in enumerate(dict.fromkeys(filter(None, told)), 1)}
        described["labels"] = [visible(label) for label in labels]
        described["labelled"] = _vlq(labels[label] if label else 0 for label in told)
    return described


def _vlq(numbers: Iterable[int]) -> str:
    """Write unsigned integers in base64 VLQ: 5 bits a character, low bits first; the sixth bit means more.

    Example: [2, 32] -> "CgB"
    """
    return "".join(map(_digits, numbers))


@cache
def _digits(number: int) -> str:
    written = ""
    while number > 31:
        written += _BASE64[32 | number & 31]
        number >>= 5
    return written + _BASE64[number]
