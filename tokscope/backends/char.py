"""`char`: one token per character as readers see it (a grapheme cluster); `char:codepoint`: per code point.

Clusters are the extended grapheme clusters of UAX #29, https://www.unicode.org/reports/tr29/, of the Unicode
version that the installed `regex` knows: 18.0 from 2026.11.15 on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tokscope.split import Split, byte_offsets
from tokscope.text.cuts import LINE_OR_WORD
from tokscope.text.segments import characters, clusters, count_characters
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec

if TYPE_CHECKING:
    from tokscope.report.trace import Trace


class Grapheme(Tokenizer):
    """Extended grapheme clusters as tokens.

    Example: load("char").count("e\u0301👨‍👩‍👧") -> 2
    """

    name = "char"
    whole = True
    unlabelled = True
    cut = LINE_OR_WORD  # a cluster ends after every newline, and between any two of ASCII but CR LF

    def encode(self, text: str) -> Split:
        """Cut `text` into its grapheme clusters.

        Example: len(load("char").encode("e\\u0301x")) -> 2
        """
        return characters(text)

    def count(self, text: str) -> int:
        """Count the grapheme clusters of `text`.

        Example: load("char").count("🇫🇷!") -> 2
        """
        return count_characters(text)

    def trace(self, text: str) -> Trace:
        """Show the code points of each cluster."""
        from tokscope.tracing.one_step import trace_of_pieces

        says = "one token per extended grapheme cluster (UAX #29): what readers see as a character"
        return trace_of_pieces(self, text, says, clusters().findall(text))


class CodePoint(Tokenizer):
    """Unicode code points as tokens; ids are the code points.

    Example: load("char:codepoint").count("e\u0301👨‍👩‍👧") -> 7
    """

    name = "char:codepoint"
    vocab_size = 0x110000
    whole = True
    unlabelled = True
    cut = LINE_OR_WORD

    def encode(self, text: str) -> Split:
        """Cut `text` into its code points.

        Example: load("char:codepoint").encode("hé").ids -> [104, 233]
        """
        bounds = byte_offsets(text)
        return Split(text.encode(), bounds[:-1], bounds[1:], [*map(ord, text)])

    def count(self, text: str) -> int:
        """Count the code points of `text`.

        Example: load("char:codepoint").count("hé") -> 2
        """
        return len(text)

    def trace(self, text: str) -> Trace:
        """Show the number of each code point."""
        from tokscope.tracing.one_step import code_points, rule_step
        from tokscope.tracing.steps import finished

        step = rule_step("one token per code point", text, "code point", code_points)
        return finished(self, text, [step], [*map(ord, text)])

    decodes_by_token = True

    def decode(self, ids: Sequence[int]) -> bytes:
        """Give the characters of the code points `ids`; a surrogate becomes three bytes that are not UTF-8.

        Example: load("char:codepoint").decode([104, 233]).decode() -> "hé"
        """
        for code_point in ids:
            if not 0 <= code_point < self.vocab_size:
                raise self.no_such_id(ids, code_point)
        return "".join(map(chr, ids)).encode(errors="surrogatepass")


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `char` or `char:codepoint`.

    Example: load(Spec("char", "codepoint")).name -> "char:codepoint"
    """
    return {"": Grapheme, "codepoint": CodePoint}[spec.argument]()
