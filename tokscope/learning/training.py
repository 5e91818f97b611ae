"""Training: vocabularies learned from texts by the trainers of the `tokenizers` library.

A Learner is an untrained tokenizer and its trainer; train() feeds it documents. The library keeps only how
often each pre-token (a word, a piece of the split pattern) occurs: memory grows with the number of different
words in the corpus, not with its length.

BPE and WordPiece give the same file for the same corpus every time. The library's Unigram trainer adds up in
the order of a hash table with a random seed (huggingface/tokenizers#1794): the scores of two runs may differ
in their last digits, and so may a few tokens.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import repeat
from queue import Full, Queue
from threading import Event, Thread
from typing import NamedTuple

import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

from tokscope.batches import Progress, read_pieces
from tokscope.errors import UsageError
from tokscope.inputs import Document
from tokscope.text.cuts import LINE_OR_WORD, WORD_CUT
from tokscope.vocabularies import VOCABULARIES
from tokscope.vocabularies.patterns import GPT2_PATTERN

SPLIT_PATTERNS = {
    name: known.pattern for name, known in VOCABULARIES.items() if known.pattern and not known.characters
}
"""The split patterns that can be asked for, by the names of the vocabularies that have them."""

BYTE_TOKENS = tuple(f"<0x{byte:02X}>" for byte in range(256))
"""How SentencePiece spells the tokens of single bytes."""

NOTHING_TO_LEARN = "there is nothing to learn from this corpus: no two characters occur together often enough"

READ_AHEAD = 32
"""How many pieces, of 64 KiB mostly, are read before the trainer asks for them."""

GRACE = 1.0
"""Seconds that an interrupted trainer gets to reach its next piece; while it computes it asks for none."""

APART = r"[\r\n]+|<0x(?=[0-9A-F]{2}>)"
"""What is a pre-token by itself, as in SentencePiece: line breaks, and the start of a byte token's spelling.

So the text "<0x41>" never becomes the token of that name, which stands for the byte "A".
"""

SPACE_OR_LINE = re.compile(r"(?<=\n)(?=[^\r\n])|(?<=[A-Za-z0-9])(?=[ \r\n])")
"""The cuts that no pre-token goes across in SentencePiece's way: before a space, around line breaks."""


Heeding = Callable[[Iterable[str]], Iterator[str]]
"""Passes texts on to the library; raises InterruptedError once nobody waits for what it learns."""


class Learner(NamedTuple):
    """A tokenizer that has learned nothing yet, and how it will learn.

    Example: learn_unigram(1000).given -> 257  # the bytes and <unk>

    `cut` matches where a text may be cut without cutting a pre-token. `given` is how many tokens it has
    before it learns any. `finish` completes it, in the trainer's thread, once everything is read.
    """

    engine: tokenizers.Tokenizer
    trainer: trainers.BpeTrainer | trainers.WordPieceTrainer | trainers.UnigramTrainer
    cut: re.Pattern[str]
    vocab_size: int
    given: int
    finish: Callable[[tokenizers.Tokenizer, Heeding], None] = lambda engine, heeding: None


def learn_bpe(
    vocab_size: int,
    *,
    pattern: str | None = "o200k_base",
    min_frequency: int = 2,
    special: Sequence[str] = (),
) -> Learner:
    """Learn BPE: of bytes, cut by a shipped vocabulary's `pattern`, or without one in SentencePiece's way.

    Example: train(learn_bpe(1000, pattern="gpt2"), documents, progress).get_vocab_size() -> 1000

    `min_frequency` is how often a pair must occur to be merged. learn_unigram() describes SentencePiece's
    way. Raises UsageError. The algorithm: Sennrich et al. 2016 (arXiv:1508.07909), on bytes as in GPT-2, or
    on characters with byte fallback as in Llama.
    """
    given = 256 + len(check_special_tokens(special))
    _hold(vocab_size, given, f"the 256 bytes and {len(special)} special tokens")
    engine = tokenizers.Tokenizer(models.BPE())
    cut = _cut_like_sentencepiece(engine) if pattern is None else _byte_level(engine, pattern)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size if pattern else vocab_size - 256,
        min_frequency=min_frequency,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if pattern else [],
        show_progress=False,
    )
    if pattern:
        return Learner(engine, trainer, cut, vocab_size, given)
    return Learner(engine, trainer, cut, vocab_size, given, partial(_finish_bpe, special=len(special)))


