"""What is printed: golden outputs of one hostile report, and properties of every format over hostile text."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.support.shell import tokscope
from tests.support.texts import HOSTILE, texts
from tokscope.render import FORMATS, color_for, render
from tokscope.render.blocks import lines as blocks
from tokscope.render.glyphs import of_split
from tokscope.render.json import dumps as json_dumps
from tokscope.render.json import payload
from tokscope.render.palettes import BASIC, SOFT
from tokscope.render.table import lines as table
from tokscope.render.table import shorten
from tokscope.report.order import Order
from tokscope.report.split import Cut, SplitReport
from tokscope.report.table import Column, Estimate, Report, TableReport
from tokscope.split import Split
from tokscope.text.visible import escape, visible

ROWS = [
    ("src/__init__.py", 1234567, 0.0, 2.5, 1234567, "BPE"),
    ("日本語/とても長いフォルダ/名前.md", 89, 0.125, None, 89, "word_s"),
    ("\x1b[31mred\x1b[0m\u202e.txt", 0, 0.00001, 1000.456, 0, "[bold]x[/]"),
    ("a|b`c <i>&amp;</i>\n.md", None, None, None, None, None),
    ('=say "hi", ok\r', 617284, 1.0, 3.0, 617284, "*a* #1"),
]
REPORT = TableReport(
    [
        Column("path", "path"),
        Column("tokens", "int"),
        Column("unknown", "percent", optional=True),
        Column("chars/token", "ratio"),
        Column("tokens", "bar", optional=True),
        Column("family", optional=True),
    ],
    ROWS,
    total=("total", 1851940, None, 2.51, None, None),
    results=[{"path": row[0], "tokens": row[1]} for row in ROWS],
    errors=[{"path": "b\udcff.md", "message": "bad \x9b"}],
    summary={"files": 5},
    notes=["gpt-4o uses o200k_base", "<3 [skipped]"],
    title="a *title*\x07",
)

PLAIN = r"""
 tokens	unknown	chars/token	family	path
