"""The table of models: complete, plausible, and the same as another list of the same facts."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date

import pytest
from genai_prices.data import providers

from tests.support.shell import tokscope
from tokscope.fitting.chat import RULES
from tokscope.models.limits import Model, context_window, known_models, model_of
from tokscope.models.names import MODELS, vocabulary_of


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("gpt-4o", 128_000),
        ("GPT-4o", 128_000),
        ("gpt-4", 8192),
        ("gpt-4o-2024-11-20", 128_000),
        ("claude-sonnet-4-5-20250929", 200_000),
        ("ft:gpt-4o-2024-08-06:acme::7p4lURel", 128_000),
        ("gpt-4-1106-preview", None),  # another model than gpt-4, for all that its name says
        ("gpt-4o-audio-preview", None),
        ("o200k_base", None),
        ("ft:", None),
        ("", None),
    ],
)
def test_windows(name: str, window: int | None) -> None:
    assert context_window(name) == window


@pytest.mark.parametrize("model", known_models().values(), ids=known_models())
def test_every_row_is_whole(model: Model) -> None:
    assert model.name == model.name.lower()
    assert 0 < model.input <= model.window
    assert model.output is None or 0 < model.output <= model.window
    assert date(2026, 1, 1) <= date.fromisoformat(model.read)
    assert model.source
    assert model.chat is None or model.chat in RULES


ROUNDED = {
    # The window in genai-prices, by its maker's name for the model, where it is not ours, and why not.
    **dict.fromkeys(["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano"], 1_000_000),  # OpenAI says 1,047,576
    "gpt-5.5": 1_000_000,  # 1,050,000 in litellm, as genai-prices itself has for the models around it
    # Google says 1,048,576 for all of these, and genai-prices too for others of the same line
    **dict.fromkeys(["gemini-2.5-flash-lite", "gemini-3.1-flash-lite", "gemini-3.5-flash-lite"], 1_000_000),
    "gpt-4-32k": 32_000,  # 32,768 in litellm, and in its name
    **dict.fromkeys([f"gemini-3.{i}-flash" for i in range(5, 9)], 1_000_000),
}


def test_windows_agree_with_genai_prices() -> None:
    """Its list is kept by other people."""
    makers = {"openai", "anthropic", "google", "deepseek", "mistral", "moonshotai", "x-ai"}
    listed = {
        model.id: model.context_window
        for provider in providers
        for model in provider.models
        if provider.id in makers and model.context_window
    }
    shared = known_models().keys() & listed.keys()
    assert len(shared) > 60
    different = {name: listed[name] for name in shared if listed[name] != known_models()[name].window}
    assert different == ROUNDED


@pytest.mark.parametrize(
    ("name", "tokens", "left"),
    [
        ("gpt-4", 8000, 192),
        ("gpt-4", 8192, 0),
        ("gpt-4", 8193, 0),
        ("gpt-4o", 0, 16_384),
        ("gpt-5", 272_000, 128_000),
        ("gpt-5", 272_001, 0),
        ("mistral-nemo", 28_000, 100_000),
    ],
)
def test_what_is_left_for_the_answer(name: str, tokens: int, left: int) -> None:
    model = model_of(name)
    assert model is not None
    assert model.left(tokens) == left


def test_shipped_vocabularies_are_used_where_the_model_is_known() -> None:
    assert {vocabulary_of(name) for name in known_models()} >= {
        "o200k_base",
        "cl100k_base",
        "deepseek",
        "tekken",
    }
    assert vocabulary_of("deepseek-v4-pro") == MODELS["deepseek-v4"]


@pytest.mark.parametrize(
    "arguments",
    [["count", "-x", "a", "-t", "gpt-4o"], ["count", "-x", "a", "-t", "gpt-4o", "--format", "csv"]],
)
def test_the_table_is_not_read_before_it_is_asked_for(arguments: list[str]) -> None:
    program = """
import sys, tokscope.cli
tokscope.cli.run(sys.argv[1:])
models = sys.modules.get("tokscope.models.limits")
print(models and models.models.cache_info().misses)
"""
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] in ("None", "0")


def test_count_says_how_full_the_window_is() -> None:
    arguments = ("count", "-x", "a" * 512, "-x", "b", "-t", "gpt-4,byte,o200k_base")
    payload = json.loads(tokscope(*arguments, "--format", "json").out)
    assert [result.get("window") for result in payload["results"]] == [8192, None, None] * 2
    lines = tokscope(*arguments, "--format", "table").out.splitlines()
    assert lines[-2] == f"{65 / 8192:.2%} of the 8,192 tokens that gpt-4 takes"


def test_list_shows_every_model() -> None:
    rows = json.loads(tokscope("list", "--models", "--format", "json").out)["results"]
    assert {row["name"] for row in rows} == {*known_models(), *MODELS}
    named = {row["name"]: row for row in rows}
    assert named["gpt-5"] == {
        "name": "gpt-5",
        "tokenizer": "o200k_base",
        "exact": True,
        "window": 400_000,
        "input": 272_000,
        "output": 128_000,
        "chat": "openai",
        "read": known_models()["gpt-5"].read,
        "source": known_models()["gpt-5"].source,
    }
    opus = named["claude-opus-5"]
    assert (opus["tokenizer"], opus["exact"], named["davinci"]["window"]) == ("o200k_base", False, None)
    both = json.loads(tokscope("list", "--format", "json").out)
    assert {row["name"] for row in both["models"]} == {row["name"] for row in rows}
    assert both["results"][0]["name"] == "o200k_base"
    lines = tokscope("list", "--models", "deepseek-*").out.splitlines()
    assert lines[0].split("\t")[0] == "name"
    assert all(line.startswith("deepseek-") for line in lines[1:])