def learn_wordpiece(
    vocab_size: int, *, lower: bool = True, min_frequency: int = 2, special: Sequence[str] = ()
) -> Learner:
    """Learn WordPiece as in BERT: words of letters, lower-cased or not, with `##` before what continues one.

    Example: train(learn_wordpiece(1000), documents, progress).encode("Hello").tokens[0] -> "[CLS]"

    BERT's five special tokens come first, then `special`. Raises UsageError. The library learns the merges of
    BPE and writes them as WordPiece; it breaks ties by the characters' numbers, which are random for those
    that continue a word. So it learns twice: first the characters, then everything, with these in order.
    """
    special = check_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *special])
    _hold(vocab_size, len(special), f"{len(special)} special tokens")
    engine = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    engine.normalizer = normalizers.BertNormalizer(lowercase=lower)
    engine.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    engine.decoder = decoders.WordPiece()
    engine.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", special.index("[CLS]")), ("[SEP]", special.index("[SEP]"))],
    )
    trainer = trainers.WordPieceTrainer(vocab_size=0, special_tokens=list(special), show_progress=False)

    def finish(engine: tokenizers.Tokenizer, heeding: Heeding) -> None:
        state = json.loads(trainer.__getstate__())["WordPieceTrainer"]["bpe_trainer"]
        characters = engine.get_vocab().keys() - {*special}
        alphabet = sorted(characters, key=lambda token: (len(token), token))  # "##e" after "e", as usual
        again = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
        again.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        in_order = trainers.WordPieceTrainer(
            vocab_size=vocab_size,
            min_frequency=min_frequency,
            special_tokens=[*special, *alphabet],
            show_progress=False,
        )
        again.train_from_iterator(heeding(_repeat_words(state["words"])), in_order)
        engine.model = again.model

    return Learner(engine, trainer, LINE_OR_WORD, vocab_size, len(special), finish)


def learn_unigram(vocab_size: int, *, pattern: str | None = None, special: Sequence[str] = ()) -> Learner:
    """Learn a Unigram model: in SentencePiece's way with byte fallback, or of bytes, cut by a `pattern`.

    Example: train(learn_unigram(1000), documents, progress).encode("new words").tokens -> ["new", "▁words"]

    In SentencePiece's way a space is written `▁` and begins a word, line breaks are tokens by themselves, and
    a character that is not in the corpus becomes its bytes. Raises UsageError. The algorithm: Kudo 2018
    (arXiv:1804.10959).
    """
    special = check_special_tokens(["<unk>", *special])
    given = 256 + len(special)
    _hold(vocab_size, given, f"the 256 bytes and {len(special)} special tokens")
    engine = tokenizers.Tokenizer(models.Unigram())
    cut = _cut_like_sentencepiece(engine) if pattern is None else _byte_level(engine, pattern)
    trainer = trainers.UnigramTrainer(
        vocab_size=vocab_size if pattern else vocab_size - 256,
        unk_token="<unk>",
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if pattern else [],
        show_progress=False,
    )
    finish = partial(_finish_unigram, special=len(special), fallback=pattern is None)
    return Learner(engine, trainer, cut, vocab_size, given, finish)


def train(learner: Learner, documents: Iterable[Document], progress: Progress) -> tokenizers.Tokenizer:
    """Feed documents to a learner, a piece at a time, and give the tokenizer that it becomes.

    Example: train(learn_bpe(300), [Document.of_text("low lower lowest", Decoding())], progress).to_str()

    The trainer works in a thread of its own, so that Ctrl-C works while it computes; documents are read in
    the caller's. Raises InputError, and UsageError if there is nothing to learn from the documents or the
    vocabulary is too small for their characters.
    """
    engine = learner.engine
    work = _TrainerThread(learner)
    work.start()
    try:
        for document in documents:
            for piece in _training_pieces(document, learner.cut, progress):
                work.feed(piece)
        work.feed(None)
        work.join()
    except BaseException:
        work.abandon()
        raise
    if isinstance(work.failure, UsageError):
        raise work.failure
    if work.failure is not None:
        raise UsageError(
            f"tokenizers cannot learn {learner.vocab_size:,} tokens from this, try another --vocab-size: "
            f"{work.failure}"
        ) from work.failure
    size = engine.get_vocab_size()
    if size > learner.vocab_size:
        raise UsageError(
            f"--vocab-size {learner.vocab_size} is too small for the corpus's characters: at least {size}"
        )
    if size <= learner.given:
        raise UsageError(NOTHING_TO_LEARN)
    return engine


class _TrainerThread(Thread):
    """The library's trainer at work; it is fed pieces, and None after the last."""

    def __init__(self, learner: Learner) -> None:
        super().__init__(daemon=True)
        self.failure: BaseException | None = None
        self._learner = learner
        self._waiting: Queue[str | None] = Queue(READ_AHEAD)
        self._abandoned = Event()

    def run(self) -> None:
        try:
            pieces = self._heeding(iter(self._waiting.get, None))
            self._learner.engine.train_from_iterator(pieces, self._learner.trainer)
            self._learner.finish(self._learner.engine, self._heeding)
        except BaseException as error:  # raised again where train() waits for it
            self.failure = error

    def feed(self, piece: str | None) -> None:
        """Hand over a piece once there is room for it, unless the trainer has failed."""
        while self.is_alive():
            with suppress(Full):
                self._waiting.put(piece, timeout=0.1)
                break

    def abandon(self) -> None:
        """Make it end at its next piece: Python must not exit while the library may still ask for one."""
        self._abandoned.set()
        with suppress(Full):
            self._waiting.put_nowait(None)
        self.join(GRACE)

    def _heeding(self, texts: Iterable[str]) -> Iterator[str]:
        for text in texts:
            if self._abandoned.is_set():
                break
            yield text
        if self._abandoned.is_set():
            raise InterruptedError  # otherwise the library would learn from what it has


