"""One name, one answer: every model of the table counts, under each of its names."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.support.shell import tokscope
from tokscope import load
from tokscope.errors import MissingExtra, TokscopeError, UnknownTokenizer, Unsupported, did_you_mean
from tokscope.inside.catalogue import catalogue_entries
from tokscope.models.limits import known_models
from tokscope.models.meant import MEANT
from tokscope.models.names import MODELS, claude_version, own_name, stand_in, vocabulary_of
from tokscope.report.table import Estimate
from tokscope.vocabularies import VOCABULARIES


@pytest.mark.parametrize("name", [*known_models(), *MODELS])
def test_every_model_counts(name: str) -> None:
    tokenizer = load(name)
    count = tokenizer.count("Hello world, 你好")
    if tokenizer.exact:
        assert not isinstance(count, Estimate)
        assert tokenizer.name in VOCABULARIES
    else:
        assert isinstance(count, Estimate)
        assert tokenizer.note
        assert count.low is not None
        assert count.high is not None
        assert 0 < count.low <= count <= count.high


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("openai/gpt-4o", "gpt-4o"),
        ("openrouter/anthropic/claude-opus-5", "claude-opus-5"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929"),
        ("anthropic.claude-opus-4-6-v1", "claude-opus-4-6"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("deepseek-v5", "deepseek-v5"),  # a version of its own, not Bedrock's
        ("qwen2.5-v2", "qwen2.5-v2"),
        ("google/gemini-2.5-pro", "gemini-2.5-pro"),
        ("models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("deepseek/deepseek-chat:free", "deepseek-chat"),
        ("mistral-large-latest", "mistral-large-4"),
        ("gpt-4o", "gpt-4o"),
        ("claude", "claude"),
        ("", ""),
    ],
)
def test_names_without_what_services_put_around_them(name: str, own: str) -> None:
    assert own_name(name) == own


@pytest.mark.parametrize(
    ("name", "vocabulary"),
    [
        ("openai/gpt-4o-2024-05-13", "o200k_base"),
        ("deepseek-chat", "deepseek"),
        ("deepseek/deepseek-reasoner", "deepseek"),
        ("azure/gpt-35-turbo", "cl100k_base"),
        ("zai-org/GLM-5", "glm"),
        ("google/gemma-4-31b-it", "gemma"),
        ("gemma4:e4b", "gemma"),
        ("gpt-oss:20b", "o200k_harmony"),
        ("openrouter/deepseek/deepseek-chat-v3.1:free", "deepseek"),
        ("deepseek-v3.2-exp", "deepseek"),
        ("deepseek-r1:671b", "deepseek"),
        ("deepseek-r1:8b", None),  # these are of Qwen's and Llama's vocabularies
        ("deepseek-ai/DeepSeek-R1-0528-Qwen3-8B", None),
        ("deepseek-r1-distill-llama-70b", None),
        ("Qwen/Qwen3-235B-A22B-Instruct-2507", "qwen2.5"),
        ("ollama/qwen3:0.6b", "qwen2.5"),
        ("qwen2.5-coder:7b", "qwen2.5"),
        ("qwen/qwen3.6-35b-a3b", "qwen3.5"),
        ("qwen-max", None),
        ("GLM-4.6", "glm-4.5"),
        ("MiniMaxAI/MiniMax-M3", "minimax"),
        ("minimax-m2.1", "minimax-m2"),
        ("01-ai/Yi-1.5-34B-Chat", "yi"),
        ("z-ai/glm-4.5-air:free", "glm-4.5"),
        ("glm-4.7", None),
        ("mistral-nemo-instruct-2407", "tekken"),
        ("claude-opus-5", None),
        ("gpt-44", None),
    ],
)
def test_vocabularies_by_any_of_a_models_names(name: str, vocabulary: str | None) -> None:
    assert vocabulary_of(name) == vocabulary


@pytest.mark.parametrize(
    ("name", "generation"),
    [
        ("claude-3-5-sonnet-20241022", "claude-3"),
        ("claude-3-opus-latest", "claude-3"),
        ("claude-sonnet-4-20250514", "claude-3"),
        ("claude-opus-4-6", "claude-3"),
        ("claude-opus-4-7", "claude-4.7"),
        ("anthropic/claude-opus-5.5", "claude-4.7"),
        ("gemini-2.0-flash-001", "gemini"),
        ("gemini-2.5-flash-preview-05-20", "gemini"),
        ("gemini-3.1-pro-preview", "gemini"),
        ("gemini-3.5-flash", "gemini"),
        ("gemini-3.5-flash-lite", "kin"),
        ("gemini-3.6-flash", "kin"),
        ("mistral-large-latest", "kin"),
        ("kimi-k3", "any"),
        ("kimi-latest", "any"),
        ("xai/grok-4-fast", "any"),
        ("qwen3-coder-plus", "kin"),
        ("codestral-latest", "kin"),
        ("gemini-1.5-pro", "kin"),
        ("gemini-2.5-flash-preview-09-2025", "gemini"),
        ("google/gemma-3-27b-it", "gemini"),
        ("gemma-2-9b-it", None),
        ("gpt-4o", None),
        ("gpt-44", None),
        ("claude-2.1", None),
        ("claude-that-nobody-knows", None),
        ("gemini-flask", None),
    ],
)
def test_what_stands_in(name: str, generation: str | None) -> None:
    found = stand_in(name)
    assert (found and found.generation) == generation


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("claude-opus-4-5-20251101", (4, 5)),
        ("claude-haiku-5-5", (5, 5)),
        ("claude-opus-5", (5, 0)),
        ("o1", None),
    ],
)
def test_versions_of_claude(name: str, version: tuple[int, int] | None) -> None:
    assert claude_version(name) == version


@pytest.mark.parametrize("name", ["llama3", "llama-2-7b", "meta-llama/Llama-3.3-70B-Instruct", "codellama"])
def test_llama_says_what_to_get(name: str) -> None:
    with pytest.raises(Unsupported, match=r"licence of .* keeps its vocabulary from shipping.*model\.gguf"):
        load(name)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("phi-4", "does not ship with tokscope: -t hf:ORG/REPO fetches it, or name the model's own file"),
        ("gemma-2-9b-it", "model\\.gguf"),
        ("deepseek-r1:8b", "does not ship"),
        ("deepseek-v1", "does not ship"),
        ("deepseek-v2", "does not ship"),
        ("yi-large", "does not ship"),
        ("mixtral-8x7b", "tokenizer\\.model"),
        ("microsoft", "does not ship with tokscope: -t hf:ORG/REPO fetches it, or name the model's own file"),
    ],
)
def test_other_open_models_say_what_to_get(name: str, says: str) -> None:
    with pytest.raises(Unsupported, match=says):
        load(name)


@pytest.mark.parametrize("name", ["deepseek-v5", "deepseek-v4.5", "deepseek-v3.7-chat", "deepseek-r2"])
def test_a_next_version_of_deepseek_is_an_estimate(name: str) -> None:
    found = load(name)
    assert (found.name, found.exact, found.note.startswith("by deepseek; ")) == (name, False, True)


@pytest.mark.parametrize(
    "name", ["gpt-44", "claude-that-nobody-knows", "estimate:gpt-4o", "claude:gpt-4o", "llama:5"]
)
def test_no_such_model(name: str) -> None:
    with pytest.raises(UnknownTokenizer):
        load(name)


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("gpt-55", "gpt-5.5"),
        ("gpt-4o-minni", "gpt-4o-mini"),
        ("openai/gpt-5.1-codexx", "gpt-5.1"),
        ("claude-opus-55", "claude-opus-5-5"),
        ("claude-5-opuss", "claude-opus-5"),
        ("claude-sonet-4-5", "claude-sonnet-4-5"),
        ("gemini-3-flsh", "gemini-3.8-flash"),
        ("gemini-33-pro", "gemini-2.5-pro"),
        ("deepseek-chatt", "deepseek-chat"),
        ("sonnet4", "claude-sonnet-4-6"),
        ("opus4.1", "claude-opus-"),
    ],
)
def test_a_misspelt_name_is_taken_for_no_other(name: str, like: str) -> None:
    with pytest.raises(UnknownTokenizer, match=f"did you mean .*{re.escape(like)}"):
        load(name)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gpt4o", "did you mean gpt-4o?"),
        ("GPT 4o", "did you mean gpt-4o?"),
        ("gpt35", "did you mean gpt-3.5?"),
        ("openai/gpt4o", "did you mean gpt-4o?"),
        ("claude_sonnet_4", "did you mean claude-sonnet-4?"),
        ("grok4", "did you mean grok-4?"),
        ("qwen-2.5", "did you mean qwen2.5?"),
        ("gemini-pro", "did you mean gemini-3.1-pro-preview, gemini-2.5-pro or "),
        ("gpt-4o qwen3", "did you mean gpt-4o,qwen3?"),
        ("github-copilot", "it asks the model that its user chooses: name that, such as gpt-5.5"),
        ("7", "a number names none; for the first 7 tokens of a text: tokscope truncate -n 7"),
        ("wordpiece", "like wordpiece:FILE; or -t bert-base-uncased"),
        ("gone.json", "gone.json: no such file"),
        ("./gone", "./gone: no such file"),
        ("somebody/model", "did you mean hf:somebody/model?"),
        ("http://localhost:8080", "did you mean server:http://localhost:8080?"),
        ("localhost:8080", "did you mean server:http://localhost:8080?"),
    ],
)
def test_what_is_meant_by_a_name_that_is_none(name: str, says: str) -> None:
    with pytest.raises(TokscopeError, match=re.escape(says)):
        load(name)


@pytest.mark.parametrize("name", [*MEANT, "OpenAI", "Anthropic"])
def test_a_maker_leads_to_its_models(name: str) -> None:
    meant = MEANT[name.lower()]
    with pytest.raises(UnknownTokenizer, match=re.escape(did_you_mean(meant, ""))):
        load(name)
    for one in meant:
        if not one.startswith(("hf:", "sp:", "llama:", "'")):  # a file, an extra, or more than one
            assert load(one).count("Hello world") > 1


@pytest.mark.parametrize(
    ("name", "vocabulary"),
    [
        ("gpt-5-turbo-ultra", "o200k_base"),
        ("gpt-4o-transcribe-diarize", "o200k_base"),
        ("ft:gpt-4o-mini:minni:opuss:1", "o200k_base"),
        ("gpt-3.5-turbo-instruct-0914", "cl100k_base"),
        ("Qwen/Qwen3-8B-abliterated", "qwen2.5"),
        ("deepseek-v3.1-terminus", "deepseek"),
        ("qwen3-coder", "qwen2.5"),
    ],
)
def test_a_new_name_is_not_misspelt(name: str, vocabulary: str) -> None:
    assert vocabulary_of(name) == vocabulary


def test_what_is_no_reference_is_never_listed_as_exact() -> None:
    exact = {entry.name: entry.exact for entry in catalogue_entries()}
    assert (exact["claude:MODEL"], exact["estimate:MODEL"], exact["gguf:FILE"]) == (False, False, True)


def test_a_file_goes_before_a_stand_in(tmp_path: Path) -> None:
    (tmp_path / "claude-opus-5").write_text("[UNK]\nhello\n")
    done = tokscope("count", "-x", "hello", "-t", "claude-opus-5", "--format", "json", cwd=tmp_path)
    assert json.loads(done.out)["results"][0]["exact"] is True


def test_without_the_extra_claude_is_refused_by_its_scheme_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ctok", None)
    with pytest.raises(MissingExtra, match=r"tokscope-cli\[claude\]"):
        load("claude:claude-opus-5")
    assert isinstance(load("claude-opus-5").count("hello"), Estimate)
