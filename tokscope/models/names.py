"""The vocabulary that each model uses, by the model's name, and what stands in for one that is not published.

OpenAI's names are those of tiktoken 0.14 (tiktoken/model.py, MIT); a test holds them against the installed
tiktoken. Gemini's are those of google-genai 3.6.1 (_local_tokenizer_loader.py, Apache-2.0). The others come
from the packages named in vocabularies/__init__.py, or from their makers' model cards.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tokscope.vocabularies import VOCABULARIES

MODELS: dict[str, str] = {
    # OpenAI, from tiktoken
    "gpt-5": "o200k_base",
    "gpt-4.1": "o200k_base",
    "gpt-4o": "o200k_base",
    "o4-mini": "o200k_base",
    "o3": "o200k_base",
    "o1": "o200k_base",
    "gpt-4": "cl100k_base",
    "gpt-3.5-turbo": "cl100k_base",
    "gpt-3.5": "cl100k_base",
    "gpt-35-turbo": "cl100k_base",
    "davinci-002": "cl100k_base",
    "babbage-002": "cl100k_base",
    "text-embedding-ada-002": "cl100k_base",
    "text-embedding-3-small": "cl100k_base",
    "text-embedding-3-large": "cl100k_base",
    "text-davinci-003": "p50k_base",
    "text-davinci-002": "p50k_base",
    "text-davinci-001": "r50k_base",
    "text-curie-001": "r50k_base",
    "text-babbage-001": "r50k_base",
    "text-ada-001": "r50k_base",
    "davinci": "r50k_base",
    "curie": "r50k_base",
    "babbage": "r50k_base",
    "ada": "r50k_base",
    "code-davinci-002": "p50k_base",
    "code-davinci-001": "p50k_base",
    "code-cushman-002": "p50k_base",
    "code-cushman-001": "p50k_base",
    "davinci-codex": "p50k_base",
    "cushman-codex": "p50k_base",
    "text-davinci-edit-001": "p50k_edit",
    "code-davinci-edit-001": "p50k_edit",
    "text-similarity-davinci-001": "r50k_base",
    "text-similarity-curie-001": "r50k_base",
    "text-similarity-babbage-001": "r50k_base",
    "text-similarity-ada-001": "r50k_base",
    "text-search-davinci-doc-001": "r50k_base",
    "text-search-curie-doc-001": "r50k_base",
    "text-search-babbage-doc-001": "r50k_base",
    "text-search-ada-doc-001": "r50k_base",
    "code-search-babbage-code-001": "r50k_base",
    "code-search-ada-code-001": "r50k_base",
    "gpt-2": "gpt2",
    # OpenAI, names that tiktoken finds by their prefix
    "gpt-4o-mini": "o200k_base",
    "gpt-4.1-mini": "o200k_base",
    "gpt-4.1-nano": "o200k_base",
    "gpt-5-mini": "o200k_base",
    "gpt-5-nano": "o200k_base",
    "o1-mini": "o200k_base",
    "o3-mini": "o200k_base",
    "gpt-4-turbo": "cl100k_base",
    "gpt-oss-20b": "o200k_harmony",
    "gpt-oss-120b": "o200k_harmony",
    # others
    "qwen2": "qwen2.5",
    "qwen3": "qwen2.5",
    "qwen3.5-plus": "qwen3.5",
    "qwen3.6": "qwen3.5",
    "deepseek-v3": "deepseek",
    "deepseek-v4": "deepseek",
    "deepseek-v4-flash": "deepseek",
    "deepseek-v4-pro": "deepseek",
    "deepseek-r1": "deepseek",
    "deepseek-chat": "deepseek",
    "deepseek-reasoner": "deepseek",
    "mistral-nemo": "tekken",
    "open-mistral-nemo": "tekken",
    "pixtral": "tekken",
    "pixtral-12b": "tekken",
    "ministral-8b-2410": "tekken",
    **dict.fromkeys(("glm-4.6", "glm-4.5", "glm-4.5-air"), "glm-4.5"),
    **dict.fromkeys(("glm-4.7-flash", "glm-5", "glm-5.1", "glm-5.2"), "glm"),
    "minimax-m3": "minimax",
    **dict.fromkeys(("minimax-m2.1", "minimax-m2.5"), "minimax-m2"),
    **dict.fromkeys(("gemma-4", "gemma4", "gemma-4-e2b-it", "gemma-4-e4b-it", "gemma-4-31b-it"), "gemma"),
    "yi-34b": "yi",
    "bert": "bert-base-uncased",
    "t5-small": "t5",
    "t5-base": "t5",
    "t5-large": "t5",
}


PREFIXES: dict[str, str] = {
    "o1-": "o200k_base",
    "o3-": "o200k_base",
    "o4-mini-": "o200k_base",
    "gpt-5": "o200k_base",
    "gpt-4.5-": "o200k_base",
    "gpt-4.1-": "o200k_base",
    "chatgpt-4o-": "o200k_base",
    "gpt-4o-": "o200k_base",
    "gpt-4-": "cl100k_base",
    "gpt-3.5-turbo-": "cl100k_base",
    "gpt-35-turbo-": "cl100k_base",
    "gpt-oss-": "o200k_harmony",
    "ft:gpt-4o": "o200k_base",
    "ft:gpt-4": "cl100k_base",
    "ft:gpt-3.5-turbo": "cl100k_base",
    "ft:davinci-002": "cl100k_base",
    "ft:babbage-002": "cl100k_base",
}
"""Dated and fine-tuned models, in tiktoken's order: the first prefix that fits decides."""

