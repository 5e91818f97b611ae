"""`tokscope check`: what is judged, which exit code says so, and what a git revision was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.repository import git, rules, words, write
from tests.support.shell import Result, tokscope
from tests.support.texts import texts
from tokscope import load
from tokscope.gate.meter import Meter, run_meters
from tokscope.inputs import Decoding, Document
from tokscope.render import formats_of
from tokscope.report.check import CheckReport


def checked(folder: Path, *arguments: str) -> tuple[int, dict[str, str], list[tuple[object, ...]]]:
    """Run check, and give the exit code, the status of each path, and the findings in short."""
    done = tokscope("check", *arguments, "--format", "json", cwd=folder)
    payload = json.loads(done.out)
    assert payload["summary"]["passed"] is (done.code == 0)
    assert [error["message"] for error in payload["errors"]] == [
        line.split(": ", 2)[2]
        for line in done.err.splitlines()
        if not line.endswith("skipped") and "no rule is for" not in line
    ]
    return (
        done.code,
        {result["path"]: result["status"] for result in payload["results"]},
        [
            (one["path"], one["line"], one["rule"], one["tokens"], one["budget"])
            for one in payload["summary"]["findings"]
        ],
    )


# --- --budget --------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(
        tmp_path,
        {"short.md": words(3), "long.md": "one two\nthree four\n\nfive six\n", "sub/five.md": words(5)},
    )
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "stdin", "code"),
    [
        (["short.md", "--budget", "3"], None, 0),
        (["short.md", "--budget", "2"], None, 1),
        (["."], None, 2),  # no budget
        ([".", "--budget", "6"], None, 0),
        ([".", "--budget", "5"], None, 1),
        ([".", "--total", "14"], None, 0),
        ([".", "--total", "13"], None, 1),
        ([".", "-n", "9", "--warn", "2"], None, 0),
        ([".", "-n", "2", "--warn", "3"], None, 2),
        (["--section", "2"], b"# a\none\n# b\none", 1),
        (["--section", "3"], b"# a\none\n# b\none", 0),
        ([".", "--section", "5", "--config", "x.toml"], None, 2),
        (["--budget", "3"], b"one two three", 0),
        (["--budget", "2"], b"one two three", 1),
        (["-", "--budget", "2"], b"one two three", 1),
        (["-x", "one two three", "--budget", "2"], None, 1),
        ([".", "--budget", "5", "--exit-zero"], None, 0),
        (["gone.md", "--budget", "5"], None, 2),
        (["gone.md", ".", "--budget", "5"], None, 2),  # over, but not all could be judged
        (["gone.md", "--budget", "5", "--exit-zero"], None, 2),
        (["--budget", "5"], b"\xff", 2),
        ([".", "--budget", "0"], None, 2),
        ([".", "--budget", "five"], None, 2),
        ([".", "--budget", "5", "--config", "x.toml"], None, 2),
        ([".", "--budget", "5", "-t", "nonsense"], None, 2),
        ([".", "--budget", "gpt-4 - 8186"], None, 0),  # a window of 8,192
        ([".", "--budget", "gpt-4 - 8187"], None, 1),
        ([".", "--budget", "5", "--output-file", "junit"], None, 2),
        ([".", "--budget", "5", "--include", "*.txt"], None, 2),  # nothing to judge
    ],
)
def test_the_exit_code(arguments: list[str], stdin: bytes | None, code: int, folder: Path) -> None:
    done = tokscope("check", "-t", "word:space", *arguments, stdin=stdin, cwd=folder)
    assert done.code == code, done
    assert (done.err != "") is (code == 2)


@pytest.mark.parametrize("format", formats_of(CheckReport.forms))
def test_the_exit_code_is_the_same_in_every_format(format: str, folder: Path) -> None:
    done = tokscope("check", ".", "--budget", "5", "-t", "word:space", "--format", format, cwd=folder)
    assert (done.code, done.err) == (1, "")


def test_the_line_is_the_one_where_the_budget_ran_out(folder: Path) -> None:
    for budget, line in [(1, 1), (2, 2), (3, 2), (4, 4), (5, 4)]:
        _, _, findings = checked(folder, "long.md", "--budget", str(budget), "-t", "word:space")
        assert findings == [("long.md", line, "max", 6, budget)]


def test_several_reports_at_once(folder: Path) -> None:
    done = tokscope(
        *("check", ".", "--budget", "5", "-t", "word:space"),
        *("--output-file", "json=all.json", "--output-file", "csv=all.csv", "--format", "md"),
        cwd=folder,
    )
    assert done.code == 1
    assert "`long.md`" in done.out
    assert json.loads((folder / "all.json").read_text())["summary"]["passed"] is False
    assert "long.md" in (folder / "all.csv").read_text()


def test_several_tokenizers_are_judged_each(folder: Path) -> None:
    done = tokscope(
        "check", "short.md", "--budget", "3", "-t", "word:space,char", "--format", "ndjson", cwd=folder
    )
    assert done.code == 1
    results = [json.loads(line) for line in done.out.splitlines()]
    assert [(one["tokenizer"], one["status"], one["over"]) for one in results] == [
        ("word:space", "ok", 0),
        ("char", "over", 12),
    ]


def test_an_endless_text_is_judged_in_the_time_of_its_budget() -> None:
    program = (
        "import sys, resource; from tokscope.cli import run; code = run(sys.argv[1:]);"
        "used = resource.getrusage(resource.RUSAGE_SELF);"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr); sys.exit(code)"
    )
    command = f"yes prompt | head -c 2G | {sys.executable} -c '{program}' check --budget 1000 --format json"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    seconds, kibibytes = map(float, done.stderr.split())
    assert done.returncode == 1
    assert seconds < 1  # of a processor, so that a busy machine does not matter
    assert kibibytes < 200_000
    result = json.loads(done.stdout)["results"][0]
    assert result["more"] is True
    assert 1000 < result["tokens"] < 10_000
    assert result["bytes"] < 4 << 20


@pytest.mark.parametrize(
    ("model", "window", "tokenizer"),
    [
        ("gpt-4", 8192, "cl100k_base"),
        ("gpt-4o", 128_000, "o200k_base"),
        ("gpt-2", 1024, "gpt2"),
        ("bert-base-chinese", 512, "bert-base-chinese"),
        ("bert-base-uncased", 512, "bert-base-uncased"),
        ("deepseek-v4", 1_000_000, "deepseek"),
    ],
)
def test_the_model_of_a_budget_is_the_one_that_counts(
    model: str, window: int, tokenizer: str, tmp_path: Path
) -> None:
    text = "The weather in 北京 is fine: 北京的天气很好。" * 3
    tokens = load(tokenizer).count(text)
    for reserve, code in ((window - tokens, 0), (window - tokens + 1, 1)):
        budget = f"{model} - {reserve}"
        rule = f'tokenizer = "o200k_base"\n[[budget]]\npaths = ["*.md"]\nmax = "{budget}"'
        write(tmp_path, {"a.md": text, "tokscope.toml": rule})
        for arguments in (["a.md", "--budget", budget], [], ["-t", "char"]):
            done = tokscope("check", *arguments, "--format", "json", cwd=tmp_path)
            [result] = json.loads(done.out)["results"]
            assert (done.code, result["tokens"], result["tokenizer"]) == (code, tokens, tokenizer)
    done = tokscope(
        "check", "a.md", "--budget", f"{model} - 9", "-t", "char", "--format", "json", cwd=tmp_path
    )
    assert json.loads(done.out)["results"][0]["tokenizer"] == "char"  # the user's own word goes first


def test_a_model_without_a_tokenizer_is_judged_by_the_most_that_it_may_count(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "some words of a prompt, and then some more of them " * 20})
    done = tokscope("check", "a.md", "--budget", "claude-opus-5-5 - 999000", "--format", "json", cwd=tmp_path)
    (result,) = json.loads(done.out)["results"]
    assert result["exact"] is False
    assert result["low"] < result["tokens"] < result["high"]
    for budget, code in ((result["high"], 0), (result["high"] - 1, 1)):
        arguments = ("--budget", str(budget), "-t", "claude-opus-5-5")
        assert tokscope("check", "a.md", *arguments, cwd=tmp_path).code == code


def test_a_total_counts_what_was_renamed_out_of_its_rule(tmp_path: Path) -> None:
    git(tmp_path, "init")
    write(tmp_path, {"tokscope.toml": '[[budget]]\npaths = ["*.md"]\ntotal = 9\ntokenizer = "word"'})
    write(tmp_path, {"a.md": "word", "b.md": "word"})
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "one")
    (tmp_path / "d").mkdir()
    git(tmp_path, "mv", "b.md", "d/x.txt")
    git(tmp_path, "commit", "-m", "two")
    done = tokscope("check", "--base", "HEAD~1", "--format", "json", cwd=tmp_path)
    (total,) = json.loads(done.out)["summary"]["totals"]
    assert (total["before"], total["tokens"]) == (2, 1)


def test_a_service_without_a_pipe_has_nothing_to_judge() -> None:
    """It gives /dev/null; an empty pipe, as of a diff without a change, is a text without a token."""
    call = [sys.executable, "-m", "tokscope", "check", "--budget", "5"]
    done = subprocess.run(call, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    said = "tokscope: -: nothing is piped in, and no file or folder is named, such as .\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


@pytest.mark.parametrize(
    ("piped", "option"),
    [
        (b"short.md\nsub/five.md\n", "--files-from"),
        (b"short.md\r\nsub/five.md\r\n", "--files-from"),
        (b"short.md", "--files-from"),
        (b"short.md\0sub/five.md\0", "--files0-from"),
        (b"short.md\nand more text\n", None),
        (b"one two", None),
        (b"short.md\n" * 5000, "--files-from"),
    ],
)
def test_a_list_of_files_taken_for_a_text_gets_a_hint(piped: bytes, option: str | None, folder: Path) -> None:
    done = tokscope("check", "--budget", "99999", stdin=piped, cwd=folder)
    assert done.code == 0
    hint = f"tokscope: standard input, judged as a text, is a list of files: {option} - judges these\n"
    assert done.err == (hint if option else "")
    if option and len(piped) < 100:
        listed = tokscope("check", "--budget", "4", option, "-", "-t", "word:space", stdin=piped, cwd=folder)
        assert listed.code == (1 if b"five" in piped else 0)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--budget", "5"], 0, ["standard input, judged as a text, is empty"]),
        (["empty", "--budget", "5"], 2, ["empty: no text file is there to judge"]),
        (["a.md", "empty/", "--budget", "5"], 0, ["empty: no text file is there to judge"]),
        (["empty"], 0, ["empty: no text file is there to judge"]),
        (["other.txt", "empty"], 0, ["no rule is for other.txt", "empty: no text file is there to judge"]),
        (["--files-from", "none"], 0, ["--files-from: no text file is there to judge"]),
        (["."], 0, ["no rule is for none", "no rule is for other.txt", "no rule is for tokscope.toml"]),
        ([], 0, []),
    ],
)
def test_what_there_is_nothing_to_judge_of_is_said(
    arguments: list[str], code: int, said: list[str], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    write(tmp_path, {"a.md": "one", "other.txt": "one", "none": ""})
    write(tmp_path, {"tokscope.toml": rules('paths = ["*.md"]\nmax = 50')})
    done = tokscope("check", *arguments, stdin=b"", cwd=tmp_path)
    assert (done.code, done.err) == (code, "".join(f"tokscope: {one}\n" for one in said))


def test_many_files_without_a_rule_are_counted_by_folder(tmp_path: Path) -> None:
    names = [*(f"docs/{n}.txt" for n in range(7)), *(f"docs/more/{n}.txt" for n in range(3)), "one.txt"]
    write(
        tmp_path,
        {"a.md": "one", "tokscope.toml": rules('paths = ["*.md"]\nmax = 50'), **dict.fromkeys(names, "two")},
    )
    brief = tokscope("check", ".", "--format", "json", cwd=tmp_path)
    assert brief.err == "tokscope: no rule is for 12 files, 10 in docs/, 2 here; -v or JSON names each\n"
    every = sorted([*names, "tokscope.toml"])
    assert sorted(json.loads(brief.out)["summary"]["without_rule"]) == every
    full = tokscope("check", ".", "-v", cwd=tmp_path).err.splitlines()
    assert sorted(full) == [f"tokscope: no rule is for {name}" for name in every]


# --- Meter against the whole text at once ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["o200k_base", "bert-base-uncased", "char", "byte", "word:space"])
@settings(max_examples=15, deadline=None)
@given(text=texts.map(lambda text: text * 20), budget=st.integers(1, 400))
def test_a_meter_counts_as_the_tokenizer_does_and_finds_the_line(name: str, text: str, budget: int) -> None:
    tokenizer = load(name)
    meter = Meter(tokenizer, [budget])
    document = Document("-", Decoding(), text.encode())
    stopped = run_meters(document, [meter], lambda document: None, stop=True)
    split = tokenizer.encode(text)
    assert meter.tokens == len(split) if not stopped else budget < meter.tokens <= len(split)
    expected = {}
    if len(split) > budget:
        expected = {budget: 1 + split.source[: split.starts[budget]].count(b"\n")}
    assert meter.lines == expected


# --- rules -----------------------------------------------------------------------------------------------


@pytest.fixture
def ruled(tmp_path: Path) -> Path:
    write(
        tmp_path,
        {
            "tokscope.toml": rules(
                'paths = ["prompts/**"]\nmax = 10\nwarn = 7',
                'paths = ["prompts/big/"]\nmax = 20',
                'paths = ["**/SKILL.md"]\nsection = 4',
                'paths = ["prompts/**", "!prompts/big/"]\ntotal = 30',
            ),
            "prompts/fine.md": words(7),
            "prompts/near.md": words(8),
            "prompts/big/large.md": words(20),
            "prompts/picture.png": b"\x89PNG\0",
            ".agents/SKILL.md": "# One\ntwo three\n\n## Four\n" + words(5),
            "other.md": words(100),
        },
    )
    return tmp_path


def test_the_last_rule_that_matches_decides(ruled: Path) -> None:
    assert checked(ruled) == (
        1,
        {
            ".agents/SKILL.md": "over",
            "prompts/big/large.md": "ok",
            "prompts/fine.md": "ok",
            "prompts/near.md": "warn",
        },
        [(".agents/SKILL.md", 4, "section", 7, 4), ("prompts/near.md", 1, "warn", 8, 7)],
    )


def test_warnings_do_not_fail(ruled: Path) -> None:
    (ruled / ".agents/SKILL.md").write_text("# One")
    code, _, findings = checked(ruled)
    assert (code, len(findings)) == (0, 1)


def test_totals_are_judged(ruled: Path) -> None:
    write(ruled, {"prompts/a.md": words(7), "prompts/b.md": words(7), "prompts/c.md": words(7)})
    _, _, findings = checked(ruled)
    assert ("tokscope.toml", None, "total", 36, 30) in findings


def test_paths_are_relative_to_the_rules_and_shown_from_where_the_user_is(ruled: Path) -> None:
    code, statuses, _ = checked(ruled / "prompts")
    assert code == 1
    assert statuses.keys() == {"../.agents/SKILL.md", "big/large.md", "fine.md", "near.md"}
    (ruled / "elsewhere").mkdir()
    assert checked(ruled / "elsewhere", "--config", "../tokscope.toml")[0] == 1


def test_named_files_alone_are_judged_but_totals_are_whole(ruled: Path) -> None:
    code, statuses, findings = checked(ruled, "prompts/near.md", "other.md")
    assert (code, statuses, len(findings)) == (0, {"prompts/near.md": "warn"}, 1)
    assert tokscope("check", "other.md", "--format", "table", cwd=ruled).out.endswith(
        "no rule is for other.md\n"
    )
    write(ruled, {"prompts/a.md": words(10), "prompts/b.md": words(10)})
    code, statuses, findings = checked(ruled, "prompts/near.md", "other.md")
    assert (code, statuses) == (1, {"prompts/near.md": "warn"})
    assert ("tokscope.toml", None, "total", 35, 30) in findings


def test_a_pattern_that_matches_nothing_is_2(ruled: Path) -> None:
    with (ruled / "tokscope.toml").open("a") as file:
        file.write('[[budget]]\npaths = ["*.rst", "*.md"]\nmax = 1000\n')
    done = tokscope("check", cwd=ruled)
    assert done.code == 2
    said = "tokscope: tokscope.toml: paths: '*.rst' matches no text file\n"
    assert done.err == f"{said}tokscope: 1 binary file skipped\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-"], "give --budget"),
        (["-x", "text"], "give --budget"),
        (["--config", "gone.toml"], "gone.toml: No such file"),
        (["--base", "HEAD"], "not a git repository"),
        (["--update-baseline", "other.md"], "leave out paths"),
    ],
)
def test_what_rules_cannot_judge_is_2(arguments: list[str], says: str, ruled: Path) -> None:
    done = tokscope("check", *arguments, stdin=b"text", cwd=ruled)
    assert done.code == 2
    assert says in done.err


def test_no_rules_at_all_is_2(tmp_path: Path) -> None:
    done = tokscope("check", cwd=tmp_path, stdin=b"a pipe")
    assert (done.code, done.out) == (2, "")
    assert "--budget N" in done.err


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.md", "# One\na b\n# Two\na b c d\n", "; its largest section, Two (line 3), has 6\n"),
        ("a.txt", "hi\n# One\na b\n", "; its largest section, One (line 2), has 4\n"),
        ("a.md", "a b c d e f\n# One\na b\n", "over the budget of 3\n"),  # most has no heading
        ("a.md", "# One\na b c d e f\n", "over the budget of 3\n"),  # there is but one
        ("a.py", "# One\na b\n# Two\na b c d\n", "over the budget of 3\n"),  # comments
        (
            "a.ipynb",
            json.dumps(
                {
                    "cells": [
                        {"cell_type": "markdown", "source": text, "metadata": {}}
                        for text in ("# One\na", "# Two\na b c")
                    ],
                    "metadata": {},
                    "nbformat": 4,
                    "nbformat_minor": 5,
                }
            ),
            "; its largest section, Two, has 5\n",
        ),
    ],
)
def test_what_is_over_says_where_to_begin(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text)
    done = tokscope("check", name, "-n", "3", "-t", "word:space", cwd=tmp_path)
    assert done.out.endswith(says)


# --- baselines -------------------------------------------------------------------------------------------


SKIPPED = "tokscope: 1 binary file skipped\n"


def test_only_what_gets_worse_fails_with_a_baseline(ruled: Path) -> None:
    write(ruled, {"prompts/b.md": words(15), "prompts/a.md": words(12)})
    done = tokscope("check", "--update-baseline", cwd=ruled)
    assert done == Result(
        0, ".tokscope-baseline.json: 4 findings accepted\n", "tokscope: 1 binary file skipped\n"
    )
    path = ruled / ".tokscope-baseline.json"
    by = {"tokenizer": "word:space"}
    assert json.loads(path.read_text()) == {
        "version": 1,
        "findings": [
            {**by, "path": ".agents/SKILL.md", "rule": "section", "title": "Four", "tokens": 7},
            {**by, "path": "prompts/a.md", "rule": "max", "tokens": 12},
            {**by, "path": "prompts/b.md", "rule": "max", "tokens": 15},
            {
                **by,
                "path": "tokscope.toml",
                "rule": "total",
                "title": "prompts/**, !prompts/big/",
                "tokens": 42,
            },
        ],
    }
    first = path.read_bytes()
    tokscope("check", "--update-baseline", cwd=ruled / "prompts")
    assert path.read_bytes() == first  # whatever the working directory

    code, statuses, _ = checked(ruled)
    assert (code, statuses["prompts/a.md"]) == (0, "baseline")
    (ruled / "prompts/b.md").write_text(words(14))
    assert checked(ruled)[0] == 0
    (ruled / "prompts/a.md").write_text(words(13))
    code, statuses, findings = checked(ruled)
    assert (code, statuses["prompts/a.md"], statuses["prompts/b.md"]) == (1, "over", "baseline")
    assert ("prompts/a.md", 1, "max", 13, 10) in findings
    said = tokscope("check", cwd=ruled).out
    assert "3 over the budget of 10 and 1 over the 12 of the baseline\n" in said


def test_a_baseline_is_not_written_where_something_could_not_be_judged(ruled: Path) -> None:
    (ruled / "prompts/bad.md").write_bytes(b"\xff")
    assert tokscope("check", "--update-baseline", cwd=ruled).code == 2
    assert not (ruled / ".tokscope-baseline.json").exists()


DAMAGED = (
    *("", "[]", "{}", '{"findings": [{"path": 1}]}', '{"findings": 3}', "[" * 100_000),
    '{"findings": [{"path": "a", "rule": "max", "tokenizer": "char", "tokens": Infinity}]}',
)


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_baseline_is_2(content: str, ruled: Path) -> None:
    (ruled / ".tokscope-baseline.json").write_text(content)
    done = tokscope("check", cwd=ruled)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("tokscope: .tokscope-baseline.json: not a baseline")


@pytest.mark.parametrize("kind", ["fifo", "/dev/zero", "nowhere", "large"])
def test_a_baseline_is_a_regular_file_of_a_bounded_size(kind: str, ruled: Path) -> None:
    path = ruled / ".tokscope-baseline.json"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "large":
        with path.open("wb") as file:
            file.truncate(1 << 40)
    else:
        path.symlink_to(kind)
    done = tokscope("check", cwd=ruled)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("tokscope: .tokscope-baseline.json: ")


def test_a_baseline_is_written_whole_or_not_at_all(ruled: Path) -> None:
    write(ruled, {f"prompts/long/{'x' * 200}{number}.md": words(11) for number in range(200)})
    path = ruled / ".tokscope-baseline.json"
    path.write_text('{"findings": []}')
    # -B: a .pyc that Python writes under this limit is cut off, and broken from then on
    command = [sys.executable, "-B", "-m", "tokscope", "check", "--update-baseline"]
    limited = ["bash", "-c", 'ulimit -f 4; trap "" XFSZ; exec "$@"', "bash", *command]  # of 1 KiB
    done = subprocess.run(limited, cwd=ruled, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done
    assert done.stderr.endswith("tokscope: .tokscope-baseline.json: File too large\n")
    assert path.read_text() == '{"findings": []}'
    assert [file.name for file in ruled.iterdir() if file.name.startswith(".tokscope-")] == [path.name]


@pytest.mark.parametrize("written", ["/dev/zero", "../gone.toml", "big/../gone.toml", "{}/gone.toml", "{}"])
def test_a_configuration_is_named_as_the_user_wrote_it(written: str, ruled: Path) -> None:
    name = written.format(ruled)
    done = tokscope("check", "--config", name, cwd=ruled / "prompts")
    assert done.code == 2
    assert done.err.startswith(f"tokscope: {name}: ")


def test_a_working_directory_that_is_gone_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    for arguments in ("check", "check --base HEAD", "check --budget 5 -x text", "diff", "diff HEAD HEAD"):
        gone.mkdir(exist_ok=True)
        command = f"cd {gone} && rmdir {gone} && {sys.executable} -m tokscope {arguments}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert done.stderr.endswith(": the working directory: No such file or directory\n"), done


def test_a_folder_above_that_cannot_be_looked_at_is_said(tmp_path: Path) -> None:
    write(tmp_path, {"loop/docs/a.md": ""})
    (tmp_path / "loop/tokscope.toml").symlink_to("tokscope.toml")
    done = tokscope("check", cwd=tmp_path / "loop/docs")
    assert (done.code, done.err) == (
        2,
        "tokscope: ../tokscope.toml: Too many levels of symbolic links\n",
    )


# --- --base ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three commits: renames, a removal, a binary file, a file with bad UTF-8, and then changes on disk."""
    folder = tmp_path_factory.mktemp("repository")
    git(folder, "init", "-q")
    write(
        folder,
        {
            "tokscope.toml": rules(
                'paths = ["docs/**"]\nmax = 50\ngrowth = "10%"', 'paths = ["**/*.md"]\ntotal = 1000'
            ),
            "docs/kept.md": words(60),  # over its maximum, and has always been
            "docs/moved.md": words(20) + "\n" + words(20),
            "docs/gone.md": words(5),
            "docs/edited.md": words(10),
            "picture.png": b"\x89PNG\0one",
            "notes/bad.txt": b"\xff",
            "notes/line\nbreak ä.md": words(2),
            ".gitignore": "*.log\n",
        },
    )
    git(folder, "add", "."), git(folder, "commit", "-qm", "one")
    git(folder, "mv", "docs/moved.md", "docs/new name.md")
    (folder / "docs/new name.md").write_text(words(20) + "\n" + words(20) + "more")
    git(folder, "rm", "-q", "docs/gone.md")
    write(folder, {"picture.png": b"\x89PNG\0two", "notes/bad.txt": b"\xff\xff"})
    git(folder, "add", "."), git(folder, "commit", "-qm", "two")
    write(folder, {"docs/added.md": words(4), "docs/edited.md": words(15)})
    (folder / "docs/link.md").symlink_to("kept.md")
    git(folder, "add", "."), git(folder, "commit", "-qm", "three")
    write(folder, {"docs/edited.md": words(12), "docs/untracked.md": words(3), "docs/x.log": words(99)})
    return folder


