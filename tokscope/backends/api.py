"""`api:MODEL`: a model's count by its maker's own API, for claude-* and gemini-*.

Nothing is sent unless the spec says `api:`. The key comes from the usual variable: ANTHROPIC_API_KEY, or
GEMINI_API_KEY or GOOGLE_API_KEY; ANTHROPIC_BASE_URL and GOOGLE_GEMINI_BASE_URL name other servers. Answers
are kept in the user's cache folder by a hash of model and text; neither the key nor the text is.

The calls, as documented: platform.claude.com/docs/en/api/messages-count-tokens and
ai.google.dev/api/tokens#method:-models.counttokens. Anthropic counts a whole message: what it adds around the
text (see backends/claude.py) is taken off, and said. Where nobody has measured how much that is for a
version, the count is an estimate, whose bounds are by the least and the most that others add.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from tokscope.errors import Unanswered, Unsupported, UsageError
from tokscope.files.asking import CONSENT, ask, ask_each, cache_file, cached, plausible, remember
from tokscope.models.names import FRAMES, FRAMES_MEASURED, claude_frame, claude_version, own_name
from tokscope.report.table import Estimate
from tokscope.tokenizer import CutsNoText, Tokenizer
from tokscope.tokenizer.spec import Spec


class Maker(NamedTuple):
    """Whom to ask: by which variables of the environment, where.

    Example: Maker("Gemini", ("GEMINI_API_KEY",), "GOOGLE_GEMINI_BASE_URL", "https://example.org").keys[0] ->
    "GEMINI_API_KEY"
    """

    name: str
    keys: tuple[str, ...]
    base: str
    default: str


ANTHROPIC = Maker("Anthropic", ("ANTHROPIC_API_KEY",), "ANTHROPIC_BASE_URL", "https://api.anthropic.com")
GOOGLE = Maker(
    "Google",
    ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "GOOGLE_GEMINI_BASE_URL",
    "https://generativelanguage.googleapis.com",
)


class Api(CutsNoText):
    """A model's counts, as its maker's API gives them.

    Example: load("api:claude-opus-5-5").count("Hello world") asks Anthropic
    """

    cuts = False

    def __init__(self, name: str, model: str, maker: Maker, key: str) -> None:
        self.name = name
        self._model = model
        self._maker = maker
        self._key = key
        self._base = (os.environ.get(maker.base) or maker.default).rstrip("/")
        if maker is ANTHROPIC:
            self.added = claude_frame(model)
            self.exact = claude_version(model) in FRAMES_MEASURED
            self.note = "nobody has measured how much the API adds around a message for this version"
            self.remarks = [
                f"{name}: the API counts a message; the {self.added} tokens that it adds around the text are "
                "taken off"
            ]

    def count(self, text: str) -> int:
        """Ask for the tokens of `text`. Raises Unanswered, and UsageError for too much text."""
        return self.count_all([text])[0]

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Ask for the tokens of each of `texts`, several at a time, and of equal texts only once."""
        paths = {
            text: cache_file(self._maker.name, self._base, self._model, text)
            for text in dict.fromkeys(texts)
            if text
        }
        known = {"": 0, **{text: cached(path) for text, path in paths.items()}}
        wanted = [text for text, count in known.items() if count is None]
        host = urlsplit(self._base).hostname or self._base
        CONSENT.spend(sum(len(text.encode()) for text in wanted), host)

        def asked(text: str) -> int:
            count = self._asked(text)
            remember(paths[text], count)  # at once: another question may fail
            return count

        found = {**known, **dict(zip(wanted, ask_each(asked, wanted), strict=True))}
        return [self._bounded(found[text] or 0) for text in texts]

    def _bounded(self, count: int) -> int:
        """Give a count bounds where what is taken off is assumed."""
        if self.exact:
            return count
        ends = [max(0, count + self.added - frame) if count else 0 for frame in FRAMES.values()]
        return Estimate(count, min(ends), max(ends))

    def _asked(self, text: str) -> int:
        if self._maker is ANTHROPIC:
            url, number = f"{self._base}/v1/messages/count_tokens", "input_tokens"
            question: dict[str, object] = {
                "model": self._model,
                "messages": [{"role": "user", "content": text}],
            }
            headers = {"x-api-key": self._key, "anthropic-version": "2023-06-01"}
        else:
            url, number = (
                f"{self._base}/v1beta/models/{quote(self._model, safe='')}:countTokens",
                "totalTokens",
            )
            question = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
            headers = {"x-goog-api-key": self._key}
        answer = ask(url, question, headers, f"{self._maker.name}'s API")
        count = answer.get(number) if isinstance(answer, dict) else None
        if type(count) is not int:
            raise Unanswered(f"{self._maker.name}'s API answers without {number}; has it changed?")
        count -= self.added
        if not plausible(count, text):
            raise Unanswered(
                f"{self._maker.name}'s API gives a {number} that this text cannot have; try later"
            )
        return count

    def refusal(self) -> Unsupported:
        """Say that it only counts."""
        return Unsupported(f"{self.name}: the API only counts; it does not say where it cuts a text")


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `api:MODEL`; nothing is asked yet.

    Example: load(Spec("api", "claude-opus-5-5")).name -> "api:claude-opus-5-5"

    Raises UsageError where the model is of another maker, or there is no key.
    """
    model = own_name(spec.argument)
    maker = ANTHROPIC if claude_version(model) else GOOGLE if model.startswith("gemini-") else None
    if maker is None:
        raise UsageError(
            f"{model}: only the APIs of claude-* and gemini-* models can be asked; name one of these"
        )
    key = next((found for name in maker.keys if (found := os.environ.get(name, "").strip())), "")
    if not key:
        raise UsageError(f"{spec}: set {maker.keys[0]} to a key of {maker.name}'s API")
    if not key.isascii() or not key.isprintable():
        raise UsageError(f"{spec}: {maker.keys[0]} holds characters that no key has")
    return Api(str(spec), model, maker, key)