FAMILIES: dict[str, str] = {
    r"deepseek-(?!.*(?:distill|qwen|llama|-\d{1,2}(?:\.\d)?b))(?:chat|reasoner|v3(?:\.[0-2])?|v4|r1)"
    r"(?:-[\w.-]*)?": "deepseek",
    r"(?:qwen(?:2|2\.5|3)(?:-[a-z]+)*-\d+(?:\.\d+)?b|qwq-32b)(?:-[\w.-]*)?": "qwen2.5",
    r"qwen(?:2|2\.5|3)-(?:coder|embedding|instruct|math|next|omni|reranker|thinking|vl)": "qwen2.5",
    r"qwen3\.[56](?:-[a-z]+)*-\d+(?:\.\d+)?b(?:-[\w.-]*)?": "qwen3.5",
    r"gemma-?4(?:-[\w.-]*)?": "gemma",
    r"yi-(?:coder-|1\.5-)?\d+b(?:-[\w.-]*)?": "yi",
    r"glm-4\.[56](?:v|-air|-airx|-x|-flash|v-flash)?|glm-4-(?:9b|32b)-0414|glm-z1-(?:9b|32b)-0414": "glm-4.5",
    r"(?:open-)?mistral-nemo(?:-[\w.-]*)?|pixtral-12b(?:-[\w.-]*)?": "tekken",
}
"""Families that come in many sizes and dates, by a pattern of their names. The smaller models that DeepSeek
distilled into others' have the others' vocabularies."""

GEMMA_OF_GOOGLE = (  # these are compiled when a name is not a common one: a start takes no time for them
    r"gemini-(?:(?:live-)?2\.[05]-(?:flash|flash-lite|pro)|3-(?:flash|pro)|3\.1-(?:flash-lite|pro)|3\.5-flash)"
    r"(?:-preview|-exp)?(?:-\d\d-\d\d|-\d\d-\d{4}|-\d{3})?"
)
"""What google-genai's LocalTokenizer counts with Gemma's vocabulary: the models that it names, and their
dated and preview versions."""

