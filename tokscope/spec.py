"""Spec: the words by which a tokenizer is asked for, taken apart.

name[:argument][?option=value[&option=value...]]

char   byte:utf-16   hf:./tokenizer.json   word:stem?lang=german   tiktoken:my.tiktoken?pattern=cl100k_base
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


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
        """Take a spec string apart; any string is one, whether or not a tokenizer goes by it."""
        head, _, query = text.partition("?")
        name, _, argument = head.partition(":")
        pairs = (pair.partition("=") for pair in query.split("&") if pair)
        return cls(name, argument, {key: value for key, _, value in pairs}, special)

    def __str__(self) -> str:
        head = f"{self.name}:{self.argument}" if self.argument else self.name
        query = "&".join(f"{key}={value}" for key, value in self.options.items())
        return f"{head}?{query}" if query else head
