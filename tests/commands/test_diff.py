"""`tokscope diff`: what changed, against counting both sides whole."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.repository import git, rules, words, write
from tests.support.shell import peak, tokscope
from tokscope.gate.revisions import Repository
from tokscope.inputs import Decoding


def rows(folder: Path, *arguments: str, code: int = 0) -> list[tuple[object, ...]]:
    done = tokscope("diff", "--format", "json", *arguments, cwd=folder)
    assert done.code == code, done
    fields = ("path", "old", "change", "before", "tokens", "delta")
    return [tuple(result.get(field) for field in fields) for result in json.loads(done.out)["results"]]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    git(folder, "init", "-q")
    write(
        folder,
        {
            "a.md": words(10),
            "b/moved.md": words(20) + "\n" + words(20),
            "b/gone.txt": words(5),
            "same.md": words(7),
            "picture.png": b"\x89PNG\0one",
            "was-text": words(3),
        },
    )
    git(folder, "add", "."), git(folder, "commit", "-qm", "one")
    git(folder, "mv", "b/moved.md", "b/new name.md")
    git(folder, "rm", "-q", "b/gone.txt")
    write(folder, {"a.md": words(12), "c.txt": words(1), "picture.png": b"\x89PNG\0two", "was-text": b"\0"})
    git(folder, "add", "."), git(folder, "commit", "-qm", "two")
    write(folder, {"a.md": words(9), "untracked.md": words(2)})
    return folder


CHANGED = [
    ("a.md", None, "changed", 10, 12, 2),
    ("b/gone.txt", None, "removed", 5, 0, -5),
    ("b/new name.md", "b/moved.md", "renamed", 40, 40, 0),
    ("c.txt", None, "added", 0, 1, 1),
]


def test_two_revisions(repository: Path) -> None:
    assert rows(repository, "HEAD~1", "HEAD", "-t", "word:space", code=2) == CHANGED
    back = rows(repository, "HEAD", "HEAD~1", "-t", "word:space", code=2)
    assert [row[5] for row in back if row[0] == "a.md"] == [-2]
    assert rows(repository, "HEAD", "HEAD", "-t", "word:space") == []


def test_a_revision_and_the_files_on_disk(repository: Path) -> None:
    now = [("a.md", None, "changed", 12, 9, -3), ("untracked.md", None, "added", 0, 2, 2)]
    assert rows(repository, "-t", "word:space") == now
    assert rows(repository, "HEAD", "-t", "word:space") == now
    paths = [row[0] for row in rows(repository, "HEAD~1", "--include", "*.md", "--exclude", "b/")]
    assert paths == ["a.md", "untracked.md"]
    assert rows(repository / "b", "HEAD~1", "HEAD", "-t", "word:space") == [
        ("gone.txt", None, "removed", 5, 0, -5),
        ("new name.md", "moved.md", "renamed", 40, 40, 0),
    ]


@pytest.mark.parametrize("now", [b"one\0two", "one two".encode("utf-16-le")])
def test_a_text_that_is_binary_on_the_other_side_has_neither_come_nor_gone(
    tmp_path: Path, now: bytes
) -> None:
    git(tmp_path, "init", "-q")
    write(tmp_path, {"a.md": words(5), "b.md": words(7), "new.bin": b"\0"})
    git(tmp_path, "add", "a.md", "b.md"), git(tmp_path, "commit", "-qm", "one")
    write(tmp_path, {"a.md": now, "b.md": words(8), "then/a.md": now, "now/a.md": words(2)})
    for arguments in (["--include", "*.md", "--exclude", "*/"], ["then", "now"], ["now", "then"]):
        done = tokscope("diff", *arguments, "-t", "word:space", "--format", "json", cwd=tmp_path)
        assert (done.code, "a.md: a text on one side only" in done.err) == (2, True), done
        changed = [one["path"] for one in json.loads(done.out)["results"]]
        assert changed == (["b.md"] if len(arguments) == 4 else [])


def test_folders_and_files(tmp_path: Path) -> None:
    write(tmp_path / "old", {"a.md": words(2), "b/c.md": words(3), "same.md": words(4), "gone.md": words(1)})
    write(
        tmp_path / "new", {"a.md": words(5), "b/c.md": words(3) + "\n", "same.md": words(4), "+.md": words(6)}
    )
    assert rows(tmp_path, "old", "new", "-t", "word:space") == [
        ("+.md", None, "added", 0, 6, 6),
        ("a.md", None, "changed", 2, 5, 3),
        ("b/c.md", None, "changed", 3, 3, 0),
        ("gone.md", None, "removed", 1, 0, -1),
    ]
    assert rows(tmp_path, "old/a.md", "new/a.md", "-t", "word:space") == [
        ("new/a.md", "old/a.md", "changed", 2, 5, 3)
    ]
    done = tokscope("diff", "old/a.md", "-", "-t", "word:space", stdin=b"one", cwd=tmp_path)
    line = "changed\t     2\t    1\t   -1\t-50.00%\told/a.md => -\n"
    assert done.out == f"change\tbefore\tafter\tdelta\t growth\tpath\n{line}"


def test_one_text_under_two_tokenizers(tmp_path: Path) -> None:
    by_text = tokscope("diff", "-x", "one two", "-t", "word:space,char", "--format", "csv")
    assert by_text.out == "path,word:space,char,delta,growth\n--text,2,7,5,2.5\n"
    by_pipe = tokscope("diff", "-t", "word:space,char", "--format", "csv", stdin=b"one two")
    assert by_pipe.out == by_text.out.replace("--text", "-")
    write(tmp_path, {"a.md": "one two", "b.md": "three"})
    assert rows(tmp_path, ".", "-t", "word:space,char") == [
        ("a.md", None, None, 2, 7, 5),
        ("b.md", None, None, 1, 5, 4),
    ]


@pytest.fixture
def branches(tmp_path: Path) -> Path:
    """A branch that adds two words to b.md, and a main that has gone on with a.md since."""
    git(tmp_path, "init", "-q")
    write(tmp_path, {"a.md": words(9), "b.md": words(3), "docs/c.md": words(1), "docs/d.md": words(1)})
    git(tmp_path, "add", "."), git(tmp_path, "commit", "-qm", "one")
    git(tmp_path, "checkout", "-qb", "branch")
    write(tmp_path, {"b.md": words(5), "docs/c.md": words(2)})
    git(tmp_path, "rm", "-q", "docs/d.md")
    git(tmp_path, "commit", "-qam", "two")
    git(tmp_path, "branch", "docs")
    git(tmp_path, "checkout", "-q", "main")
    write(tmp_path, {"a.md": words(4)})
    git(tmp_path, "commit", "-qam", "three")
    git(tmp_path, "checkout", "-q", "branch")
    return tmp_path


B, C, D = (
    ("b.md", None, "changed", 3, 5, 2),
    ("docs/c.md", None, "changed", 1, 2, 1),
    ("docs/d.md", None, "removed", 1, 0, -1),
)
A = ("a.md", None, "changed", 4, 9, 5)  # of main, backwards


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["main..branch"], [A, B, C, D]),
        (["main", "branch"], [A, B, C, D]),
        (["main...branch"], [B, C, D]),
        (["main..."], [B, C, D]),
        (["main.."], [A, B, C, D]),
        (["...branch"], []),
        (["main"], [A, B, C, D]),
        (["main...branch", "--", "b.md"], [B]),
        (["main...", "docs"], [C, D]),
        (["main", "./docs/"], [C, D]),
        (["main", "branch", "docs/c.md", "b.md"], [B, C]),
        (["main", "--", "docs/d.md"], [D]),  # which is in main alone
        (["main..docs", "docs/d.md", "--include", "docs/c.md"], []),
    ],
)
def test_revisions_and_paths_are_named_as_for_git(
    arguments: list[str], wanted: list[tuple[object, ...]], branches: Path
) -> None:
    assert rows(branches, "-t", "word:space", *arguments) == wanted


def test_what_may_be_a_path_or_a_revision_is_asked_about(branches: Path) -> None:
    done = tokscope("diff", "main", "docs", cwd=branches)
    assert (done.code, done.err) == (
        2,
        "tokscope: docs is a path and a revision: write ./docs, or main..docs\n",
    )


def test_one_text_that_cannot_be_read_does_not_stop_the_others(branches: Path) -> None:
    write(branches, {"a.md": b"\xff", "docs/c.md": words(4)})
    blob = git(branches, "rev-parse", "HEAD:b.md")
    path = branches / ".git/objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    write(branches, {"b.md": words(6)})
    done = tokscope("diff", "-t", "word:space", "--format", "csv", cwd=branches)
    assert done.code == 2
    assert done.out == "path,change,before,after,delta,growth\ndocs/c.md,changed,2,4,2,1.0\n"
    assert [line.split(": ")[1] for line in done.err.splitlines()] == ["a.md", "HEAD:b.md"]


def test_deltas_carry_their_sign_and_no_heading_stands_alone(branches: Path) -> None:
    write(branches, {"b.md": words(1500), "docs/c.md": words(1)})
    for format, more, less in [
        ("plain", "+1495\t+29900.00%", "-1\t   -50.00%"),
        ("table", "+1,495  +299.0×", "-1  -50.00%"),
        ("md", "+1,495 | +299.0×", "-1 | -50.00%"),
        ("csv", ",1495,299.0", ",-1,-0.5"),
    ]:
        done = tokscope("diff", "-t", "word:space", "--format", format, cwd=branches)
        assert more in done.out
        assert less in done.out
    for format, said in [("plain", ""), ("table", "nothing differs\n"), ("md", "\nnothing differs\n")]:
        assert tokscope("diff", "HEAD", "HEAD", "--format", format, cwd=branches).out == said


def test_files_that_are_written_alike_are_two(tmp_path: Path) -> None:
    for folder, more in (("old", ""), ("new", "more")):
        (tmp_path / folder).mkdir()
        for name in (b"\xff.txt", rb"\udcff.txt", b"-", b"--text"):
            (tmp_path / folder / os.fsdecode(name)).write_text(f"one {more}")
    assert [row[0] for row in rows(tmp_path, "old", "new")] == [
        "-",
        "--text",
        r"\udcff.txt",
        r"\x5cudcff.txt",
    ]
    assert [row[0] for row in rows(tmp_path, "old/-", "new/-")] == ["new/-"]


@pytest.mark.slow
def test_two_folders_are_compared_in_little_memory(tmp_path: Path) -> None:
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.txt").write_text("one two three\n" * 6_000_000)
    mebibytes, _ = peak(f"cd {tmp_path} && tokscope diff old new -t char")
    assert mebibytes < 120


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["a.md"], "give a second path, or two tokenizers"),
        (["a.md", "HEAD"], "HEAD: no such file"),
        (["a.md", "b/gone.txt"], "b/gone.txt: no such file"),
        (["a.md", "a.md", "a.md"], "diff compares two paths"),
        (["HEAD", ".."], "outside of the working directory"),
        (["HEAD", "HEAD", "gone"], "gone: no such file, neither on disk nor in a revision"),
        (["HEAD..nonsense"], "nonsense: no such file, and no such revision"),
        (["a.md", "b"], "a file and a folder"),
        (["-", "-"], "only once"),
        (["nonsense"], "nonsense: no such file, and no such revision"),
        (["HEAD", "nonsense"], "nonsense: no such file, and no such revision"),
        (["-x", "text"], "under two tokenizers"),
        (["HEAD", "--include", "[z"], "never closed"),
    ],
)
def test_what_cannot_be_compared_is_2(arguments: list[str], says: str, repository: Path) -> None:
    done = tokscope("diff", *arguments, cwd=repository)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_a_side_that_cannot_be_read_is_left_out_with_the_other(tmp_path: Path) -> None:
    write(tmp_path / "old", {"a.md": b"\xff", "b.md": words(1), "c.md": words(2)})
    write(tmp_path / "new", {"a.md": words(5), "b.md": b"\xff", "c.md": words(4)})
    assert rows(tmp_path, "old", "new", "-t", "word:space", code=2) == [("c.md", None, "changed", 2, 4, 2)]


# --- the sum of the deltas is the delta of the sums ------------------------------------------------------

names = st.sampled_from(["a.md", "b.md", "d/a.md", "d/é \n.txt", "x"])
trees = st.dictionaries(names, st.integers(1, 30).map(words), max_size=5)


@settings(max_examples=8, deadline=None)
@given(old=trees, new=trees, on_disk=st.booleans())
def test_the_sum_of_deltas_is_the_delta_of_totals(
    old: dict[str, str], new: dict[str, str], on_disk: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("trees")
    git(folder, "init", "-q")
    for tree in (old, new):
        for path in folder.rglob("*"):
            if path.is_file() and ".git" not in path.parts:
                path.unlink()
        write(folder, {**tree, "tokscope.toml": rules('paths = ["*.md"]\ntotal = 1')})
        if tree is old or not on_disk:
            git(folder, "add", "-A"), git(folder, "commit", "-q", "--allow-empty", "-m", "tree")
    sides = ["HEAD"] if on_disk else ["HEAD~1", "HEAD"]
    done = tokscope("diff", *sides, "-t", "word:space", "--format", "json", cwd=folder)
    payload = json.loads(done.out)
    totals = [sum(len(text.split()) for text in tree.values()) for tree in (old, new)]
    assert sum(result["delta"] for result in payload["results"]) == totals[1] - totals[0]
    assert payload["summary"]["delta"].get("word:space", 0) == totals[1] - totals[0]
    assert {one["path"] for one in payload["results"]} >= {path for path in new if path not in old}

    done = tokscope("check", "--base", sides[0], "--format", "json", cwd=folder)
    [total] = json.loads(done.out)["summary"]["totals"]
    assert (total["before"], total["tokens"]) == tuple(
        sum(len(text.split()) for path, text in tree.items() if path.endswith(".md")) for tree in (old, new)
    )


def test_links_and_submodules_are_no_texts(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    write(tmp_path, {"file": words(3), "link": words(4)})
    git(tmp_path, "add", "."), git(tmp_path, "commit", "-qm", "one")
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("file")
    head = git(tmp_path, "rev-parse", "HEAD")
    git(tmp_path, "update-index", "--add", "--cacheinfo", f"160000,{head},module")
    git(tmp_path, "add", "link"), git(tmp_path, "commit", "-qm", "two")
    changes = Repository(tmp_path).changes("HEAD~1", "HEAD")
    assert [(change.kind, change.old, change.new) for change in changes] == [("removed", "link", None)]


def test_old_texts_are_those_of_git_itself(repository: Path) -> None:
    with closing(Repository(repository)) as git_says:
        for change in git_says.changes("HEAD~1", "HEAD"):
            document = git_says.document("a", change.old_blob, Decoding())
            if document is not None:
                command = ["git", "-C", str(repository), "show", f"HEAD~1:{change.old}"]
                shown = subprocess.run(command, capture_output=True, check=True).stdout
                assert document.read_bytes() == shown
