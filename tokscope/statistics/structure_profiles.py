"""StructureProfile: what tokenizers make of molecules or graphs, as the figures that `compare` shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from tokscope.errors import Problem
from tokscope.inputs import Document
from tokscope.report.table import Column, Estimate, Fields, TableReport
from tokscope.structure_files.stream import Said
from tokscope.structure_files.transcribing import refuse_structures, takers, write_structures
from tokscope.tokenizer import Kind, Tokenizer
from tokscope.transcriber import Transcriber
from tokscope.transcript import Transcript

MEASURES = {
    Kind.MOLECULES: ("molecule", "heavy atom"),
    Kind.GRAPH: ("graph", "node", "edge"),
}
"""What tokens are divided by, for each kind; the first is how many there are."""


class StructureProfile:
    """What one tokenizer makes of structures: sums, and the ratios that `compare` shows.

    Example: profile = StructureProfile(load("smiles")); profile.add(transcript, [1, 13])
    """

    def __init__(self, transcriber: Transcriber) -> None:
        self.transcriber = transcriber
        self.tokens = self.dropped = 0
        self._of: list[int] = [0] * len(MEASURES[transcriber.kind])
        self._used: set[str | int] = set()

    def add(self, transcript: Transcript, sizes: Sequence[int]) -> None:
        """Add one more structure, whose `sizes` are what the MEASURES of its kind count.

        Example: one = StructureProfile(load("smiles")); one.add(load("smiles").transcribe(Molecule("CCO")),
        [1, 3]); one.tokens -> 3
        """
        self.tokens += transcript.size
        self.dropped += len(transcript.dropped)
        self._of = [sum(pair) for pair in zip(self._of, sizes, strict=True)]
        if self._spells:
            self._used.update(one.text if one.id is None else one.id for one in transcript.signs)

    @property
    def structures(self) -> int:
        """How many there were."""
        return self._of[0]

    @property
    def _spells(self) -> bool:
        """Whether its tokens are those of a vocabulary, and no nodes of the graph itself."""
        return self.transcriber.kind is Kind.MOLECULES or self.transcriber.vocab_size is not None

    @property
    def figures(self) -> Fields:
        """The figures, by their names in JSON; None for a ratio that would divide by nothing.

        Example: StructureProfile(load("smiles")).figures["dropped"] -> 0
        """
        names = MEASURES[self.transcriber.kind]
        ratios = {
            f"tokens_per_{name.replace(' ', '_')}": self.tokens / number if number else None
            for name, number in zip(names, self._of, strict=True)
        }
        return {
            **ratios,
            "vocabulary_used": len(self._used) if self._spells else None,
            "vocabulary": self.transcriber.vocab_size,
            "dropped": self.dropped,
        }

    @property
    def result(self) -> Fields:
        """The profile in JSON.

        Example: StructureProfile(load("smiles")).result["kind"] -> "molecules"
        """
        one = self.transcriber
        sizes = {
            f"{name.replace(' ', '_')}s": number
            for name, number in zip(MEASURES[one.kind], self._of, strict=True)
        }
        return {
            "tokenizer": one.name,
            "exact": one.exact,
            "kind": str(one.kind),
            "tokens": self.tokens,
            **sizes,
            **self.figures,
        }

    @property
    def row(self) -> Sequence[Any]:
        """The profile as a row of a table."""
        return (
            self.transcriber.shown,
            Estimate.unless(self.transcriber.exact, self.tokens),
            self.tokens,
            *self.figures.values(),
        )


class StructureProfiler:
    """Profiles the molecules and graphs of documents by several tokenizers.

    Example: profiler = StructureProfiler([load("smiles")], print); profiler.add(document, progress)

    Tokenizers of text cut the SMILES of molecules. A broken structure goes to `report`; `said` is what
    no figure includes.
    """

    def __init__(self, tokenizers: Sequence[Tokenizer], report: Problem) -> None:
        self.said = Said()
        self.files = 0
        self._tokenizers, self._report = tokenizers, report
        self._profiles: dict[Kind, dict[str, StructureProfile]] = {}

    def add(self, document: Document, progress: Callable[[Document], None]) -> None:
        """Read one more document. Raises InputError for a file that was named and is for none of them.

        Example: profiler = StructureProfiler([load("smiles")], print); profiler.add(Document("a.smi",
        Decoding(), b"CCO\\n"), progress); profiler.files -> 1
        """
        chosen = takers(document, self._tokenizers)
        if not chosen:
            refuse_structures(document, self._tokenizers, self.said)
            return
        self.files += 1
        for some in chosen:
            if some[0].kind is Kind.GRAPH:
                self._leave_texts(document)
            profiles = self._profiles.setdefault(some[0].kind, {})
            for found in write_structures(document, some, self._report, self.said):
                sizes = found.structure.sizes
                for one, transcript in found.transcripts:
                    profiles.setdefault(one.shown, StructureProfile(one)).add(transcript, sizes)
                progress(document)

    def _leave_texts(self, document: Document) -> None:
        """Say that tokenizers of text have no figures for a graph by itself."""
        for one in self._tokenizers:
            if not one.takes_structures:
                instead = f"graph:text?t={one.shown} has the figures of one way to write it"
                self.said.add([f"{document.path}: {one.shown} takes no graph; {instead}"])

    def tables(self) -> Iterator[TableReport]:
        """Give a table for each kind of structure that there was.

        Example: profiler = StructureProfiler([load("smiles")], print); profiler.add(Document("a.smi",
        Decoding(), b"CCO\\n"), progress); list(profiler.tables())[0].rows[0][:2] -> ["smiles", 3]
        """
        for kind, profiles in self._profiles.items():
            yield _profile_table(kind, list(profiles.values()))


def _profile_table(kind: Kind, profiles: Iterable[StructureProfile]) -> TableReport:
    """A row for each tokenizer, in the order in which they were named."""
    known = list(profiles)
    columns = [
        Column("tokenizer"),
        Column("tokens", "int"),
        Column("tokens", "bar", optional=True),
        *(Column(f"tokens/{name}", "ratio") for name in MEASURES[kind]),
        Column("vocabulary used", "int", optional=True),
        Column("vocabulary", "int", optional=True),
        Column("dropped", "int", optional=True, shown=any(one.dropped for one in known)),
    ]
    first = MEASURES[kind][0]
    many = max((one.structures for one in known), default=0)
    return TableReport(
        columns,
        [one.row for one in known],
        title=f"{many:,} {first}{'s' * (many != 1)}",
        results=[one.result for one in known],
        summary={"tokens": {one.transcriber.name: one.tokens for one in known}},
    )
