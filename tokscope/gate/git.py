"""Git: every call of it goes through here, so that it only reads.

A repository may be hostile: its configuration and its attributes name commands (fsmonitor, filters, textconv,
external diffs, hooks, pagers, helpers of ssh and credentials), a tracked folder may look like a bare
repository with a configuration of its own, and a partial clone fetches what it lacks. So git is called with
plumbing that looks at objects and the index alone (files on disk are compared by hashes of our own, as git
would run a clean filter), it starts at the folder that holds .git, what it could run is turned off, and the
protocols that it could fetch by are forbidden. It keeps of the environment what the user says about
configuration, like safe.directory, and loses what would lead it to another repository or run something.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tokscope.batches import Background
from tokscope.errors import InputError
from tokscope.inputs.paths import printable

_GIT_SETTINGS = (
    "safe.bareRepository=explicit",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.sshCommand=false",
    "core.askPass=",
    "core.gitProxy=",
    "core.pager=cat",
    "credential.helper=",
    "diff.external=",
    "gpg.program=false",
    "protocol.allow=never",
    "submodule.recurse=false",
)
_GIT_OPTIONS = (
    *("--no-pager", "--no-optional-locks", "--no-replace-objects", "--literal-pathspecs"),
    *(word for setting in _GIT_SETTINGS for word in ("-c", setting)),
)
_KEPT = ("GIT_CONFIG_", "GIT_EXEC_PATH")
"""What the environment may say to git: the user's own configuration, by GIT_CONFIG_GLOBAL or _COUNT."""

_GIT_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",  # its messages, not the user's texts
}


def root_of(folder: str | os.PathLike[str]) -> Path | None:
    """Find the root of the repository that a folder is in: the nearest folder above it that holds .git.

    Example: root_of("/repo/docs") -> Path("/repo")

    A folder that only looks like a bare repository does not count: anyone can have one tracked. None where
    there is no repository.
    """
    real = Path(os.path.realpath(folder))
    for place in (real, *real.parents):
        git = place / ".git"
        if os.path.isfile(git) or os.path.lexists(git / "HEAD"):
            return place
    return None


def index_size(folder: str | os.PathLike[str]) -> int:
    """Tell how large the index of the repository is that a folder is in, in bytes; 0 where there is none.

    Example: index_size("/repo") -> 1800_000, of some 20,000 files
    """
    root = root_of(folder)
    try:
        return (root / ".git" / "index").stat().st_size if root else 0
    except OSError:
        return 0


def environment() -> Mapping[str, str]:
    """Give the environment in which git runs.

    Example: environment()["GIT_NO_LAZY_FETCH"] -> "1"
    """
    mine = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith(_KEPT)
    }
    return {**mine, **_GIT_ENVIRONMENT}


def git_command(root: Path, *arguments: str) -> list[str]:
    """Write the command line of a call at the root of a repository.

    Example: git_command(Path("/repo"), "rev-parse", "HEAD")[-4:] -> ["-C", "/repo", "rev-parse", "HEAD"]
    """
    return ["git", *_GIT_OPTIONS, "-C", str(root), *arguments]


def run_git(root: Path, *arguments: str, said: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Call git at the root of a repository, tell it what is `said`, and wait for it.

    Example: run_git(Path("/repo"), "rev-parse", "HEAD").stdout -> b"1f7c...\\n"

    Raises InputError where it cannot be called.
    """
    with _callable():
        return subprocess.run(
            git_command(root, *arguments),
            input=said,
            capture_output=True,
            check=False,
            env=environment(),
        )


def begin(root: Path, *arguments: str) -> Callable[[], subprocess.CompletedProcess[bytes]]:
    """Call git as run_git() does, and do not wait for it before its answer is asked for.

    Example: begin(repository, "ls-files")().stdout -> b"a.md\\ndocs/b.md\\n"
    """
    done: list[subprocess.CompletedProcess[bytes]] = []
    background = Background()
    background.start(lambda: done.append(run_git(root, *arguments)))

    def answer() -> subprocess.CompletedProcess[bytes]:
        background.wait()
        return done[0]

    return answer


def start(root: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Call git and talk with it; what it says on stderr goes nowhere. Raises as run_git() does.

    Example: with start(root, "cat-file", "--batch") as process: process.stdin.write(b"HEAD:a.md\\n")
    """
    with _callable():
        return subprocess.Popen(
            git_command(root, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )


@contextmanager
def _callable() -> Iterator[None]:
    """Tell why git cannot be called."""
    try:
        yield
    except FileNotFoundError as error:
        raise InputError("git", "not installed, and needed to look at a repository") from error
    except OSError as error:
        raise InputError("git", f"cannot be run: {error.strerror}") from error


def complaint(stderr: bytes) -> str:
    """Take what git says went wrong, in one line that names its cure if git does.

    Example: complaint(b"fatal: bad object x\\n") -> "bad object x"
    """
    lines = [line.strip() for line in printable(os.fsdecode(stderr)).splitlines() if line.strip()]
    if not lines:
        return "git failed and does not say why"
    cure = next((line for line in lines if line.startswith("git config --global --add safe.directory")), None)
    first = next((line for line in lines if line.startswith(("fatal: ", "error: "))), lines[0])
    said = first.removeprefix("fatal: ").removeprefix("error: ")
    return f"{said}; if it is yours: {cure}" if cure else said
