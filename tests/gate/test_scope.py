"""What a check is for: what git tracks is judged, whatever hides it, or it is said why it cannot be."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.repository import git, rules, settle, words, write
from tests.support.shell import tokscope
from tokscope.cli import run
from tokscope.gate.scope import Scope
from tokscope.gate.since import Since
from tokscope.render import FORMATS, formats_of
from tokscope.report.check import CheckReport

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"


def statuses(folder: Path, *arguments: str, code: int) -> dict[str, str]:
    """Run check, and give the status of each path."""
    done = tokscope("check", *arguments, "--format", "json", cwd=folder)
    assert done.code == code, done
    return {one["path"]: one["status"] for one in json.loads(done.out)["results"]}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    write(folder, {"tokscope.toml": rules('paths = ["prompts/**"]\nmax = 5'), "prompts/ok.md": words(2)})
    git(folder, "add", "."), git(folder, "commit", "-qm", "one")
    return folder


# --- what cannot be judged ------------------------------------------------------------------------------

UNFIT = [
    ("utf16.md", words(9).encode("utf-16"), "looks like UTF-16: try --encoding utf-16"),
    ("wide.md", words(9).encode("utf-16-le"), "looks like UTF-16: try --encoding utf-16-le"),
    ("nul.md", b"one\0two", "a NUL byte at 3, as in a binary file: take it out, or leave the file out"),
    ("picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a NUL byte at 8, as in a binary file: take it out"),
    ("latin.md", b"caf\xe9", "not valid UTF-8 at byte 3 (0xE9)"),
    ("large.md", POINTER.encode(), "a pointer of Git LFS, whose text is elsewhere: git lfs pull brings it"),
    ("large-crlf.md", POINTER.replace("\n", "\r\n").encode(), "a pointer of Git LFS"),
    ("large-bom.md", b"\xef\xbb\xbf" + POINTER.encode() + b"\n", "a pointer of Git LFS"),
    ("large-old.md", POINTER.replace("git-lfs", "hawser").encode(), "a pointer of Git LFS"),
]


def test_what_cannot_be_judged_is_a_row_of_tables(repository: Path) -> None:
    def last(format: str) -> str:
        out = tokscope("check", "prompts", "--budget", "50", "--format", format, cwd=repository).out
        return out.splitlines()[-1]

    assert last("csv").endswith(",ok")
    write(repository, {"prompts/nul.md": b"one\0two"})
    assert last("csv").startswith('prompts/nul.md,,,,,unjudged,"a NUL byte at 3')
    assert last("md").startswith("| `prompts/nul.md` | - | - | - | - | unjudged | a NUL byte at 3")


@pytest.mark.parametrize(("name", "content", "says"), UNFIT, ids=[name for name, _, _ in UNFIT])
def test_a_file_that_cannot_be_judged_is_2(name: str, content: bytes, says: str, repository: Path) -> None:
    write(repository, {f"prompts/{name}": content})
    for arguments in ((), ("--base", "HEAD"), (f"prompts/{name}",), ("prompts", "--budget", "50")):
        done = tokscope("check", *arguments, cwd=repository)
        assert done.code == 2, done
        assert f"prompts/{name}: {says}" in done.err
    (repository / "tokscope.toml").write_text(rules('paths = ["*.toml"]\nmax = 50'))
    assert tokscope("check", cwd=repository).code == 0  # no rule names it


@pytest.mark.parametrize("format", [one for one in formats_of(CheckReport.forms) if not FORMATS[one].binary])
def test_what_cannot_be_judged_is_2_in_every_format(format: str, repository: Path) -> None:
    write(
        repository,
        {"prompts/nul.md": b"\0one", ".gitignore": "prompts/hidden.md", "prompts/hidden.md": words(9)},
    )
    git(repository, "add", "-f", ".")
    done = tokscope("check", "--format", format, cwd=repository)
    assert done.code == 2
    assert "prompts/nul.md: a NUL byte at 0" in done.err
    assert "hidden.md" in done.out  # and is over


def test_what_is_binary_by_its_name_too_is_skipped_and_said(repository: Path) -> None:
    write(repository, {"prompts/picture.png": b"\x89PNG\r\n\x1a\n\0\0", "prompts/text.png": words(9)})
    done = tokscope("check", cwd=repository)
    assert (done.code, done.err) == (1, "tokscope: 1 binary file skipped\n")
    assert done.out.startswith("prompts/text.png:1: ")


# --- what git tracks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("ignore", [".gitignore", ".ignore", "prompts/.gitignore", ".git/info/exclude"])
def test_what_git_tracks_is_judged_whatever_is_ignored(ignore: str, repository: Path) -> None:
    write(repository, {"prompts/tracked.md": words(9), "prompts/.dot.md": words(9)})
    git(repository, "add", "."), git(repository, "commit", "-qm", "two")
    write(repository, {ignore: "*.md\n", "prompts/untracked.md": words(9)})
    judged = {"prompts/ok.md": "ok", "prompts/tracked.md": "over", "prompts/.dot.md": "over"}
    if ignore == "prompts/.gitignore":
        judged[ignore] = "ok"
    assert statuses(repository, code=1) == judged
    assert statuses(repository, "prompts", code=1) == judged
    assert statuses(repository / "prompts", code=1) == {Path(name).name: how for name, how in judged.items()}
    but = ("--exclude", "tracked.md", "--exclude", ".dot*", "--exclude", ".gitignore")
    assert statuses(repository, *but, code=0) == {"prompts/ok.md": "ok"}
    named = statuses(repository, "prompts", "--budget", "5", "-t", "word:space", code=1)
    assert named == {"prompts/ok.md": "ok", "prompts/tracked.md": "over"}  # hidden ones by --hidden
    write(repository, {"prompts/tracked.md": words(8)})
    assert statuses(repository, "--base", "HEAD", *but[2:], code=1) == {"prompts/tracked.md": "over"}
    done = tokscope("diff", "-t", "word:space", "--format", "csv", cwd=repository)
    assert "prompts/tracked.md,changed,9,8,-1" in done.out
    assert "untracked.md" not in done.out


def test_a_global_ignore_file_is_not_asked(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "ignore").write_text("*.md\n")
    config = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.excludesFile"}
    write(repository, {"prompts/new.md": words(9)})
    env = {**config, "GIT_CONFIG_VALUE_0": str(tmp_path / "ignore")}
    assert tokscope("check", cwd=repository, env=env).code == 1


def test_names_that_are_no_utf8_are_judged_and_told_apart(repository: Path) -> None:
    for name in (b"prompts/\xff.md", rb"prompts/\udcff.md", rb"prompts/\x5cudcff.md"):
        Path(os.fsdecode(os.fsencode(repository) + b"/" + name)).write_text(words(9))
    git(repository, "add", "."), git(repository, "commit", "-qm", "two")
    names = {r"prompts/\udcff.md", r"prompts/\x5cudcff.md", r"prompts/\x5cx5cudcff.md"}
    assert statuses(repository, code=1) == {"prompts/ok.md": "ok", **dict.fromkeys(names, "over")}
    assert statuses(repository, "--base", "HEAD", code=0) == {}
    (repository / r"prompts/\udcff.md").write_text(words(8))
    assert statuses(repository, "--base", "HEAD", code=1) == {r"prompts/\x5cudcff.md": "over"}


def test_a_file_named_like_standard_input_is_a_file(repository: Path) -> None:
    (repository / "tokscope.toml").write_text(rules('paths = ["/-", "/--text"]\nmax = 5'))
    write(repository, {"-": words(9), "--text": words(9)})
    assert statuses(repository, code=1)["./-"] == "over"
    done = tokscope("check", "--update-baseline", cwd=repository)
    assert done.out == ".tokscope-baseline.json: 2 findings accepted\n"


@pytest.mark.parametrize(
    ("arguments", "quick"),
    [
        ("prompts --base HEAD", {"ok.md", "over.md", "long.md"}),
        ("prompts docs --base HEAD", {"ok.md", "over.md", "long.md", "unruled.md"}),
        ("prompts/deep . --base HEAD", {"ok.md", "over.md", "long.md", "unruled.md", "tokscope.toml"}),
        ("docs --base HEAD", {"unruled.md"}),
        ("prompts --base HEAD~1", {"ok.md"}),
        ("prompts --budget 5 -t word:space --base HEAD", {"ok.md", "over.md", "long.md"}),
        ("--base HEAD", {"ok.md", "over.md", "long.md", "unruled.md", "tokscope.toml"}),
        ("prompts", set()),
    ],
)
def test_what_nobody_touched_is_passed_and_the_answer_stays(
    arguments: str,
    quick: set[str],
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A folder that is named with --base: what git knows to be as it was is not read, and yet is there."""
    write(repository, {"prompts/over.md": words(9), "prompts/a.md": words(2), "docs/unruled.md": words(9)})
    write(repository, {"prompts/long.md": words(7), "prompts/deep/b.md": words(3)})
    git(repository, "add", "."), git(repository, "commit", "-qm", "two")
    settle(repository)
    write(repository, {"prompts/a.md": words(8), "prompts/deep/b.md": words(9), "prompts/new.md": b"caf\xe9"})
    monkeypatch.chdir(repository)
    passed: set[str] = set()
    take_note = Scope._pass
    monkeypatch.setattr(
        Scope, "_pass", lambda self, folder, names: (passed.update(names), take_note(self, folder, names))
    )

    def checked() -> tuple[int, str, str]:
        code = run(["check", *arguments.split(), "--format", "json"])
        return (code, *capsys.readouterr())

    quickly = checked()
    assert passed == quick
    passed.clear()
    monkeypatch.setattr(Since, "untouched", frozenset())
    assert (checked(), passed) == (quickly, set())


