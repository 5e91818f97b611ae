"""What somebody means by a name that is none: a maker, a program, another spelling, several at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from fnmatch import fnmatch
from mimetypes import guess_type

from tokscope.errors import GUESSES, UsageError, did_you_mean, similar
from tokscope.models.limits import Model, known_models, model_of
from tokscope.models.names import LATEST, MODELS, lacking, own_name, stand_in, vocabulary_of

_OF_OPENAI = "gpt-5.5", "gpt-4o", "o3"
_OF_ANTHROPIC = "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5"
_OF_GOOGLE = "gemini-3.1-pro-preview", "gemini-3.8-flash", "gemma"
_OF_ALIBABA = "qwen3.5", "qwen3", "qwen3-max"
_OF_MISTRAL = "mistral-large-latest", "mistral-medium-latest", "mistral-nemo"
_OF_META = "llama:3", "llama:4"
_OF_AMAZON = "nova-pro", "nova-lite"
MEANT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("openai", "chatgpt", "gpt", "azure", "codex"), _OF_OPENAI),
    **dict.fromkeys(("gpt3", "gpt-3"), ("davinci", "gpt-3.5-turbo")),
    **dict.fromkeys(("anthropic", "claude", "claude-code"), _OF_ANTHROPIC),
    "opus": ("claude-opus-5-5", "claude-opus-5", "claude-opus-4-8"),
    "sonnet": ("claude-sonnet-5-5", "claude-sonnet-5", "claude-sonnet-4-6"),
    "haiku": ("claude-haiku-5-5", "claude-haiku-4-5"),
    **dict.fromkeys(("google", "gemini", "deepmind", "vertex"), _OF_GOOGLE),
    **dict.fromkeys(("alibaba", "qwen"), _OF_ALIBABA),
    **dict.fromkeys(("mistral", "mistralai"), _OF_MISTRAL),
    **dict.fromkeys(("meta", "facebook", "meta-llama"), _OF_META),
    **dict.fromkeys(("xai", "x-ai", "grok"), ("grok-4.7",)),
    **dict.fromkeys(("moonshot", "moonshotai"), ("kimi-k3", "kimi-k2.6")),
    **dict.fromkeys(("zhipu", "zhipuai", "z-ai", "z.ai", "zai"), ("glm-5.2", "glm-4.6")),
    **dict.fromkeys(("amazon", "aws", "bedrock"), (*_OF_AMAZON, "claude-opus-5-5")),
    **dict.fromkeys(("amazon-nova", "titan"), _OF_AMAZON),
    **dict.fromkeys(("01-ai", "01.ai"), ("yi",)),
    **dict.fromkeys(("all", "every", "any"), ("'*'",)),
    "perplexity": ("sonar",),
    "bytedance": ("doubao",),
    **dict.fromkeys(("huggingface", "hugging-face", "transformers"), ("hf:ORG/REPO", "hf:FILE")),
    **dict.fromkeys(("minilm", "all-minilm", "all-minilm-l6-v2"), ("bert-base-uncased",)),
    "unigram": ("t5", "sp:FILE"),
}
"""What is meant by a maker, a service, a method or a family of many models, which are no tokenizers."""

PROGRAMS = (
    "aider amp bolt cline continue copilot cursor devin github-copilot goose jetbrains junie langchain "
    "litellm lovable opencode openrouter replit roo roo-code v0 warp windsurf zed"
)
"""Programs and services that ask the models of many makers."""


def meant_by(name: str, known: Collection[str]) -> list[str]:
    """Name what somebody means by a name that is none of the `known` ones, the likeliest first.

    Example: meant_by("gemini-flsh", known_models()) -> ["gemini-3.8-flash", ...]
    """
    if name.isdecimal():
        return []
    if sure := surely_meant(name, known):
        return sure
    own = _dashed(own_name(name))
    word = re.match(r"[a-z]{4,}", own)
    inner = [one for one in known if word and f"-{word[0]}" in one]  # as sonnet is in Claude's
    return similar(own, inner or known) or inner[:GUESSES]


def surely_meant(name: str, known: Collection[str]) -> list[str]:
    """Name what can only be meant: another word for some, several at once, another spelling, the latest.

    Example: surely_meant("gpt4o", ["gpt-4o", "gpt-4"]) -> ["gpt-4o"]; surely_meant("openai", [])[0] ->
    "gpt-5.5"
    """
    if meant := MEANT.get(name.lower()) or MEANT.get(own_name(name)):
        return [*meant]
    if address := re.fullmatch(r"(?:https?://)?((?:localhost|[\w.-]+\.\w+):\d+.*)|(https?://.*)", name):
        return [f"server:{address[2] or f'http://{address[1]}'}"]
    several = re.split(r"[\s+;|]+", name.strip())
    if len(several) > 1 and all(one in known or _counts(one) for one in several):
        return [",".join(several)]
    if spelled := _otherwise_spelled(name, known):
        return [spelled]
    latest = LATEST.get(own_name(name))
    return [latest, *(one for one in similar(own_name(name), known) if one != latest)] if latest else []


def _otherwise_spelled(name: str, known: Collection[str]) -> str | None:
    """Give the name that has the same letters and digits; or the one with a dash before its digits."""
    plain = re.sub(r"[\s_]+", "-", own_name(name))
    bare = re.sub(r"[\W_]", "", plain)
    same = [one for one in known if re.sub(r"[\W_]", "", one.lower()) == bare]
    ways = (plain, _dashed(plain), re.sub(r"(?<=[a-z])-(?=\d)", "", plain))
    found = [*same, *(one for one in ways if _counts(one))]
    return next((one for one in found if one != name.lower()), None)


def _dashed(name: str) -> str:
    """Put a dash between letters and the digits after them: sonnet4 becomes sonnet-4."""
    return re.sub(r"(?<=[a-z])(?=\d)", "-", name.lower())


def _counts(name: str) -> bool:
    return vocabulary_of(name) is not None or stand_in(name) is not None


def model_named(word: str) -> str | None:
    """Give the model or vocabulary that a word names, or the first of a maker; None for other words.

    Example: model_named("GPT-4o") -> "GPT-4o"; model_named("anthropic") -> "claude-opus-5-5"

    An open model whose vocabulary does not ship is one where a digit tells it from a word.
    """
    if meant := MEANT.get(word.lower()):
        return meant[0]
    if _counts(word):
        return word
    if not re.search(r"\d", word):
        return None
    return word if lacking(word) else _otherwise_spelled(word, [*MODELS, *known_models()])


def instead_of(name: str, otherwise: str) -> str:
    """Say what to name in place of what is no model and is like none.

    Example: instead_of("copilot", "tokscope list").startswith("it asks the model that its user chooses")
    """
    if own_name(name) in PROGRAMS.split():
        return "it asks the model that its user chooses: name that, such as gpt-5.5 or claude-sonnet-5-5"
    if name.isdecimal():
        return f"a number names none; for the first {name} tokens of a text: tokscope truncate -n {name}"
    if (name := name.lower()).isalpha() and guess_type(f"a.{name}")[0]:
        return f"for files of this kind: --include '*.{name}'"
    return otherwise


def each_name(names: Iterable[str]) -> Iterator[str]:
    """Give names one by one that may stand together, with commas between them.

    Example: list(each_name(["gpt-4o,gpt-4", "o1"])) -> ["gpt-4o", "gpt-4", "o1"]
    """
    return (name for several in names for name in several.split(",") if name)


def models_of(names: Sequence[str]) -> list[Model]:
    """Find models by comma-separated names and patterns, each once. Raises UsageError for an unknown one.

    Example: [model.name for model in models_of(["gpt-4o*,gpt-4"])] -> ["gpt-4o", "gpt-4o-mini", ..., "gpt-4"]
    """
    found: dict[str, Model] = {}
    for name in each_name(names):
        matching = {known: model for known, model in known_models().items() if fnmatch(known, name.lower())}
        if not matching and (model := model_of(name)):
            matching = {name: model}
        if not matching:
            with_window = [one for one in meant_by(name, known_models()) if model_of(one)]
            hint = did_you_mean(with_window, instead_of(name, "-t '*' shows every model"))
            raise UsageError(f"no context window is known for {name!r}: {hint}")
        found |= matching
    if not found:
        raise UsageError("no model is named; -t '*' shows every one")
    return list(found.values())
