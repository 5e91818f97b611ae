"""The commands as a shell sees them: exit codes, standard output, what bad input says."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from select import select

import pytest

from tests.support import ROOT
from tests.support.shell import tokscope, until_read
from tests.support.texts import HOSTILE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.md").write_text("# Title\nHello world\n\n## Usage\nRun it.\n")
    (tmp_path / "b.txt").write_text("我爱自然语言处理\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.md").write_text("three little words")
    (tmp_path / "sub" / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    (tmp_path / ".gitignore").write_text("ignored.txt\n")
    (tmp_path / "ignored.txt").write_text("not me")
    return tmp_path


# --- one number ------------------------------------------------------------------------------------------


def test_one_input_and_one_tokenizer_give_a_bare_number() -> None:
    assert tokscope("count", stdin=b"Hello world") == (0, "2\n", "")
    assert tokscope("count", "-x", "Hello world", "-t", "gpt-4o") == (0, "2\n", "")
    assert tokscope("count", "-", "-m", "byte", stdin=b"Hello") == (0, "5\n", "")


@pytest.mark.parametrize(
    "data",
    [
        b"one\r\ntwo\r\n\r\nthree",
        b"\xef\xbb\xbfHello\nworld",
        b"",
        b"a\rb\n\nc ",
        "日本語 e\u0301 👩‍👧".encode(),
    ],
    ids=["crlf", "bom", "empty", "mixed", "unicode"],
)
def test_the_same_bytes_give_the_same_count(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(data)
    command = ("count", "-t", "o200k_base,bert-base-uncased,t5,jieba,char,byte", "--format", "json")
    by_file, by_pipe, by_option = (
        json.loads(done.out)["summary"]["tokens"]
        for done in (tokscope(*command, path), tokscope(*command, stdin=data), tokscope(*command, "-x", data))
    )
    assert len(by_file) == 6
    assert by_file == by_pipe == by_option


def test_special_tokens_are_ordinary_text_unless_asked_for() -> None:
    assert int(tokscope("count", "-x", "<|endoftext|>").out) > 1
    assert tokscope("count", "-x", "<|endoftext|>", "--special").out == "1\n"
    assert tokscope("count", "-x", "hello", "-t", "bert-base-uncased", "--special").out == "3\n"


# --- many ------------------------------------------------------------------------------------------------


def test_files_folders_and_totals(folder: Path) -> None:
    done = tokscope("count", ".", "-t", "word:space", cwd=folder)
    assert (done.code, done.err) == (0, "tokscope: 1 binary file skipped\n")
    assert [line.split("\t") for line in done.out.splitlines()] == [
        [" 8", "a.md"],
        [" 1", "b.txt"],
        [" 3", "sub/c.md"],
        ["12", "total"],
    ]
    assert "ignored.txt" in tokscope("count", ".", "--no-ignore", cwd=folder).out
    assert tokscope("count", ".", "--include", "*.txt", "-t", "char", cwd=folder) == (0, "9\n", "")
    assert tokscope("count", ".", "--include", "*.nope", cwd=folder)[:2] == (0, "0\ttotal\n")
    assert "sub" not in tokscope("count", ".", "--exclude", "sub/", cwd=folder).out
    assert tokscope(
        "count", "--files-from", "-", "-t", "word:space", stdin=b"a.md\nsub/c.md\n", cwd=folder
    ).out == (" 8\ta.md\n 3\tsub/c.md\n11\ttotal\n")
    assert tokscope("count", "--files0-from", "-", "-t", "char", stdin=b"b.txt\0", cwd=folder).out == "9\n"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("intro", ["", "Before it\n", "\n"])
def test_front_matter_is_a_section_of_its_own(tmp_path: Path, mark: str, intro: str) -> None:
    (tmp_path / "a.md").write_text(f"{mark}---\nname: a\n---\n{intro}# One\n", encoding="utf-8")
    before = ["2\ta.md:4:"] if intro.strip() else []
    heading = f"2\ta.md:{5 if intro else 4}: # One"
    expected = ["4\ta.md:1: front matter", *before, heading, f"{8 if before else 6}\ttotal"]
    counted = tokscope("count", "a.md", "--by", "heading", "-t", "word:space", cwd=tmp_path)
    assert counted.out.splitlines() == expected


def test_by_sort_top(folder: Path) -> None:
    by_ext = tokscope("count", ".", "--by", "ext", "-t", "word:space", cwd=folder).out
    assert by_ext == "11\t.md\n 1\t.txt\n12\ttotal\n"
    by_dir = tokscope("count", ".", "--by", "dir", "-t", "word:space", cwd=folder).out
    assert by_dir == " 9\t.\n 3\tsub\n12\ttotal\n"
    by_heading = tokscope("count", "a.md", "--by", "heading", "-t", "word:space", cwd=folder).out
    assert by_heading == "4\ta.md:1: # Title\n4\ta.md:4: ## Usage\n8\ttotal\n"
    top = tokscope("count", ".", "--top", "1", "-t", "word:space", cwd=folder).out
    assert top == " 8\ta.md\n12\ttotal\n"
    by_path = tokscope("count", "sub", "a.md", "--sort", "path", "-t", "word:space", cwd=folder).out
    assert by_path == " 8\ta.md\n 3\tsub/c.md\n11\ttotal\n"


def test_field_of_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text('{"m": [{"text": "Hi there"}]}\n\n{"m": [{"text": "you"}]}\n')
    assert tokscope("count", path, "--field", "m.0.text", "-t", "word:space") == (0, "3\n", "")
    done = tokscope("count", path, "--field", "m.0.body")
    assert (done.code, done.out.count("\n")) == (2, 0)
    assert "line 1" in done.err


def test_json_is_the_contract(folder: Path) -> None:
    done = tokscope("count", "a.md", "gone.md", "-t", "gpt-4o", "--format", "json", cwd=folder)
    result = json.loads(done.out)
    assert done.code == 2
    assert result["version"] == 1
    assert result["results"] == [
        {
            "path": "a.md",
            "tokenizer": "o200k_base",
            "exact": True,
            "tokens": 12,
            "chars": 38,
            "bytes": 38,
            "window": 128_000,
        }
    ]
    assert [error["path"] for error in result["errors"]] == ["gone.md"]
    assert result["summary"] == {"files": 1, "tokens": {"o200k_base": 12}}


def test_formats_say_the_same(folder: Path) -> None:
    arguments = ["count", "a.md", "b.txt", "-t", "char,byte"]
    payload = json.loads(tokscope(*arguments, "--format", "json", cwd=folder).out)
    lines = tokscope(*arguments, "--format", "ndjson", cwd=folder).out.splitlines()
    assert [json.loads(line) for line in lines] == payload["results"]
    rows = list(csv.reader(io.StringIO(tokscope(*arguments, "--format", "csv", cwd=folder).out)))
    assert rows[0] == ["path", "char", "byte"]
    assert rows[1] == ["a.md", "38", "38"]
    assert "| `a.md` | 38 | 38 |" in tokscope(*arguments, "--format", "md", cwd=folder).out


def test_output_file_is_whole_or_not_there(folder: Path) -> None:
    assert tokscope("count", "a.md", "-o", "out.json", cwd=folder) == (0, "", "")
    assert json.loads((folder / "out.json").read_text())["summary"]["files"] == 1
    done = tokscope("count", "a.md", "-o", "nowhere/out.json", cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert "nowhere/out.json" in done.err
    assert tokscope("count", "a.md", "-o", "sub", cwd=folder).code == 2
    assert not list(folder.glob(".*.part"))


def test_split_one_token_a_line() -> None:
    assert tokscope("split", "-x", "Hello world").out == "Hello\n world\n"
    assert tokscope("split", "-x", "日", "-t", "byte").out == "\\xe6\n\\x97\n\\xa5\n"
    tokens = json.loads(tokscope("split", "-x", "Hello world", "--format", "json").out)["results"][0]["split"]
    assert tokens == [
        {"text": "Hello", "id": 13225, "start": 0, "end": 5},
        {"text": " world", "id": 2375, "start": 5, "end": 11},
    ]


def test_compare_has_a_row_for_each_tokenizer() -> None:
    done = tokscope("compare", "-x", "Hello 日本語 World!", "--format", "json")
    results = {result["tokenizer"]: result for result in json.loads(done.out)["results"]}
    assert {"o200k_base", "t5", "bert-base-uncased", "jieba", "word", "char", "byte"} <= results.keys()
    assert results["byte"]["compression"] == 1
    assert results["char"]["chars_per_token"] == 1
    assert results["byte"]["words"] == 5  # Hello, 日, 本, 語 and World, but not the mark
    assert results["byte"]["partial_rate"] == pytest.approx(9 / 22)
    assert results["o200k_base"]["compression"] == pytest.approx(22 * 8 / (5 * 17.609777), rel=1e-4)


def test_compare_says_what_it_skipped(folder: Path) -> None:
    done = tokscope("compare", ".", "-t", "char", "--format", "json", cwd=folder)
    assert json.loads(done.out)["summary"] == {"files": 3, "tokens": {"char": 65}, "skipped": 1}


def test_ids_in_markdown_can_be_copied() -> None:
    assert "| 13225 |" in tokscope("split", "-x", "Hello", "--format", "md").out


def test_list_finds_models_by_pattern() -> None:
    names = [row["name"] for row in json.loads(tokscope("list", "gpt-4o", "--format", "json").out)["results"]]
    assert names == ["o200k_base"]
    assert tokscope("list", "bert-").out.partition("\n\n")[0].count("\n") == 1
    assert tokscope("list", "bret") == (0, "", "tokscope: nothing contains 'bret': did you mean bert?\n")
    assert "claude-opus-5-5" in tokscope("list", "anthropic", "--models").out


# --- bad input -------------------------------------------------------------------------------------------


def one_line(err: str) -> bool:
    return err.startswith("tokscope: ") and err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["count", "Hello there"], "tokscope count --text 'Hello there'"),
        (["split", "it's"], "tokscope split --text"),
        (["count", "gone.txt"], "gone.txt: no such file"),
        (["count", "-x", "a", "-t", "gpt4o"], "gpt-4o"),
        (["count", "-x", "a", "-t", "jieba:fast"], "jieba:full"),
        (["count", "-x", "a", "-t", "acme/Own-7B"], "hf:acme/Own-7B"),
        (["count", "-x", "a", "-t", "hf"], "hf:"),
        (["count", "-x", "a", "-t", "hf:./gone.json"], "gone.json"),
        (["count", "-x", "a", "-t", "char?size=2"], "size"),
        (["count", "-x", "a", "-t", ","], "tokscope list"),
        (["count", "-x", "a", "--dict", "d.txt"], "jieba"),
        (["count", "-x", "a", "--format", "xml"], "table"),
        (["count", "-x", "a", "--encoding", "utf8x"], "utf8"),
        (["count", "-x", "a", "--by", "heading", "--field", "x"], "use one of them"),
        (["split", "-x", "a", "--align", "--ids"], "use one of them"),
        (["count", "--top", "0"], "--top"),
        (["count", "--nonsense"], "--nonsense"),
        (["cuont"], "count"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_2(arguments: list[str], says: str, tmp_path: Path) -> None:
    done = tokscope(*arguments, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert one_line(done.err)
    assert says in done.err


def test_one_bad_file_does_not_stop_the_others(folder: Path) -> None:
    (folder / "bad.txt").write_bytes(b"good then \xff bad")
    done = tokscope("count", "a.md", "bad.txt", "gone.txt", "b.txt", "-t", "word:space", cwd=folder)
    assert done.code == 2
    assert done.out == "8\ta.md\n1\tb.txt\n9\ttotal\n"
    assert [line.split(": ")[1] for line in done.err.splitlines()] == ["bad.txt", "gone.txt"]
    assert "byte 10" in done.err
    assert tokscope("count", "bad.txt", "--errors", "replace", "-t", "char", cwd=folder) == (0, "15\n", "")


def test_bytes_that_are_no_text_in_an_argument() -> None:
    done = tokscope("count", "-x", b"ab\xff")
    assert done.code == 2
    assert "byte 2" in done.err


def test_utf16_needs_to_be_named(tmp_path: Path) -> None:
    path = tmp_path / "wide.txt"
    path.write_bytes("Hello 日本".encode("utf-16"))
    done = tokscope("count", path)
    assert done.code == 2
    assert "--encoding utf-16" in done.err
    assert tokscope("count", path, "--encoding", "utf-16", "-t", "char") == (0, "8\n", "")


@pytest.mark.parametrize(
    "content", ["{", '{"model": 1}', "[]", '{"model": {"type": "BPE"}}', "\x00\x01", "\n\x05abc"]
)
@pytest.mark.parametrize("scheme", ["", "hf:", "sp:", "wordpiece:"])
def test_a_damaged_tokenizer_file_is_one_line_and_2(content: str, scheme: str, tmp_path: Path) -> None:
    path = tmp_path / "broken"
    path.write_text(content)
    done = tokscope("count", "-x", "a", "-t", f"{scheme}{path}")
    assert (done.code, done.out) == (2, "")
    assert one_line(done.err), done.err
    assert "broken" in done.err


def test_nothing_to_read_on_a_terminal_is_a_usage_error() -> None:
    main, terminal = os.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "tokscope", "count"],
        stdin=terminal,
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(main)
    os.close(terminal)
    assert (done.returncode, done.stdout) == (2, "")
    assert one_line(done.stderr)


@pytest.mark.parametrize("format", ["table", "plain", "json", "csv", "md"])
def test_no_control_character_of_the_input_reaches_the_terminal(format: str, tmp_path: Path) -> None:
    paths = []
    for name in ("escape", "markup", "NUL inside", "special tokens", "html", "right to left"):
        paths.append(tmp_path / f"\x1b[31m[bold]{name}\n.txt")
        paths[-1].write_text(HOSTILE[name])
    for command in ("split", "count"):
        done = tokscope(command, *paths, "-t", "gpt-4o,char,bert-base-uncased", "--format", format)
        assert done.code == 0
        assert not set(done.out) & (set(map(chr, range(32))) | {"\x7f", "\x9b"}) - set("\n\t\r")


def test_a_long_line_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "line"
    path.write_bytes(b"word " * 4_000_000)
    assert tokscope("count", path) == (0, "4000001\n", "")


def test_a_closed_pipe_is_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "many"
    path.write_text("word " * 200_000)
    command = f"{sys.executable} -m tokscope split {path} | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("word\n0\n", "")


def shell(command: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `tokscope` is this tree's."""
    return subprocess.run(
        ["bash", "-c", f'tokscope() {{ {sys.executable} -m tokscope "$@"; }}; {command}'],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("check --budget 1 .", 1),
        ("check --budget 1 . gone", 2),
        ("count . gone", 2),
        ("count .", 0),
        ('split -x "$(seq 9999)" --format table --color always', 0),
        ("encode -t byte .", 0),
    ],
)
def test_the_verdict_stands_whoever_reads_it(command: str, code: int, tmp_path: Path) -> None:
    """A report of more than 64 KiB, which a pipe does not hold, and a reader that leaves after one line."""
    for i in range(1000):
        (tmp_path / f"{i}{'a long name ' * 12}.md").write_text("one two three")
    done = shell(f"tokscope {command} | head -n 1 | wc -l; echo ${{PIPESTATUS[0]}}", tmp_path)
    assert done.stdout == f"1\n{code}\n"


