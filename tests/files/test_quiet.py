"""Standard error while libraries work: theirs is kept from it, ours is not lost."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import os
from tokscope.files.quiet import quiet
from tokscope.shell.stderr import complain, separate_stderr

separate_stderr()
os.write(2, b"before\\n")
with quiet():
    os.write(2, b"lost\\n")
    with quiet():
        complain("ours")
    os.write(2, b"lost too\\n")
os.write(2, b"after\\n")
"""


def test_ours_is_seen_and_theirs_is_not() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stderr == "before\ntokscope: ours\nafter\n"