1234567	     0%	       2.50	BPE	src/__init__.py
     89	 12.50%	          -	word_s	日本語/とても長いフォルダ/名前.md
      0	  0.00%	    1000.46	[bold]x[/]	\x1b[31mred\x1b[0m\u202e.txt
      -	      -	          -	-	a|b`c <i>&amp;</i>\n.md
 617284	100.00%	       3.00	*a* #1	=say "hi", ok\r
1851940	      -	       2.51	-	total
"""

CSV = r"""
path,tokens,unknown,chars/token,family
src/__init__.py,1234567,0.0,2.5,BPE
日本語/とても長いフォルダ/名前.md,89,0.125,,word_s
\x1b[31mred\x1b[0m\u202e.txt,0,1e-05,1000.456,[bold]x[/]
"a|b`c <i>&amp;</i>
.md",,,,
"=say ""hi"", ok\r",617284,1.0,3.0,*a* #1
"""

MD = r"""
### a \*title\*\\x07

| path | tokens | unknown | chars/token | family |
| --- | ---: | ---: | ---: | --- |
| `src/__init__.py` | 1,234,567 | 0% | 2.50 | BPE |
| `日本語/とても長いフォルダ/名前.md` | 89 | 12.50% | - | word_s |
| `\x1b[31mred\x1b[0m\u202e.txt` | 0 | 0.00% | 1,000.46 | \[bold\]x\[/\] |
| <code>a&#124;b&#96;c &#60;i&#62;&#38;amp&#59;&#60;&#47;i&#62;&#92;n&#46;md</code> | - | - | - | - |
| `=say "hi", ok\r` | 617,284 | 100.00% | 3.00 | \*a\* \#1 |
| **total** | **1,851,940** |  | **2.51** |  |

gpt-4o uses o200k_base

\<3 \[skipped\]
"""

NDJSON = r"""
{"path": "src/__init__.py", "tokens": 1234567}
{"path": "日本語/とても長いフォルダ/名前.md", "tokens": 89}
{"path": "\u001b[31mred\u001b[0m\u202e.txt", "tokens": 0}
{"path": "a|b`c <i>&amp;</i>\n.md", "tokens": null}
{"path": "=say \"hi\", ok\r", "tokens": 617284}
{"error": {"path": "b\udcff.md", "message": "bad \u009b"}}
"""

WIDE = r"""
a *title*\x07
                                                         chars/
path                                  tokens  unknown     token                       family
src/__init__.py                    1,234,567       0%      2.50  ███████████████████  BPE
日本語/とても長いフォルダ/名前.md         89   12.50%         -  ▏                    word_s
\x1b[31mred\x1b[0m\u202e.txt               0    0.00%  1,000.46                       [bold]x[/]
a|b`c <i>&amp;</i>\n.md                    -        -         -                       -
=say "hi", ok\r                      617,284  100.00%      3.00  █████████▌           *a* #1
────────────────────────────────────────────────────────────────────────────────────────────────
total                              1,851,940               2.51
gpt-4o uses o200k_base
<3 [skipped]
"""

NARROW = r"""
a *title*\x07
                                                      chars/
path                               tokens  unknown     token
src/__init__.py                 1,234,567       0%      2.50
日本語/…/名前.md                       89   12.50%         -
\x1b[31mred\x1b[0m\u202e.txt            0    0.00%  1,000.46
a|b`c <i>&amp;</i>\n.md                 -        -         -
=say "hi", ok\r                   617,284  100.00%      3.00
────────────────────────────────────────────────────────────
total                           1,851,940               2.51
gpt-4o uses o200k_base
<3 [skipped]
no room for family
"""


def rendered(format: str, report: Report, **options: object) -> str:
    stream = io.StringIO()
    render(format, report, stream, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("format", "width", "expected"),
    [
        ("plain", None, PLAIN),
        ("csv", None, CSV),
        ("md", None, MD),
        ("ndjson", None, NDJSON),
        ("table", 96, WIDE),
        ("table", 60, NARROW),
    ],
)
def test_golden(format: str, width: int | None, expected: str) -> None:
    assert rendered(format, REPORT, width=width) == expected.removeprefix("\n")


def test_json_is_the_payload() -> None:
    text = rendered("json", REPORT)
    assert json.loads(text) == payload(REPORT)
    assert json.loads(text)["errors"] == [{"path": "b\udcff.md", "message": "bad \x9b"}]
    text.encode()  # the lone surrogate is escaped


@pytest.mark.parametrize("format", ["csv", "md", "plain", "table"])
def test_a_header_never_stands_alone(format: str) -> None:
    assert rendered(format, TableReport(REPORT.columns, [])) == ""


def test_csv_reads_back() -> None:
    header, *rows = csv.reader(io.StringIO(rendered("csv", REPORT), newline=""))
    assert header == ["path", "tokens", "unknown", "chars/token", "family"]
    assert [float(row[3] or "nan") for row in rows[:3:2]] == [2.5, 1000.456]
    assert rows[3][0] == ROWS[3][0]


def test_rows_too_wide_for_the_terminal_become_blocks() -> None:
    lines = [line.plain for line in table(REPORT, 30)]
    assert lines[1:6] == [
        "src/__init__.py",
        "  tokens       1,234,567",
        "  unknown             0%",
        "  chars/token       2.50",
        "  family       BPE",
    ]


# One input, one tokenizer: the bare number. Figures of several tokenizers are named.
PATH, ONE, TWO = Column("path", "path"), Column("char", "int"), Column("byte", "int")


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (TableReport([PATH, ONE], [("a.md", 1234)]), "1234\n"),
        (TableReport([PATH, ONE], [("a.md", 1234)], total=("total", 1234)), "1234\ta.md\n1234\ttotal\n"),
        (TableReport([PATH, ONE], [("a b.md", 7), ("c.md", 123)]), "  7\ta b.md\n123\tc.md\n"),
        (TableReport([PATH, ONE, TWO], [("a.md", 5, 12345)]), "char\t byte\tpath\n   5\t12345\ta.md\n"),
        (TableReport([Column("name"), ONE], [("gpt2", 50257)]), "gpt2\t50257\n"),
        (TableReport([PATH, ONE], []), ""),
    ],
)
def test_plain(report: Report, expected: str) -> None:
    assert rendered("plain", report) == expected


def cells(text: str) -> int:
    """The width of a text by the standard itself (UAX #11), where rich has a table of its own."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120, 200])
def test_table_fits(width: int) -> None:
    notes = len(REPORT.notes) + 1
    assert all(cells(line.plain) <= width for line in list(table(REPORT, width))[1:-notes])


@given(st.text("abc日本語ｱ/.", max_size=60), st.integers(3, 40))
def test_shortened_paths_fit_and_keep_their_names(path: str, width: int) -> None:
    short = shorten(path, width)
    assert cells(short) <= width
    if cells(path) <= width:
        assert short == path
    else:
        head, _, tail = short.partition("…")
        assert path.startswith(head)
        assert path.endswith(tail)
        name = path[path.rfind("/") :]
        assert tail.endswith(name) or cells(name) >= width or " => " in path


NAMES = [("docs/guide/start.md:12", 1, 1, 10**14), ("samples/old.txt => samples/new.txt", 2, 1, 5)]


@pytest.mark.parametrize(
    ("width", "heading", "names"),
    [
        (70, ["path", "n", "seen"], [NAMES[0][0], NAMES[1][0]]),
        (58, ["path", "n", "seen"], [NAMES[0][0], NAMES[1][0]]),  # the bar goes first
        (55, ["path", "n", "seen"], [NAMES[0][0], "samples/old.txt => …/new.txt"]),
        (50, ["path", "n", "seen"], [NAMES[0][0], "…/old.txt => …/new.txt"]),
        (45, ["path", "n"], [NAMES[0][0], NAMES[1][0]]),  # then what may be left out
    ],
)
def test_names_are_whole_before_bars_and_other_columns(
    width: int, heading: list[str], names: list[str]
) -> None:
    columns = [Column("path", "path"), Column("n", "int"), Column("n", "bar", optional=True)]
    report = TableReport([*columns, Column("seen", "int", optional=True)], NAMES)
    first, *rows = (line.plain for line in table(report, width))
    assert first.split() == heading
    assert [re.split("  +", row)[0] for row in rows[:2]] == names
    assert ("█" in "".join(rows)) == (width == 70)
    assert rows[2:] == ["no room for seen"] * (width == 45)


# Text from outside


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b[31mb\x07", r"a\x1b[31mb\x07"),
        ("one\ntwo\r\t", r"one\ntwo\r\t"),
        ("C:\\new", r"C:\new"),
        ("\x7f\x9b\u202e\u2028", r"\x7f\u009b\u202e\u2028"),
        ("caf\udcc3\udca9", r"caf\xc3\xa9"),
        ("zero\u200bwidth\U000e0041", r"zero\u200bwidth\U000e0041"),
        ("naïve 日本 שלום 👍 [bold]", "naïve 日本 שלום 👍 [bold]"),
    ],
)
def test_visible(text: str, expected: str) -> None:
    assert visible(text) == expected


def test_visible_hides_nothing_and_shows_all_else_as_it_is() -> None:
    drawn = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
    invisible = set("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
    invisible |= set(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))  # variation selectors
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        category = unicodedata.category(char)
        if category in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            assert (visible(char) == char) == (char in drawn), hex(code)
        elif category not in ("Cn", "Mn"):
            assert (visible(char) != char) == (char in invisible), hex(code)
        elif char in invisible:
            assert visible(char) != char, hex(code)


def test_printf_reads_escaped_tokens_back() -> None:
    tokens = [*map(str.encode, HOSTILE.values()), bytes(range(256)), b"\\", b"\xf0\x9f", "é".encode()[1:]]
    script = 'for token; do printf "%b" "$token"; done'
    output = subprocess.run(
        ["bash", "-c", script, "bash", *map(escape, tokens)], capture_output=True, check=True
    )
    assert output.stdout == b"".join(tokens)


def unescaped(line: str) -> bytes:
    def byte(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\"}.get(code) or bytes.fromhex(
            code[1:].decode()
        )

    return re.sub(rb"\\(x..|.)", byte, line.encode())


@st.composite
def splits(draw: st.DrawFn, source: st.SearchStrategy[str] = texts) -> Split:
    """Any split that the contract allows: tokens that cut characters, gaps, tokens of no width, labels."""
    data = draw(source).encode()
    chance = draw(st.randoms(use_true_random=False))
    bounds = sorted(chance.choices(range(len(data) + 1), k=chance.randint(0, 12)))
    spans = [span for span in pairwise([0, *bounds, len(data)]) if chance.random() > 0.2]
    labels = ["[CLS]", "##ing", "▁a", "", "\x1b[1m", None] if chance.random() < 0.5 else []
    return Split(
        data,
        [start for start, _ in spans],
        [end for _, end in spans],
        [chance.randint(0, 200_000) for _ in spans] if chance.random() < 0.5 else None,
        [chance.choice(labels) for _ in spans] if labels else None,
    )


@given(splits())
def test_plain_tokens_read_back(split: Split) -> None:
    lines = rendered("plain", SplitReport([Cut("any", split)])).split("\n")
    assert lines.pop() == ""
    assert [unescaped(line.partition("\t")[0]) for line in lines] == [token.data for token in split]


TEXTS = [
    name for name, one in FORMATS.items() if one.form(("table", "results")) and name not in ("svg", "png")
]
"""The formats that write reports as text, not as a picture of it."""

VIEWS: list[Mapping[str, bool]] = [{}, {"ids": True}, {"ids": True, "hex": True}, {"align": True}]


@settings(max_examples=40, deadline=None)
@given(splits(), texts, st.integers(12, 90))
def test_no_format_lets_a_control_character_through(split: Split, name: str, width: int) -> None:
    report = TableReport(
        [Column(name, "path"), Column(name), Column(name, "int")],
        [(name, name, 1)],
        total=(name, name, 1),
        results=[{name: name}],
        errors=[{"path": name}],
        notes=[name],
        title=name,
    )
    cut = Cut(name, split, asked=f"asked {name}", path=name)
    reports = [report, *(SplitReport([cut, Cut("b", split)], notes=[name], **view) for view in VIEWS)]
    for one in reports:
        for format in TEXTS:
            for color in (False, True):
                output = rendered(format, one, color=color, width=width)
                output = re.sub(r"\x1b\[[0-9;]*m", "", output) if color and format == "table" else output
                kept = "\n\t" if format in ("plain", "csv") else "\n"
                bad = {
                    char for char in output if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
                } - set(kept)
                assert not bad, (format, bad)
                assert "\ufffd" not in output or "\ufffd" in name + split.source.decode()


MARKDOWN = MarkdownIt("commonmark").enable("table")


@settings(deadline=None)
@given(st.lists(st.tuples(st.one_of(texts, st.text("`|\\ <&*_[]a")), texts), max_size=4))
def test_markdown_reads_back(rows: list[tuple[str, str]]) -> None:
    report = TableReport([Column("path", "path"), Column("words")], rows)
    tokens = MARKDOWN.parse(rendered("md", report))
    inline = [token.children or [] for token in tokens if token.type == "inline"][2:]
    for (path, words), (code, text) in zip(rows, zip(inline[::2], inline[1::2], strict=True), strict=True):
        assert collapsed(content(code)) == collapsed(visible(path))
        assert collapsed(content(text)) == collapsed(visible(words))
        assert {child.type for child in code} <= {"code_inline", "html_inline", "text", "text_special"}
        assert {child.type for child in text} <= {"text", "text_special"}


def content(children: list[object]) -> str:
    return "".join(child.content for child in children if child.type != "html_inline")


def collapsed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


# A text cut into tokens


def running(split: Split, width: int = 80) -> list[str]:
    return [line.plain for line in blocks(SplitReport([Cut("any", split)]), [], width)][1:]


@pytest.mark.parametrize(
    ("tokens", "labels", "expected"),
    [
        ([b"Hello", b" world"], None, ["Hello│·world"]),
        ([b"a\tb\r\n", b"c"], None, ["a→b␍↵", "│c"]),
        ([b"\n\n", b"\n"], None, ["↵", "↵", "│↵"]),
        ([b"\xf0\x9f", b"\xa6\x9c!"], None, ["‹f0 9f›│‹a6 9c=🦜›!"]),
        ([b"a\xe6", b"\x97", b"\xa5"], None, ["a‹e6›│‹97›│‹a5=日›"]),
        ([b"\xc2", b"\x9b"], None, [r"‹c2›│‹9b=\u009b›"]),
        ([b"e", "\u0301".encode()], None, ["e│◌\u0301"]),
        (["❤\ufe0f©".encode()], None, ["❤\ufe0f©"]),
        (["👩\u200d👧".encode()], None, ["👩\u200d👧"]),
        (["👩".encode(), "\u200d👧".encode()], None, [r"👩│\u200d👧"]),
        ([b"\x1b[1m", b"\x00"], None, ["␛[1m│␀"]),
        (["\u202e\u200b\u3000".encode()], None, [r"\u202e\u200b\u3000"]),
        ([b"", b"play", b"ing", b""], ["[CLS]", "play", "##ing", "[SEP]"], ["[CLS]│play│##ing│[SEP]"]),
        (["🇯🇵👍🏽".encode()], None, ["🇯🇵👍🏽"]),
        (["🇯".encode(), "🇵".encode()], None, [r"\U0001f1ef│\U0001f1f5"]),
        ([b"went", b" on"], ["go", None], ["went⇒go│·on"]),
        ([b"Hi", b" you", b"\nthere"], ["▁Hi", "▁you", "▁there"], ["▁Hi│·you│↵", "there"]),
        ([], None, []),
    ],
)
def test_running_text(tokens: list[bytes], labels: list[str | None] | None, expected: list[str]) -> None:
    split = Split.of_lengths(b"".join(tokens), map(len, tokens))
    assert running(Split(split.source, split.starts, split.ends, labels=labels)) == expected


def test_dropped_text_is_told_from_tokens() -> None:
    split = Split(b"Hello world  \n", [0, 6], [5, 11])
    assert running(split) == ["Hello⟨·⟩world⟨··↵⟩"]
    [_, line] = blocks(SplitReport([Cut("any", split)]), SOFT)
    assert [str(span.style) for span in line.spans if "on" not in str(span.style)] == ["dim", "dim"]


@pytest.mark.parametrize("palette", [SOFT, BASIC])
def test_neighbours_differ_in_colour(palette: object) -> None:
    split = Split.of_lengths(b"abcdefghijklmno", [1] * 15)
    [_, line] = blocks(SplitReport([Cut("any", split)]), palette)
    styles = [span.style for span in line.spans]
    assert len(styles) == 15
    assert all(one != other for one, other in pairwise(styles))


def test_lines_break_between_tokens() -> None:
    split = Split.of_lengths(b"aaaa bbbb cccc" + b"d" * 20, [4, 5, 5, 20])
    assert running(split, 12) == ["aaaa│·bbbb", "│·cccc│ddddd", "d" * 12, "d" * 3]


def shown_bytes(glyphs: str) -> bytes:
    """Read glyphs back, of text that needs no marks."""
    pieces = re.findall(r"‹([0-9a-f ]+)(?:=.)?›|(.)", glyphs)
    return b"".join(bytes.fromhex(piece) if piece else char.encode() for piece, char in pieces)


@given(splits(st.text("aé日🦜", max_size=12)))
def test_every_byte_of_every_token_is_shown(split: Split) -> None:
    bare = Split(split.source, split.starts, split.ends)
    drawn = [(token, "".join(glyph.text for glyph in glyphs)) for token, glyphs in of_split(bare)]
    assert [shown_bytes(text) for token, text in drawn if token and token.data] == [
        token.data for token in bare if token.data
    ]
    assert b"".join(shown_bytes(text) for token, text in drawn if not token or token.data) == bare.source


def test_ids_and_bytes_stand_under_their_tokens() -> None:
    split = Split("Hi 日本".encode(), [0, 3, 6], [2, 6, 9], ids=[17250, 7, 12345])
    lines = [line.plain for line in blocks(SplitReport([Cut("any", split)], ids=True, hex=True), [], 40)]
    assert lines == [
        "any  3 tokens exact",
        "Hi    ⟨·⟩ 日       本",
        "48 69     e6 97 a5 e6 9c ac",
        "17250     7        12345",
    ]


def test_aligned_tokens_stand_under_the_ruler() -> None:
    text = "Hi 日本 ok\nyes"
    cuts = [
        Cut("o200k_base", Split.of_lengths(text.encode(), [2, 7, 4, 3]), asked="gpt-4o"),
        Cut("byte", Split.of_lengths(text.encode(), [1] * len(text.encode()))),
        Cut("word", Split(text.encode(), [0, 0, 3, 10, 13], [0, 2, 9, 12, 16], labels=["[CLS]", *"abcd"])),
    ]
    assert [line.plain for line in blocks(SplitReport(cuts, align=True), [], 60)] == [
        "            Hi·日本·ok↵",
        "gpt-4o   4  ├┤├───┤├──┤",
        "byte    16  │││╫╫╫╫││││",
        "word     5  ├┤ ├──┤ ├┤",
        "",
        "            yes",
        "gpt-4o      ├─┤",
        "byte        │││",
        "word        ├─┤",
        "╫ a token ends inside this character",
        "word also has 1 of no width: [CLS]",
    ]


@given(st.lists(st.text("ab日本ｱ", min_size=1, max_size=9), min_size=1, max_size=12), st.integers(30, 60))
def test_aligned_extents_have_their_tokens_width(words: list[str], width: int) -> None:
    split = Split.of_lengths("".join(words).encode(), [len(word.encode()) for word in words])
    lines = [line.plain for line in blocks(SplitReport([Cut("any", split)], align=True), [], width)]
    assert all(cells(line) <= width for line in lines)
    margin = len(f"any  {len(words)}  ")
    ruler = "".join(line[margin:] for line in lines[::3])
    extents = re.findall(r"├─*┤|│", "".join(line[margin:] for line in lines[1::3]))
    assert ruler == "".join(words)
    assert list(map(cells, extents)) == list(map(cells, words))


def test_several_texts_and_tokenizers() -> None:
    one, other = Split.of_lengths(b"a b", [1, 2]), Split.of_lengths(b"c", [1])
    report = SplitReport(
        [
            Cut("o200k_base", one, "gpt-4o", "a.md"),
            Cut("char", one, "", "a.md"),
            Cut("char", other, "", "b.md", False),
        ]
    )
    assert rendered("plain", report).splitlines() == [
        "a.md\tgpt-4o\ta",
        "a.md\tgpt-4o\t b",
        "a.md\tchar\ta",
        "a.md\tchar\t b",
        "b.md\tchar\tc",
    ]
    assert rendered("table", report).splitlines() == [
        *("a.md", "gpt-4o o200k_base  2 tokens exact", "a│·b", "", "char  2 tokens exact", "a│·b", ""),
        *("b.md", "char  1 token estimate", "c"),
    ]
    assert report.summary == {"files": 2, "tokens": {"o200k_base": 2, "char": 3}}


SPLIT = SplitReport(
    [
        Cut(
            "any",
            Split("日\n".encode(), [0, 0, 2, 3], [0, 2, 3, 4], [1, 2, 3, 4], ["[CLS]", None, None, None]),
        )
    ]
)


def test_split_as_json() -> None:
    assert json.loads(rendered("ndjson", SPLIT)) == {
        "path": None,
        "tokenizer": "any",
        "exact": True,
        "tokens": 4,
        "chars": 2,
        "bytes": 4,
        "split": [
            {"text": "", "id": 1, "label": "[CLS]", "start": 0, "end": 0},
            {"text": None, "hex": "e697", "id": 2, "start": 0, "end": 2},
            {"text": None, "hex": "a5", "id": 3, "start": 2, "end": 3},
            {"text": "\n", "id": 4, "start": 3, "end": 4},
        ],
    }
    assert json.loads(rendered("json", SPLIT)) == payload(SPLIT)


def test_split_as_csv_and_markdown() -> None:
    assert rendered("csv", SPLIT).splitlines() == [
        "tokenizer,index,start,end,id,token,label",
        "any,0,0,0,1,,[CLS]",
        r"any,1,0,2,2,\xe6\x97,",
        r"any,2,2,3,3,\xa5,",
        r"any,3,3,4,4,\n,",
    ]
    assert rendered("md", SPLIT).splitlines()[3] == r"| any | 1 | 0 | 2 | 2 | `\xe6\x97` | - |"


def test_split_as_lines_with_ids_bytes_and_labels() -> None:
    report = SplitReport(SPLIT.cuts, ids=True, hex=True)
    assert rendered("plain", report).splitlines() == [
        "1\t\t\t[CLS]",
        "2\te697\t\\xe6\\x97\t\\xe6\\x97",
        "3\ta5\t\\xa5\t\\xa5",
        "4\t0a\t\\n\t\\n",
    ]


# Terminals


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "when", "environ", "expected"),
    [
        (Terminal, "auto", {}, True),
        (io.StringIO, "auto", {}, False),
        (Terminal, "auto", {"TERM": "dumb"}, False),
        (Terminal, "auto", {"NO_COLOR": "1"}, False),
        (Terminal, "auto", {"NO_COLOR": ""}, True),
        (io.StringIO, "auto", {"FORCE_COLOR": "1"}, True),
        (io.StringIO, "auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        (io.StringIO, "auto", {"FORCE_COLOR": ""}, False),
        (Terminal, "auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (io.StringIO, "always", {"NO_COLOR": "1", "TERM": "dumb"}, True),
        (Terminal, "never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_color_for(
    stream: Callable[[], io.StringIO], when: str, environ: dict[str, str], expected: bool
) -> None:
    assert color_for(stream(), when, environ) is expected


@pytest.mark.parametrize("report", [REPORT, SPLIT], ids=["table", "split"])
@pytest.mark.parametrize(
    "environ",
    [
        *({"TERM": "dumb"}, {"NO_COLOR": "1", "TERM": "dumb"}, {"TERM": "xterm"}),
        *({"TERM": "xterm-256color"}, {"TERM": "xterm", "COLORTERM": "truecolor"}),
    ],
)
def test_colour_changes_no_character(
    report: Report, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "COLORTERM", "TERM", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    colored = rendered("table", report, color=True, width=80)
    assert "\x1b[" in colored
    bare = re.sub(r"\x1b\[[0-9;]*m", "", colored)
    assert bare.replace("│", "") == rendered("table", report, color=False, width=80).replace("│", "")


def test_width_is_the_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = rendered("table", REPORT)
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    render("table", REPORT, stream)
    assert stream.getvalue() == NARROW.removeprefix("\n") != wide


def test_a_closed_pipe_is_the_callers_to_handle() -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    for report in (REPORT, SPLIT):
        for format in TEXTS:
            with pytest.raises(BrokenPipeError):
                render(format, report, Closed())


def test_formats_for_programs_import_nothing_heavy() -> None:
    script = (
        "import io, sys\n"
        "from tokscope.render import render\n"
        "from tokscope.report.table import Column, TableReport\n"
        "from tokscope.report.split import Cut, SplitReport\n"
        "from tokscope.split import Split\n"
        "split = SplitReport([Cut('a', Split(b'b', [0], [1]))])\n"
        "for report in (TableReport([Column('a')], [('b',)]), split):\n"
        "    for format in ('plain', 'json', 'ndjson', 'csv', 'md'):\n"
        "        render(format, report, io.StringIO())\n"
        "print({'rich', 'regex'} & set(sys.modules))\n"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert output.stdout == "set()\n"


def test_an_estimate_is_marked_in_every_format() -> None:
    report = TableReport(
        [PATH, ONE], [("a.md", Estimate(1234)), ("b.md", 7)], total=("total", Estimate(1241))
    )
    for format in ("table", "md"):
        assert "≈1,234" in rendered(format, report)
        assert "≈1,241" in rendered(format, report)
    assert rendered("plain", report) == "≈1234\ta.md\n    7\tb.md\n≈1241\ttotal\n"
    assert rendered("csv", report) == "path,char,exact\na.md,1234,false\nb.md,7,true\n"
    assert "≈" not in rendered("table", TableReport([PATH, ONE], [("a.md", 1234)]))


def test_a_bare_number_is_said_to_be_an_estimate_beside_it() -> None:
    for arguments in (("count", "-x", "One. Two.", "-t", "concept"), ("count", "-x", "a", "-t", "char")):
        done = tokscope(*arguments)
        estimate = "concept" in arguments
        assert done.out == ("2\n" if estimate else "1\n")
        assert done.err == ("tokscope: concept is an estimate\n" if estimate else "")


def test_json_has_null_for_a_number_that_is_not_finite() -> None:
    value = {"a": [float("-inf"), 1.5, {"b": float("nan")}], "c": (float("inf"), "é\x9b")}
    assert json.loads(json_dumps(value)) == {"a": [None, 1.5, {"b": None}], "c": [None, "é\x9b"]}


def test_what_does_not_compare_is_neither_the_best_nor_first() -> None:
    columns = [Column("tokenizer"), Column("tokens", "int", better="less")]
    rows = [("t5", 1), ("byte", 9), ("char", 3)]
    report = Order("tokens")(TableReport(columns, rows, unlike=["t5"]))
    assert [row[0] for row in report.rows] == ["char", "byte", "t5"]
    styles = {line.plain: [span.style for span in line.spans if span.style] for line in table(report)}
    assert [*styles.values()][1:] == [["green"], ["yellow"], []]


@pytest.mark.parametrize("command", ["compare -x hi -t byte --format table", "split -x hi --color always"])
def test_a_terminal_without_a_width_is_drawn_on(command: str) -> None:
    assert tokscope(*command.split(), env={"COLUMNS": "0"}).out


COSTS = TableReport(
    [
        *(Column("by"), Column("KV cache MiB", "int"), Column("of", "bar")),
        Column("only inputs/vocab.txt", "int"),
    ],
    [("a", 1, 0, 2)],
    parts=[TableReport([Column("token", "token")], [(b" " * 80,), ("\u093e".encode(),)])],
)


@pytest.mark.parametrize(
    ("width", "heading"),
    [
        (80, ["only inputs/", "by KV cache MiB vocab.txt"]),
        (26, ["KV only", "cache inputs/", "by MiB vocab.txt"]),
    ],
)
def test_headings_take_few_lines_where_there_is_room(width: int, heading: list[str]) -> None:
    """Bars of nothing take no room, and a column of long tokens not all of it."""
    drawn = [line.plain for line in table(COSTS, width)]
    assert [" ".join(line.split()) for line in drawn[: len(heading)]] == heading
    assert drawn[len(heading)].split() == ["a", "1", "2"]
    *_, spaces, mark = drawn
    assert len(spaces) == min(width, 64) and spaces.endswith("…")
    assert mark == "◌\u093e"  # a mark alone would join what is before it


def test_what_has_no_room_is_said_below_its_own_table() -> None:
    columns = [Column("a" * 20), Column("b" * 16, optional=True)]
    parts = [TableReport([Column("c")], [("z",)])]
    whole = TableReport(columns, [("x", "y")], parts=parts, notes=["last"])
    assert [line.plain.strip() for line in table(whole, 30)] == [
        *("a" * 20, "x", f"no room for {'b' * 16}", "", "c", "z", "last")
    ]


@pytest.mark.parametrize(("better", "styles"), [("more", {"yes": "green", "no": "red"}), (None, {})])
def test_an_answer_has_a_colour_where_yes_is_better(
    better: Literal["more"] | None, styles: dict[str, str]
) -> None:
    report = TableReport([Column("a"), Column("fits", better=better)], [("x", "yes"), ("y", "no")])
    _, *rows = table(report)
    spans = ((row.plain, span) for row in rows for span in row.spans if span.style)
    assert {text[span.start : span.end]: span.style for text, span in spans} == styles
