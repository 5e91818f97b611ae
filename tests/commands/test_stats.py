"""Stats: entropy against SciPy, TF-IDF against scikit-learn, counts against the splits themselves.

Those two are imported where they are used: every worker collects this file, one runs it.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import SAMPLES
from tests.support.shell import tokscope
from tests.support.texts import HOSTILE, texts
from tokscope import load
from tokscope.cli import run
from tokscope.statistics.frequencies import Figures, Frequencies, shannon_entropy, table_bits
from tokscope.statistics.tfidf import TermMatrix

PATHS = sorted(SAMPLES.glob("*.txt"))


def frequencies(text: str, spec: str = "char") -> Frequencies:
    found = Frequencies()
    found.add(load(spec).encode(text), len(text))
    return found


def results(*arguments: str | Path) -> list[dict[str, Any]]:
    done = tokscope("stats", "--zstd", "1", *arguments, "--format", "json")
    assert done.code == 0
    payload = json.loads(done.out)
    assert payload["version"] == 1
    found: list[dict[str, Any]] = payload["results"]
    assert done.err.count("does not know") == sum(one["unknown"] > 0.05 for one in found)
    assert done.err.count("\n") <= 1
    return found


# --- figures ---------------------------------------------------------------------------------------------


@settings(deadline=None)  # the first of them imports SciPy
@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=200))
def test_entropy_is_scipys(counts: list[int]) -> None:
    import scipy.stats

    assert shannon_entropy(counts) == pytest.approx(scipy.stats.entropy(counts, base=2), rel=1e-9, abs=1e-9)


def test_entropy_of_shannons_examples() -> None:
    assert shannon_entropy([1, 1]) == 1
    assert shannon_entropy([4, 2, 1, 1]) == 1.75  # 1/2, 1/4, 1/8, 1/8: "A Mathematical Theory", section 9
    assert [shannon_entropy([count]) for count in range(1, 2000)] == [
        0
    ] * 1999  # and not -1e-15, which prints as -0.00
    assert shannon_entropy([6] * 256) == 8
    assert shannon_entropy([]) is None


@given(st.integers(1, 300), st.data())
def test_the_table_costs_the_logarithm_of_how_many_there_are(vocabulary: int, data: st.DataObject) -> None:
    distinct = data.draw(st.integers(1, vocabulary))
    tokens = data.draw(st.integers(distinct, 2000))
    ways = math.comb(vocabulary, distinct) * math.comb(tokens - 1, distinct - 1)
    assert table_bits(vocabulary, distinct, tokens) == pytest.approx(math.log2(ways), abs=1e-6)


def test_tables_counted_one_by_one() -> None:
    counted = sum(
        sum(one > 0 for one in counts) == 2 and sum(counts) == 5
        for counts in itertools.product(range(6), repeat=4)
    )
    assert table_bits(4, 2, 5) == pytest.approx(math.log2(counted))


@settings(max_examples=40, deadline=None)
@given(texts)
def test_a_coded_stream_is_never_shorter_than_its_orders_can_be_told_apart(text: str) -> None:
    """log2 of how many texts have these very tokens: no code that knows the table alone does better."""
    found = frequencies(text, "byte")
    figures = found.figures(256)
    if figures.coded_bytes is None:
        assert text == ""
        return
    orders = math.factorial(found.tokens) // math.prod(map(math.factorial, found.counts.values()))
    assert (
        figures.coded_bytes * 8 >= math.log2(orders) + table_bits(256, len(found.counts), found.tokens) - 1e-6
    )
    assert figures.efficiency is not None
    assert 0 <= figures.efficiency <= 1
    assert figures.efficiency + (figures.redundancy or 0) == pytest.approx(1)


def test_figures_of_a_text_of_known_shares() -> None:
    (found,) = results("-x", "aaaabbcd", "-t", "byte")
    assert found["entropy"] == 1.75
    assert found["efficiency"] == 1.75 / 8
    assert found["redundancy"] == 1 - 1.75 / 8
    assert found["bits_per_byte"] == found["bits_per_char"] == 1.75
    assert found["unused"] == 252 / 256
    assert found["fixed_bytes"] == 8
    table = math.comb(256, 4) * math.comb(7, 3)
    assert found["coded_bytes"] == pytest.approx((8 * 1.75 + math.log2(table)) / 8)
    (han,) = results("-x", "日本日本", "-t", "byte")
    assert han["bits_per_char"] == pytest.approx(3 * han["bits_per_byte"])


def test_words_have_no_vocabulary_to_be_a_share_of() -> None:
    (found,) = results("-x", "a b a", "-t", "word:space")
    assert found["entropy"] == pytest.approx(0.9183, abs=1e-4)
    nothing = (
        "vocabulary",
        "unused",
        "efficiency",
        "redundancy",
        "fixed_bytes",
        "table_bytes",
        "coded_bytes",
    )
    assert {name: found[name] for name in nothing} == dict.fromkeys(nothing)


def test_no_text_has_no_figures() -> None:
    (found,) = results("-x", "")
    assert (found["tokens"], found["distinct"], found["unused"]) == (0, 0, 1)
    assert found["entropy"] is None
    assert found["coded_bytes"] is None
    assert found["frequent"] == found["wasteful"] == found["ranks"] == []
    assert Frequencies().figures(None) == Figures(0, 0, 0, 0, None, None)


def test_zstd_of_all_texts_in_one_stream(tmp_path: Path) -> None:
    (found,) = results(*PATHS, "--zstd", "19")
    whole = b"".join(path.read_bytes() for path in PATHS)
    at_once = len(zstandard.ZstdCompressor(level=19).compress(whole))
    assert found["zstd_bytes"] == pytest.approx(at_once, abs=20)  # a stream does not know its length before
    (quick,) = results(*PATHS, "--zstd", "1")
    assert quick["zstd_bytes"] > found["zstd_bytes"]
    (tmp_path / "bad").write_bytes(b"word " * 100_000 + b"\xff")
    done = tokscope("stats", tmp_path / "bad", "-x", "good", "--format", "md")
    assert done.code == 2
    assert "no zstd" in done.out
    assert "no zstd" not in tokscope("stats", tmp_path / "bad", "--only", "tokens", "--format", "md").out


# --- tokens ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", ["gpt-4o", "bert-base-uncased", "t5", "jieba", "word:stem"])
def test_counts_are_those_of_the_split(spec: str) -> None:
    arguments = ["-t", spec, "--top", "100000"]
    (found,) = results(*PATHS, *arguments)
    counts: Counter[object] = Counter()
    for path in PATHS:
        split = load(spec).encode(path.read_bytes().decode())
        counts.update(
            [token.label or token.data.decode() for token in split] if split.ids is None else split.ids
        )
    frequent = found["frequent"]
    assert [one["count"] for one in frequent] == sorted(counts.values(), reverse=True)
    assert sum(counts.values()) == found["tokens"]
    if "id" in frequent[0]:
        assert {one["id"]: one["count"] for one in frequent} == counts


def test_a_text_in_pieces_is_counted_as_one(tmp_path: Path) -> None:
    text = "".join(path.read_bytes().decode() for path in PATHS) * 150  # some 1.5 MB: several blocks
    path = tmp_path / "long.txt"
    path.write_bytes(text.encode())
    (found,) = results(path, "-t", "gpt-4o", "--top", "5", "--zstd", "1")
    counts = Counter(load("gpt-4o").encode(text).ids)
    frequent = found["frequent"]
    best = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:5]
    assert [(one["id"], one["count"]) for one in frequent] == best
    assert found["distinct"] == len(counts)
    assert found["bytes"] == len(text.encode())


def test_waste_of_the_example_in_its_docstring() -> None:
    ((worst, excess),) = frequencies("aaaa aaaa b", "word:space").most_wasteful(9)
    assert (worst.token.data, worst.count, worst.size) == (b"b", 1, 1)
    assert excess == pytest.approx(2 / 3)


@settings(max_examples=15, deadline=None)
@given(texts, st.sampled_from(["gpt-4", "bert-base-uncased", "word"]))
def test_excess_sums_to_zero(text: str, spec: str) -> None:
    found = frequencies(text, spec)
    over = [excess for _, excess in found.most_wasteful(10**6)]
    held = sum(found.sizes.values())
    under = [count - found.sizes[key] * found.tokens / held for key, count in found.counts.items() if held]
    assert all(excess > 0 for excess in over)
    assert sum(over) == pytest.approx(-sum(min(0.0, excess) for excess in under), abs=1e-6)


def test_what_wasteful_tokens_hold() -> None:
    (found,) = results("-x", "🦜🦜 hello there you all", "-t", "gpt-4o", "--top", "9")
    holds = {one.get("hex", one["text"]): one["holds"] for one in found["wasteful"]}
    assert holds["a6"] == holds["9c"] == "part of a character"
    (found,) = results("-x", "hello 🦜", "-t", "bert-base-uncased", "--special")
    holds = {one.get("label"): one["holds"] for one in found["wasteful"]}
    assert holds == {"[CLS]": "no text", "[SEP]": "no text"}
    unknown = frequencies("🦜 a", "bert-base-uncased").type(100)
    assert unknown.holds(100) == "unknown"
    arguments = ("stats", "-x", "🦜 a 🦜", "-t", "bert-base-uncased,byte", "--format", "md", "--only")
    assert "bert-base-uncased lost text: 2 of its tokens are unknown" in tokscope(*arguments, "figures").out
    assert "lost text" not in tokscope(*arguments, "waste").out


def test_much_that_is_unknown_is_warned_of_and_never_the_best() -> None:
    """To t5 most of the text is a token or two, which makes it the shortest."""
    text = ("-x", "人工智能 AI 正在走进医院。", "-t", "t5,gpt-4o,bert-base-chinese")
    done = tokscope("stats", *text, "--format", "json", "--sort", "tokens")
    assert "t5 does not know 89% of the text" in done.err
    found = json.loads(done.out)["results"]
    assert [one["tokenizer"] for one in found] == ["o200k_base", "bert-base-chinese", "t5"]
    assert [one["unknown"] for one in found] == [0, 0, 33 / 37]
    assert found[2]["tokens"] < found[0]["tokens"]


@pytest.mark.parametrize(
    ("sort", "figure", "sign"),
    [
        ("tokens", "tokens", 1),
        ("bits/byte", "bits_per_byte", 1),
        ("coded", "coded_bytes", 1),
        ("efficiency", "efficiency", -1),
    ],
)
def test_the_best_by_a_figure_come_first(sort: str, figure: str, sign: int) -> None:
    arguments = ("stats", SAMPLES / "english.txt", "-t", "byte,word,gpt-4o,bert-base-uncased,gpt2")
    done = tokscope(*arguments, "--format", "json", "--sort", sort)
    figures = [one[figure] for one in json.loads(done.out)["results"]]
    known = [sign * one for one in figures if one is not None]
    assert known == sorted(known)
    assert figures[len(known) :] == [None] * (len(figures) - len(known))  # words have no vocabulary


# --- bag of words and TF-IDF -----------------------------------------------------------------------------


def words(spec: str) -> list[list[str]]:
    """The tokens of each sample, as text that names them."""
    found = []
    for path in PATHS:
        split = load(spec).encode(path.read_bytes().decode())
        found.append([str(token.id) if token.id is not None else token.data.decode() for token in split])
    return found


@pytest.mark.parametrize("spec", ["gpt-4o", "jieba"])
@pytest.mark.parametrize("entry", ["tfidf", "count"])
def test_the_matrix_is_scikit_learns(spec: str, entry: str, tmp_path: Path) -> None:
    import scipy.sparse
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

    done = tokscope("stats", *PATHS, "-t", spec, "--matrix", entry, "-o", tmp_path / "m.npz")
    assert done == (0, "", "")
    ours = scipy.sparse.load_npz(tmp_path / "m.npz")
    vectorizer = (TfidfVectorizer if entry == "tfidf" else CountVectorizer)(analyzer=lambda tokens: tokens)
    theirs = vectorizer.fit_transform(words(spec))
    names = vectorizer.get_feature_names_out()
    with np.load(tmp_path / "m.npz") as arrays:
        assert list(arrays["paths"]) == list(map(str, PATHS))
        if spec == "gpt-4o":
            assert ours.shape == (len(PATHS), load(spec).vocab_size)
            columns = [int(name) for name in names]
        else:
            column = {name: i for i, name in enumerate(arrays["tokens"])}
            columns = [column[name] for name in names]
    assert ours.nnz == theirs.nnz
    assert ours.dtype == theirs.dtype
    assert abs(ours.tocsc()[:, columns] - theirs).max() < 1e-12


@settings(max_examples=40, deadline=None)
@given(st.lists(st.dictionaries(st.integers(0, 20), st.integers(1, 50)), min_size=1, max_size=6))
def test_any_matrix_is_scikit_learns(rows: list[dict[int, int]]) -> None:
    import scipy.sparse
    from sklearn.feature_extraction.text import TfidfVectorizer

    matrix = TermMatrix(21)
    for row in rows:
        matrix.add(row)
    bags = [[str(key) for key, count in row.items() for _ in range(count)] for row in rows]
    expected = np.zeros((len(rows), 21))
    if any(bags):
        vectorizer = TfidfVectorizer(analyzer=lambda tokens: tokens)
        found = vectorizer.fit_transform(bags).toarray()
        for i, name in enumerate(vectorizer.get_feature_names_out()):
            expected[:, int(name)] = found[:, i]
    file = io.BytesIO()
    matrix.save(file, list(map(str, range(len(rows)))))
    file.seek(0)
    assert abs(scipy.sparse.load_npz(file).toarray() - expected).max() < 1e-12
    for row, terms in zip(expected, matrix.top(3), strict=True):
        assert [term.weight for term in terms] == pytest.approx(sorted(row[row > 0], reverse=True)[:3])


def test_what_sets_a_text_apart() -> None:
    (found,) = results("-x", "the cat sat on the mat", "-x", "the dog sat on the log", "-t", "word:space")
    first = found["texts"][0]["terms"]
    # "the" is in both, but twice: 2 against ln(3 / 2) + 1 = 1.405
    assert [one["text"] for one in first][:3] == ["the", "cat", "mat"]
    length = math.sqrt(2**2 + 1 + 1 + 2 * (math.log(1.5) + 1) ** 2)
    assert first[0]["tfidf"] == pytest.approx(2 / length)
    done = tokscope(
        "stats", "-x", "the cat", "-x", "the dog", "--only", "terms", "-t", "word:space", "--top", "1"
    )
    assert done.out == "cat\t--text\ndog\t--text\n"


# --- the command -----------------------------------------------------------------------------------------


def test_every_format_has_the_same_figures() -> None:
    arguments = (
        "stats",
        SAMPLES / "english.txt",
        SAMPLES / "chinese.txt",
        "-t",
        "gpt-4o,char",
        "--zstd",
        "1",
    )
    payload = json.loads(tokscope(*arguments, "--format", "json").out)
    chars = sum(len((SAMPLES / name).read_bytes().decode()) for name in ("english.txt", "chinese.txt"))
    assert payload["summary"] == {"files": 2, "tokens": {"o200k_base": 466, "char": chars}}
    rows = list(csv.DictReader(io.StringIO(tokscope(*arguments, "--format", "csv").out)))
    assert [float(row["bits/token"]) for row in rows] == [one["entropy"] for one in payload["results"]]
    lines = tokscope(*arguments, "--format", "ndjson").out.splitlines()
    assert [json.loads(line) for line in lines] == payload["results"]
    for format in ("plain", "md", "table"):
        out = tokscope(*arguments, "--format", format).out
        for title in ("Most frequent tokens", "Most wasteful tokens", "What sets each text apart"):
            assert title in out
        assert f"{payload['results'][0]['entropy']:.2f}" in out
    tokens = list(
        csv.DictReader(io.StringIO(tokscope(*arguments, "--only", "tokens", "--format", "csv").out))
    )
    assert len(tokens) == 20
    assert tokens[0]["tokenizer"] == "gpt-4o"


def test_the_plot_is_zipfs() -> None:
    """Ten words, the r-th 2520 / r times: a straight line down, by one decade in one decade."""
    listed = [f"w{rank}" for rank in range(1, 11) for _ in range(2520 // rank)]
    random.Random(6).shuffle(listed)
    done = tokscope("stats", "--plot", "-t", "word:space", stdin=" ".join(listed).encode())
    assert done.code == 0
    assert "Rank and frequency\ncount\n" in done.out
    (found,) = results("-x", " ".join(listed), "-t", "word:space")
    assert found["ranks"] == [{"rank": rank, "count": 2520 // rank} for rank in range(1, 11)]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-x", "a", "-t", "char,byte", "--format", "npz"], "one tokenizer"),
        (["-x", "", "-o", "plot.svg"], "nothing to plot"),
        (["-x", "a", "-o", "nowhere/plot.png"], "nowhere/plot.png"),
        (["-x", "a", "--format", "gif"], "svg, png, npz"),
        (["-x", "a", "--top", "0"], "--top"),
        (["-x", "a", "--zstd", "23"], "--zstd"),
        (["gone.txt", "--only", "tokens"], "gone.txt"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_2(arguments: list[str], says: str, tmp_path: Path) -> None:
    done = tokscope("stats", *arguments, cwd=tmp_path)
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert says in done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format", ["npz", "png"])
def test_a_file_of_bytes_is_not_sent_to_a_terminal(format: str) -> None:
    terminal, end = os.openpty()
    command = [sys.executable, "-m", "tokscope", "stats", "-x", "a", "--format", format]
    done = subprocess.run(command, stdout=end, stderr=subprocess.PIPE, text=True, check=False)
    os.close(end)
    os.close(terminal)
    assert done.returncode == 2
    assert done.stderr.endswith(f"is binary, not for a terminal: add -o FILE.{format}\n")


@pytest.mark.parametrize(
    "format",
    ["table", "json", *(pytest.param(one, marks=pytest.mark.slow) for one in ("plain", "md", "csv"))],
)
def test_hostile_text_steers_no_terminal(format: str, tmp_path: Path) -> None:
    path = tmp_path / "\x1b[31mname.txt"
    path.write_bytes("".join(HOSTILE.values()).encode())
    done = tokscope("stats", path, path, "-t", "gpt-4o,word", "--format", format, "--plot", "--zstd", "1")
    assert (done.code, done.err) == (0, "")
    assert not set(done.out) & (set(map(chr, range(32))) | {"\x7f", "\x9b", "\u202e"}) - set("\n\t\r")


@pytest.mark.parametrize(("asked", "told"), [([], False), (["-v"], True), (["--zstd", "3"], True)])
def test_without_zstandard_the_rest_is_shown(
    asked: list[str], told: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    assert run(["stats", "-x", "hello", "--format", "md", *asked]) == 0
    shown = capsys.readouterr().out
    assert "| o200k_base | 1 |" in shown
    assert ("tokscope-cli\\[stats\\]" in shown) == told


@pytest.mark.slow
@pytest.mark.parametrize("format", ["table", "json"])
def test_without_memory_for_zstd_the_one_figure_is_left_out_and_that_is_said(
    format: str, tmp_path: Path
) -> None:
    """Under the limit Python itself still runs; zstd -19 asks for more."""
    (tmp_path / "a.txt").write_text("abc " * 200_000)
    command = [sys.executable, "-m", "tokscope", "stats", "a.txt", "-t", "byte", "--format", format]
    limited = ["bash", "-c", 'ulimit -v 200000; exec "$@"', "bash", *command]
    done = subprocess.run(limited, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    assert "no zstd: out of memory; --zstd N takes less of it for a smaller N" in done.stdout + done.stderr
