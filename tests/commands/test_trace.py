"""`trace`: what is written and drawn, the limit of a text, and its parts."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.contract import tokenizer_of
from tests.support.shell import tokscope
from tests.support.texts import HOSTILE
from tokscope import load
from tokscope.errors import InputError
from tokscope.inputs.parts import MAX_TRACED, text_part
from tokscope.render import trace as drawing
from tokscope.report.split import Cut
from tokscope.report.trace import (
    Curve,
    PreTokens,
    Step,
    Trace,
    Traced,
    TraceReport,
)


def test_json_is_the_contract() -> None:
    done = tokscope("trace", "-x", "strawberry", "-t", "gpt-4o,byte")
    payload = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert {key: value for key, value in payload.items() if key != "results"} == {
        "version": 1,
        "errors": [],
        "summary": {"files": 1, "tokens": {"o200k_base": 3, "byte": 10}},
    }
    first, second = payload["results"]
    assert {key: value for key, value in first.items() if key != "steps"} == {
        "path": "--text",
        "tokenizer": "o200k_base",
        "exact": True,
        "tokens": 3,
        "chars": 10,
        "bytes": 10,
    }
    assert [step["stage"] for step in first["steps"]] == [
        "normalization",
        "pre-tokenization",
        "merges",
        "ids",
    ]
    assert first["steps"][2]["trees"][0]["tokens"][0] == {
        "text": "st",
        "merge": 2,
        "rank": 302,
        "children": [{"text": "s"}, {"text": "t"}],
    }
    split = json.loads(tokscope("split", "-x", "strawberry", "--format", "json").out)["results"][0]["split"]
    assert first["steps"][-1]["tokens"] == split
    assert second["steps"][-1]["tokens"][0] == {"text": "s", "id": 115, "start": 0, "end": 1}
    lines = tokscope("trace", "-x", "strawberry", "-t", "gpt-4o,byte", "--format", "ndjson").out.splitlines()
    assert [json.loads(line) for line in lines] == payload["results"]


def test_special_tokens_are_a_step() -> None:
    def stages(*arguments: str) -> list[tuple[str, str]]:
        result = json.loads(tokscope("trace", "-x", "a<|endoftext|>", *arguments).out)["results"][0]
        return [
            (step["stage"], step["says"]) for step in result["steps"] if step["stage"] == "special tokens"
        ]

    assert stages() == []
    assert stages("--special") == [
        ("special tokens", "found in the text: <|endoftext|>"),
        ("special tokens", "none is put around the text"),
    ]
    assert stages("--special", "-t", "bert-base-uncased")[1] == (
        *("special tokens", "2 tokens put around the text"),
    )


def test_a_text_too_long_names_the_limit_and_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "long").write_text("日" * (MAX_TRACED + 1))
    (tmp_path / "short").write_text("ok")
    done = tokscope("trace", "long", "short", "-t", "byte", cwd=tmp_path)
    assert done.code == 2
    assert len(json.loads(done.out)["results"]) == 1
    assert done.err.count("\n") == 1
    assert "1,001 characters" in done.err
    assert "1,000" in done.err
    way_out = re.findall(r"--from \d+ --to \d+", done.err)[0].split()
    followed = tokscope("trace", "long", *way_out, "-t", "byte", cwd=tmp_path)
    assert (followed.code, json.loads(followed.out)["results"][0]["chars"]) == (0, 200)
    taken = tokscope("trace", "long", "--from", "3", "--to", "9", "-t", "char", cwd=tmp_path)
    assert (taken.code, json.loads(taken.out)["results"][0]["chars"]) == (0, 2)
    inside = tokscope("trace", "long", "--to", "4", cwd=tmp_path)
    assert inside.code == 2
    assert "byte 4 is inside a character, which begins at byte 3" in inside.err
    behind = tokscope("trace", "short", "--from", "3", cwd=tmp_path)
    assert (behind.code, behind.err) == (2, "tokscope: short: has only 2 bytes: none to begin at byte 3\n")
    backwards = tokscope("trace", "short", "--from", "2", "--to", "1", cwd=tmp_path)
    assert (backwards.code, backwards.out) == (2, "")
    assert "--to 1 is before --from 2" in backwards.err


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20), data=st.data())
def test_a_part_is_a_slice_of_the_bytes(text: str, data: st.DataObject) -> None:
    bounds = [len(text[:i].encode()) for i in range(len(text) + 1)]
    start, end = sorted(data.draw(st.tuples(st.sampled_from(bounds), st.sampled_from(bounds))))
    assert text_part(text, "-", start, end).encode() == text.encode()[start:end]
    for offset in {*range(len(text.encode()))} - {*bounds}:
        with pytest.raises(InputError):
            text_part(text, "-", offset)


def test_on_a_terminal_it_is_drawn_in_colour() -> None:
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tokscope", "trace", "-x", "strawberry"],
        stdout=terminal,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80"},
    )
    os.close(terminal)
    shown = b""
    while chunk := _read(main):
        shown += chunk
    assert process.wait(100) == 0
    assert b"\x1b[" in shown
    assert "└─ berry = ber + ry" in shown.decode().replace("\x1b[2m", "").replace("\x1b[0m", "")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # Linux's word for the end, on a terminal
        return b""


def test_plain_draws_the_tree() -> None:
    done = tokscope("trace", "-x", "strawberry", "--format", "plain")
    assert done.out.splitlines()[4:13] == [
        "3 merges  in each piece the two neighbours whose merge has the lowest rank are",
        "    merged first",
        "    strawberry →  st  raw  berry",
        "    ├─ st = s + t        merge 2, rank 302",
        "    ├─ raw = ra + w      merge 6, rank 1618",
        "    │  └─ ra = r + a     merge 3, rank 614",
        "    └─ berry = ber + ry  merge 7, rank 19772",
        "       ├─ ber = b + er   merge 4, rank 718",
        "       │  └─ er = e + r  merge 1, rank 259",
    ]


@pytest.mark.parametrize("spec", ["o200k_base", "bert-base-uncased", "t5", "jieba", "char"])
def test_what_is_drawn_fits_and_is_harmless(spec: str) -> None:
    for name in (
        "spaces",
        "one letter",
        "NUL inside",
        "escape",
        "mixed newlines",
        "combining",
        "emoji",
        "long word",
    ):
        text = HOSTILE[name]
        for width in (40, 80):
            for line in drawn(spec, text, width).splitlines():
                assert not set(line) & (set(map(chr, range(32))) | {"\x7f", "\x9b", "\u202e"})
                assert not line.startswith("    ") or cell_len(line) <= width, (name, line)


def test_a_curve_is_drawn() -> None:
    """The figure of entropy-based patches."""
    curve = Curve("entropy", [b"a", b"b", b"c"], [3.0, 1.0, 2.5], threshold=2.0, unit="bits")
    assert curve.json == {
        "entropy": [{"piece": "a", "value": 3.0}, {"piece": "b", "value": 1.0}, {"piece": "c", "value": 2.5}],
        "threshold": 2.0,
        "unit": "bits",
    }
    split = load("char").encode("abc")
    steps = [Step("entropies", "high where it is hard to guess", (PreTokens([b"a", b"bc"]), curve))]
    stream = io.StringIO()
    report = TraceReport([Traced(Cut("blt", split), Trace("blt", steps, split))])
    drawing.render(report, stream, color=False, width=60)
    assert "threshold" in stream.getvalue()


@pytest.mark.parametrize(
    ("spec", "text", "says"),
    [
        ("char", "a" * 100, "and 40 rows more; --format json has all"),
        ("gpt2", "xq" * 100, "too many to draw each tree; --format json has all"),
        ("t5", "untangling " * 9, "pieces match; --format json has all"),
        ("bert-base-uncased", "🦜 " * 90, "each tree, 30 left out; --format json has all"),
        ("jieba", "好，" * 90, "90 pieces match, 30 left out; --format json has all"),
    ],
)
def test_what_is_drawn_in_short_says_so(spec: str, text: str, says: str) -> None:
    assert says in drawn(spec, text, 80)


def test_a_narrow_graph_leaves_out_figures_and_not_which_path_it_is() -> None:
    """A runner-up is a stra w there, as what is beside the pieces says."""
    lines = drawn("t5", "straw", 40).splitlines()
    paths = [line.split()[0] for line in lines if line.endswith("  runner-up")]
    assert paths == ["▁", "stra", "w"]
    assert "frequency" not in drawn("jieba", "自然", 40)
    assert "frequency" in drawn("jieba", "自然", 80)


def drawn(spec: str, text: str, width: int) -> str:
    trace = tokenizer_of(spec).trace(text)
    stream = io.StringIO()
    report = TraceReport([Traced(Cut(spec, trace.split), trace)])
    drawing.plain(report, stream, color=False, width=width)
    return stream.getvalue()
