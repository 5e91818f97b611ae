"""The table of models: complete, plausible, and the same as another list of the same facts."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest
from genai_prices.data import providers

from tokscope.models import MODELS, Model, model_of, models, vocabulary_of, window_of


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
    assert window_of(name) == window


@pytest.mark.parametrize("model", models().values(), ids=models())
def test_every_row_is_whole(model: Model) -> None:
    assert model.name == model.name.lower()
    assert 0 < model.input <= model.window
    assert model.output is None or 0 < model.output <= model.window
    assert date(2026, 1, 1) <= date.fromisoformat(model.read)
    assert model.source


def test_windows_agree_with_genai_prices() -> None:
    """Its list is kept by other people; where it says 1,000,000 it rounds."""
    makers = {"openai", "anthropic", "google", "deepseek", "mistral", "moonshotai", "x-ai"}
    listed = {
        model.id: model.context_window
        for provider in providers
        for model in provider.models
        if provider.id in makers and model.context_window
    }
    shared = models().keys() & listed.keys()
    assert len(shared) > 50
    for name in shared:
        assert models()[name].window == pytest.approx(listed[name], rel=0.05), name


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
    assert {vocabulary_of(name) for name in models()} >= {"o200k_base", "cl100k_base", "deepseek", "tekken"}
    assert vocabulary_of("deepseek-v4-pro") == MODELS["deepseek-v4"]


def test_the_table_is_not_read_before_it_is_asked_for() -> None:
    program = "import sys, tokscope.registry; print('csv' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
