"""Texts that break tokenizers: a table of hostile ones, and a strategy weighted to what splitters trip on."""

from __future__ import annotations

from hypothesis import strategies as st

HOSTILE: dict[str, str] = {
    "empty": "",
    "space": " ",
    "newline": "\n",
    "spaces": " " * 300,
    "newlines": "\n" * 300,
    "carriage returns": "\r" * 300,
    "one letter": "a" * 300,
    "one Han character": "字" * 300,
    "digits": "1234567890" * 30,
    "NUL": "\x00" * 50,
    "NUL inside": "a\x00b",
    "crlf": "one\r\ntwo\r\n\r\nthree",
    "mixed newlines": "a\rb\nc\r\nd\n\re\u2028f\u2029g\x85h",
    "bom": "\ufeffHello",
    "escape": "\x1b[31mred\x1b[0m \x1b]0;title\x07",
    "markup": "[bold]not bold[/bold] [/] [red]",
    "html": "<script>alert(1)</script>&amp;",
    "special tokens": "a<|endoftext|>b [CLS] [SEP] [UNK] </s> <s> <pad> <|im_start|>user",
    "mixed scripts": "Hello 日本語 World! 我爱自然语言处理",
    "combining": "e\u0301" * 20 + "a" + "\u0301" * 200,
    "decomposed": "Cafe\u0301 Å Å Å \u1100\u1161\u11a8",
    "compatibility": "ﬁ ① Ⅷ ㌔ ｱ Ａ",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈👍🏽🇯🇵🇰🇷",
    "family in a row": "👨‍👩‍👧" * 30,
    "apostrophes": "don't DON'T 'S 'ſ we'LL ''' 'd've o'clock’s",
    "white space kinds": "a\u00a0b\u3000c\u200bd\u2009e\tf\vg\fh",
    "space before digit": "x  1  22   333\n 4",
    "right to left": "שלום עולם مرحبا بالعالم",
    "devanagari": "नमस्ते दुनिया क्षत्रिय",
    "thai": "สวัสดีชาวโลก",
    "hangul": "안녕하세요 세계",
    "prepend": "\u0d4e \u0600a \U00011f02\n\u0301",
    "private use": "\ue000\uf8ff\U000f0000\U0010ffff",
    "unassigned": "\u0378\U000e0fff\ufdd0\uffff",
    "newer than the engines": "\u0558\u058b\U00016ea0\u0295\u0c5c",
    "astral": "𝕳𝖊𝖑𝖑𝖔 𠀋𠂢 𐍈",
    "code": "def f(x):\n\treturn {'a': [1, 2.5e-3]}  # ok\n",
    "slashes": "a\n/b .\n/c //\n\n/d",
    "byte order": "\ufffe\ufeff\ufffd",
    "soft hyphen and zero width": "co\u00adop\u200d\u200c\u2060\u180e",
    "long word": "pneumonoultramicroscopicsilicovolcanoconiosis" * 10,
    "underscore": "▁a ▁▁b ##ing Ġx Ċ",
}

_PIECES = [
    *("'s", "'T", "'ſ", "'ll", "'RE", "’s", "'", '"'),
    *(
        " ",
        "  ",
        "   ",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        " \n ",
        "\u00a0",
        "\u3000",
        "\u2028",
        "\x85",
        "\x1c",
    ),
    *("a", "B", "ǅ", "ʰ", "ß", "İ", "ı", "K", "word", "Word", "WORDs", "the", "ing"),
    *("e\u0301", "\u0301", "\u0e33", "\u093f", "\u200d", "\ufe0f", "\u0345"),
    *("1", "12", "123", "1234", "½", "Ⅷ", "٣", "²"),
    *("日", "本語", "我爱", "ア", "ー", "한국", "𠀋"),
    *("👩‍👧", "👍🏽", "🇯🇵", "❤️"),
    *(
        ".",
        ",",
        "/",
        "//",
        "!",
        "?!",
        "…",
        "。",
        "，",
        "$",
        "€",
        "_",
        "-",
        "#",
        "<|",
        "|>",
        "<|endoftext|>",
        "[CLS]",
    ),
    *("\x00", "\x1b[0m", "\ue000", "\u0378", "\U000e0fff", "\ufeff", "\uffff", "\u0295", "\u0558"),
]

characters = st.characters(exclude_categories=["Cs"])

texts = st.lists(st.one_of(st.sampled_from(_PIECES), st.text(characters, max_size=3)), max_size=30).map(
    "".join
)
"""Text of every kind that a str can hold without lone surrogates, weighted to what breaks splitters."""


def in_blocks(text: str, sizes: list[int]) -> list[str]:
    """Cut a text into blocks of the given sizes, over and over."""
    blocks, at = [], 0
    while at < len(text):
        size = sizes[len(blocks) % len(sizes)]
        blocks.append(text[at : at + size])
        at += size
    return blocks
