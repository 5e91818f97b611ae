r"""Tokens as a terminal shows them: every character visible, every byte accounted for.

·  a space        →  a tab        ↵  a newline, followed by a real one        ␍ ␛ ␀  control characters
\u200d            a character that is invisible, or that the terminal would obey
◌́                 a combining mark at the beginning of a token
‹f0 9f›‹a6 9c=🦜›  the bytes of a character that is cut, with the character once they complete it
##ing  ▁word      what the vocabulary adds to the text
went⇒go           the token as its tokenizer writes it, if that is not the text
[CLS]             a token of no text
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import regex
from rich.cells import cell_len

from tokscope.split import Split, Token, inside
from tokscope.text.visible import HIDDEN, UNSAFE, escape, sign_of, visible

# An emoji of several code points is shown whole where one token holds all of it. Its parts, and the jamo of a
# Korean syllable, are escaped on their own: a terminal would join them to the character before.
_GLYPH = regex.compile(
    r"(?P<emoji>\p{RI}{2}|[0-9#*]\ufe0f\u20e3|\p{ExtPict}[\ufe0f\p{EMod}]?(?:\u200d\p{ExtPict}[\ufe0f\p{EMod}]?)*)"
    rf"|(?P<special>[\s{UNSAFE}{HIDDEN}])"
    r"|(?P<joins>[\p{RI}\p{EMod}\u1160-\u11ff\ud7b0-\ud7ff])"
    rf"|(?P<char>.(?:(?![{HIDDEN}])[\p{{M}}\u1160-\u11ff\ud7b0-\ud7ff])*)"
)
_SPACE = regex.compile(r"[\s▁]+")  # SentencePiece writes any run of white space as ▁
_MARK = regex.compile(r"\p{M}")
_MARK_OF = {" ": "·", "\t": "→", "\n": "↵", "\x7f": "␡"}


MAX_REMEMBERED = 16
"""How many characters a text may have that is remembered as glyphs."""


class Glyph(NamedTuple):
    """What is drawn for one character, or for one remark on a token.

    Example: Glyph("·", 1, "mark", size=1) is a space

    `kind` is "text" for the text itself, "mark" for a sign in its place (white space, bytes) and "note" for
    what is not text (a label); `breaks` says that a line ends after it; `size` is how many bytes of the text
    it stands for.
    """

    text: str
    width: int
    kind: Literal["text", "mark", "note"] = "text"
    breaks: bool = False
    size: int = 0


class Drawn(NamedTuple):
    """A token, or with `token` None a stretch of dropped text, as glyphs.

    Example: Drawn(None, [Glyph("·", 1, "mark", size=1)]) is a space that WordPiece dropped
    """

    token: Token | None
    glyphs: list[Glyph]


def of_text(text: str, *, whole_emoji: bool = True) -> Iterator[Glyph]:
    r"""Show a text, a glyph for each character.

    Example: of_text("a \n") -> glyphs that read a · ↵, the last one ending a line

    Terminals disagree on the width of emoji that are joined from several. The widths here are the largest:
    all parts side by side. Without `whole_emoji` the parts are shown apart, and every width is certain.
    """
    for match in _GLYPH.finditer(text):
        char, size = match[0], len(match[0].encode())
        if match.lastgroup in ("special", "joins"):
            mark = _MARK_OF.get(char) or sign_of(char)
            yield Glyph(mark, cell_len(mark), "mark", char == "\n", size)
        elif match.lastgroup == "emoji" and len(char) > 1:
            if whole_emoji:
                yield Glyph(char, max(2, sum(map(cell_len, char))), size=size)
            else:
                for part in char:
                    yield from of_text(part)
        else:
            if _MARK.match(char):
                char = f"◌{char}"
            yield Glyph(char, max(1, cell_len(char)), size=size)


def visible_piece(data: bytes) -> str:
    """Write a piece of text so that every character of it can be seen.

    Example: visible_piece(b" st") -> "·st"; visible_piece(b"\\xe6\\x97") -> r"\\xe6\\x97"
    """
    try:
        return "".join(glyph.text for glyph in of_text(data.decode(), whole_emoji=False))
    except UnicodeDecodeError:
        return escape(data).replace(" ", "·")


@lru_cache(1 << 14)
def _of_short(text: str, whole_emoji: bool) -> Sequence[Glyph]:
    """Show a text that is likely to come again: most tokens do."""
    return tuple(of_text(text, whole_emoji=whole_emoji))


def of_split(split: Split, *, whole_emoji: bool = True) -> Iterator[Drawn]:
    """Show the tokens of a split, and the text between them, in order.

    Example: for WordPiece's "a b": a Drawn of the token a, one of the dropped space, one of the token b
    """
    end_before = 0
    for token in split:
        if token.start > end_before:
            yield Drawn(None, list(_of_span(split.source, end_before, token.start, whole_emoji)))
        end_before = token.end
        yield Drawn(token, list(_of_token(split.source, token, whole_emoji)))
    if end_before < len(split.source):
        yield Drawn(None, list(_of_span(split.source, end_before, len(split.source), whole_emoji)))


def name_of_empty(token: Token) -> str:
    """Name a token of no text: by its label, else by its id.

    Example: name_of_empty(Token(0, 0, b"", 101, "[CLS]")) -> "[CLS]"
    """
    return visible(token.label or ("∅" if token.id is None else f"#{token.id}"))


def _of_token(source: bytes, token: Token, whole_emoji: bool) -> Iterator[Glyph]:
    glyphs = _of_span(source, token.start, token.end, whole_emoji)
    label = visible(token.label or "")
    if not token.data:
        yield _note(name_of_empty(token))
        return
    try:
        text = token.data.decode()
    except UnicodeDecodeError:  # a label would only repeat the bytes
        yield from glyphs
        return
    before, found, after = _SPACE.sub("▁", label).partition(_SPACE.sub("▁", text))
    if not label or (found and not before and not after):
        yield from glyphs
    elif found and not any(map(str.isalnum, before + after)):
        yield from [_note(before)] if before else []
        yield from glyphs
        yield from [_note(after)] if after else []
    else:
        yield from glyphs
        yield _note(f"⇒{label}")


def _note(text: str) -> Glyph:
    return Glyph(text, cell_len(text), "note")


def _of_span(source: bytes, start: int, end: int, whole_emoji: bool) -> Iterator[Glyph]:
    """Show source[start:end]: its whole characters, and in hex the bytes of those that are cut."""
    head = start
    while head < end and inside(source, head):
        head += 1
    tail = end
    while tail > head and inside(source, tail):
        tail -= 1
    if start < head:
        yield from _piece(source, start, head, whole_emoji)
    for i, run in enumerate(_NO_TEXT.split(source[head:tail].decode(errors="surrogateescape"))):
        if i % 2:
            yield _bytes_alone(run.encode(errors="surrogateescape"))
        elif len(run) <= MAX_REMEMBERED:
            yield from _of_short(run, whole_emoji)
        else:
            yield from of_text(run, whole_emoji=whole_emoji)
    if tail < end:
        yield from _piece(source, tail, end, whole_emoji)


def _piece(source: bytes, start: int, end: int, whole_emoji: bool) -> Iterator[Glyph]:
    """Show some of a character's bytes; the last part shows the character too."""
    piece = source[start:end].hex(" ")
    first = start
    while first and inside(source, first):
        first -= 1
    try:
        char = source[first:end].decode()
    except UnicodeDecodeError:  # it goes on after `end`, or a stage has taken a part of it out
        yield _bytes_alone(source[start:end])
        return
    yield Glyph(f"‹{piece}=", len(piece) + 2, "mark")
    if "\U0001f1e6" <= char <= "\U0001f1ff":  # half a flag, with nothing next to it to join
        yield Glyph(char, 2)
    else:
        yield from of_text(char, whole_emoji=whole_emoji)
    yield Glyph("›", 1, "mark")


_NO_TEXT = re.compile("([\udc80-\udcff]+)")
"""Bytes of no whole character, as surrogates: what a trace shows may be a character less a part of it."""


def _bytes_alone(data: bytes) -> Glyph:
    """Show bytes that are not a character as hex."""
    return Glyph(f"‹{data.hex(' ')}›", 3 * len(data) + 1, "mark")
