"""The work on one partition: what every worker runs, wherever it is.

A worker is given a Job and a Partition and gives a Done; it loads each tokenizer once, by its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import compress
from typing import Any

from tokscope.corpora.content import MAX_KEPT
from tokscope.corpora.count_work import Work
from tokscope.corpora.partitions import Done, Job, Partition, Reject, halved
from tokscope.corpora.readers import Binary, choose_reader
from tokscope.corpora.record import Reader, Record
from tokscope.corpora.sampler import Sampler, chance
from tokscope.corpora.sums import Sums
from tokscope.errors import InputError, OutputError, TokscopeError
from tokscope.split import mended
from tokscope.text.segments import count_words

Say = Callable[[int], None]
"""Told where in the partition the work is, so that nobody thinks it has stopped."""

FULL_RECORDS, FULL_SIZE = 1000, 1 << 20
"""How many documents, or characters, are tokenized together."""


def _worker(job: Job) -> Work:
    """Make what does the work that a Job names."""
    if job.work == "encode":
        from tokscope.corpora.encoder import Encoder

        return Encoder(job)
    return Sampler(job) if job.work == "sample" else Work(job)


_open: dict[str, Reader] = {}
"""The reader that was used last, by the job and the file: the next partition may go on where it stands."""


def _open_reader(job: Job, partition: Partition) -> Reader:
    key = json.dumps([job, partition.path, partition.size])
    if key not in _open:
        _open.clear()
        _open[key] = choose_reader(job, partition)
    return _open[key]


def work(job: Job, partition: Partition, say: Say = lambda at: None) -> Done:
    """Take a partition through the tokenizers.

    Example: work(Job("count", ("byte",)), Partition("a.jsonl", size=100)).total["documents"] -> 3

    What cannot be read is a reject or a problem of the Done. Raises TokenizerError where a tokenizer cannot
    be loaded, and OutputError.
    """
    doing = _worker(job)
    try:
        source = _open_reader(job, partition)
        whole = Partition(partition.path, size=partition.size)
        if partition._replace(deaths=0, unbegun=0) == whole:  # nobody has looked at the file
            parts = source.parts(whole)
            if len(parts) > 1:
                return Done(more=tuple(parts))
    except Binary:
        return Done(skipped=True, read=partition.size)
    except InputError as error:
        _open.clear()
        return Done(problem=error.message, read=partition.size)
    try:
        doing.begin(partition, source)
        say(partition.start)
        return _worked(job, partition, source, doing, say)
    except BaseException:
        doing.abandon()
        raise


def answer_with_work(
    job: Mapping[str, Any], partition: Sequence[Any], say: Say = lambda at: None
) -> list[object]:
    """Work for another process, given what JSON made of a job and a partition; say what came of it.

    Example: answer_with_work({"work": "count", "tokenizers": ["byte"]}, ["a.jsonl"]) -> ["done", Done(...)]
    """
    try:
        return ["done", work(Job.of(job), Partition.of(partition), say)]
    except TokscopeError as error:
        return ["refused", str(error)]
    except OSError as error:
        return ["refused", f"{error.filename or 'the system says'}: {error.strerror or error}"]


def _worked(job: Job, partition: Partition, source: Reader, doing: Work, say: Say) -> Done:
    found = _PartitionTotals(job, partition.path, doing)
    problem = ""
    try:
        for record in source.records(partition):
            if found.add(record):
                say(record.at)
    except InputError as error:
        _open.clear()
        problem = error.message
    found.flush()
    read = (partition.size if problem else source.taken()) - source.begun
    over = problem or source.ended or (partition.until is not None and source.position >= partition.until)
    more = () if over else (_following(partition, source),)
    done = found.done(source.numbers, max(0, read), more, problem or source.damage, partition, source.unit)
    return done._replace(missing=source.missing)


def _following(partition: Partition, source: Reader) -> Partition:
    """Give the partition that begins where one has ended, and looks for what ends processes."""
    start = source.position
    following = partition._replace(
        start=start, end=start + source.step(), exact=True, deaths=0, unbegun=0, within=0
    )
    return halved(following, partition.within) if partition.within > start else following


class _PartitionTotals:
    """What is found in a partition so far."""

    def __init__(self, job: Job, path: str, doing: Work) -> None:
        self._job = job
        self._path = path
        self._doing = doing
        self._many = len(job.tokenizers)
        self._total = Sums.empty(self._many)
        self._groups: dict[str, Sums] = {}
        self._waiting: list[Record] = []
        self._size = 0
        self._rejects: list[tuple[Record, str]] = []
        self._mended = 0

    def add(self, record: Record) -> bool:
        """Take a document, now or later; say whether some have just been worked on."""
        if record.problem:
            self._rejects.append((record, record.problem))
            return False
        self._waiting.append(record)
        self._size += sum(map(len, record.texts))
        if len(self._waiting) < FULL_RECORDS and self._size < FULL_SIZE:
            return False
        self.flush()
        return True

    def flush(self) -> None:
        """Work on what is waiting."""
        waiting, self._waiting, self._size = self._waiting, [], 0
        texts = [
            [text if text.isascii() else self._whole(text) for text in record.texts] for record in waiting
        ]
        chosen = [self._chosen(record) for record in waiting]
        found = iter(self._taken(list(compress(waiting, chosen)), list(compress(texts, chosen))))
        tokens = [next(found) if yes else None for yes in chosen]
        kept = [not yes or count is not None for yes, count in zip(chosen, tokens, strict=True)]
        self._add(list(compress(waiting, kept)), list(compress(texts, kept)), list(compress(tokens, kept)))

    def _add(
        self, records: Sequence[Record], texts: Sequence[Sequence[str]], tokens: Sequence[list[int] | None]
    ) -> None:
        """Add up documents, and those of each group."""
        budget, group_by = self._job.budget, self._job.group_by
        chars = [sum(map(len, each)) for each in texts]
        sizes = [sum(len(one) if one.isascii() else len(one.encode()) for one in each) for each in texts]
        words = [sum(count_words(one).words for one in each) for each in texts if self._job.words]
        self._total.add(tokens, chars, sizes, words, budget)
        members: dict[str, list[int]] = {}
        for i, record in enumerate(records if group_by else ()):
            members.setdefault(json.dumps(record.groups, ensure_ascii=False), []).append(i)
        for key, those in members.items():
            if key not in self._groups:
                self._groups[key] = Sums.empty(self._many, lengths=False)
            self._groups[key].add(
                [tokens[i] for i in those],
                [chars[i] for i in those],
                [sizes[i] for i in those],
                [words[i] for i in those] if words else (),
                budget,
            )

    def _whole(self, text: str) -> str:
        whole = mended(text)
        self._mended += whole != text
        return whole

    def _chosen(self, record: Record) -> bool:
        return self._job.share >= 1 or chance(self._job.seed, record.at, self._path) < self._job.share

    def _taken(self, records: Sequence[Record], texts: Sequence[Sequence[str]]) -> Iterable[list[int] | None]:
        """Work on some documents; None for one that a tokenizer does not take, which is rejected."""
        if not records:
            return []
        try:
            return list(self._doing.take(records, texts))
        except (KeyboardInterrupt, SystemExit, OSError, OutputError):  # a disk is full
            raise
        except BaseException as error:  # a panic of Rust is not an Exception
            if len(records) > 1:
                return [
                    count
                    for record, text in zip(records, texts, strict=True)
                    for count in self._taken([record], [text])
                ]
            said = " ".join(str(error).split()) or type(error).__name__
            self._rejects.append((records[0], f"a tokenizer does not take it: {said[:200]}"))
            return [None]

    def done(
        self,
        numbers: int,
        read: int,
        more: tuple[Partition, ...],
        problem: str,
        partition: Partition,
        unit: str,
    ) -> Done:
        """Give what was found."""
        rejects = tuple(
            Reject(
                *(partition.path, record.at, record.number, said),
                record.raw()[:MAX_KEPT] if self._job.keep else None,
                unit,
            )
            for record, said in self._rejects
        )
        return Done(
            self._total.plain(),
            {key: tally.plain() for key, tally in self._groups.items()},
            numbers,
            read,
            more,
            rejects,
            problem,
            False,
            ["".join(sorted(one.lost)) for one in self._doing.tokenizers],
            self._mended,
            self._doing.end(),
        )
