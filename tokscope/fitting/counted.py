"""Counted: what one request came to, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tokscope.errors import UsageError
from tokscope.fitting.chat import Part, Request, parts, rule_of
from tokscope.models.limits import model_of
from tokscope.models.names import vocabulary_of
from tokscope.registry import DEFAULT, load
from tokscope.tokenizer import Tokenizer

if TYPE_CHECKING:
    from tokscope.fitting.template import Template


class Counted(NamedTuple):
    """A request and its parts, and which of their figures are exact.

    `name` tells it from others of the same document ("line 3"), and is empty where it is alone. `note` says
    by what it was counted.
    """

    path: str
    name: str
    request: Request
    model: str
    parts: Sequence[Part]
    tokenizer: Tokenizer
    text_exact: bool
    overhead_exact: bool
    note: str

    @property
    def text(self) -> int:
        """The tokens that somebody wrote."""
        return sum(part.text for part in self.parts)

    @property
    def tokens(self) -> int:
        """The tokens of all parts."""
        return sum(part.tokens for part in self.parts)

    @property
    def unknown(self) -> list[str]:
        """The places of the keys that nobody here understands, or that a template left out."""
        return [place for part in self.parts for place in part.unknown]

    @property
    def uncounted(self) -> list[str]:
        """The places of pictures, files and what else has no text."""
        return [place for part in self.parts for place in part.uncounted]

    @property
    def exact(self) -> bool:
        """Whether all figures are."""
        return all(self.word(part) == "exact" for part in self.parts)

    def word(self, part: Part) -> str:
        """Say how sure a part is: "exact", "text exact", "estimate" or "at least"."""
        if part.at_least:
            return "at least"
        text_exact = self.text_exact and not part.supposed
        if (text_exact or not part.text) and (self.overhead_exact or not part.overhead):
            return "exact"
        return "text exact" if text_exact and part.text else "estimate"

    @property
    def total_word(self) -> str:
        """Say how sure the total is."""
        words = {self.word(part) for part in self.parts}
        return "at least" if "at least" in words else "exact" if words <= {"exact"} else "estimate"


@cache
def _tokenizer(spec: str, *, special: bool = False) -> Tokenizer:
    """Load a tokenizer once for all the requests of a document."""
    return load(spec, special=special)


@cache
def _template(file: str, *, tools: bool) -> Template:
    """Read a template once for all the requests of a document."""
    from tokscope.fitting import template

    return template.load(file, tools=tools)


PUBLISHERS = {"anthropic": "Anthropic", "gemini": "Google"}


def by_rule(path: str, name: str, request: Request, asked: str | None) -> Counted:
    """Count by the dialect's rule, with the tokenizer asked for, the model's, or one that stands for it."""
    model = asked or request.model
    named = asked is not None and model_of(asked) is None  # a tokenizer, and not a model that keeps its own
    known = named or not model or vocabulary_of(model) is not None
    tokenizer = _tokenizer(model if known and model else DEFAULT)
    rule = rule_of(request, model, tokenizer.name)
    if rule in PUBLISHERS:
        note = (
            f"an estimate, by {tokenizer.name}: {PUBLISHERS[rule]} publishes neither tokenizer nor overhead"
        )
    elif not known:
        note = f"an estimate, by {tokenizer.name}: the tokenizer of {model} is not known; name one with -t"
    elif rule == "open":
        note = (
            f"text as {tokenizer.name} counts it; overhead is an estimate: an open model's template decides,"
            " which --template takes"
        )
    else:
        note = f"text as {tokenizer.name} counts it; overhead is an estimate, as OpenAI's API was measured"
    exact = rule not in PUBLISHERS and known and tokenizer.exact
    found = list(parts(request, tokenizer, rule))
    return Counted(path, name, request, model, found, tokenizer, exact, False, note)


def by_template(path: str, name: str, request: Request, asked: str | None, file: str) -> Counted:
    """Count what a template renders, with the tokenizer beside it or the one asked for."""
    from tokscope.fitting.template import parts as rendered_parts

    if asked is None and Path(file).suffix == ".gguf":
        asked = f"gguf:{file}"  # the model's own
    beside = (Path(file) if Path(file).is_dir() else Path(file).parent) / "tokenizer.json"
    if asked is None and not beside.exists():
        raise UsageError(f"no tokenizer.json beside {file}: name the template's tokenizer with -t")
    tokenizer = _tokenizer(asked or f"hf:{beside}", special=True)
    rendering = _template(file, tools=bool(request.tools))
    found = list(rendered_parts(request, rendering, tokenizer))
    note = f"as {file} renders it, by {tokenizer.name}"
    return Counted(
        path, name, request, request.model, found, tokenizer, tokenizer.exact, tokenizer.exact, note
    )