# --- links ----------------------------------------------------------------------------------------------


def test_a_link_is_judged_once_and_matches(repository: Path) -> None:
    write(
        repository, {"AGENTS.md": words(9), "tokscope.toml": rules('paths = ["/*.md"]\nmax = 5\ntotal = 9')}
    )
    (repository / "CLAUDE.md").symlink_to("AGENTS.md")
    both = "CLAUDE.md", "AGENTS.md"  # as pre-commit names them
    for arguments in ((), both, both[::-1], (*both, "--budget", "5")):
        assert statuses(repository, *arguments, code=1) == {"AGENTS.md": "over"}
    assert statuses(repository, "CLAUDE.md", "--budget", "5", code=1) == {"CLAUDE.md": "over"}
    (repository / "tokscope.toml").write_text(rules('paths = ["CLAUDE.md"]\nmax = 5'))
    for arguments in ((), both):
        assert statuses(repository, *arguments, code=1) == {"CLAUDE.md": "over"}
    two = rules('paths = ["AGENTS.md"]\nmax = 50', 'paths = ["CLAUDE.md"]\nmax = 5')
    (repository / "tokscope.toml").write_text(two)
    assert statuses(repository, code=1) == {"AGENTS.md": "ok", "CLAUDE.md": "over"}
    git(repository, "add", "."), git(repository, "commit", "-qm", "two")
    assert statuses(repository, "--base", "HEAD", code=0) == {}
    write(repository, {"AGENTS.md": words(8)})
    assert statuses(repository, "--base", "HEAD", code=1) == {"AGENTS.md": "ok", "CLAUDE.md": "over"}