def _training_pieces(document: Document, cut: re.Pattern[str], progress: Progress) -> Iterator[str]:
    """Read a document in pieces that cut no pre-token; without a place to cut, in one piece."""
    return (piece for _, piece in read_pieces(document, [cut], progress))


def oniguruma(pattern: str) -> str:
    """Rewrite a split pattern for Oniguruma, the engine of `tokenizers`, where its syntax differs.

    Example: oniguruma(r"\\p{N}{1,3}+|[\\s--[a]]+|\\s++$") -> r"\\p{N}{1,3}|[\\s&&[^a]]+|\\s++\\z"

    There `{1,3}+` is a repeated repetition, not a possessive one, which makes no difference at the end of an
    alternative; a set difference is written as an intersection; and `$` matches before every newline.
    """
    pattern = pattern.replace("{1,3}+", "{1,3}").replace("$", r"\z")
    return re.sub(r"--\[([^]]*)\]", r"&&[^\1]", pattern)


def _repeat_words(words: Mapping[str, int]) -> Iterator[str]:
    """Write each word as often as it occurs, at most a thousand at a time.

    Example: _repeat_words({"low": 2, "new": 1}) -> "low low ", "new "
    """
    for word, count in words.items():
        for some in (*repeat(1000, count // 1000), count % 1000):
            yield f"{word} " * some


def _cut_like_sentencepiece(engine: tokenizers.Tokenizer) -> re.Pattern[str]:
    """Make a tokenizer cut text as SentencePiece does, line breaks apart; give where a text may be cut."""
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(tokenizers.Regex(APART), "isolated"),
            pre_tokenizers.Metaspace(prepend_scheme="never"),
        ]
    )
    engine.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse(), decoders.Replace("▁", " ")])
    return SPACE_OR_LINE


def _byte_level(engine: tokenizers.Tokenizer, pattern: str) -> re.Pattern[str]:
    """Make a tokenizer cut text by a pattern and see its bytes; give where a text may be cut."""
    if pattern not in SPLIT_PATTERNS:
        raise UsageError(f"unknown --pattern {pattern!r}: {', '.join(SPLIT_PATTERNS)}; for BPE also smiles")
    split = pre_tokenizers.Split(tokenizers.Regex(oniguruma(SPLIT_PATTERNS[pattern])), "isolated")
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    engine.decoder = decoders.ByteLevel()
    if VOCABULARIES[pattern].nfc:
        engine.normalizer = normalizers.NFC()
    return WORD_CUT if SPLIT_PATTERNS[pattern] == GPT2_PATTERN else LINE_OR_WORD


def _finish_bpe(engine: tokenizers.Tokenizer, heeding: Heeding, *, special: int) -> None:
    """Put the tokens of the 256 bytes after the special ones, as SentencePiece does."""
    model = json.loads(engine.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)
    tokens[special:special] = BYTE_TOKENS
    ids = {token: token_id for token_id, token in enumerate(tokens)}
    engine.model = models.BPE(ids, [(left, right) for left, right in model["merges"]], byte_fallback=True)


def _finish_unigram(engine: tokenizers.Tokenizer, heeding: Heeding, *, special: int, fallback: bool) -> None:
    """Check that there are scores, and put the tokens of the bytes where _finish_bpe does."""
    vocabulary = [(piece, score) for piece, score in json.loads(engine.to_str())["model"]["vocab"]]
    if any(score is None for _, score in vocabulary):  # NaN: there was nothing to estimate it from
        raise UsageError(NOTHING_TO_LEARN)
    if fallback:
        vocabulary[special:special] = [(byte, 0.0) for byte in BYTE_TOKENS]
        engine.model = models.Unigram(vocabulary, 0, True)


def check_special_tokens(special: Sequence[str]) -> Sequence[str]:
    """Check that a vocabulary can have these special tokens. Raises UsageError.

    Example: check_special_tokens(["<pad>"]) -> ["<pad>"]
    """
    for token in special:
        if not token or any(unicodedata.category(char) in ("Cc", "Cs") for char in token):
            raise UsageError(f"--special-token {token!r}: it is empty, or has control characters")
    if len({*special}) < len(special):
        twice = next(token for token in special if special.count(token) > 1)
        raise UsageError(f"--special-token {twice!r} is given twice")
    return special


def _hold(vocab_size: int, least: int, what: str) -> None:
    if vocab_size <= least:
        raise UsageError(f"--vocab-size {vocab_size} leaves nothing to learn: {what} come first")
