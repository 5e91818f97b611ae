"""What has changed on disk: what git knows without a look into a file is trusted as git does."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.repository import git, rules, settle, words, write
from tests.support.shell import tokscope
from tokscope.gate.revisions import Repository
from tokscope.gate.since import Since

NAMES = ["a.md", "b.md", "docs/c d.md", "docs/日本\n\t.md"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Texts that git looked into well after they were written."""
    git(tmp_path, "init", "-q")
    write(
        tmp_path, {"tokscope.toml": rules('paths = ["**/*.md"]\nmax = 5'), **dict.fromkeys(NAMES, "one $Id$")}
    )
    git(tmp_path, "add", "."), git(tmp_path, "commit", "-qm", "one")
    settle(tmp_path)
    return tmp_path


def since(folder: Path, revision: str = "HEAD") -> Since:
    with closing(Repository(folder)) as repository:
        found = Since(repository, revision)
        assert found.untouched <= found.tracked.keys()
        return found


def test_what_nobody_touched_is_known_without_a_look_into_it(repository: Path) -> None:
    assert since(repository).untouched == {"tokscope.toml", *NAMES}


def same_size_and_time(path: Path) -> None:
    before = path.stat()
    path.write_text("two $Id$")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def another_file(path: Path) -> None:
    before = path.stat()
    path.unlink()
    same = path.with_suffix(".new")
    same.write_text("two $Id$")
    same.rename(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "written": lambda path: path.write_text(words(9)),
    "longer": lambda path: path.write_text("one $Id$ more"),
    "of the same size and time": same_size_and_time,
    "another file": another_file,
    "a link": lambda path: (path.unlink(), path.symlink_to("tokscope.toml")),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("change", CHANGES)
def test_what_somebody_touched_is_looked_into(change: str, name: str, repository: Path) -> None:
    CHANGES[change](repository / name)
    assert since(repository).untouched == {"tokscope.toml", *NAMES} - {name}


def test_what_was_written_when_git_looked_is_looked_into(repository: Path) -> None:
    """Git calls it racy: it may have been written again in the same tick of the clock."""
    index = repository / ".git/index"
    written = (repository / "a.md").stat().st_mtime_ns
    os.utime(index, ns=(written, written))
    assert "a.md" not in since(repository).untouched


def test_an_index_that_says_what_is_not_so_hides_nothing(repository: Path) -> None:
    write(repository, {"a.md": words(9), "b.md": words(9)})
    git(repository, "update-index", "--assume-unchanged", "a.md")
    git(repository, "update-index", "--skip-worktree", "b.md")
    git(repository, "config", "core.trustctime", "false")
    git(repository, "config", "core.checkStat", "minimal")
    settle(repository)
    done = tokscope("check", "--base", "HEAD", cwd=repository)
    assert done.code == 1
    assert done.out.count("over the budget") == 2


@pytest.mark.parametrize(
    ("attribute", "settings"),
    [
        ("ident", {}),
        ("working-tree-encoding=ISO-2022-JP", {}),
        ("filter=more", {"filter.more.smudge": "cat; echo more", "filter.more.clean": "sed '$d'"}),
    ],
)
def test_what_git_changes_on_its_way_to_the_disk_is_looked_into(
    attribute: str, settings: dict[str, str], repository: Path
) -> None:
    """Git says that it is as it was; what is read is what is on disk."""
    for key, value in settings.items():
        git(repository, "config", key, value)
    write(repository, {".gitattributes": f"a.md {attribute}\n"})
    git(repository, "rm", "-q", "--cached", "a.md")
    (repository / "a.md").unlink()
    git(repository, "reset", "-q", "--", "a.md")
    git(repository, "checkout", "--", "a.md")
    settle(repository)
    assert git(repository, "diff", "--name-only") == ""
    git(repository, "add", ".gitattributes")
    settle(repository)
    assert since(repository).untouched == {"tokscope.toml", *NAMES} - {"a.md"}


def test_what_the_index_has_and_the_revision_has_not_is_no_news_twice(repository: Path) -> None:
    write(repository, {"a.md": words(9)})
    git(repository, "add", "a.md")
    settle(repository)
    assert since(repository).untouched == {"tokscope.toml", *NAMES} - {"a.md"}
    assert tokscope("check", "--base", "HEAD", cwd=repository).code == 1


def test_a_split_index_and_one_of_another_version_are_read(repository: Path) -> None:
    for version in ("4", "2"):
        git(repository, "update-index", "--index-version", version)
        git(repository, "update-index", "--split-index")
        settle(repository)
        assert since(repository).untouched == {"tokscope.toml", *NAMES}


def test_in_a_worktree_and_a_sparse_checkout(repository: Path, tmp_path: Path) -> None:
    other = tmp_path.parent / f"{tmp_path.name}-other"
    git(repository, "worktree", "add", "-q", str(other))
    index = repository / ".git/worktrees" / other.name / "index"
    later = index.stat().st_mtime_ns + 10**9
    os.utime(index, ns=(later, later))
    assert since(other).untouched == {"tokscope.toml", *NAMES}
    git(repository, "sparse-checkout", "set", "--no-cone", "/*.md")
    settle(repository)
    assert since(repository).untouched == {"a.md", "b.md"}
