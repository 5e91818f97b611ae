"""`adapted:FILE`: a shipped byte-level BPE vocabulary with further tokens, made by `tokscope adapt`.

There are two kinds of new token, numbered from the base's vocab_size on in the order in which they came:

- A term is found in the text before anything else is, as tokscope.text.terms finds it. It may hold spaces.
- A merge is a token after all others of the byte-pair encoding, for the text between the terms.

A text in which no term is found and which has the bytes of no merge is cut as the base cuts it: no term
divides it, and merges of the base come before ours. The file is JSON; its `sha256` is the vocabulary's.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from tokscope.backends.bpe.byte_level import BPE
from tokscope.engines.ranks import MappedRanks, Ranks
from tokscope.errors import BrokenTokenizer
from tokscope.files.small_files import read_json
from tokscope.text.terms import TermFinder, fault
from tokscope.tokenizer.spec import Spec
from tokscope.vocabularies import VOCABULARIES
from tokscope.vocabularies.patterns import GPT2_PATTERN

if TYPE_CHECKING:
    from tokscope.report.trace import Step

FORMAT_VERSION = 1

LINE_OR_TAB = re.compile(r"(?<=\n)(?=[^\W\d_])|(?<=[A-Za-z0-9])(?=[\t\r\n])")
TAB = re.compile(r"(?<=[A-Za-z0-9])(?=[\t\r\n])")
"""Of the cuts of BPE those that no term has inside, since none has a control character."""


class NewToken(NamedTuple):
    """A token that the base does not have.

    Example: NewToken("冠状动脉".encode(), term=True, saves=12)

    `saves` is how many tokens it saved on the held-out text when it was made.
    """

    data: bytes
    term: bool
    saves: int = 0


class Adaptation(NamedTuple):
    """A base vocabulary, by its name, and the tokens that come after it.

    Example: Adaptation("o200k_base", (NewToken("冠状动脉".encode(), True),)).first_id -> 200019
    """

    base: str
    tokens: tuple[NewToken, ...] = ()

    @property
    def first_id(self) -> int:
        """The id of the first new token.

        Example: Adaptation("gpt2").first_id -> 50257
        """
        return VOCABULARIES[self.base].vocab_size

    @classmethod
    def read(cls, path: str) -> Adaptation:
        """Read a file that `tokscope adapt` wrote. Raises BrokenTokenizer.

        Example: Adaptation.read("med.json").base -> "o200k_base"
        """
        document = read_json(path)
        try:
            if document["tokscope"] != "adapted":
                raise ValueError(f"it is {document['tokscope']!r}")
            version, base = document["version"], document["base"]
            if version != FORMAT_VERSION:
                raise BrokenTokenizer(
                    f"{path}: has version {version!r}; this tokscope reads {FORMAT_VERSION}"
                )
            known = VOCABULARIES.get(base["name"])
            same = known and (known.backend, known.sha256, known.vocab_size)
            if known is None or same != ("bpe", base["sha256"], base["vocab_size"]):
                raise BrokenTokenizer(f"{path}: its base {base['name']!r} does not ship with this tokscope")
            tokens = tuple(map(_read_token, document["tokens"]))
            ids = [entry["id"] for entry in document["tokens"]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BrokenTokenizer(f"{path}: damaged, or not made by tokscope adapt: {error!r}") from error
        if ids != list(range(known.vocab_size, known.vocab_size + len(tokens))):
            raise BrokenTokenizer(f"{path}: damaged: its ids do not follow those of {base['name']}")
        if len({(token.data, token.term) for token in tokens}) < len(tokens):
            raise BrokenTokenizer(f"{path}: damaged: a token occurs twice")
        ranks = MappedRanks(known.path)
        if any(ranks.get(token.data) is not None for token in tokens if not token.term):
            raise BrokenTokenizer(f"{path}: damaged: a token of {base['name']} is there again")
        return cls(base["name"], tokens)

    def to_json(self) -> str:
        """Write what read() reads, a token a line.

        Example: Adaptation("gpt2").to_json()[:22] -> '{"tokscope": "adapted"'
        """
        known = VOCABULARIES[self.base]
        base = {"name": self.base, "sha256": known.sha256, "vocab_size": known.vocab_size}
        head = {"tokscope": "adapted", "version": FORMAT_VERSION, "base": base}
        lines = [
            json.dumps(
                {"id": number, **_entry_of_bytes(token.data), "term": token.term, "saves": token.saves},
                ensure_ascii=False,
            )
            for number, token in enumerate(self.tokens, self.first_id)
        ]
        listed = ",\n".join(lines)
        return f'{json.dumps(head)[:-1]}, "tokens": [\n{listed}\n]}}\n'

    def tokenizer(self, name: str, *, special: bool = False) -> Adapted:
        """Make the tokenizer, with a name.

        Example: Adaptation("gpt2").tokenizer("adapted:my.json").vocab_size -> 50257
        """
        return Adapted(name, self, special=special)


def _read_token(entry: Mapping[str, object]) -> NewToken:
    """Read one token. Raises ValueError, KeyError and TypeError."""
    data, term, saves = _bytes_of_entry(entry), entry["term"], entry["saves"]
    if not data or not isinstance(term, bool) or not isinstance(saves, int):
        raise ValueError(f"no token: {entry}")
    if term and (found := fault(data.decode())):
        raise ValueError(found)
    return NewToken(data, term, saves)


def _bytes_of_entry(entry: Mapping[str, object]) -> bytes:
    text = entry.get("text")
    return text.encode() if isinstance(text, str) else base64.b64decode(str(entry["base64"]), validate=True)


def _entry_of_bytes(data: bytes) -> Mapping[str, str]:
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:  # a part of a character
        return {"base64": binascii.b2a_base64(data, newline=False).decode()}


class Extended:
    """Ranks with further tokens after them.

    Example: Extended(ranks, {b"coronary": 200019}).get(b"coronary") -> 200019
    """

    def __init__(self, ranks: Ranks, more: Mapping[bytes, int]) -> None:
        self._ranks = ranks
        self._more = more

    def get(self, token: bytes, /) -> int | None:
        """Give the token's rank, None if there is no such token.

        Example: Extended(ranks, {b"coronary": 200019}).get(b"coronary") -> 200019
        """
        rank = self._more.get(token)
        return self._ranks.get(token) if rank is None else rank

    def items(self) -> Iterable[tuple[bytes, int]]:
        """Give every token and its rank.

        Example: list(Extended({}, {b"ab": 256}).items()) -> [(b"ab", 256)]
        """
        return chain(self._ranks.items(), self._more.items())


class Adapted(BPE):
    """Byte-level BPE with terms that are found first, and merges that come last.

    Example: load("./med.json").encode("冠状动脉搭桥术").ids -> [200019]
    """

    def __init__(self, name: str, adaptation: Adaptation, *, special: bool = False) -> None:
        known = VOCABULARIES[adaptation.base]
        numbered = list(enumerate(adaptation.tokens, known.vocab_size))
        terms = {token.data.decode(): token_id for token_id, token in numbered if token.term}
        merges = {token.data: token_id - known.offset for token_id, token in numbered if not token.term}
        super().__init__(
            name,
            Extended(MappedRanks(known.path), merges),
            known.pattern,
            known.vocab_size + len(numbered),
            added={**known.words, **known.special} if special else known.words,
            special=special,
            prefix=known.prefix if special else (),
            offset=known.offset,
            nfc=known.nfc,
        )
        self.adaptation = adaptation
        self._terms = terms
        self._finder = TermFinder(terms)
        if self.cut is not None and any(char.isspace() for term in terms for char in term[1:]):
            self.cut = TAB if known.pattern == GPT2_PATTERN else LINE_OR_TAB

    def parts(self, text: str) -> list[str]:
        """Cut `text`, normalised as the base does it, at its terms, which are every second part.

        Example: with the term 冠状, adapted.parts("a冠状b") -> ["a", "冠状", "b"]
        """
        return self._finder.parts(self._normal(text))

    @property
    def _known(self) -> Mapping[str, int]:
        known = VOCABULARIES[self.adaptation.base]
        return {**known.special, **known.words, **self._terms}

    def _is_special(self, token: str) -> bool:
        return token not in self._terms and token in VOCABULARIES[self.adaptation.base].special

    def _terms_found(self, terms: Sequence[str]) -> list[Step]:
        from tokscope.report.trace import Step

        says = f"found in the text: {' '.join(terms)}" if terms else "none is found in the text"
        return [Step("terms", says)]

    def _parts(self, text: str) -> Sequence[tuple[str, int | None]]:
        """Cut `text` at its terms, which are parts of their own."""
        return [
            (part, self._terms[part] if i % 2 else None) for i, part in enumerate(self._finder.parts(text))
        ]


def load(spec: Spec) -> Adapted:
    """Build the tokenizer of `adapted:FILE`. Raises BrokenTokenizer.

    Example: load(Spec("adapted", "med.json")).adaptation.base -> "o200k_base"
    """
    return Adaptation.read(spec.argument).tokenizer(str(spec), special=spec.special)
