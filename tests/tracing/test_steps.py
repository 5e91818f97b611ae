"""The last step of a trace is encode, for every tokenizer and any text."""

from __future__ import annotations

import functools
import io
from importlib import import_module
from pkgutil import iter_modules

import pytest
import sentencepiece
from hypothesis import given, settings

from tests.support import sentencepiece_models, tokenizer_json
from tests.support.contract import ONE_OF_EACH, SPECS, tokenizer_of
from tests.support.texts import HOSTILE, texts
from tests.support.traces import assert_explains_encode
from tokscope import Split, Tokenizer, backends, load
from tokscope.backends.adapted import Adaptation, Adapted, NewToken
from tokscope.backends.hf import HuggingFace
from tokscope.backends.sentencepiece import SentencePiece
from tokscope.backends.terms import Terms
from tokscope.errors import Unsupported
from tokscope.report.trace import (
    PreTokens,
    Table,
)
from tokscope.tracing.steps import finished
from tokscope.vocabularies import VOCABULARIES


@functools.cache
def own_symbols_in_bpe() -> SentencePiece:
    """Merges that must not touch what the model's maker defined."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(tokenizer_json.CORPUS),
        model_writer=written,
        model_type="bpe",
        vocab_size=200,
        user_defined_symbols=["<sep>", "wor", "the"],
        hard_vocab_limit=False,
        minloglevel=3,
    )
    return SentencePiece(sentencepiece.SentencePieceProcessor(model_proto=written.getvalue()), "own symbols")


@functools.cache
def terms_over(spec: str) -> Terms:
    return Terms(f"terms:{spec}", tokenizer_of(spec), ["the", "日本語", "don't", "<|im", "👩"])


@functools.cache
def adapted(special: bool = False) -> Adapted:
    new = [NewToken("日本語".encode(), True), NewToken(b"don't", True), NewToken(b"ingthe", False)]
    return Adaptation("gpt2", tuple(new)).tokenizer("adapted", special=special)


TOKENIZERS = [
    *(
        pytest.param(functools.partial(tokenizer_of, spec), id=spec)
        for spec in SPECS
        if spec not in VOCABULARIES or spec in ONE_OF_EACH
    ),
    *(
        pytest.param(functools.partial(tokenizer_of, spec, True), id=f"{spec} --special")
        for spec in ("tekken", "bert-base-uncased", "t5", "blt:space", "concept", "concept:latent")
    ),
    *(
        pytest.param(functools.partial(terms_over, spec), id=f"terms:{spec}")
        for spec in ("o200k_base", "jieba:search")
    ),
    *(
        pytest.param(functools.partial(adapted, special), id=f"adapted {special=}")
        for special in (False, True)
    ),
    *(
        pytest.param(functools.partial(tokenizer_json.mended, kind), id=f"hf {kind}")
        for kind in tokenizer_json.KINDS
    ),
    pytest.param(functools.partial(tokenizer_json.mended, "wordpiece", True), id="hf wordpiece --special"),
    *(
        pytest.param(functools.partial(sentencepiece_models.sentencepiece_of, kind), id=f"sp {kind}")
        for kind in sentencepiece_models.KINDS
    ),
    pytest.param(own_symbols_in_bpe, id="sp own symbols in BPE"),
]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_hostile_text(tokenizer: functools.partial[Tokenizer]) -> None:
    for text in HOSTILE.values():
        assert_explains_encode(tokenizer(), text)


@pytest.mark.parametrize(
    "tokenizer",
    [
        *TOKENIZERS,
        *(
            pytest.param(functools.partial(tokenizer_of, spec), id=spec, marks=pytest.mark.slow)
            for spec in VOCABULARIES
            if spec not in ONE_OF_EACH
        ),
    ],
)
@settings(max_examples=10, deadline=None)
@given(text=texts)
def test_any_text(tokenizer: functools.partial[Tokenizer], text: str) -> None:
    assert_explains_encode(tokenizer(), text)


COUNT_ALONE = {"estimate", "claude", "api", "server", "media", "vq"}
"""They know how many tokens there are, or which, and not why; vq takes no text."""


def test_every_tokenizer_that_has_tokens_can_be_traced() -> None:
    modules = [
        import_module(f"tokscope.backends.{one.name}")
        for one in iter_modules(backends.__path__)
        if one.name not in COUNT_ALONE
    ]
    found = {one for module in modules for one in vars(module).values() if isinstance(one, type)}
    families = {one for one in found if issubclass(one, Tokenizer) and one is not Tokenizer}
    assert {HuggingFace, SentencePiece, Terms, Adapted} < families
    assert [one for one in families if one.trace is Tokenizer.trace] == []


def test_a_plug_in_without_a_trace_names_one_that_has_it() -> None:
    class Whole(Tokenizer):
        name = "whole"

        def encode(self, text: str) -> Split:
            return Split.of_lengths(text.encode(), [len(text.encode())])

        def count(self, text: str) -> int:
            return 1

    with pytest.raises(Unsupported, match=r"whole cannot be traced.*o200k_base"):
        Whole().trace("a")


@pytest.mark.parametrize(
    ("tokenizer", "text", "rows"),
    [
        (
            *("concept", "Dr. Smith left. 他走了。他 \n\n ok"),
            [
                ("Dr. Smith left.", 15, "Punkt"),
                ("他走了。", 4, "stop"),
                ("他", 1, "line"),
                ("ok", 2, "line"),
            ],
        ),
        ("concept:latent", "3 + 4 = 7\n\n7", [("3 + 4 = 7", "2 thoughts"), ("7", "2 thoughts")]),
        (
            *("phrase", "The cat has come"),
            [("The", "determiner"), ("cat", "noun"), ("has", "auxiliary"), ("come", "verb")],
        ),
    ],
)
def test_the_reasons_of_sentences_and_phrases(
    tokenizer: str, text: str, rows: list[tuple[str | int, ...]]
) -> None:
    (table,) = (
        figure
        for step in tokenizer_of(tokenizer).trace(text).steps
        for figure in step.figures
        if isinstance(figure, Table)
    )
    assert [(first.decode(), *others) for first, *others in table.rows if isinstance(first, bytes)] == rows


def test_terms_are_said_and_no_step_is_said_twice() -> None:
    trace = terms_over("o200k_base").trace("the cat, the dog")
    assert [step.stage for step in trace.steps] == [
        *("terms", "normalization", "pre-tokenization", "merges", "pre-tokenization", "merges", "ids"),
    ]
    assert trace.steps[0].figures == (PreTokens([b"the", b" cat,", b" the", b" dog"]),)
    found = [(step.stage, step.says) for step in adapted().trace("日本語, don't").steps[:2]]
    assert found[1] == ("terms", "found in the text: 日本語 don't")
    assert "special tokens" not in [step.stage for step in adapted().trace("don't").steps]
    special = adapted(True).trace("don't<|endoftext|>").steps
    assert special[0].says == "found in the text: <|endoftext|>"
    assert special[2].says == "found in the text: don't"


def test_a_trace_that_explains_other_tokens_is_refused() -> None:
    byte = load("byte")
    assert finished(byte, "Hi", [], [72, 105]).split == byte.encode("Hi")
    with pytest.raises(Unsupported, match="please report it"):
        finished(byte, "Hi", [], [72, 106])
    with pytest.raises(Unsupported, match="please report it"):
        finished(load("word"), "Hi you", [], ["Hi"])
