"""All inputs together, as one prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tokscope.measure import Measurement
from tokscope.text.quantity import quantity
from tokscope.tokenizer import Tokenizer


class Whole(NamedTuple):
    """All inputs together, as one prompt: their number, characters, and tokens by each tokenizer.

    Example: Whole("a.md", 1, 11, {"o200k_base": 2}, {"o200k_base": True})

    `path` is that of the only input, None where there are several.
    """

    path: str | None
    files: int
    chars: int
    tokens: Mapping[str, int]
    exact: Mapping[str, bool]

    @classmethod
    def of(cls, rows: Sequence[Sequence[Measurement]], tokenizers: Sequence[Tokenizer]) -> Whole:
        """Add up what was counted in each input.

        Example: Whole.of([[Measurement("a.md", "byte", True, 5, 5, 5)]], [load("byte")]).tokens -> {"byte":
        5}
        """
        return cls(
            rows[0][0].path if len(rows) == 1 else None,
            len(rows),
            sum(row[0].chars for row in rows),
            {one.name: sum(row[i].tokens for row in rows) for i, one in enumerate(tokenizers) if rows},
            {one.name: one.exact for one in tokenizers},
        )

    def by(self, tokenizers: Sequence[str]) -> Whole:
        """Leave out what other tokenizers count.

        Example: Whole("a.md", 1, 2, {"byte": 2, "char": 2}, {}).by(["char"]).tokens -> {"char": 2}
        """
        return self._replace(
            tokens={name: count for name, count in self.tokens.items() if name in tokenizers}
        )

    @property
    def title(self) -> str:
        """The inputs in words."""
        return f"{quantity(self.files, 'text')}: {quantity(self.chars, 'character')}"

    @property
    def summary(self) -> dict[str, object]:
        """The inputs in JSON."""
        return {"files": self.files, "tokens": dict(self.tokens)}