def since(folder: Path, *arguments: str) -> Sequence[tuple[object, ...]]:
    payload = json.loads(tokscope("check", *arguments, "--format", "json", cwd=folder).out)
    fields = ("path", "old", "change", "before", "tokens", "delta")
    return [tuple(result.get(field) for field in fields) for result in payload["results"]]


def test_only_what_changed_is_judged(repository: Path) -> None:
    before = git(repository, "status", "--porcelain"), (repository / ".git/index").read_bytes()
    assert since(repository, "--base", "HEAD~2") == [
        ("docs/added.md", None, "added", 0, 4, 4),
        ("docs/edited.md", None, "changed", 10, 12, 2),
        ("docs/gone.md", None, "removed", 5, 0, -5),
        ("docs/new name.md", "docs/moved.md", "renamed", 40, 41, 1),
        ("docs/untracked.md", None, "added", 0, 3, 3),
    ]
    assert since(repository, "--base", "HEAD") == [
        ("docs/edited.md", None, "changed", 15, 12, -3),
        ("docs/untracked.md", None, "added", 0, 3, 3),
    ]
    assert tokscope("check", "--base", "HEAD~2", cwd=repository).code == 0
    assert tokscope("check", cwd=repository).code == 1  # docs/kept.md
    assert (git(repository, "status", "--porcelain"), (repository / ".git/index").read_bytes()) == before


