"""A tokenizer that ends, stops or refuses at a word, as a plug-in: tokenizers are other people's programs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import tokscope

CODE = """
import os, signal, time
from tokscope.errors import Unsupported
from tokscope.split import Split
from tokscope.tokenizer import Tokenizer

class Fickle(Tokenizer):
    name = "fickle"

    def encode(self, text):
        return Split.of_characters(text, [(i, i + 1) for i in range(len(text))])

    def count(self, text):
        if "deadly" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        if "endless" in text:
            time.sleep(3)
        if "refused" in text:
            raise Unsupported("fickle: not this")
        return len(text)

def load(spec):
    return Fickle()
"""


def installed(folder: Path) -> dict[str, str]:
    """Lay the plug-in into a folder as pip would; give the environment in which it is found."""
    (folder / "fickle.py").write_text(CODE)
    info = folder / "fickle-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fickle\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[tokscope.backends]\nfickle = fickle:load\n")
    here = str(Path(tokscope.__file__).parents[1])
    path = os.pathsep.join([str(folder), here, os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, "PYTHON": sys.executable}
