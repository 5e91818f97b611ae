"""Chunks: what chunk promises, for any text, and how a document is taken apart."""

from __future__ import annotations

import json
import statistics
from itertools import accumulate, pairwise
from pathlib import Path

import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tokscope
from tests.support import SAMPLES
from tests.support.breaks import break_tests, markdown_breaks
from tests.support.contract import tokenizer_of
from tests.support.shell import peak
from tests.support.shell import tokscope as run
from tests.support.texts import HOSTILE, in_blocks, texts
from tokscope.commands.chunk import Requests
from tokscope.errors import UsageError
from tokscope.fitting import chunking
from tokscope.fitting.chunk_window import By, Chunk, ChunkRule
from tokscope.fitting.chunking import chunk_blocks
from tokscope.fitting.context import placed_chunks
from tokscope.text.outline import Level, OutlinePart, code_breaks, markdown_outline
from tokscope.text.segments import Unit, segments

MANY = ["token", "sentence", "paragraph", "heading", "code"]


def assert_promises(
    text: str, chunks: list[Chunk], budget: int, overlap: int, tokenizer: tokscope.Tokenizer
) -> None:
    data = text.encode()
    assert [one.index for one in chunks] == list(range(len(chunks)))
    for one in chunks:
        assert data[one.start : one.end] == one.text.encode() != b""
        assert one.tokens == tokenizer.count(one.text) <= budget
        assert one.line_start == data.count(b"\n", 0, one.start) + 1
        assert one.line_end == data.count(b"\n", 0, one.end - 1) + 1
    reached = 0
    for one in chunks:
        assert one.start <= reached < one.end
        repeated = data[one.start : reached].decode()
        assert tokenizer.count(repeated) <= overlap + tokenizer.count("")
        reached = one.end
    assert reached == len(data)


@pytest.mark.parametrize("by", MANY)
@pytest.mark.parametrize("spec", ["o200k_base", "bert-base-uncased", "t5", "word"])
@settings(max_examples=25, deadline=None)
@given(text=st.lists(texts, max_size=4).map("\n\n".join), budget=st.integers(16, 40), share=st.integers(0, 3))
def test_promises_for_any_text(by: str, spec: str, text: str, budget: int, share: int) -> None:
    tokenizer = tokenizer_of(spec)
    chunks = tokscope.chunk(text, budget, overlap=budget * share // 5, by=by, tokenizer=tokenizer)
    assert_promises(text, chunks, budget, budget * share // 5, tokenizer)


@pytest.mark.parametrize("by", MANY)
def test_promises_for_hostile_text(by: str) -> None:
    tokenizer = tokenizer_of("o200k_base")
    for text in HOSTILE.values():
        assert_promises(
            text, tokscope.chunk(text, 40, overlap=9, by=by, tokenizer=tokenizer), 40, 9, tokenizer
        )


# --- a text that is longer than what is looked at together -----------------------------------------------


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunking, "SPAN", 200)
    monkeypatch.setattr(chunking, "LOOKAHEAD", 2)


@pytest.mark.parametrize("by", MANY)
@pytest.mark.parametrize("spec", ["o200k_base", "t5"])
@pytest.mark.usefixtures("short_windows")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.lists(texts, min_size=8, max_size=16).map("\n\n".join),
    sizes=st.lists(st.integers(1, 300), min_size=1, max_size=5),
    share=st.integers(0, 4),
)
def test_promises_in_windows(by: str, spec: str, text: str, sizes: list[int], share: int) -> None:
    tokenizer = tokenizer_of(spec)
    chunks = tokscope.chunk(text, 20, overlap=4 * share, by=by, tokenizer=tokenizer)
    assert_promises(text, chunks, 20, 4 * share, tokenizer)
    assert [*chunk_blocks(in_blocks(text, sizes), ChunkRule(20, 4 * share, By(by)), tokenizer)] == chunks