def test_an_endless_input_ends_with_its_reader(tmp_path: Path) -> None:
    done = shell("yes | tokscope encode -t byte | head -c 3; echo ${PIPESTATUS[1]}", tmp_path)
    assert (done.stdout, done.stderr) == ("1210\n", "")


def test_a_pipe_that_is_not_standard_output_is_an_error_of_its_own(tmp_path: Path) -> None:
    """`-o` names a pipe whose reader leaves: nobody has the report, and the exit code says so."""
    text = "word " * 100_000
    (tmp_path / "text").write_text(text)
    done = shell("mkfifo pipe; head -c 1 pipe & tokscope split text -o pipe; echo $?", tmp_path)
    assert done.stdout.endswith("2\n")
    assert done.stderr == "tokscope: pipe: Broken pipe\n"


RAISES = """
import builtins, sys
from tokscope import cli, errors

class PanicException(BaseException):
    "As pyo3's: no Exception."

def bug():
    raise eval(sys.argv[1], {**vars(builtins), **globals()})

cli.COMMANDS["Look inside"]["list"] = "__main__:bug"
sys.exit(cli.run(["list"]))
"""


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("IndexError('list index out of range')", "a bug: IndexError: list index out of range"),
        ("PanicException('a\\nb')", "a bug: PanicException: a b; please report it"),
        ("ValueError('x' * 10**6)", "TOKSCOPE_DEBUG=1"),
        ("SystemExit(0)", "a bug: SystemExit: 0"),
        ("GeneratorExit()", "a bug"),
        ("RecursionError()", "nested too deeply"),
        ("MemoryError()", "out of memory"),
        ("BrokenPipeError(32, 'Broken pipe')", "the system says: Broken pipe"),
        ("PermissionError(13, 'Permission denied', 'git')", "git: Permission denied"),
        ("FileNotFoundError(2, 'No such file', b'a\\xff')", "a\\xff: No such file"),
        ("errors.OutputError('x')", "x"),
    ],
)
def test_what_is_a_bug_is_one_line_and_2(error: str, says: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", RAISES, error]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert one_line(done.stderr), done.stderr
    assert says in done.stderr
    assert len(done.stderr) < 400


def test_the_traceback_of_a_bug_is_shown_to_who_asks_for_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", RAISES, "KeyError(7)"],
        env={**os.environ, "TOKSCOPE_DEBUG": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Traceback")
    assert "in bug" in done.stderr
    assert done.stderr.endswith(
        "tokscope: a bug: KeyError: 7; please report it, with what TOKSCOPE_DEBUG=1 shows\n"
    )


@pytest.mark.parametrize(
    "command", ["count -x hi -o out", "check", "check --budget 9 .", "diff HEAD", "count ."]
)
def test_a_working_directory_that_is_gone(command: str, tmp_path: Path) -> None:
    done = shell(f"mkdir d; cd d; rmdir ../d; tokscope {command}; echo $?", tmp_path)
    assert done.stdout.splitlines()[-1] in ("2", "0")
    assert all(line.startswith("tokscope: ") for line in done.stderr.splitlines())
    assert "standard output" not in done.stderr


@pytest.mark.slow
def test_ctrl_c_is_silent_from_the_first_import_on(tmp_path: Path) -> None:
    """Whenever it comes after main has begun: what Python does before, and says then, is Python's own."""
    started = """
import sys
from tokscope.__main__ import main

class Tells:
    def find_spec(self, name, path=None, target=None):
        if name == "tokscope.cli":
            print(end="!", flush=True)

sys.meta_path.insert(0, Tells())
main()
"""
    for step in range(40):
        process = subprocess.Popen(
            [sys.executable, "-c", started, "count", "-x", "hi"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.read(1)
        time.sleep(0.002 + step * 0.004)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=100)
        assert err == b""
        assert process.returncode in (130, 0, -signal.SIGINT)


@pytest.mark.parametrize("called_off_by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_is_130_and_silent(called_off_by: signal.Signals, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tokscope", "encode", "-t", "byte", "-o", tmp_path / "out"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(b"waiting for more")
    process.stdin.flush()
    until_read(process)
    process.send_signal(called_off_by)
    process.wait(100)
    assert process.stdout is not None
    assert process.stderr is not None
    assert (process.returncode, process.stdout.read(), process.stderr.read()) == (130, b"", b"")
    assert not list(tmp_path.iterdir())


def test_what_is_started_to_ignore_a_signal_goes_on(tmp_path: Path) -> None:
    """As nohup and a script's `&` start it."""
    done = shell(
        f"trap '' HUP INT; (sleep 0.5; echo b) | {sys.executable} -m tokscope count & "
        "sleep 0.3; kill -HUP $!; kill -INT $!; wait $!; echo $?",
        tmp_path,
    )
    assert (done.stdout, done.stderr) == ("2\n0\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["decode", "-t", "byte", "-x", "27 93 48 59 7 230 151"],
        ["truncate", "-n", "9", "-x", "\x1b]0;\x07"],
        ["chunk", "-n", "9", "-0", "-x", "\x1b]0;\x07"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_text_that_is_the_result_is_shown_on_a_terminal(arguments: list[str]) -> None:
    main, terminal = os.openpty()
    done = subprocess.run([sys.executable, "-m", "tokscope", *arguments], stdout=terminal, check=False)
    os.close(terminal)
    shown = os.read(main, 1000)
    os.close(main)
    assert done.returncode == 0
    end = {"decode": rb"\xe6\x97", "truncate": b"", "chunk": rb"\x00"}[arguments[0]]
    assert shown == rb"\x1b]0;\x07" + end + b"\r\n"


@pytest.mark.parametrize(
    ("redirection", "code"),
    [
        ("count -x hi > /dev/full", 2),
        ("count -x hi >&-", 2),
        ("count gone 2> /dev/full", 2),
        ("count gone 2>&-", 2),
        ("count gone 2> >(true)", 2),
        ("count -x hi <&-", 0),
        ("count <&-", 2),
        ("count - <&-", 2),
        ("count -x hi -o out <&- 2>&-", 0),
        *((f"count -x hi {closed}", 2) for closed in (">&- 2>&-", "<&- >&-", "<&- >&- 2>&-")),
        ("count gone <&- 2>&-", 2),
        ("check --budget 1 -x hello,you <&- 2>&-", 1),
        ("--help >&-", 2),
        ("encode -t byte -x a 2>&- > /dev/full", 2),
    ],
)
def test_standard_streams_that_are_full_or_closed(redirection: str, code: int, tmp_path: Path) -> None:
    command = f"{sys.executable} -m tokscope {redirection}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_the_c_locale_takes_any_name_and_text(tmp_path: Path) -> None:
    (tmp_path / "日本.txt").write_text("日本")
    env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert tokscope("count", ".", "-t", "char", cwd=tmp_path, env=env) == (0, "2\n", "")
    assert tokscope("count", "-x", "日本", "-t", "char", env=env) == (0, "2\n", "")


def test_output_goes_through_a_link_and_keeps_the_mode(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("{}")
    (tmp_path / "real.json").chmod(0o600)
    (tmp_path / "link.json").symlink_to("real.json")
    assert tokscope("count", "-x", "a", "-o", "link.json", cwd=tmp_path).code == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["summary"]["files"] == 1
    assert (tmp_path / "real.json").stat().st_mode & 0o777 == 0o600
    for bad in ("", ".", "/", "n" * 300, "a\0b" if os.name == "nt" else "gone/x"):
        assert tokscope("count", "-x", "a", "-o", bad, cwd=tmp_path).code == 2
    assert tokscope("count", "-x", "a", "-o", "n" * 250, cwd=tmp_path).code == 0
    assert tokscope("count", "-x", "a", "-o", "-", cwd=tmp_path) == (0, "1\n", "")


@pytest.mark.parametrize(
    ("arguments", "code", "out"),
    [
        (["ok.txt"], 0, "2\n"),
        (["gone.txt"], 2, ""),
        (["ok.txt", "bad.txt"], 2, "2\tok.txt\n2\ttotal\n"),
        (["gone.txt", "ok.txt"], 2, "2\tok.txt\n2\ttotal\n"),
        (["ok.txt", "pictures"], 0, "2\tok.txt\n2\ttotal\n"),
        (["--files-from", "list"], 2, "2\tok.txt\n2\ttotal\n"),
        (["gone.txt", "bad.txt", "-t", "char,byte"], 2, ""),
        (["bad.txt", "-t", "word:space,char"], 2, ""),
    ],
)
def test_a_bare_figure_is_that_of_all_that_was_asked_for(
    arguments: list[str], code: int, out: str, tmp_path: Path
) -> None:
    (tmp_path / "ok.txt").write_text("one two")
    (tmp_path / "bad.txt").write_bytes(b"\xff")
    (tmp_path / "list").write_text("ok.txt\nbad.txt\n")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"\x89PNG\0")
    tokenizer = [] if "-t" in arguments else ["-t", "word:space"]
    done = tokscope("count", *arguments, *tokenizer, cwd=tmp_path)
    assert (done.code, done.out) == (code, out)


def test_a_text_that_one_tokenizer_refuses_does_not_stop_the_others(tmp_path: Path) -> None:
    model = {"type": "WordLevel", "vocab": {"good": 0}, "unk_token": "[UNK]"}
    (tmp_path / "words.json").write_text(json.dumps({"version": "1.0", "model": model}))
    (tmp_path / "a").write_text("good")
    (tmp_path / "b").write_text("bad")
    done = tokscope("count", "a", "b", "-t", "hf:words.json", cwd=tmp_path)
    assert (done.code, done.out) == (2, "1\ta\n1\ttotal\n")
    assert one_line(done.err)
    assert done.err.startswith("tokscope: b: ")


def test_a_tokenizer_named_twice_is_summed_once() -> None:
    done = tokscope("count", "-x", "hello world", "-x", "b", "-t", "gpt-4o,o200k_base", "--format", "json")
    assert json.loads(done.out)["summary"] == {"files": 2, "tokens": {"o200k_base": 3}}


def test_long_work_shows_progress_on_a_terminal(tmp_path: Path) -> None:
    """A named pipe gives its text until the bar has come up with how much was read, and a harmless name."""
    pipe = tmp_path / "bag\x1b]0;owned\x07"
    os.mkfifo(pipe)
    main, terminal = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tokscope", "count", pipe.name, "-t", "byte"],
        stdout=subprocess.PIPE,
        stderr=terminal,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    os.close(terminal)
    shown, given = b"", 1 << 20
    with pipe.open("wb") as writing:
        writing.write(b"x" * given)
        while not re.search(rb"[1-9]\.[0-9] MB", shown) and process.poll() is None:
            given += writing.write(b"x" * 9999)
            writing.flush()
            if select([main], [], [], 0.05)[0]:
                shown += os.read(main, 100_000)
    assert process.stdout is not None
    assert process.stdout.read() == f"{given}\n".encode()
    assert process.wait(100) == 0
    os.close(main)
    assert b"bag" in shown
    assert b"\x1b]0;" not in shown


@pytest.mark.slow
def test_bench_runs_nothing_from_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "tiktoken.py").write_text("open('ran', 'w')")
    package = str(ROOT)
    program = "import sys; from tokscope.cli import run; sys.exit(run(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, "bench", "-x", "hello", "--runs", "1"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": package},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("command", ["count", "compare", "split", "encode"])
def test_a_folder_without_texts_is_said(command: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    done = tokscope(command, tmp_path, "--include", "*.md", "-t", "char:codepoint")
    assert done.code == 0
    assert "no text was found" in done.err
    assert "no text was found" not in tokscope(command, tmp_path, "-t", "char:codepoint").err
    assert "no text was found" not in tokscope(command, tmp_path / "gone", "-t", "char:codepoint").err


# --- what a command may cost -----------------------------------------------------------------------------

HEAVY = {
    "rich",
    "tiktoken",
    "splintr",
    "toktok",
    "jieba",
    "rjieba",
    "tokenizers",
    "sentencepiece",
    "huggingface_hub",
    "numpy",
}


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["count", "-x", "Hello"], HEAVY | {"regex"}),
        (["count", "-x", "日本 👩‍👧"], HEAVY),
        (["split", "-x", "Hello"], HEAVY | {"regex"}),
        (["count", "-x", "a", "-t", "byte"], HEAVY | {"regex", "marisa_trie"}),
        (["count", "-x", "a", "-t", "jieba"], HEAVY - {"jieba", "rjieba"}),
        (["list"], HEAVY | {"regex", "marisa_trie"}),
    ],
)
def test_nothing_heavy_is_imported_in_vain(arguments: list[str], absent: set[str]) -> None:
    program = (
        "import sys; from tokscope.cli import run; code = run(sys.argv[1:]);"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert not absent & set(done.stderr.split())


def test_colour_that_is_asked_for_is_there_in_a_pipe_too() -> None:
    assert "\x1b[" in tokscope("split", "-x", "Hello world", "--color", "always").out
    assert "\x1b[" in tokscope("trace", "-x", "Hello world", "--color", "always").out
    assert "\x1b[" in tokscope("count", "-x", "Hello", "-x", "world", "--color", "always").out
    assert tokscope("count", "-x", "Hello world", "--color", "always").out == "2\n"
    assert "\x1b" not in tokscope("split", "-x", "a b", "--color", "always", "--format", "plain").out


@pytest.mark.parametrize(
    ("command", "refused", "taken"),
    [
        (["encode"], [".pdf", ".npz", ".yaml", ".json"], ["", ".txt", ".ids"]),
        (["encode", "--json"], [".jpg", ".txt", ".tsv"], [".json", ".jsonl"]),
        (["encode", "--binary", "u16"], [".npz", ".html"], [".bin", ".u16", ""]),
        (["decode"], [".pdf", ".yaml", ".htm", ".json"], [".txt", ".md", ".py", ""]),
        (["chunk", "-n", "9"], [".xlsx", ".tsv", ".csv"], [".jsonl", ".json", ""]),
        (["chunk", "-n", "9", "-0"], [".jsonl", ".png"], [".txt", ""]),
        (["truncate", "-n", "9"], [".pdf", ".yaml", ".tsv", ".htm"], [".txt", ".md", ".csv", ""]),
    ],
)
def test_no_file_is_written_whose_name_says_that_it_is_another(
    command: list[str], refused: list[str], taken: list[str], tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("1 2\n")
    arguments = [*command, "a.csv", "-t", "byte", "-o"]
    for ending in refused:
        done = tokscope(*arguments, f"out{ending}", cwd=tmp_path)
        assert done.code == 2, ending
        assert f"what is written is not a {ending} file; ." in done.err
        assert not (tmp_path / f"out{ending}").exists()
    for ending in taken:
        assert tokscope(*arguments, f"out{ending}", cwd=tmp_path).code == 0, ending
