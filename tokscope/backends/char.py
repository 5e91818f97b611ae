"""`char`: one token per character as readers see it (a grapheme cluster); `char:codepoint`: per code point.

Clusters are the extended grapheme clusters of UAX #29, https://www.unicode.org/reports/tr29/, of the Unicode
version that the installed `regex` knows: 18.0 from 2026.11.15 on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import regex

from tokscope.spec import Spec
from tokscope.split import Split, byte_offsets
from tokscope.tokenizer import LINE_OR_WORD, Tokenizer

if TYPE_CHECKING:
    from tokscope.trace import Trace

# \X alone is right but quadratic on flags: at each one it goes back to the start of their run, to see which
# are pairs. A pair with another flag behind it is always a cluster, so that \X sees only the run's last two.
_CLUSTER = regex.compile(r"\p{Regional_Indicator}{2}(?=\p{Regional_Indicator})|\X")


class Grapheme(Tokenizer):
    """Extended grapheme clusters as tokens.

    Example: load("char").count("e\u0301👨‍👩‍👧") -> 2
    """

    name = "char"
    cut = LINE_OR_WORD  # a cluster ends after every newline, and between any two of ASCII but CR LF

    def encode(self, text: str) -> Split:
        """Cut `text` into its grapheme clusters."""
        return Split.of_lengths(text.encode(), (len(cluster.encode()) for cluster in _CLUSTER.findall(text)))

    def count(self, text: str) -> int:
        """Count the grapheme clusters of `text`."""
        if text.isascii():
            return len(text) - text.count("\r\n")  # the only cluster of two ASCII characters
        return len(_CLUSTER.findall(text))

    def trace(self, text: str) -> Trace:
        """Show the code points of each cluster."""
        from tokscope.trace import finished
        from tokscope.tracing.rules import code_points, rule

        clusters = _CLUSTER.findall(text)
        says = "one token per extended grapheme cluster (UAX #29): what readers see as a character"
        return finished(self, text, [rule(says, clusters, "code points", code_points)], clusters)


class CodePoint(Tokenizer):
    """Unicode code points as tokens; ids are the code points.

    Example: load("char:codepoint").count("e\u0301👨‍👩‍👧") -> 7
    """

    name = "char:codepoint"
    vocab_size = 0x110000
    cut = LINE_OR_WORD

    def encode(self, text: str) -> Split:
        """Cut `text` into its code points."""
        bounds = byte_offsets(text)
        return Split(text.encode(), bounds[:-1], bounds[1:], [*map(ord, text)])

    def count(self, text: str) -> int:
        """Count the code points of `text`."""
        return len(text)

    def trace(self, text: str) -> Trace:
        """Show the number of each code point."""
        from tokscope.trace import finished
        from tokscope.tracing.rules import code_points, rule

        step = rule("one token per code point", text, "code point", code_points)
        return finished(self, text, [step], [*map(ord, text)])

    decodes_by_token = True

    def decode(self, ids: Sequence[int]) -> bytes:
        """Give the characters of the code points `ids`; a surrogate becomes three bytes that are no UTF-8."""
        for code_point in ids:
            if not 0 <= code_point < self.vocab_size:
                raise self.no_such_id(ids, code_point)
        return "".join(map(chr, ids)).encode(errors="surrogatepass")


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `char` or `char:codepoint`."""
    return {"": Grapheme, "codepoint": CodePoint}[spec.argument]()
