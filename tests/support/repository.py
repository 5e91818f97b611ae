"""Repositories of files, rules and commits, made in a folder for one test."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", "-C", folder, *identity, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def settle(folder: Path) -> None:
    """Have the index be younger than what is in it, as some seconds later it is."""
    index = folder / ".git/index"
    later = index.stat().st_mtime_ns + 10**9
    os.utime(index, ns=(later, later))


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def words(count: int) -> str:
    return "word " * count


def rules(*tables: str) -> str:
    return 'tokenizer = "word:space"\n' + "".join(f"[[budget]]\n{table}\n" for table in tables)
