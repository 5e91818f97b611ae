"""The hook `tokscope-check`, run by pre-commit itself at a real `git commit`.

The hook's own definition is run, as `repo: local` with `language: system`: so pre-commit takes the tokscope
of these tests and downloads nothing. What this leaves out is how pre-commit installs it (`language: python`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support import ROOT

pytestmark = pytest.mark.slow

MANIFEST = ROOT / ".pre-commit-hooks.yaml"

RULES = """
[[budget]]
paths = ["prompts/**"]
max = 5
tokenizer = "word:space"
"""


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(cwd.parent / "pre-commit"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (hook,) = yaml.safe_load(MANIFEST.read_text())
    assert hook["language"] == "python"
    local = {"repos": [{"repo": "local", "hooks": [{**hook, "language": "system"}]}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(local))
    (folder / "tokscope.toml").write_text(RULES)
    (folder / "prompts").mkdir()
    (folder / "prompts" / "a b.md").write_text("one two three\n")
    (folder / "picture.bin").write_bytes(bytes(range(256)))
    run("git", "init", "-q", cwd=folder)
    assert run(sys.executable, "-m", "pre_commit", "install", cwd=folder).returncode == 0
    return folder


def commit(folder: Path) -> subprocess.CompletedProcess[str]:
    run("git", "add", "-A", cwd=folder)
    return run("git", "commit", "-q", "-m", "change", cwd=folder)


def commits(folder: Path) -> int:
    return len(run("git", "log", "--all", "--oneline", cwd=folder).stdout.splitlines())


def test_pre_commit_accepts_the_manifest() -> None:
    done = run(sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST), cwd=ROOT)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_commit_is_held_to_the_rules(repository: Path) -> None:
    done = commit(repository)
    assert done.returncode == 0, done
    assert commits(repository) == 1

    (repository / "prompts" / "a b.md").write_text("one two three\nfour five six\n")
    (repository / "other.md").write_text("no rule is for this text, however long it may be\n")
    done = commit(repository)
    assert done.returncode == 1
    assert "prompts/a b.md:2: 6 tokens (word:space), 1 over the budget of 5" in done.stderr
    assert "exit code: 1" in done.stderr
    assert commits(repository) == 1

    (repository / "prompts" / "a b.md").write_text("one two three\nfour five\n")
    done = commit(repository)
    assert done.returncode == 0, done
    assert commits(repository) == 2


def test_what_cannot_be_judged_is_no_commit(repository: Path) -> None:
    (repository / "prompts" / "bad.md").write_bytes(b"text \xff")
    done = commit(repository)
    assert done.returncode == 1
    assert "exit code: 2" in done.stderr
    assert "prompts/bad.md" in done.stderr
    assert commits(repository) == 0