@pytest.mark.parametrize("by", MANY)
@pytest.mark.parametrize("overlap", [0, 15])
def test_windows_cut_as_well_as_the_whole(by: str, overlap: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Knuth and Plass see the whole text; a window sees AHEAD chunks of it."""
    text = "".join((SAMPLES / name).read_bytes().decode() for name in ("markdown.md", "english.txt")) * 5
    whole = tokscope.chunk(text, 60, overlap=overlap, by=by)
    monkeypatch.setattr(chunking, "SPAN", 2500)
    parts = tokscope.chunk(text, 60, overlap=overlap, by=by)
    assert len(text) > 4 * 2500
    assert len(parts) <= 1.02 * len(whole)
    if by != "token":  # whose parts are even only where the end is in sight
        same = {one.start for one in whole} & {one.start for one in parts}
        assert len(same) > 0.95 * len(whole)


BLOCKS = {
    "fence": "```\n" + "# no heading. It is code\n" * 99 + "```\n",
    "list": "- item one\n\n  more of it\n\n" * 40,
    "nested list": "- a\n\n" + "  - one of them\n\n    more of it\n" * 40,
    "table": "| a | b |\n|---|---|\n" + "| One. Two | # three |\n" * 60,
    "HTML": "<div>\n" + "# no heading. It is HTML\n" * 60 + "</div>\n",
    "one line": "word " * 400 + "\n",
    "paragraph": "Words and\n    words.\n" * 60,
    "rules": "---\nText.\n\n" * 60,
}


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_window_knows_what_block_it_begins_in(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"Before.\n\n{block}\n# After\n\n" + "A sentence. Another one.\n\n" * 40
    monkeypatch.setattr(chunking, "SPAN", 300)
    monkeypatch.setattr(chunking, "LOOKAHEAD", 3)
    found = markdown_breaks(text)
    chunks = tokscope.chunk(text, 30, by="sentence")
    worst = max(found.get(one.start, Level.WORD) for one in chunks)
    monkeypatch.undo()
    assert worst == max(found.get(one.start, Level.WORD) for one in tokscope.chunk(text, 30, by="sentence"))
    assert len(chunks) <= len(tokscope.chunk(text, 30, by="sentence")) + 3


class Counting(tokscope.Tokenizer):
    """o200k_base, and how many characters it was given to count."""

    name = "o200k_base"
    counted = 0

    def encode(self, text: str) -> tokscope.Split:
        return tokenizer_of("o200k_base").encode(text)

    def count(self, text: str) -> int:
        self.counted += len(text)
        return tokenizer_of("o200k_base").count(text)


@pytest.mark.parametrize("by", ["token", "paragraph"])
@pytest.mark.parametrize(
    "text", ["e" + "\u0301" * 50_000, "word" * 25_000], ids=["one character", "one word"]
)
def test_a_huge_character_takes_linear_time(text: str, by: str) -> None:
    tokenizer = Counting()
    chunks = tokscope.chunk(text, 200, by=by, tokenizer=tokenizer)
    assert "".join(one.text for one in chunks) == text
    assert tokenizer.counted < 12 * len(text)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_text() -> None:
    def used(size: int) -> int:
        text = f"yes 'The quick brown fox. Jumps over the lazy dog.' | head -c {size}"
        memory, last = peak(f"{text} | tokscope chunk --budget 200 --by token | tail -n 1")
        assert json.loads(last)["end"] == size
        return memory

    assert used(4_500_000) < used(1_500_000) + 12  # MB; a window is 512 Ki characters


def test_special_tokens_are_part_of_a_chunk() -> None:
    tokenizer = tokenizer_of("bert-base-uncased", special=True)
    text = (SAMPLES / "english.txt").read_text()
    chunks = tokscope.chunk(text, 32, overlap=8, tokenizer=tokenizer)
    assert_promises(text, chunks, 32, 8, tokenizer)
    assert max(one.tokens for one in chunks) > 24


@pytest.mark.parametrize("by", MANY)
@settings(max_examples=30, deadline=None)
@given(text=texts)
def test_no_character_is_cut_where_each_fits(by: str, text: str) -> None:
    tokenizer = tokenizer_of("o200k_base")
    clusters = regex.findall(r"\X", text)
    bounds = {0}
    for cluster in clusters:
        bounds.add(max(bounds) + len(cluster.encode()))
    budget = max([tokenizer.count(cluster) for cluster in clusters], default=0) + 4
    chunks = tokscope.chunk(text, budget, overlap=3, by=by, tokenizer=tokenizer)
    assert {one.start for one in chunks} | {one.end for one in chunks} <= bounds


def cuts(text: str, budget: int, by: str) -> list[int]:
    return [one.start for one in tokscope.chunk(text, budget, by=by, tokenizer=tokenizer_of("o200k_base"))][
        1:
    ]


@pytest.mark.parametrize("budget", [100, 200, 300])
def test_headings_fences_and_sentences_stay_whole_where_they_fit(budget: int) -> None:
    text = (SAMPLES / "markdown.md").read_bytes().decode()
    found = markdown_breaks(text)
    for by in ("sentence", "paragraph", "heading"):
        assert all(found[at] <= Level.SENTENCE for at in cuts(text, budget, by))


@pytest.mark.parametrize("budget", [20, 40, 60])
def test_a_fence_that_is_too_large_is_cut_between_lines(budget: int) -> None:
    fence = "```\n" + "".join(f"line {i} = {i * i}\n" for i in range(40)) + "```\n"
    text = f"# Title\n\n{fence}\nAfter.\n"
    for at in cuts(text, budget, "paragraph"):
        assert text[at - 1] == "\n"


def fewest(sizes: list[int], budget: int) -> int:
    """How many chunks of whole units there must be: filling each as far as it goes is optimal."""
    chunks, room = 0, 0
    for size in sizes:
        if size > room:
            chunks, room = chunks + 1, budget
        room -= size
    return chunks


@settings(max_examples=40, deadline=None)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=40), budget=st.integers(10, 30))
def test_sentences_make_as_few_chunks_as_can_be_and_even_ones(lengths: list[int], budget: int) -> None:
    # With `byte` a sentence's count is its length, whatever stands around it.
    sentences = ["A" * length + ". " for length in lengths]
    sizes = [len(sentence) for sentence in sentences]
    if max(sizes) > budget:
        return
    chunks = tokscope.chunk("".join(sentences), budget, by="sentence", tokenizer="byte")
    assert len(chunks) == fewest(sizes, budget)
    greedy: list[int] = []
    for size in sizes:
        if greedy and greedy[-1] + size <= budget:
            greedy[-1] += size
        else:
            greedy.append(size)
    assert sum(one.tokens**2 for one in chunks) <= sum(size**2 for size in greedy)


SEMANTIC, LANGCHAIN = "semantic-text-splitter 0.33.1", "langchain-text-splitters 1.1.3"

PEERS = [
    # Budget, chunks of all samples, and how uneven they are, by python -m tests.bench.chunking.
    ("*.txt", "sentence", 50, {SEMANTIC: (77, 0.33), LANGCHAIN: (102, 0.75)}),
    ("*.txt", "sentence", 100, {SEMANTIC: (35, 0.18), LANGCHAIN: (40, 0.33)}),
    ("*.txt", "sentence", 200, {SEMANTIC: (21, 0.42), LANGCHAIN: (21, 0.42)}),
    ("*.txt", "paragraph", 50, {SEMANTIC: (77, 0.33), LANGCHAIN: (102, 0.75)}),
    ("*.txt", "paragraph", 100, {SEMANTIC: (35, 0.18), LANGCHAIN: (40, 0.33)}),
    ("*.txt", "paragraph", 200, {SEMANTIC: (21, 0.42), LANGCHAIN: (21, 0.42)}),
    ("*.md", "heading", 50, {SEMANTIC: (14, 0.58), LANGCHAIN: (12, 0.37)}),
    ("*.md", "heading", 100, {SEMANTIC: (8, 0.59)}),  # LangChain: 6, 0.28, but 4 of 5 cuts are in a sentence
    ("*.md", "heading", 200, {SEMANTIC: (4, 0.38), LANGCHAIN: (4, 0.52)}),
]


@pytest.mark.parametrize(("glob", "by", "budget", "peers"), PEERS)
def test_no_more_chunks_than_peers_and_as_even_ones(
    glob: str, by: str, budget: int, peers: dict[str, tuple[int, float]]
) -> None:
    cut = [tokscope.chunk(path.read_bytes().decode(), budget, by=by) for path in SAMPLES.glob(glob)]
    sizes = [[one.tokens for one in chunks] for chunks in cut]
    uneven = statistics.mean(statistics.pstdev(each) / statistics.mean(each) for each in sizes)
    for chunks, peers_uneven in peers.values():
        assert sum(map(len, sizes)) <= chunks
        assert round(uneven, 2) <= peers_uneven


def test_by_token_is_even() -> None:
    text = (SAMPLES / "english.txt").read_text()
    sizes = [one.tokens for one in tokscope.chunk(text, 50, by="token")]
    assert len(sizes) == -(-tokenizer_of("o200k_base").count(text) // 50)
    assert max(sizes) - min(sizes) <= 3


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Hi. Bye.", ["Hi. ", "Bye."]),
        ("It is 3.5 or 3,5. No!", ["It is 3.5 or 3,5. ", "No!"]),  # SB6
        ("The U.S. law. (He left.) Then", ["The U.S. law. ", "(He left.) ", "Then"]),  # SB7, SB8, SB9
        ("etc. and so on. Yes", ["etc. and so on. ", "Yes"]),  # SB8
        ("日本。本当？」はい", ["日本。", "本当？」", "はい"]),
        ("a\r\nb\nc", ["a\r\n", "b\n", "c"]),  # SB3, SB4
        ("What?! e\u0301. \u0301Next", ["What?! ", "e\u0301. \u0301", "Next"]),  # SB5, SB8a
        ("", []),
    ],
)
def test_sentences_of_uax_29(text: str, sentences: list[str]) -> None:
    assert [one.data.decode() for one in segments(text, Unit.SENTENCE)] == sentences


def test_sentence_break_test_of_unicode_15() -> None:
    cases = list(break_tests("SentenceBreakTest.txt"))
    assert len(cases) == 502
    for sentences in cases:
        found = segments("".join(sentences), Unit.SENTENCE)
        assert [one.data.decode() for one in found] == sentences


@pytest.mark.parametrize("unit", [Unit.CHAR, Unit.SENTENCE, Unit.LINE])
@given(text=texts)
def test_segments_are_the_whole_text(unit: Unit, text: str) -> None:
    found = segments(text, unit)
    assert b"".join(one.data for one in found) == text.encode()
    assert all(one.data for one in found)


@pytest.mark.slow
@pytest.mark.parametrize("unit", Unit)
@settings(max_examples=300)
@given(text=texts)
def test_no_segment_ends_within_a_character(unit: Unit, text: str) -> None:
    ends = accumulate((len(one.encode()) for one in regex.findall(r"\X", text)), initial=0)
    found = segments(text, unit)
    assert {*found.starts, *found.ends} <= {*ends}


def test_breaks_of_code() -> None:
    text = "import a\n\n\ndef f():\n    x = [\n\n    ]\n\n    return x\n\nclass B:\n    pass\n"
    found = {
        text[at:].partition("\n")[0]: level
        for at, level in ((one.at, one.level) for one in code_breaks(text))
    }
    assert found == {
        "import a": Level.SECTION,
        "def f():": Level.SECTION,
        "    x = [": Level.LINE,
        "    ]": Level.LINE,
        "    return x": Level.PARAGRAPH,
        "class B:": Level.SECTION,
        "    pass": Level.LINE,
    }


@given(
    text=st.lists(st.one_of(texts, st.sampled_from(["# A", "## B", "C\n===", "```\nx\n```"]))).map(
        "\n\n".join
    )
)
def test_every_level_of_the_tree_is_the_whole_text(text: str) -> None:
    assert_whole(markdown_outline(text), text)


def assert_whole(root: OutlinePart, text: str) -> None:
    def check(node: OutlinePart) -> None:
        if node.children:
            assert (node.children[0].start, node.children[-1].end) == (node.start, node.end)
            assert all(left.end == right.start for left, right in pairwise(node.children))
        for child in node.children:
            assert child.kind != "section" or node.kind == "document" or child.level > node.level
            check(child)

    assert (root.start, root.end) == (0, len(text.encode()))
    check(root)


@pytest.mark.parametrize(
    "text",
    [
        "# T\n| a | b |\n|---|---|\n| 1 | 2 |\n---\n",  # a table, or by CommonMark alone a heading
        "---\ntitle: A\n---\n\n# A\nOne. Two.\n",
        "\ufeff# A\nOne.\n",
        "\ufeffOne. Two.\n",
    ],
)
def test_the_tree_of_what_can_be_read_in_two_ways(text: str) -> None:
    assert_whole(markdown_outline(text), text)


def test_front_matter_is_one_block() -> None:
    text = "---\ntitle: A\nby: B. C\n---\n\n# A\nOne. Two.\n"
    found = {text[at:].partition("\n")[0]: level for at, level in markdown_breaks(text).items() if at}
    assert found == {
        **dict.fromkeys(["title: A", "by: B. C", "---"], Level.LINE),
        "# A": Level.SECTION,
        "One. Two.": Level.LINE,
        "Two.": Level.SENTENCE,
    }


def test_tree_counts_every_level() -> None:
    done = run("chunk", SAMPLES / "markdown.md", "--tree")
    root = json.loads(done.out)
    assert root["tokens"] == 391
    titles = [(one["title"], one["level"]) for one in root["children"] if one["kind"] == "section"]
    assert titles == [("Sourdough bread", 1), ("Questions", 1)]
    [bread] = [one for one in root["children"] if one.get("title") == "Sourdough bread"]
    sections = {one["title"]: one for one in bread["children"] if one["kind"] == "section"}
    assert {title: one["tokens"] for title, one in sections.items()}["Ingredients"] == 88
    assert [one["title"] for one in sections["Method"]["children"] if one["kind"] == "section"] == ["Baking"]


def test_json_lines_and_nul(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("One two. Drei 日本.\r\nFour!".encode())
    done = run("chunk", path, "-n", "5", "--by", "sentence")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row["text"] for row in rows] == ["One two. ", "Drei 日本.\r\n", "Four!"]
    assert rows[1] == {
        "path": str(path),
        "index": 1,
        "text": "Drei 日本.\r\n",
        "start": 9,
        "end": 23,
        "line_start": 1,
        "line_end": 1,
        "tokens": tokenizer_of("o200k_base").count("Drei 日本.\r\n"),
    }
    assert run("chunk", path, "-n", "5", "--by", "sentence", "-0").out.split("\0") == [
        *(row["text"] for row in rows),
        "",
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-x", "a"], "--budget"),
        (["-x", "a", "-n", "5", "--tree"], "--tree"),
        (["-x", "a", "-n", "5", "--overlap", "5"], "overlap of 5"),
        (["-x", "ab🦜", "-n", "1"], "at byte 2 is 3 tokens"),
        (["gone.txt", "-n", "5"], "tokscope chunk --text"),
    ],
)
def test_what_cannot_be_done(arguments: list[str], says: str) -> None:
    done = run("chunk", *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert says in done.err


def test_errors_of_the_library() -> None:
    with pytest.raises(UsageError, match="byte 0"):
        tokscope.chunk("🦜", 2)
    with pytest.raises(UsageError, match="by: 'page' is not one of token, sentence, paragraph, heading, co"):
        tokscope.chunk("a", 2, by="page")
    for wrong in ({"keep": "both"}, {"boundary": "page"}):
        with pytest.raises(UsageError, match="is not one of"):
            tokscope.truncate("a", 2, **wrong)
    assert tokscope.chunk("", 2) == []


@pytest.mark.parametrize("spec", ["deepseek", "gpt2", "bert-base-uncased", "phrase", "blt:entropy", "jieba"])
@pytest.mark.parametrize("by", ["paragraph", "sentence", "token"])
@pytest.mark.parametrize("budget", [1, 2, 3, 5])
def test_no_chunk_is_above_its_budget(spec: str, by: str, budget: int) -> None:
    """By itself a piece may be more tokens than in the text: it is counted again, and cut again."""
    tokenizer = tokenizer_of(spec)
    for text in ("日本語。", "neighbours' neighbours rhythmically", "The end. An old cat came back; it sat."):
        try:
            chunks = tokscope.chunk(text, budget, by=by, tokenizer=tokenizer)
        except UsageError as error:  # not even one character fits
            assert "is too small: the character at byte" in str(error)
            continue
        assert "".join(one.text for one in chunks) == text
        assert all(tokenizer.count(one.text) == one.tokens <= budget for one in chunks)


def test_chunks_that_are_full_as_retros_are() -> None:
    """Borgeaud et al. 2022, arXiv:2112.04426: 64 tokens each, and what is left at the end."""
    text = (SAMPLES / "english.txt").read_text() * 3
    whole = tokenizer_of("gpt2").encode(text)
    arguments = ("chunk", "-x", text, "-t", "gpt2", "--by", "token", "-n", "64")
    full = [json.loads(line) for line in run(*arguments, "--even", "false").out.splitlines()]
    assert [one["end"] for one in full] == [*whole.ends[63::64], *whole.ends[-1:]][: len(full)]
    assert {one["tokens"] for one in full[:-1]} == {64}
    assert 0 < full[-1]["tokens"] <= 64
    assert "".join(one["text"] for one in full) == text
    even = [json.loads(line) for line in run(*arguments).out.splitlines()]
    assert max(one["tokens"] for one in even) - min(one["tokens"] for one in even) <= 2
    done = run("chunk", "-x", text, "-n", "64", "--even", "false")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


ROWS = "".join(f"| model {n} | {n}.50 |\n" for n in range(20))
HEAD = "| name | price |\n|---|---|\n"
GUIDE = f"---\na: b\n---\n# Guide\n\nIntro.\n\n## Prices\n\n{HEAD}{ROWS}\n# Énd\n\nOf it.\n"


@pytest.mark.parametrize("spec", ["o200k_base", "bert-base-uncased"])
@pytest.mark.parametrize("budget", [45, 60, 1000])
def test_what_stands_above_a_chunk_is_counted_with_it(spec: str, budget: int) -> None:
    tokenizer, data, end = tokenizer_of(spec), GUIDE.encode(), 0
    for one, headings, context, tokens in placed_chunks(GUIDE, ChunkRule(budget), tokenizer):
        assert one.start == end and data[one.start : one.end].decode() == one.text
        assert tokens == tokenizer.count(context + one.text) <= budget
        below = one.text.startswith("| model")
        assert context.endswith(HEAD) == below
        assert not below or (
            headings == ["Guide", "Prices"] and context.startswith("# Guide\n## Prices\n\n|")
        )
        assert not one.text.startswith(("---", "# ")) or (headings, context) == ([], "")
        end = one.end
    assert end == len(data)


def test_context_that_leaves_no_room() -> None:
    with pytest.raises(UsageError, match="leave no room in a budget of 12"):
        placed_chunks(GUIDE, ChunkRule(12), tokenizer_of("o200k_base"))


@given(st.lists(st.integers(1, 10), min_size=1), st.integers(10, 30))
def test_requests_are_as_full_as_they_can_be(sizes: list[int], limit: int) -> None:
    requests = Requests(limit)
    numbers = [requests.of(size) for size in sizes]
    assert numbers == sorted(numbers) and {*numbers} == {*range(numbers[-1] + 1)}
    totals = [
        sum(size for size, n in zip(sizes, numbers, strict=True) if n == number) for number in {*numbers}
    ]
    assert max(totals) <= limit
    assert all(a + sizes[numbers.index(i)] > limit for i, a in enumerate(totals[:-1], 1))