SERVICES = (
    r"^(?:(?:ollama|01-ai|openai|anthropic|google|gemini|models|mistral|mistralai|deepseek|deepseek-ai|qwen|alibaba|xai|x-ai|"
    r"moonshot|moonshotai|meta-llama|meta|azure|azure_ai|bedrock|converse|vertex_ai|openrouter|groq|together_ai|"
    r"fireworks_ai|accounts|fireworks|models|github|litellm_proxy|z-ai|zai|zai-org|minimax|minimaxai)/|(?:(?:us|eu|apac|jp|au|global)\.)?"
    r"(?:amazon|anthropic|openai|deepseek|mistral|meta|qwen)\.)"
)
"""What services and routers put before a model's own name: openai/gpt-4o, us.anthropic.claude-opus-4-5."""

ROUTE_SUFFIX = (
    r"(?:-v\d+:\d|(?<=-\d-\d|\d{4})-v\d|:(?:free|beta|thinking|extended|nitro|floor)|"
    r"@(?:\d{8}|latest|default))$"
)
"""What Bedrock, OpenRouter and Vertex AI put after it: -v1:0, -v1 after a version or date, :free,
@20250929. The v5 of deepseek-v5 is the model's own."""

DATE = r"-(?:\d{4}-\d\d-\d\d|\d{8}|latest)$"

OPEN = (
    r"(?:glm|minimax|kimi|grok|gemini)-[a-z-]*\d(?!\d)|mistral-(?:small|medium|large)(?:$|-\d)|"
    r"(?:codestral|devstral|magistral|kimi|grok-code|nova|sonar|doubao)(?:$|-)|gemma-?3n?(?:$|-)|"
    r"qwen(?:[\d.]*)-(?:coder-)?(?:max|plus|flash|turbo|long)|"
    r"deepseek-(?:v(?:[3-9]|\d\d)|r[2-9])(?!.*distill)(?:$|[.-])"
)
"""Families of models that come in more versions than the table of limits has."""

LATEST: dict[str, str] = {
    "mistral-large": "mistral-large-4",
    "mistral-medium": "mistral-medium-3-5",
    "mistral-small": "mistral-small-2603",
    "ministral-3b": "ministral-3b-2512",
    "ministral-8b": "ministral-8b-2512",
    "claude-opus": "claude-opus-5-5",
    "claude-sonnet": "claude-sonnet-5-5",
    "claude-haiku": "claude-haiku-5-5",
    "gemini-flash": "gemini-3.8-flash",
    "gemini-flash-lite": "gemini-3.5-flash-lite",
    "gemini-pro": "gemini-3.1-pro-preview",
    "chatgpt-4o": "gpt-4o",
    "kimi": "kimi-k3",
}
"""What a maker's "latest" was when the table of models was read."""


def own_name(name: str) -> str:
    """Give a model's own name, without what a service puts around it.

    Example: own_name("openai/gpt-4o") -> "gpt-4o"; own_name("us.anthropic.claude-opus-4-5-v1:0") ->
    "claude-opus-4-5"; own_name("mistral-large-latest") -> "mistral-large-4"
    """
    name = name.lower()
    while service := re.match(SERVICES, name):
        name = name[service.end() :]
    name = re.sub(ROUTE_SUFFIX, "", name)
    if not name.startswith("ft:"):
        name = name.replace(":", "-")  # Ollama's way: gpt-oss:20b
    return LATEST.get(name.removesuffix("-latest"), name) if name.endswith("-latest") else name


def vocabulary_of(name: str) -> str | None:
    """Find the shipped vocabulary that a model, or the vocabulary itself, goes by; None if there is none.

    Example: vocabulary_of("gpt-4o-2024-05-13") -> "o200k_base"; vocabulary_of("claude-opus-5") -> None
    """
    if name in VOCABULARIES:
        return name
    name = own_name(name)
    if name in VOCABULARIES:
        return name
    for known in (name, re.sub(DATE, "", name)):
        if known in MODELS:
            return MODELS[known]
    for prefix, vocabulary in PREFIXES.items():
        if re.match(re.escape(prefix.rstrip("-")) + r"(?:$|[-.:])", name):
            return None if misspelt(name) else vocabulary
    found = next((found for family, found in FAMILIES.items() if re.fullmatch(family, name)), None)
    return None if found and misspelt(name) else found