def test_growth_is_judged(repository: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(repository), "clone")
    for more, code in [(11, 0), (12, 1)]:  # 115 tokens at HEAD~2; 120 at HEAD; 126 are 10 % more than 115
        (clone / "docs/grown.md").write_text(words(more - 5))
        done = tokscope("check", "--base", "HEAD~2", "--format", "json", cwd=clone)
        summary = json.loads(done.out)["summary"]
        growth = next(total for total in summary["totals"] if total["rule"] == "growth")
        assert (done.code, growth["before"], growth["tokens"]) == (code, 115, 115 + more)
        assert growth["budget"] == 126
    (clone / "docs/edited.md").write_text(words(14))
    assert checked(clone, "--base", "HEAD~2")[0] == 0


def test_a_budget_on_what_a_branch_changed(repository: Path) -> None:
    code, statuses, findings = checked(
        repository, "docs", "--budget", "10", "-t", "word:space", "--base", "HEAD"
    )
    assert (code, statuses) == (1, {"docs/edited.md": "over", "docs/untracked.md": "ok"})
    assert findings == [("docs/edited.md", 1, "max", 12, 10)]


def test_bad_utf8_at_the_base_is_reported(repository: Path) -> None:
    done = tokscope("check", "notes", "--budget", "10", "--base", "HEAD~2", cwd=repository)
    assert done.code == 2
    assert [line.split(": ")[1] for line in done.err.splitlines()] == [
        "HEAD~2:notes/bad.txt",
        "notes/bad.txt",
    ]
    replaced = ("--errors", "replace", "--format", "json")
    done = tokscope("check", "notes", "--budget", "10", "--base", "HEAD~2", *replaced, cwd=repository)
    assert done.code == 0
    assert [(one["path"], one["before"] > 0) for one in json.loads(done.out)["results"]] == [
        ("notes/bad.txt", True)
    ]


