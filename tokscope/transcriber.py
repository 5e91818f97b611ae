"""Transcriber: what a backend is that takes molecules or a graph, not text."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any

from tokscope.errors import Flaw, Unsupported
from tokscope.split import Split
from tokscope.structures.alphabet import Alphabet
from tokscope.structures.graph import NodeGraph
from tokscope.structures.molecule import Molecule
from tokscope.structures.smiles import scan
from tokscope.structures.sniffing import Structure, read_graphs, read_molecules
from tokscope.tokenizer import Census, Entry, Kind, Tokenizer
from tokscope.transcript import Sign, Transcript, list_members

if TYPE_CHECKING:
    from tokscope.report.trace import Trace


class Transcriber(Tokenizer):
    """Writes molecules, or graphs, as tokens.

    Example: load("selfies").transcribe(Molecule("C=O")).signs[1].text -> "[=O]"

    A text given to it is the content of a file of its kind; of SMILES one a line, without names.
    """

    kind: Kind
    """The kind of document that it takes."""

    loses: tuple[str, str] = ("", "")
    """What it drops of a structure, one and several of them: ("isolated atom", "isolated atoms")."""

    alphabet: Alphabet | None = None
    """The ids of its tokens, where they come from a file (`?vocab=`)."""

    remark: str = ""
    """What is to be said of its tokens wherever they are shown."""

    how: str = ""
    """In a sentence, how it makes tokens: what trace begins with."""

    def __init_subclass__(cls) -> None:
        """Let it take documents of its kind."""
        super().__init_subclass__()
        if "kind" in vars(cls):
            cls.takes = (cls.kind,)

    @abstractmethod
    def transcribe(self, structure: Any) -> Transcript:
        """Write one structure as tokens. Raises Flaw for what is not one.

        Example: [one.text for one in load("smiles").transcribe(Molecule("C=O")).signs] -> ["C", "=", "O"]
        """

    def census_of(self, structure: Any) -> Census:
        """Count the tokens of one structure, and what of it has none. Raises Flaw as transcribe() does.

        Example: load("graphsgpt").census_of(Molecule("CCO.C")) -> Census(tokens=5, dropped=1)
        """
        found = self.transcribe(structure)
        return Census(found.size, dropped=len(found.dropped))

    def read(
        self, blocks: Iterable[str], *, name: str = "", literal: bool = False
    ) -> Iterator[Structure | Flaw]:
        """Read the structures of a file, one after the other; a Flaw takes the place of a broken one.

        Example: [one.smiles for one in load("smiles").read(["CCO ethanol\\n"])] -> ["CCO"]

        `name` is the file's. What is `literal` was typed, and holds no names of molecules. Raises Flaw for a
        graph that is none.
        """
        if self.kind is Kind.MOLECULES:
            return read_molecules(blocks, names=not literal)
        return read_graphs(blocks, name=name)

    def features(self, structure: Any) -> tuple[Any, str]:
        """Give the tokens themselves where they are features: an array with a row a node, and its source.

        Example: load("nagphormer?hops=2").features(graph)[0].shape -> (3, 3, 3)

        Raises Unsupported where they are not.
        """
        raise Unsupported(f"{self.shown} has no features to write; nagphormer and llaga:ho have")

    def restore(self, transcript: Transcript) -> str:
        """Give the SMILES or the text that a transcript stands for, where it keeps all of it.

        Example: load("smiles").restore(load("smiles").transcribe(Molecule("CCO"))) -> "CCO"

        Raises Unsupported where it does not.
        """
        raise Unsupported(f"{self.shown} loses a part of each text, so its ids do not lead back to it")

    def decode(self, ids: Sequence[int]) -> bytes:
        """Give the SMILES that ids stand for, by `?vocab=`. Raises UnknownId, and Unsupported without ids."""
        if self.alphabet is None:
            raise self.no_ids()
        try:
            signs = [Sign(self.alphabet.tokens[number], number) for number in ids]
        except KeyError as error:
            raise self.no_such_id(ids, error.args[0]) from None
        return self.restore(Transcript(signs)).encode()

    def vocabulary(self) -> Iterator[Entry]:
        """Give the tokens of `?vocab=`, in the order of their ids. Raises Unsupported without it."""
        if self.alphabet is None:
            yield from super().vocabulary()
            return
        for number, token in sorted(self.alphabet.tokens.items()):
            yield Entry(number, token.encode())

    def no_ids(self) -> Unsupported:
        """Make the error for tokens that have no ids, and say where some come from."""
        if self.kind is Kind.GRAPH:
            return Unsupported(
                f"{self.name} has no ids: they are the model's own; llaga:nd and graph:text have some"
            )
        return Unsupported(
            f"{self.name} has no ids: none are published; with ?vocab=FILE smiles and selfies have, and what "
            "train bpe --pattern smiles learns has"
        )

    def _numbered(self, signs: Sequence[Sign]) -> Sequence[Sign]:
        """Give tokens the ids of the alphabet, where there is one. Raises Flaw for one that has none."""
        if self.alphabet is None:
            return signs
        return [one._replace(id=self.alphabet.number(one.text)) for one in signs]

    def _structures(self, text: str) -> Iterator[Structure]:
        """Read the structures of a text. Raises Flaw, which names --text, for the first broken one."""
        try:
            for one in self.read([text] if text else [], literal=True):
                if isinstance(one, Flaw):
                    raise one
                yield one
        except Flaw as flaw:
            raise flaw if flaw.path else flaw.of("--text") from None

    def _transcribed(self, text: str) -> Iterator[Transcript]:
        for one in self._structures(text):
            try:
                yield self.transcribe(one)
            except Flaw as flaw:
                raise one.located(flaw, "--text") from None

    def encode(self, text: str) -> Split:
        """Write the structures of a text as tokens; the Split's text is what the tokens make together.

        Example: load("selfies").encode("C=O").source -> b"[C][=O]"

        Raises Flaw for the first broken structure.
        """
        return concatenate([one.split for one in self._transcribed(text)])

    def count(self, text: str) -> int:
        """Count the tokens of the structures of a text. Raises Flaw as encode() does."""
        total = 0
        for one in self._structures(text):
            try:
                total += self.census_of(one).tokens
            except Flaw as flaw:
                raise one.located(flaw, "--text") from None
        return total

    def trace(self, text: str) -> Trace:
        """Say of each token of a text's structures what it stands for, and why. Raises Flaw as encode()."""
        return self.trace_of(list(self._structures(text)))

    def trace_of(self, structures: Sequence[Any]) -> Trace:
        """Say of each token what it stands for, and why: a ring that it closes, a hop, padding. Raises Flaw.

        Example: load("selfies").trace_of([Molecule("C=O")]).steps[0].figures[0].rows[1] ->
        [b"[=O]", "atom 1, bond 0", "atom 1"]
        """
        from tokscope.report.table import Column
        from tokscope.report.trace import Step, Table, Tokens, Trace

        found = [self.transcribe(one) for one in structures]
        signs = list(chain.from_iterable(one.signs for one in found))
        split = concatenate([one.split for one in found])
        columns = [
            Column("token", "token"),
            Column("id", "id", shown=any(symbol.id is not None for symbol in signs)),
            Column("stands for"),
            Column("why", shown=any(symbol.why for symbol in signs)),
        ]
        rows = [
            (token.data, symbol.id, list_members(symbol.members), symbol.why)
            for token, symbol in zip(split, signs, strict=True)
        ]
        shown = [i for i, column in enumerate(columns) if column.shown]
        table = Table("tokens", [columns[i] for i in shown], [[row[i] for i in shown] for row in rows])
        steps = [*self._before(structures), Step("tokens", self.how, (table,))]
        if lost := list(chain.from_iterable(one.dropped for one in found)):
            steps.append(Step("dropped", f"{self.lost_members(len(lost))}: {list_members(lost)}"))
        last = "tokens" if split.ids is None else "ids"
        steps.append(Step(last, f"{len(split):,} token{'s' * (len(split) != 1)}", (Tokens(split),)))
        return Trace(self.name, steps, split)

    def _before(self, structures: Sequence[Any]) -> Iterable[Any]:
        """Give the steps of a trace before the tokens."""
        return ()

    def lost_members(self, number: int) -> str:
        """Say how much was dropped.

        Example: load("graphsgpt").lost_members(2) -> "2 isolated atoms dropped"
        """
        return f"{number:,} {self.loses[number != 1]} dropped"