MORE_WORDS = (
    "audio codex deep image instant instruct latest live preview realtime research search transcribe vision"
)
"""Words of models' names that are in no table here."""


def misspelt(name: str) -> bool:
    """Say whether a word of a model's name is none that is known, and nearly one.

    Example: misspelt("gpt-4o-minni") -> True; misspelt("gpt-4o-2024-05-13") -> False

    A new model's words are like nobody's, and it counts as its family does. What is tuned has a name of its
    user's.
    """
    words = re.findall("[a-z]{4,}", name.split(":")[1] if name.startswith("ft:") else name)
    tables = (MORE_WORDS, *MODELS, *FAMILIES, *SUBSTITUTES, *LATEST, *LATEST.values(), OPEN, GEMMA_OF_GOOGLE)
    known = {*re.findall("[a-z]+", " ".join(tables))}
    if known.issuperset(words):
        return False
    from difflib import get_close_matches

    from tokscope.models.limits import known_models  # most names do without the table

    known.update(re.findall("[a-z]+", " ".join(known_models())))
    return any(word not in known and get_close_matches(word, known, 1, 0.85) for word in words)


class StandIn(NamedTuple):
    """The vocabulary by which a model is estimated whose own is not published, and why that one.

    Example: stand_in("claude-opus-5") -> StandIn("claude-opus-5", "o200k_base", ...)

    `model` is the model's own name; `generation` names its factors (see models.estimates).
    """

    model: str
    vocabulary: str
    generation: str
    why: str


SUBSTITUTES: dict[str, tuple[str, str, str]] = {
    "gemma": ("gemma", "gemini", "Gemma 4's vocabulary, which is Gemma 3's except for its special tokens"),
    "gemini-": ("gemma", "kin", "Google names no vocabulary for it; earlier ones have Gemma's"),
    "gpt-": ("o200k_base", "kin", "OpenAI has not said which vocabulary it has; earlier ones have this"),
    "qwen": ("qwen3.5", "kin", "Alibaba has not said which vocabulary it has"),
    "ministral-": ("tekken", "kin", "newer vocabularies of Mistral AI do not ship with tokscope"),
    "mistral-": ("tekken", "kin", "newer vocabularies of Mistral AI do not ship with tokscope"),
    "magistral-": ("tekken", "kin", "newer vocabularies of Mistral AI do not ship with tokscope"),
    "devstral-": ("tekken", "kin", "newer vocabularies of Mistral AI do not ship with tokscope"),
    "codestral-": ("tekken", "kin", "newer vocabularies of Mistral AI do not ship with tokscope"),
    "glm-": ("glm", "kin", "an older vocabulary of Z.ai's, which does not ship with tokscope"),
    "kimi-": ("o200k_base", "any", "Moonshot AI's vocabulary does not ship with tokscope; -t FILE takes it"),
    "grok-": ("o200k_base", "any", "xAI publishes no vocabulary"),
    "minimax-": ("minimax", "kin", "MiniMax has not said which vocabulary it has; earlier ones have this"),
    "deepseek-": ("deepseek", "kin", "DeepSeek has not said which vocabulary it has; earlier ones have this"),
    "nova-": ("o200k_base", "any", "Amazon publishes no vocabulary"),
    "sonar-": ("o200k_base", "any", "Perplexity publishes no vocabulary"),
    "doubao-": ("o200k_base", "any", "ByteDance publishes no vocabulary of it"),
}
"""What stands in for other models, by the first letters of their names: the vocabulary, its factors, why."""

CLAUDE = r"claude-(?:(?:opus|sonnet|haiku|fable)-)?(\d)(?:[-.](\d{1,2})(?!\d))?(?![\d.])"


def claude_version(name: str) -> tuple[int, int] | None:
    """Give the version of a Claude model by its name, None for others.

    Example: claude_version("claude-3-5-sonnet-20241022") -> (3, 5); claude_version("claude-opus-5") -> (5, 0)
    """
    found = re.match(CLAUDE, own_name(name))
    return (int(found[1]), int(found[2] or 0)) if found and int(found[1]) >= 3 else None


