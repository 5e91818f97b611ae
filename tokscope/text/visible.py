r"""Text from outside, made safe: characters that a terminal would obey or hide are shown instead.

Two classes of characters, each the inside of a regular expression's [...]:

- UNSAFE: what a terminal may obey, or what moves the text around it: control characters (C0, DEL, C1), the
  controls of bidirectional text, line and paragraph separators, and lone surrogates, which UTF-8 cannot hold.
- HIDDEN: what is invisible: zero-width and default-ignorable characters.
"""

from __future__ import annotations

import re

UNSAFE = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"

HIDDEN = (
    r"\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0f"
    r"\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)

# Compiled and cached by re when first used: counting one line shows no text.
_INVISIBLE = f"[{UNSAFE}{HIDDEN}]"
_DEFUSED = rf"(?![\t\n])[{UNSAFE}]"
_ESCAPED = rf"[\\{UNSAFE}]"
_NAMED_ESCAPES = {"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str) -> str:
    r"""Make untrusted text one line that a terminal shows and does not obey.

    Example: visible("a\x1b[31m\u202e") -> r"a\x1b[31m\u202e"

    This is for people: backslashes are left alone, so it cannot be undone.
    """
    return re.sub(_INVISIBLE, lambda match: escape_character(match[0]), text)


def defused(text: str) -> str:
    r"""Escape only what a terminal may obey, other than tabs and newlines.

    Example: defused("a\tb\x1b[31m") -> "a\tb\\x1b[31m"
    """
    return re.sub(_DEFUSED, lambda match: escape_character(match[0]), text)


def escape_character(char: str) -> str:
    r"""Write one character as an escape, or as a byte if it stands for one in a file name (a surrogate).

    Example: escape_character("\x1b") -> r"\x1b"; escape_character("\u200d") -> r"\u200d";
    escape_character("\udcff") -> r"\xff"
    """
    code = ord(char)
    if char in _NAMED_ESCAPES:
        return _NAMED_ESCAPES[char]
    if code < 0x80 or 0xDC80 <= code <= 0xDCFF:  # os.fsdecode maps the byte NN to U+DCNN
        return f"\\x{code & 0xFF:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def sign_of(char: str) -> str:
    """Give what stands for a character without a shape: Unicode's picture of a control, or else an escape.

    Example: sign_of("\\0") -> "␀"; sign_of("\\u200d") -> r"\\u200d"
    """
    return chr(0x2400 + ord(char)) if char < " " else escape_character(char)


def escape(data: bytes) -> str:
    r"""Write the bytes of a token as one line that can be undone: `printf %b` gives the bytes back.

    Example: escape(b"a\n\xf0\x9f") -> r"a\n\xf0\x9f"

    Characters stay as they are, except for the backslash (\\), newline (\n), carriage return (\r), tab (\t)
    and other characters that a terminal may obey: the bytes of these, and bytes that are not valid UTF-8, are
    written \xNN.
    """

    def escaped(match: re.Match[str]) -> str:
        char = match[0]
        return _NAMED_ESCAPES.get(char) or "".join(
            f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape")
        )

    return re.sub(_ESCAPED, escaped, data.decode("utf-8", "surrogateescape"))
