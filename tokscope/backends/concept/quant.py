"""`concept:quant`: each sentence as the residual codes of its vector by a small encoder, WordLlama.

A Large Concept Model over quantized sentences (Quant-LCM, arXiv:2412.08821) takes a sentence for the codes
that residual quantization makes of its SONAR vector, 64 of them in the paper. That quantizer was never
released. Here WordLlama stands in for SONAR, which is the mean of its tokens' vectors, scaled to length 1
(https://github.com/dleemiller/WordLlama, MIT; 256 numbers), and codes that ship, 256 at each of 8 levels:
these codes are another model's, so that all counts are an estimate. tests/bench/concepts.py made them, and
says how much of what is near is still near: of sentences not learned from, 24 % keep their nearest neighbour.

`?levels=` is how many codes a sentence has, 8 unless given; fewer are the first of them. `?cap=` is that of
`concept`, and so is the sentence "End of text." that `--special` adds. The first code of a sentence has its
span; code c of level l has the id 256 l + c. No text comes back from codes: the encoder has no decoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokscope.backends.concept.sentences import CAP, Sentences
from tokscope.codes.residual import quantized
from tokscope.errors import MissingExtra, Unsupported
from tokscope.files import npz
from tokscope.split import Split
from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec

if TYPE_CHECKING:
    from tokscope.report.trace import Trace

SHIPPED = Path(__file__).parents[2] / "codes" / "concepts.npz"
"""The codes, of shape (levels, codes, numbers)."""

FORMAT = "tokscope sentence codes"

LEVELS, CODES = 8, 256
"""How many levels the codes that ship have, and how many codes each level."""


class SentenceEncoder:
    """WordLlama: a sentence -> the mean of its tokens' vectors.

    Example: SentenceEncoder().vectors(["The king rules."]).shape -> (1, 256)

    The package's files are read, its code is not. Raises MissingExtra where it is not installed.
    """

    def __init__(self) -> None:
        from tokscope.registry import load

        try:
            from tokscope.weights.tensors import open_tensors
        except ImportError as error:  # NumPy
            raise MissingExtra("concept:quant", "concepts") from error
        found = find_spec("wordllama")
        if found is None or found.origin is None:
            raise MissingExtra("concept:quant", "concepts")
        folder = Path(found.origin).parent
        self._tokenizer = load(f"hf:{folder / 'tokenizers' / 'l2_supercat_tokenizer_config.json'}")
        self._rows = open_tensors(str(folder / "weights" / "l2_supercat_256.safetensors"))["embedding.weight"]

    def vectors(self, sentences: Sequence[str]) -> Any:
        """Give the vectors of sentences, each of length 1; one without tokens has only zeros.

        Example: encoder.vectors(["The king rules.", ""])[1].any() -> False
        """
        import numpy as np

        found = np.zeros((len(sentences), self._rows.shape[1]), np.float32)
        for i, sentence in enumerate(sentences):
            if ids := self._tokenizer.encode(sentence).ids:
                mean = self._rows.rows(ids).mean(0)
                found[i] = mean / (np.linalg.norm(mean) or 1)
        return found


class SentenceCodes(Tokenizer):
    """Residual codes of sentences as tokens.

    Example: load("concept:quant?levels=4").count("One. Two.") -> 8
    """

    exact = False
    whole = True

    def __init__(self, name: str, levels: int, cap: int, *, special: bool = False) -> None:
        self.name = name
        self.vocab_size = levels * CODES
        self._levels = levels
        self._sentences = Sentences(cap, special=special)
        self.cut = self._sentences.cut

    @cached_property
    def _encoder(self) -> SentenceEncoder:
        return SentenceEncoder()

    @cached_property
    def _codes(self) -> Any:
        _, arrays = npz.load_model(str(SHIPPED), FORMAT)
        return arrays["entries"][: self._levels].astype("float32")

    def encode(self, text: str) -> Split:
        """Give the codes of the sentences of `text`.

        Example: len(load("concept:quant").encode("One. Two.")) -> 16
        """
        split = self._sentences.encode(text)
        sentences = _sentence_texts(split)
        if not sentences:
            return Split(split.source, [], [], [], labels=[])
        codes: list[list[int]] = quantized(self._encoder.vectors(sentences), self._codes).tolist()
        ids = [CODES * level + code for one in codes for level, code in enumerate(one)]
        spans = [
            (start if level == 0 else end, end)
            for start, end in zip(split.starts, split.ends, strict=True)
            for level in range(self._levels)
        ]
        return Split(
            split.source,
            [start for start, _ in spans],
            [end for _, end in spans],
            ids,
            labels=[f"<{id_ // CODES}:{id_ % CODES}>" for id_ in ids],
        )

    def count(self, text: str) -> int:
        """Count the codes, for which no vector is needed.

        Example: load("concept:quant").count("One. Two.") -> 16
        """
        return self._levels * self._sentences.count(text)

    def decode(self, ids: Sequence[int]) -> bytes:
        """Raise Unsupported: codes have no text."""
        raise Unsupported(f"{self.name}: the codes of a sentence do not give back its text")

    def trace(self, text: str) -> Trace:
        """Show the sentences, and the codes of each."""
        from tokscope.tracing.one_step import rule_step
        from tokscope.tracing.steps import finished

        split = self.encode(text)
        labels = [str(label) for label in split.labels or ()]
        sentences = _sentence_texts(self._sentences.encode(text))
        codes = [
            " ".join(labels[at * self._levels : (at + 1) * self._levels]) for at in range(len(sentences))
        ]
        becomes = dict(zip(sentences, codes, strict=True))
        step = rule_step(
            "each sentence is the codes of its vector, level by level",
            sentences,
            "codes",
            becomes.__getitem__,
        )
        return finished(self, text, [step], list(split.ids or ()))


def _sentence_texts(sentences: Split) -> list[str]:
    """Give the text of each sentence; what is added to it is in its label."""
    return [token.label or token.data.decode() for token in sentences]


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `concept:quant`. Raises UsageError.

    Example: load(Spec("concept", "quant", {"levels": "2"})).count("One. Two.") -> 4
    """
    levels = spec.integer("levels", LEVELS, most=LEVELS)
    cap = spec.integer("cap", CAP, least=0, most=1_000_000)
    return SentenceCodes(str(spec), levels, cap, special=spec.special)