def test_a_total_counts_a_text_once_under_all_its_names(repository: Path) -> None:
    write(repository, {"AGENTS.md": words(9), "tokscope.toml": rules('paths = ["/*.md"]\ntotal = 9')})
    (repository / "CLAUDE.md").symlink_to("AGENTS.md")
    for arguments in ((), ("AGENTS.md", "CLAUDE.md"), ("CLAUDE.md",)):
        done = tokscope("check", *arguments, "--format", "json", cwd=repository)
        [total] = json.loads(done.out)["summary"]["totals"]
        assert (done.code, total["tokens"]) == (0, 9)


def test_a_link_to_a_folder_gives_its_files_other_names(repository: Path) -> None:
    write(repository, {"skills/a.md": words(9), "tokscope.toml": rules('paths = [".claude/**"]\nmax = 5')})
    (repository / ".claude").symlink_to("skills")
    (repository / "skills/up").symlink_to("..")
    assert statuses(repository, code=1) == {".claude/a.md": "over"}


def test_a_link_to_a_folder_outside_is_2_where_a_rule_is_for_it(repository: Path) -> None:
    (repository / "prompts/outside").symlink_to("/")
    done = tokscope("check", cwd=repository)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("tokscope: prompts/outside: a link that leads out of the repository")
    (repository / "prompts/outside").rename(repository / "outside")
    assert tokscope("check", cwd=repository).code == 0


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("nowhere", "a link that leads nowhere"),
        ("/etc/hostname", "a link that leads out of the repository"),
        ("/dev/zero", "a link to something that is not a file"),
        ("self.md", "a link that leads nowhere"),
    ],
)
def test_a_link_to_no_file_of_the_repository_is_2(target: str, says: str, repository: Path) -> None:
    (repository / "prompts/self.md").symlink_to(target)
    done = tokscope("check", cwd=repository)
    assert done.code == 2
    assert done.err.startswith(f"tokscope: prompts/self.md: {says}")


