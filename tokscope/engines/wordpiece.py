"""A native engine for WordPiece: splintr-rs, which cuts in linear time what `tokenizers` cuts.

It takes a tokenizer.json of BERT's kind and is 20 times as fast (5 MB of prose and code on one core: 0.06 s
and 1.5 s), but its Unicode is a later one than that of `tokenizers`, which is of 2015: so that it is given
only characters whose meaning is settled.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from itertools import filterfalse
from typing import TYPE_CHECKING

from tokscope.text.encodings import ASCII

if TYPE_CHECKING:
    from splintr import AnyTokenizer

WORTH_STARTING = 200_000
"""From how many characters on its start-up of 0.06 s pays."""


class LinearWordPiece:
    """WordPiece as BERT has it, from the text of a tokenizer.json, whose added tokens are left out.

    Example: LinearWordPiece(tokenizer.to_str()).ids_all(["unaffable"]) -> [[14477, 20961, 3468]]
    """

    def __init__(self, tokenizer_json: str) -> None:
        import splintr

        # The model stands last, and no word of it has an object for its id; to read and write it takes long.
        head, key, model = tokenizer_json.rpartition('"model":{')
        whole = json.loads(f'{head}"version":null}}')
        bare = json.dumps({**whole, "version": "1.0", "added_tokens": [], "post_processor": None})
        self._tokenizer: AnyTokenizer = splintr.from_json_bytes(f"{bare[:-1]}, {key}{model}".encode())
        self._known: dict[str, bool] = {}

    def takes(self, text: str) -> bool:
        """Tell whether its ids are those of `tokenizers`: they are where every character is settled.

        Example: takes("naïve 日本語 🦜") -> True; takes("\\u08d4"), a mark of Unicode 9 -> False
        """
        if text.isascii():
            return True
        # what is left without ASCII is little, and a set of it is made six times as fast as one of all
        others = text.encode("utf-8", "surrogatepass").translate(None, ASCII)
        return all(map(self._is_settled, set(others.decode("utf-8", "surrogatepass"))))

    def parted(self, text: str) -> tuple[str, str]:
        """Take the lines of a text apart, those that it takes from the others: no word goes on after one.

        Example: parted("a\\n\\u08d4\\nb") -> ("a\\nb", "\\u08d4")
        """
        if self.takes(text):
            return text, ""
        lines = text.split("\n")
        return "\n".join(filter(self.takes, lines)), "\n".join(filterfalse(self.takes, lines))

    def _is_settled(self, char: str) -> bool:
        known = self._known.get(char)
        if known is None:
            known = self._known[char] = is_settled(char)
        return known

    def ids_all(self, texts: Sequence[str]) -> list[Sequence[int]]:
        """Give the ids of each text's tokens, on all cores; of texts that it takes.

        Example: LinearWordPiece(tokenizer.to_str()).ids_all(["unaffable", ""]) -> [[14477, 20961, 3468], []]
        """
        from tokscope.engines.native import on_all_cores

        return on_all_cores(self._tokenizer, texts)


def is_settled(char: str) -> bool:
    """Tell whether all versions of Unicode since 3.2 (2002) say the same of a character, as far as BERT asks.

    Example: is_settled("é") -> True; is_settled("\\u08d4"), a mark of Unicode 9 -> False

    BERT asks what is white space, control, punctuation, a mark or Han, for lower case and for NFD. What came
    later and is a letter, digit or symbol without case and decomposition is none of these, in any version.
    U+2B820 to U+2B91F are Han that `tokenizers` does not see as Han.
    """
    if "\U0002b820" <= char <= "\U0002b91f":
        return False
    then, now = unicodedata.ucd_3_2_0.category(char), unicodedata.category(char)
    if then != "Cn":
        return then == now
    plain = not unicodedata.decomposition(char) and char.lower() == char
    return now[0] in "LNS" and plain
