"""Counted: what a chat request comes to in tokens, and how certain that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tokscope.errors import UsageError
from tokscope.fitting.chat import Part, Request, count_by_rule, rule_of
from tokscope.fitting.chat.keys import Enclosed
from tokscope.models.names import stand_in, vocabulary_of
from tokscope.registry import DEFAULT, load
from tokscope.tokenizer import Kind, Tokenizer

if TYPE_CHECKING:
    from tokscope.fitting.chat.request_media import Size
    from tokscope.fitting.template import Template
    from tokscope.media.rules import Asked


class Counted(NamedTuple):
    """A request with its parts, and which of the figures are exact.

    Example: by_rule("a.json", "", request, "gpt-4o").total_word -> "estimate"

    `name` tells it apart from the document's other requests ("line 3"), and is empty where it is the only
    one. `note` says by what it was counted, `model_known` whether that is the model that the request names.
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
    model_known: bool = True

    @property
    def text(self) -> int:
        """The tokens of the text that people wrote, without what the format adds."""
        return sum(part.text for part in self.parts)

    @property
    def overhead(self) -> int:
        """The tokens that the format adds."""
        return sum(part.overhead for part in self.parts)

    @property
    def tokens(self) -> int:
        """The tokens of all parts."""
        return sum(part.tokens for part in self.parts)

    @property
    def unknown(self) -> list[str]:
        """Where the keys stand that are not understood, or that a template left out."""
        return [place for part in self.parts for place in part.unknown]

    @property
    def uncounted(self) -> list[str]:
        """Where pictures, files and whatever else has no text stand."""
        return [place for part in self.parts for place in part.uncounted]

    @property
    def exact(self) -> bool:
        """Whether every figure is exact."""
        return all(self.word(part) == "exact" for part in self.parts)

    def word(self, part: Part) -> str:
        """Say how certain a part's count is: "exact", "text exact", "estimate" or "at least".

        Example: counted.word(counted.parts[0]) -> "text exact"
        """
        if part.at_least:
            return "at least"
        text_exact = self.text_exact and not part.supposed
        if (text_exact or not part.text) and (self.overhead_exact or not part.overhead):
            return "exact"
        return "text exact" if text_exact and part.text else "estimate"

    @property
    def total_word(self) -> str:
        """How certain the total is, in the words of word().

        Example: counted.total_word -> "estimate"
        """
        words = {self.word(part) for part in self.parts}
        return "at least" if "at least" in words else "exact" if words <= {"exact"} else "estimate"


@cache
def _tokenizer(spec: str, *, special: bool = False) -> Tokenizer:
    """Load a tokenizer once for all the requests of a document. Raises Unsupported for one of no text."""
    loaded = load(spec, special=special)
    loaded.require(Kind.TEXT)
    return loaded


@cache
def _cached_template(file: str, *, tools: bool) -> Template:
    """Read a template once for all the requests of a document."""
    from tokscope.fitting import template

    return template.load_template(file, tools=tools)


PUBLISHERS = {"anthropic": "Anthropic", "gemini": "Google"}


class Seeing(NamedTuple):
    """How attachments are counted: by which rules, and at what size pictures known only by their address.

    Example: Seeing(size=(1024, 768)), for pictures that are only named by a URL
    """

    asked: Callable[[], Asked] | None = None
    size: Size | None = None

    def seen(self, parts: Sequence[Part], tokenizer: Tokenizer, model: str) -> Sequence[Part]:
        """Count the attachments in the parts, if there are any.

        Example: [one.text for one in Seeing().seen([a_photo], load_template("gpt-4o"), "gpt-4o")] -> [765]
        """
        if not any(isinstance(one, Enclosed) for part in parts for one in part.uncounted):
            return parts
        from tokscope.fitting.chat.request_media import with_media
        from tokscope.media.rules import Asked

        asked = self.asked() if self.asked else Asked()
        return with_media(parts, tokenizer, model or tokenizer.shown, asked, self.size)


ALONE = Seeing()
"""By today's rules as measured, with no size for pictures known only by their address."""


STANDING: dict[str, str] = {
    "anthropic": "claude-sonnet-latest",
    "bedrock": "claude-sonnet-latest",
    "gemini": "gemini-pro-latest",
}
"""Whose tokenizer counts a request that names no model, by its dialect; the newest of them."""


def by_rule(path: str, name: str, request: Request, asked: str | None, seeing: Seeing = ALONE) -> Counted:
    """Count by the dialect's rule, with the tokenizer asked for, the model's, or a stand-in for it.

    Example: by_rule("a.json", "", request, "gpt-4o").note -> "text as o200k_base counts it; overhead is an
    estimate, as OpenAI's API was measured"

    A name in a request is only ever a model's: no file is read, and nobody asked, because of it.
    """
    model = asked or request.model
    known = bool(asked) or not model or vocabulary_of(model) is not None or stand_in(model) is not None
    tokenizer = _tokenizer((known and model) or STANDING.get(request.dialect, DEFAULT))
    rule = rule_of(request, model, tokenizer.name)
    what = "estimated: " + tokenizer.note if not tokenizer.exact else f"as {tokenizer.name} counts it"
    if not known:
        note = f"an estimate, counted as {tokenizer.name}: {model} is not known; name a tokenizer with -t"
    elif rule in PUBLISHERS:
        which = "" if model else f", for {tokenizer.shown}, since no model is named"
        note = f"text {what}{which}; {PUBLISHERS[rule]} does not publish the overhead"
    elif rule == "open":
        note = (
            f"text {what}; overhead is an estimate: an open model's template decides, which --template takes"
        )
    else:
        note = f"text {what}; overhead is an estimate, as OpenAI's API was measured"
    found = seeing.seen(list(count_by_rule(request, tokenizer, rule, model)), tokenizer, model)
    exact = known and tokenizer.exact
    return Counted(path, name, request, model, found, tokenizer, exact, False, note, known)


def by_template(
    path: str, name: str, request: Request, asked: str | None, file: str, seeing: Seeing = ALONE
) -> Counted:
    """Count what a template renders, with the tokenizer asked for or the one beside the template.

    Example: by_template("a.json", "", request, None, "Qwen3/tokenizer_config.json").text_exact -> True
    """
    from tokscope.fitting.template import template_parts

    if asked is None and Path(file).suffix == ".gguf":
        asked = f"gguf:{file}"  # the model's own
    beside = (Path(file) if Path(file).is_dir() else Path(file).parent) / "tokenizer.json"
    if asked is None and not Path(file).exists():
        raise UsageError(
            f"{file}: no such file; --template takes a model's folder, tokenizer_config.json, "
            "chat_template.jinja or GGUF file"
        )
    if asked is None and not beside.exists():
        raise UsageError(f"no tokenizer.json beside {file}: name the template's tokenizer with -t")
    tokenizer = _tokenizer(asked or f"hf:{beside}", special=True)
    rendering = _cached_template(file, tools=bool(request.tools))
    found = seeing.seen(
        list(template_parts(request, rendering, tokenizer)), tokenizer, asked or request.model
    )
    note = f"as {file} renders it, by {tokenizer.name}"
    return Counted(
        path, name, request, request.model, found, tokenizer, tokenizer.exact, tokenizer.exact, note
    )