@pytest.mark.parametrize("path", ["prompts/out.md", "prompts/outside/a.md", "prompts/outside"])
def test_a_link_out_of_the_repository_that_is_named_is_2_where_a_rule_is_for_it(
    path: str, repository: Path, tmp_path: Path
) -> None:
    write(tmp_path, {"elsewhere/a.md": words(2)})
    (repository / "prompts/outside").symlink_to(tmp_path / "elsewhere")
    (repository / "prompts/out.md").symlink_to(tmp_path / "elsewhere/a.md")
    done = tokscope("check", path, cwd=repository)
    assert done.code == 2
    assert "a link that leads out of the repository" in done.err
    done = tokscope("check", path, "--budget", "5", cwd=repository)
    assert done.code == 0
    assert "named, it is judged as it is today" in done.err


def test_a_link_is_counted_as_far_as_what_it_leads_to(repository: Path) -> None:
    """Only a pipe, which may have no end, is counted until it is over."""
    write(repository, {"prompts/big.md": words(3000)})
    (repository / "prompts/link.md").symlink_to("big.md")
    for path in "prompts/big.md", "prompts/link.md":
        done = tokscope("check", path, "--format", "json", cwd=repository)
        assert [one["tokens"] for one in json.loads(done.out)["results"]] == [3000]


def test_a_binary_file_behind_two_names_is_skipped_once(repository: Path) -> None:
    write(repository, {"pictures/a.png": b"\x89PNG\r\n\x1a\n\0\0"})
    (repository / "prompts/pictures").symlink_to("../pictures")
    done = tokscope("check", ".", "--budget", "50", cwd=repository)
    assert (done.code, done.err) == (0, "tokscope: 1 binary file skipped\n")


# --- other kinds of checkouts ---------------------------------------------------------------------------


def test_a_sparse_checkout_is_judged_whole(repository: Path) -> None:
    write(repository, {"prompts/big.md": words(9), "docs/a.md": words(3)})
    git(repository, "add", "."), git(repository, "commit", "-qm", "two")
    git(repository, "sparse-checkout", "set", "docs")
    assert not (repository / "prompts").exists()
    assert statuses(repository, code=1) == {"prompts/ok.md": "ok", "prompts/big.md": "over"}
    assert statuses(repository, "--base", "HEAD", code=0) == {}
    assert statuses(repository, "--base", "HEAD~1", "--base-exact", code=1) == {"prompts/big.md": "over"}
    assert tokscope("diff", "--format", "json", cwd=repository).out.count('"path"') == 0


def test_a_worktree_is_a_repository(repository: Path, tmp_path: Path) -> None:
    write(repository, {"prompts/big.md": words(9), ".gitignore": "big.md"})
    git(repository, "add", "-f", "."), git(repository, "commit", "-qm", "two")
    git(repository, "worktree", "add", "-q", str(tmp_path / "other"))
    assert statuses(tmp_path / "other", code=1) == {"prompts/ok.md": "ok", "prompts/big.md": "over"}
    assert statuses(tmp_path / "other", "--base", "HEAD", code=0) == {}


def test_a_submodule_is_compared_with_its_own_commit(repository: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    write(inner, {"a.md": words(4), "b.md": words(9), ".gitignore": "b.md"})
    git(inner, "add", "-f", "."), git(inner, "commit", "-qm", "one")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "-q", "add", str(inner), "prompts/sub")
    git(repository, "commit", "-qm", "two")
    now = {"prompts/ok.md": "ok", "prompts/sub/a.md": "ok", "prompts/sub/b.md": "over"}
    now["prompts/sub/.gitignore"] = "ok"
    assert statuses(repository, code=1) == now
    assert statuses(repository, "--base", "HEAD", code=0) == {}
    del now["prompts/ok.md"]
    assert statuses(repository, "--base", "HEAD~1", "--base-exact", code=1) == now
    sub = repository / "prompts/sub"
    write(sub, {"a.md": words(8)})
    git(sub, "commit", "-qam", "two")
    git(repository, "commit", "-qam", "three")
    assert statuses(repository, "--base", "HEAD~1", code=1) == {"prompts/sub/a.md": "over"}


@pytest.mark.parametrize("attributes", ["* text eol=crlf", "* -text"])
def test_line_ends_as_git_checks_them_out_are_no_change(attributes: str, repository: Path) -> None:
    write(repository, {".gitattributes": attributes, "prompts/lines.md": "one\r\ntwo\r\n" * 3})
    git(repository, "add", "."), git(repository, "commit", "-qm", "two")
    assert statuses(repository, "--base", "HEAD", code=0) == {}
    write(repository, {"prompts/lines.md": "one\r\ntwo\r\n" * 4})
    assert statuses(repository, "--base", "HEAD", code=1) == {"prompts/lines.md": "over"}


