"""Alphabet: ids for the tokens of a scheme that has none of its own, from a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tokscope.errors import BrokenTokenizer, Flaw
from tokscope.files.small_files import read_bytes, read_json


class Alphabet:
    """Tokens and their ids.

    Example: Alphabet.read("vocab.txt").numbers -> {"[nop]": 0, "[C]": 1}
    """

    def __init__(self, path: str, numbers: dict[str, int]) -> None:
        self.numbers = numbers
        self.tokens = {number: token for token, number in numbers.items()}
        self.size = max(self.tokens, default=-1) + 1
        self._path = path

    @classmethod
    def read(cls, path: str) -> Alphabet:
        """Read a token a line, whose ids are the numbers of the lines from 0, or a JSON object of ids.

        Example: Alphabet.read("vocab.txt").numbers -> {"[nop]": 0, "[C]": 1}

        Raises BrokenTokenizer for a file that is neither, and where two tokens are the same or have one id.
        """
        data = read_bytes(path)
        if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
            found = read_json(path)
            if not all(
                isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in found.values()
            ):
                raise BrokenTokenizer(f"{path}: an id is not a whole number from 0")
            numbers = dict(found)
        else:
            try:
                lines = data.decode("utf-8-sig").splitlines()
            except UnicodeDecodeError as error:
                raise BrokenTokenizer(f"{path}: not UTF-8 at byte {error.start:,}") from error
            numbers = {line: number for number, line in enumerate(lines)}
            if len(numbers) < len(lines):
                raise BrokenTokenizer(f"{path}: a token occurs twice: {_repeated_line(lines)!r}")
        if len(set(numbers.values())) < len(numbers):
            raise BrokenTokenizer(f"{path}: two tokens have the same id")
        return cls(path, numbers)

    def number(self, token: str) -> int:
        """Give the id of a token. Raises Flaw for one that has none.

        Example: Alphabet("v", {"[C]": 1}).number("[C]") -> 1
        """
        try:
            return self.numbers[token]
        except KeyError:
            raise Flaw(f"{token} has no id in {self._path}") from None


def _repeated_line(lines: Sequence[str]) -> str:
    return next(line for line, times in Counter(lines).items() if times > 1)