FRAMES = {(3, 0): 7, (4, 7): 11, (4, 8): 6}
"""What Anthropic's API adds around one user message, from a version of Claude on."""


FRAMES_MEASURED = ((4, 5), (4, 7), (5, 0))
"""The versions whose frames hold on counts of theirs that were published; for others they are assumed."""


def claude_frame(name: str) -> int:
    """Give how many tokens Anthropic's API adds around one user message for a Claude model.

    Example: claude_frame("claude-opus-4-5") -> 7
    """
    version = claude_version(name) or (3, 0)
    return next(frame for since, frame in reversed(FRAMES.items()) if version >= since)


def stand_in(name: str) -> StandIn | None:
    """Find what stands in for a model whose vocabulary is not known; None where there is no such model.

    Example: stand_in("gemini-2.5-pro").generation -> "gemini"; stand_in("gpt-4o") -> None
    """
    name = own_name(name)
    if vocabulary_of(name) is not None or misspelt(name):
        return None
    if (version := claude_version(name)) is not None:
        generation = "claude-3" if version < (4, 7) else "claude-4.7"
        return StandIn(name, "o200k_base", generation, "Anthropic publishes no vocabulary")
    if re.fullmatch(GEMMA_OF_GOOGLE, name):
        return StandIn(name, "gemma", "gemini", "as Google's own LocalTokenizer counts this model")
    from tokscope.models.limits import model_of  # most names do without the table

    maker = next((prefix for prefix in SUBSTITUTES if f"{name}-".startswith(prefix)), None)
    if maker is None or not (re.match(OPEN, name) or model_of(name)):
        return None
    return StandIn(name, *SUBSTITUTES[maker])


LLAMA = r"(?:codellama|llama-?v?)(\d?)"

NOT_SHIPPED = (
    r"(?:ai21|arctic|aya|baichuan|baidu|bge|bloom|c4ai|chatglm|codegemma|cohere|command|dbrx|e5|embed|ernie|"
    r"exaone|falcon|gemma|gpt-(?:j|neox?)|granite|gte|hunyuan|ibm|internlm|jamba|jina|lfm|ling|longcat|microsoft|"
    r"mimo|minicpm|mistral|mixtral|modernbert|moonshot|mpt|mxbai|nemotron|nomic|nvidia|olmo|open-mi[sx]tral|opt|"
    r"phi|pythia|reka|ring|roberta|seed-oss|smollm|solar|stablelm|starcoder|step|xlm-roberta|voyage|"
    r"deepseek-(?:coder|llm|r1|v[12])|qwen(?:1\.5)?|vicuna|yi|zephyr)(?:$|[-\d.])"
)
"""Open models, and makers of such, whose vocabularies do not ship, but are in files that people have."""


def llama_version(name: str) -> str | None:
    """Give the generation of Llama whose vocabulary a model has, "3" or "4"; None for others.

    Example: llama_version("meta-llama/Llama-3.3-70B-Instruct") -> "3"; llama_version("llama2") -> None
    """
    found = re.match(LLAMA, own_name(name))
    return found[1] if found and found[1] in ("3", "4") else None


def lacking(name: str) -> str | None:
    """Say what to get for an open model whose vocabulary does not ship; None for others.

    Example: lacking("llama3") -> "the licence of llama3 keeps its vocabulary from shipping: ..."
    """
    own = own_name(name)
    files = "name the model's own file, like -t tokenizer.json, -t tokenizer.model or -t model.gguf"
    if re.match(LLAMA, own):
        from tokscope.extras import install

        version = llama_version(name)
        package = f"-t llama:{version} has it after {install('llama')}, or " if version else ""
        return f"the licence of {name} keeps its vocabulary from shipping: {package}{files}"
    if re.match(NOT_SHIPPED, own):
        return f"the vocabulary of {name} does not ship with tokscope: -t hf:ORG/REPO fetches it, or {files}"
    return None
