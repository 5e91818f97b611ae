"""Git only reads: nothing that a repository holds is run, nothing is fetched, and a git that fails is 2."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.repository import git, rules, words, write
from tests.support.shell import tokscope

COMMANDS = [
    ("check",),
    ("check", "--base", "HEAD"),
    ("check", "--base", "HEAD~1", "--base-exact"),
    ("check", ".", "--budget", "9999"),
    ("diff",),
    ("diff", "HEAD~1"),
    ("diff", "HEAD~1", "HEAD"),
    ("diff", "HEAD~1...HEAD"),
]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    write(folder, {"tokscope.toml": rules('paths = ["*.md"]\nmax = 50'), "a.md": words(3), "b.md": words(9)})
    git(folder, "add", "."), git(folder, "commit", "-qm", "one")
    write(folder, {"a.md": words(4)})
    git(folder, "commit", "-qam", "two")
    return folder


# --- what a repository could have run -------------------------------------------------------------------

HOSTILE: dict[str, tuple[Mapping[str, str], str]] = {
    "fsmonitor": ({"core.fsmonitor": "CMD"}, ""),
    "included": ({"include.path": "more"}, ""),
    "clean": ({"filter.x.clean": "CMD; cat", "filter.x.required": "true"}, "* filter=x"),
    "smudge": ({"filter.x.smudge": "CMD; cat", "filter.x.clean": "CMD; cat"}, "* filter=x"),
    "process": ({"filter.x.process": "CMD", "filter.x.required": "true"}, "* filter=x"),
    "external": ({"diff.external": "CMD"}, ""),
    "driver": ({"diff.x.command": "CMD", "diff.x.textconv": "CMD"}, "* diff=x"),
    "hooks": ({"core.hooksPath": ".git/hooks"}, ""),
    "pager": ({"core.pager": "CMD", "pager.diff": "CMD", "pager.ls-files": "CMD"}, ""),
    "aliases": ({f"alias.{name}": "!CMD" for name in ("ls-files", "ls-tree", "diff-index", "cat-file")}, ""),
    "helpers": ({"credential.helper": "!CMD", "core.askPass": "CMD", "gpg.program": "CMD"}, ""),
}


@pytest.mark.parametrize("key", HOSTILE)
def test_no_configuration_of_a_repository_is_run(key: str, repository: Path, tmp_path: Path) -> None:
    settings, attributes = HOSTILE[key]
    mark = tmp_path / "mark"
    run = tmp_path / "run"
    run.write_text(f"#!/bin/sh\ntouch {mark}\n")
    run.chmod(0o755)
    write(repository, {".git/more": f'[core]\nfsmonitor = "{run}"\n', ".git/info/attributes": attributes})
    for name in ("post-index-change", "pre-commit", "reference-transaction"):
        write(repository, {f".git/hooks/{name}": run.read_text()})
        (repository / ".git/hooks" / name).chmod(0o755)
    if key != "hooks":
        git(repository, "config", "core.hooksPath", "/nowhere")
    for name, value in settings.items():
        git(repository, "config", name, value.replace("CMD", str(run)))
    mark.unlink(missing_ok=True)
    later = (repository / ".git/index").stat().st_mtime + 5
    for path in repository.glob("*.md"):
        os.utime(path, (later, later))  # for git to look at the texts again
    for command in COMMANDS:
        done = tokscope(*command, cwd=repository)
        assert (done.code, done.err) == (0, ""), (command, done)
        assert not mark.exists(), command
    if key not in ("aliases", "pager", "helpers"):  # git itself would, so that this test can fail
        subprocess.run(["git", "-C", repository, "status"], capture_output=True, check=False)
        subprocess.run(["git", "-C", repository, "diff", "HEAD~1"], capture_output=True, check=False)
        assert mark.exists()


def test_no_variable_of_git_leads_elsewhere(repository: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    run = tmp_path / "run"
    run.write_text(f"#!/bin/sh\ntouch {mark}\n")
    run.chmod(0o755)
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    env = {
        **dict.fromkeys(("GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_SSH_COMMAND", "GIT_ASKPASS"), str(run)),
        "GIT_DIR": f"{other}/.git",
        "GIT_WORK_TREE": str(other),
        "GIT_INDEX_FILE": f"{other}/none",
        "GIT_TRACE": str(mark),
        "GIT_GLOB_PATHSPECS": "1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": str(run),
    }
    for command in COMMANDS:
        done = tokscope(*command, cwd=repository, env=env)
        assert (done.code, done.err) == (0, ""), (command, done)
        assert not mark.exists()


def test_a_tracked_folder_that_looks_like_a_repository_is_a_folder(repository: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    inside = repository / "prompts"
    subprocess.run(["git", "clone", "-q", "--bare", repository, inside], check=True)
    write(
        inside,
        {
            "config": f'[core]\nbare = false\nworktree = "."\nfsmonitor = "touch {mark}"\n',
            "tokscope.toml": rules('paths = ["*.md"]\nmax = 5'),
            "x.md": words(3),
        },
    )
    git(repository, "add", "."), git(repository, "commit", "-qm", "three")
    write(inside, {"x.md": words(6)})
    for command in (("--base", "HEAD"), ()):
        done = tokscope("check", "--config", "prompts/tokscope.toml", *command, cwd=repository)
        assert (done.code, done.err) == (1, ""), done
        assert tokscope("check", *command, cwd=inside).code == 1
    assert tokscope("diff", "HEAD", "HEAD", cwd=inside).code == 0
    assert not mark.exists()


def test_a_configuration_for_other_files_is_refused(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    git(repository, "config", "core.worktree", str(tmp_path / "elsewhere"))
    done = tokscope("check", "--base", "HEAD", cwd=repository)
    assert done.code == 2
    assert "its git configuration is for the files of" in done.err


def test_nothing_is_fetched(repository: Path, tmp_path: Path) -> None:
    git(repository, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{repository}", "clone")
    packs = sorted((clone / ".git/objects").rglob("*"))
    done = tokscope("diff", "HEAD~1", "HEAD", cwd=clone)
    assert done.code == 2
    assert done.err == (
        "tokscope: HEAD~1:a.md: git does not give it: "
        "git fetch --refetch brings what this partial clone lacks\n"
    )
    write(clone, {"b.md": words(8)})
    done = tokscope("check", "--base", "HEAD~1", "--format", "json", cwd=clone)
    assert done.code == 2
    assert "HEAD~1:a.md" in done.err
    assert '"before": 9' in done.out  # of b.md, which was checked out
    assert sorted((clone / ".git/objects").rglob("*")) == packs


@pytest.mark.parametrize("protocol", ["git", "http", "ssh"])
def test_nobody_is_called_for_what_a_partial_clone_lacks(
    protocol: str, repository: Path, tmp_path: Path
) -> None:
    """A server of our own stands where the clone came from, and waits for a connection."""
    git(repository, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{repository}", "clone")
    clone = tmp_path / "clone"
    write(clone, {"b.md": words(8)})
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        host = f"127.0.0.1:{server.getsockname()[1]}"
        git(clone, "remote", "set-url", "origin", f"{protocol}://{host}/repository")
        caller = tmp_path / "ssh"
        caller.write_text(f"#!/bin/bash\nexec 3<>/dev/tcp/127.0.0.1/{host.partition(':')[2]}\n")
        caller.chmod(0o755)
        git(clone, "config", "core.sshCommand", str(caller))
        for command in COMMANDS:
            tokscope(*command, cwd=clone)
            with pytest.raises(TimeoutError):
                server.accept()
        # git itself would call, so that this test can fail
        called = subprocess.Popen(["git", "-C", clone, "cat-file", "-p", "HEAD~1:a.md"], stdout=-3, stderr=-3)
        server.settimeout(20)
        server.accept()[0].close()
        called.kill()
        called.wait()


# --- a git that fails -----------------------------------------------------------------------------------


def failing(folder: Path, script: str) -> Mapping[str, str]:
    """Put a git first on the path that does as the script says, which finds the real one as $REAL."""
    real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    program = folder / "bin" / "git"
    write(folder, {"bin/git": f"#!/bin/bash\nREAL={real}\n{script}\n"})
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:{os.environ['PATH']}"}


CAT_FILE = 'for word in "$@"; do if [ "$word" = cat-file ]; then %s; fi; done; exec $REAL "$@"'


@pytest.mark.parametrize(
    "does",
    [
        "exit 3",  # before it is asked
        "read id; exit 3",
        'read id; echo "$id blob 100"; echo short; exit 0',
        'read id; echo "$id blob many"; exit 0',
        'read id; echo "$id blob 1"; exit 0',
        "exec 0<&-; sleep 0.1; exit 0",
    ],
)
@pytest.mark.parametrize("command", [("diff", "HEAD~1"), ("check", "--base", "HEAD~1")])
def test_a_git_that_ends_early_is_2(
    does: str, command: tuple[str, ...], repository: Path, tmp_path: Path
) -> None:
    write(repository, {"b.md": words(8)})
    done = tokscope(*command, cwd=repository, env=failing(tmp_path, CAT_FILE % does))
    assert done.code == 2
    assert "HEAD~1:a.md: git does not give it: try git fsck" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", [("diff", "HEAD~1"), ("check", "--base", "HEAD~1")])
@pytest.mark.parametrize(
    "end", ["exit 0", "exit 3", "kill -9 $$", "read id; kill -9 $$", "exec 0<&- 1>&-; sleep 0.2"]
)
def test_a_git_that_ends_between_two_texts_is_2(
    end: str, command: tuple[str, ...], repository: Path, tmp_path: Path
) -> None:
    write(repository, {"b.md": words(8)})
    script = CAT_FILE % f'read id; echo $id | $REAL "$@"; {end}'
    for format in ("plain", "json", *(["sarif"] if command[0] == "check" else [])):
        done = tokscope(*command, "--format", format, cwd=repository, env=failing(tmp_path, script))
        assert done.code == 2, done
        assert "HEAD~1:b.md: git does not give it: try git fsck" in done.err
        assert "a.md" in done.out or command[0] == "check"  # whose text was there


@pytest.mark.parametrize(
    ("mode", "says"), [(0o644, "git: cannot be run: Permission denied"), (None, "git: not installed")]
)
def test_no_git_is_said_of_git(mode: int | None, says: str, repository: Path, tmp_path: Path) -> None:
    write(tmp_path, {"bin/git" if mode else "bin/none": "#!/bin/sh\n"})
    env = {"PATH": str(tmp_path / "bin")}
    if mode:
        (tmp_path / "bin/git").chmod(mode)
    for command in (("diff", "HEAD"), ("check", "--base", "HEAD")):
        done = tokscope(*command, cwd=repository, env=env)
        assert done.code == 2
        assert says in done.err
    # Without a revision git is needed only for what is ignored, and may be tracked.
    assert tokscope("check", cwd=repository, env=env).code == 0
    write(repository, {".gitignore": "b.md\nc.txt\n", "c.txt": "no rule is for this"})
    done = tokscope("check", cwd=repository, env=env)
    assert done.code == 2
    assert done.err.startswith(
        f"tokscope: b.md: ignored, unless git tracks it, and git cannot be asked ({says}"
    )
    assert tokscope("check", "--no-ignore", cwd=repository, env=env).code == 0
    assert tokscope("check", "--exclude", "b.md", cwd=repository, env=env).code == 0


def test_what_git_says_cannot_steer_a_terminal(repository: Path, tmp_path: Path) -> None:
    env = failing(tmp_path, r"printf 'warning: x\nfatal: \033[31mred\007\n' >&2; exit 128")
    done = tokscope("diff", "HEAD", cwd=repository, env=env)
    assert (done.code, done.err) == (2, "tokscope: .: \\x1b[31mred\\x07\n")


def test_a_repository_of_somebody_else_names_its_cure(repository: Path, tmp_path: Path) -> None:
    """Git's own tests have it take every repository for somebody else's, and so does this one."""
    elses = failing(tmp_path, 'GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec $REAL "$@"')
    config = {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"), **elses}
    done = tokscope("check", "--base", "HEAD", cwd=repository, env=config)
    assert done.code == 2
    _, _, cure = done.err.rstrip().partition("if it is yours: ")
    subprocess.run(["bash", "-c", cure], env={**os.environ, **config}, check=True)
    assert tokscope("check", "--base", "HEAD", cwd=repository, env=config).code == 0
    by_variable = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    assert tokscope("diff", cwd=repository, env=by_variable).code == 0