MAX_WRITTEN = 2_000_000
"""How many tokens of a graph are written out; more are counted alone."""


class Nodes(Transcriber):
    """Writes the nodes of a graph, or one of them, as tokens.

    Example: isinstance(load("nagphormer"), Nodes) -> True
    """

    node: str | None = None
    """The name of the only node that is asked for; None for all."""

    def chosen(self, graph: NodeGraph) -> Sequence[int]:
        """Give the indices of the nodes that are asked for. Raises Flaw for a name that no node has.

        Example: load("nagphormer?node=B").chosen(graph) -> [1]
        """
        return range(len(graph)) if self.node is None else [graph.index(self.node)]

    def held(self, graph: NodeGraph) -> Sequence[int]:
        """Give the same for what writes the tokens out. Raises Flaw for more than MAX_WRITTEN.

        Example: list(load("nagphormer").held(graph)) -> [0, 1, 2]
        """
        many = self.census_of(graph).tokens
        if many > MAX_WRITTEN:
            raise Flaw(
                f"{many:,} tokens, of which {MAX_WRITTEN:,} at most are written out; --node takes one node"
            )
        return self.chosen(graph)


class Spelled(Transcriber):
    """A tokenizer of text on the SMILES of molecules, whose tokens then stand for atoms and bonds.

    Example: Spelled(load("char")).transcribe(Molecule("C=O")).signs[1].members -> [("bond", 0)]
    """

    kind = Kind.MOLECULES

    def __init__(self, inner: Tokenizer) -> None:
        self.name, self.asked, self.exact, self.note = inner.name, inner.asked, inner.exact, inner.note
        self.vocab_size = inner.vocab_size
        self.how = f"the SMILES as {inner.shown} cuts text"
        self._inner = inner

    def transcribe(self, structure: Molecule) -> Transcript:
        """Cut the SMILES of a molecule. Raises Flaw for what is not SMILES."""
        read = scan(structure.smiles)
        split = self._inner.encode(structure.smiles)
        ends = list(accumulate(map(len, read.tokens)))
        signs = []
        for token in split:
            held = range(bisect_right(ends, token.start), bisect_left(ends, token.end) + 1)
            members = dict.fromkeys(member for at in held for member in read.members[at])
            text = token.label or token.data.decode(errors="replace")
            signs.append(Sign(text, token.id, tuple(members) if token.data else ()))
        return Transcript(signs, whole=split)

    def census_of(self, structure: Molecule) -> Census:
        """Count the tokens of a SMILES."""
        return Census(self._inner.count(structure.smiles))


def concatenate(splits: list[Split]) -> Split:
    """Put Splits one after another, as one of the texts put one after another.

    Example: concatenate([Split(b"C", [0], [1]), Split(b"O", [0], [1])]) -> Split(b"CO", [0, 1], [1, 2])
    """
    if len(splits) == 1:
        return splits[0]
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for one in splits:
        starts += [at + start for start in one.starts]
        ends += [at + end for end in one.ends]
        at += len(one.source)
    numbered = splits and all(one.ids is not None for one in splits if len(one))
    ids = [number for one in splits for number in one.ids or ()] if numbered else None
    return Split(b"".join(one.source for one in splits), starts, ends, ids)