def test_a_text_that_git_lfs_holds_is_no_change(repository: Path) -> None:
    from hashlib import sha256

    text = words(9).encode()
    pointer = POINTER.replace("0" * 64, sha256(text).hexdigest()).replace("12345", str(len(text)))
    write(repository, {"prompts/large.md": pointer})
    git(repository, "add", "."), git(repository, "commit", "-qm", "two")
    write(repository, {"prompts/large.md": text})
    assert statuses(repository, "--base", "HEAD", code=0) == {}
    write(repository, {"prompts/large.md": text + b"more"})
    done = tokscope("check", "--base", "HEAD", cwd=repository)
    assert (done.code, done.err.count("HEAD:prompts/large.md: a pointer of Git LFS")) == (2, 1)


# --- which configuration governs a file -----------------------------------------------------------------


@pytest.fixture
def nested(repository: Path) -> Path:
    write(
        repository,
        {
            "tokscope.toml": rules('paths = ["**/*.md"]\nmax = 5\ntotal = 15'),
            "a/pyproject.toml": '[tool.tokscope]\ntokenizer = "char"\n'
            '[[tool.tokscope.budget]]\npaths = ["*.md"]\nmax = 30\ntotal = 100',
            "a/x.md": words(8),
            "a/deep/y.md": words(4),
            "b/pyproject.toml": "[project]\nname = 'b'",
            "b/z.md": words(6),
        },
    )
    return repository


def test_the_nearest_configuration_governs_a_file(nested: Path) -> None:
    everything = {"prompts/ok.md": "ok", "a/x.md": "over", "a/deep/y.md": "ok", "b/z.md": "over"}
    assert statuses(nested, code=1) == everything
    assert statuses(nested / "a", code=1) == {"x.md": "over", "deep/y.md": "ok"}
    assert statuses(nested, "a/x.md", "b/z.md", code=1) == {"a/x.md": "over", "b/z.md": "over"}
    one = statuses(nested, "--config", "tokscope.toml", code=1)
    assert one == {"prompts/ok.md": "ok", "a/x.md": "over", "a/deep/y.md": "ok", "b/z.md": "over"}
    done = tokscope("check", "a/x.md", "--format", "json", cwd=nested)
    summary = json.loads(done.out)["summary"]
    assert [(one["path"], one["tokens"]) for one in summary["findings"]] == [("a/x.md", 40)]
    assert [(one["tokenizer"], one["tokens"]) for one in summary["totals"]] == [
        ("word:space", 8),
        ("char", 60),
    ]


def test_a_configuration_below_is_found_where_none_is_above(nested: Path) -> None:
    (nested / "tokscope.toml").unlink()
    assert statuses(nested, code=1) == {"a/x.md": "over", "a/deep/y.md": "ok"}
    assert statuses(nested, "a/x.md", "b/z.md", code=1) == {"a/x.md": "over"}
    done = tokscope("check", "b/z.md", cwd=nested)
    assert done.code == 2
    assert "no budget: give --budget N" in done.err


def test_each_configuration_has_its_own_baseline_and_growth(nested: Path) -> None:
    git(nested, "add", "."), git(nested, "commit", "-qm", "two")
    done = tokscope("check", "--update-baseline", cwd=nested)
    assert done.out.splitlines() == [
        ".tokscope-baseline.json: 1 finding accepted",
        "a/.tokscope-baseline.json: 1 finding accepted",
    ]
    assert tokscope("check", cwd=nested).code == 0
    git(nested, "mv", "b/z.md", "a/z.md")
    done = tokscope("check", "--base", "HEAD", "--format", "json", cwd=nested)
    totals = json.loads(done.out)["summary"]["totals"]
    assert [(one["before"], one["tokens"]) for one in totals] == [(8, 2), (60, 90)]
    assert json.loads(done.out)["results"][0]["change"] == "added"  # to the rules of a


def test_a_broken_configuration_below_is_2(nested: Path) -> None:
    (nested / "a/pyproject.toml").write_text("[tool.tokscope")
    done = tokscope("check", cwd=nested)
    assert done.code == 2
    assert done.err.startswith("tokscope: a/pyproject.toml: not TOML: ")
    (nested / "a/pyproject.toml").write_text("[tool.other")  # not ours, and nobody's business here
    assert "not TOML" not in tokscope("check", cwd=nested).err