@pytest.mark.parametrize("growth", [False, True])
def test_what_was_bad_at_the_base_alone_does_not_stop_judging(growth: bool, tmp_path: Path) -> None:
    """A branch that mends a bad file, and one that removes it, can pass; growth from it cannot be judged."""
    git(tmp_path, "init", "-q")
    limit = 'growth = "5%"' if growth else "max = 5"
    write(
        tmp_path, {"tokscope.toml": rules(f'paths = ["*.md"]\n{limit}'), "a.md": b"caf\xe9", "b.md": b"\xff"}
    )
    git(tmp_path, "add", "."), git(tmp_path, "commit", "-qm", "one")
    git(tmp_path, "rm", "-q", "b.md")
    write(tmp_path, {"a.md": "cafe"})
    for exact in ([], ["--base-exact"]):
        done = tokscope("check", "--base", "HEAD", *exact, cwd=tmp_path)
        assert done.code == (2 if growth else 0)
        assert [line.split(": ")[1] for line in done.err.splitlines()] == ["HEAD:a.md", "HEAD:b.md"]
    (tmp_path / "a.md").write_text("one two three four five six seven")
    assert tokscope("check", "--base", "HEAD", cwd=tmp_path).code == (2 if growth else 1)


def test_a_shallow_clone_names_the_fetch_that_is_missing(repository: Path, tmp_path: Path) -> None:
    url = f"file://{repository}"
    first = git(repository, "rev-parse", "HEAD~2")
    git(repository, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(repository, "branch", "-f", "old", "HEAD~2")
    git(tmp_path, "clone", "-q", "--depth=1", "--branch=main", url, "clone")
    clone = tmp_path / "clone"
    for revision in ("HEAD~2", first, "origin/old"):
        shallow = tmp_path / f"clone-{revision.replace('/', '-')}"
        git(tmp_path, "clone", "-q", "--depth=1", "--branch=main", url, shallow.name)
        done = tokscope("check", "--base", revision, cwd=shallow)
        assert done.code == 2
        head, fetch = done.err.rstrip().split("fetch it with: git ")
        assert head == f"tokscope: {revision}: not in this shallow clone; "
        git(shallow, *fetch.split())  # the cure is one
        assert tokscope("check", "--base", revision, cwd=shallow).code == 0
    done = tokscope("check", "--base", "nonsense~3", cwd=repository)
    assert (done.code, done.err) == (
        2,
        "tokscope: nonsense~3: no such revision; git log shows those that there are\n",
    )
    assert tokscope("check", "--base=--output=x", cwd=clone).code == 2
    assert not (clone / "x").exists()


def test_what_a_branch_changed_is_told_from_what_its_base_did_since(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    write(tmp_path, {"tokscope.toml": rules('paths = ["*.md"]\nmax = 5\ngrowth = "1%"'), "a.md": words(9)})
    write(tmp_path, {"b.md": words(3)})
    git(tmp_path, "add", "."), git(tmp_path, "commit", "-qm", "one")
    git(tmp_path, "checkout", "-qb", "branch")
    write(tmp_path, {"b.md": words(2)})
    git(tmp_path, "commit", "-qam", "two")
    git(tmp_path, "checkout", "-q", "main")
    write(tmp_path, {"a.md": words(4)})
    git(tmp_path, "commit", "-qam", "three")
    git(tmp_path, "checkout", "-q", "branch")
    assert since(tmp_path, "--base", "main") == [("b.md", None, "changed", 3, 2, -1)]
    assert tokscope("check", "--base", "main", cwd=tmp_path).code == 0
    assert since(tmp_path, "--base", "main", "--base-exact")[0] == ("a.md", None, "changed", 4, 9, 5)
    assert tokscope("check", "--base", "main", "--base-exact", cwd=tmp_path).code == 1
    git(tmp_path, "checkout", "-q", "--orphan", "other")
    done = tokscope("check", "--base", "main", cwd=tmp_path)
    assert done.err == (
        "tokscope: compared with main itself: where HEAD branched off it is not in this clone\n"
    )
