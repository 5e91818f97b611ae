"""`claude:MODEL`, and claude-* alone where the extra [claude] is installed: Claude's counts, reconstructed.

The package ctok (MIT, unofficial, Python 3.12 and later) finds the cheapest cover of a text by pieces that
its author measured with Anthropic's API. It gave all of the 176 published counts that were tried, and by its
own account all but one of some 960,000; Anthropic has confirmed none of it, so that it is never called exact.
Where Claude cuts a text it does not know: one cover of several.

A count here is that of the text. What the API adds around one user message is not in it: 7 tokens up to
Opus 4.6, 11 for Opus 4.7, 6 from Opus 4.8 on. From Opus 5 on white space at a text's end is free, which ctok
leaves out: it is the difference between the bounds.
"""

from __future__ import annotations

from tokscope.errors import MissingExtra, UnknownTokenizer, Unsupported
from tokscope.models.names import claude_frame, claude_version, own_name
from tokscope.report.table import Estimate
from tokscope.split import Split
from tokscope.tokenizer import Spec, Tokenizer


class Claude(Tokenizer):
    """Claude's counts, as ctok reconstructs them.

    Example: load("claude:claude-opus-4-5").count("hello, world") -> Estimate(3, low=3, high=3)
    """

    exact = False
    cuts = False

    def __init__(self, name: str, version: tuple[int, int]) -> None:
        from ctok import token_count

        self.name = name
        self._count = token_count
        self._version = f"{version[0]}.{version[1]}"
        self._frame = claude_frame(name)
        self._free_end = version >= (5, 0)
        self.note = (
            "ctok's reconstruction, equal to the API on 176 published counts; "
            f"the API adds {self._frame} around a message"
        )

    # `cut` stays None: what stands at a text's start and end counts as such, and a piece may span two words.

    def count(self, text: str) -> int:
        """Count the tokens of `text`, without what the API adds around a message."""
        if not text:
            return Estimate(0, 0, 0)
        count = self._of(text)
        bare = text.rstrip(" \t\r\n") if self._free_end else text
        return Estimate(count, count if bare == text else min(count, self._of(bare)), count)

    def _of(self, text: str) -> int:
        count: int = self._count(text, self._version)
        return max(0, count - self._frame)

    def encode(self, text: str) -> Split:
        """Refuse: raises Unsupported."""
        raise Unsupported(
            f"{self.name}: where Claude cuts a text is not known, only how often; "
            "-t o200k_base shows tokens of another vocabulary"
        )


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `claude:MODEL`. Raises UnknownTokenizer, and MissingExtra without ctok.

    Example: load(Spec("claude", "claude-opus-4-5")).name -> "claude-opus-4-5"
    """
    version = claude_version(spec.argument)
    if version is None:
        raise UnknownTokenizer(str(spec), ["claude:claude-opus-5-5"])
    try:
        return Claude(own_name(spec.argument), version)
    except ImportError as error:
        raise MissingExtra("Claude's reconstructed count", "claude") from error
