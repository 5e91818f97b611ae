"""Spec: a tokenizer as it was asked for."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, overload

from tokscope.errors import UsageError


class Spec(NamedTuple):
    """A tokenizer as it was asked for.

    Example: Spec.parse("word:stem?lang=german").options -> {"lang": "german"}

    `special` asks for the tokenizer's own special tokens: those it puts around a text are added, and text
    that spells one counts as that one token.
    """

    name: str
    argument: str = ""
    options: Mapping[str, str] = MappingProxyType({})
    special: bool = False

    @classmethod
    def parse(cls, text: str, *, special: bool = False) -> Spec:
        """Take a spec string apart; any string is one, whether or not a tokenizer goes by it.

        Example: Spec.parse("tiktoken:my.tiktoken?pattern=gpt2").argument -> "my.tiktoken"
        """
        head, _, query = text.partition("?")
        name, _, argument = head.partition(":")
        pairs = (pair.partition("=") for pair in query.split("&") if pair)
        return cls(name, argument, {key: value for key, _, value in pairs}, special)

    def __str__(self) -> str:
        head = f"{self.name}:{self.argument}" if self.argument else self.name
        query = "&".join(f"{key}={value}" for key, value in self.options.items())
        return f"{head}?{query}" if query else head

    def only(self, known: Sequence[str], of: str) -> None:
        """Raise UsageError for an option that is not among the `known` ones, those of a tokenizer or a rule.

        Example: Spec.parse("word?k=4").only(["lang"], "word") says
        "word?k=4: unknown option 'k' (options of word: lang)"
        """
        for option in self.options:
            if option not in known:
                has = ", ".join(known) or "none"
                raise UsageError(f"{self}: unknown option {option!r} (options of {of}: {has})")

    @overload
    def integer(self, option: str, default: int, *, least: int = ..., most: int = ...) -> int: ...
    @overload
    def integer(self, option: str, default: None, *, least: int = ..., most: int = ...) -> int | None: ...
    def integer(
        self, option: str, default: int | None, *, least: int = 1, most: int = 1_000_000_000
    ) -> int | None:
        """Read an option that is a whole number within bounds. Raises UsageError.

        Example: Spec.parse("blt:static?k=8").integer("k", 4) -> 8
        """
        value = self.options.get(option)
        if value is None:
            return default
        if re.fullmatch("[0-9]{1,10}", value) is None or not least <= int(value) <= most:
            raise self.refused(option, f"a number from {least:,} to {most:,}")
        return int(value)

    @overload
    def number(self, option: str, default: float, what: str) -> float: ...
    @overload
    def number(self, option: str, default: None, what: str) -> float | None: ...
    def number(self, option: str, default: float | None, what: str) -> float | None:
        """Read an option that is a finite number; `what` says of what. Raises UsageError.

        Example: Spec.parse("blt:entropy?theta=1.5").number("theta", 1.3, "a number of nats") -> 1.5
        """
        value = self.options.get(option)
        if value is None:
            return default
        try:
            number = float(value)
        except ValueError:
            number = math.inf
        if not math.isfinite(number):
            raise self.refused(option, what)
        return number

    @overload
    def text(self, option: str, default: str) -> str: ...
    @overload
    def text(self, option: str, default: None = None) -> str | None: ...
    def text(self, option: str, default: str | None = None) -> str | None:
        """Read an option that is any text: a name, a path.

        Example: Spec.parse("word:stem?lang=german").text("lang") -> "german"
        """
        return self.options.get(option, default)

    def flag(self, option: str, default: bool) -> bool:
        """Read an option that is true or false. Raises UsageError.

        Example: Spec.parse("bert-base-uncased?lower=false").flag("lower", True) -> False
        """
        return self.choice(option, ("true", "false"), str(default).lower()) == "true"

    def choice(self, option: str, choices: Sequence[str], default: str) -> str:
        """Read an option that is one of several words. Raises UsageError.

        Example: Spec.parse("neural:m?rule=entropy").choice("rule", ["boundary", "entropy"], "boundary") ->
        "entropy"
        """
        value = self.options.get(option, default)
        if value not in choices:
            raise self.refused(option, f"{', '.join(choices[:-1])} or {choices[-1]}")
        return value

    def refused(self, option: str, what: str) -> UsageError:
        """Make the error for an option that is given as what it is not.

        Example: Spec.parse("concept?cap=x").refused("cap", "a number from 0 to 9") says
        "concept?cap=x: cap is a number from 0 to 9"
        """
        return UsageError(f"{self}: {option} is {what}")
