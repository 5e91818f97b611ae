"""Budgets: files, each checked against the rules that match it, become findings."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple

from tokscope.batches import Progress
from tokscope.errors import UnknownTokenizer, Unsupported
from tokscope.gate.backlog import Backlog, Read
from tokscope.gate.baseline import Baseline
from tokscope.gate.config import Config, Held, Rule
from tokscope.gate.meter import Meter, run_meters, small_texts
from tokscope.inputs import Document
from tokscope.inputs.headed_parts import document_outline
from tokscope.measure import AskedLater, add_up, takes
from tokscope.models.limits import model_of
from tokscope.registry import load_all
from tokscope.report.check import Finding, LargestSection, Total, Usage
from tokscope.report.table import most
from tokscope.tokenizer import Tokenizer

MENDED_BY_HAND = 20
"""Of how many files the largest section is found: it takes longer than counting them."""

MAX_OUTLINED = 1 << 18
"""Bytes of a text whose largest section is found."""

MARKDOWN = {"", ".ipynb", ".markdown", ".md", ".mdc", ".mdx", ".prompt", ".txt"}
"""How the names of files end whose lines with # are headings, and no comments."""


class Past(NamedTuple):
    """What a file was at --base: its name then, None where it was none of these files, and its tokens.

    Example: Past("renamed", "b.md", {"o200k_base": 4000})

    `kind` is that of its FileChange. `tokens`, by tokenizer, are empty where its text could not be read.
    """

    kind: str
    name: str | None = None
    tokens: Mapping[str, int] = {}


class Audit:
    """Holds files against the rules of a configuration.

    Example: audit = Audit(config, baseline, backlog, progress); audit.add("a.md", document,
    config.held("a.md")); backlog.clear(); audit.findings

    Files go by their paths from the configuration's folder. The last rule with a max or a warn that matches a
    file decides about both, the last one with a section about sections; each rule's total and growth is
    judged by itself. What is in `backlog` is judged when that is cleared. `special` and `dictionary` are for
    the tokenizers that the rules name, `asked` for files that are not text.
    """

    def __init__(
        self,
        config: Config,
        baseline: Baseline,
        backlog: Backlog,
        progress: Progress,
        *,
        special: bool = False,
        dictionary: str | None = None,
        asked: AskedLater | None = None,
    ) -> None:
        self.config = config
        self.baseline = baseline
        self.findings: list[Finding] = []
        self.usages: list[Usage] = []
        self.totals: list[Total] = []
        self._load = cache(lambda spec: _load_rule_tokenizers(spec, special, dictionary))
        self._backlog = backlog
        self._progress = progress
        self._asked = asked
        self._had: dict[str, Sequence[Rule]] = {}  # which rules have had a file, by its real path
        self._needs: dict[tuple[Held, ...], list[tuple[Tokenizer, list[int]]]] = {}
        self._alone: dict[Held, bool] = {}  # see _texts_alone()
        self._now: Counter[tuple[int, str]] = Counter()  # rule and tokenizer -> tokens
        self._then: Counter[tuple[int, str]] = Counter()  # the same at --base

    @property
    def tokenizers(self) -> Sequence[Tokenizer]:
        """The tokenizers that the rules name, each once."""
        return list(
            {one.name: one for rule in self.config.rules for one in self._load(rule.tokenizer)}.values()
        )

    def count(self, names: Sequence[str], text: Document) -> Mapping[str, int]:
        """Count a text by the tokenizers of the rules for a file, which may have had another name.

        Example: audit.count(["a.md"], document) -> {"o200k_base": 4210}

        Raises InputError.
        """
        self._backlog.wait()
        meters = [Meter(meter.tokenizer) for meter in self._meters(*map(self.config.held, names))]
        run_meters(text, meters, self._progress, asked=self._asked)
        return {meter.tokenizer.name: meter.tokens for meter in meters}

    def takes(self, *names: str) -> Callable[[Document], bool]:
        """Make what says whether a file is not text and its rules count it, under any of its names.

        Example: audit.takes("photo.png")(document) -> True, where its rules count by gpt-4o
        """
        return takes([meter.tokenizer for meter in self._meters(*map(self.config.held, names))])

    def remove(self, name: str, tokens: Mapping[str, int], *, judged: bool = True) -> None:
        """Take note of a file that is gone since --base; without `judged` it only counts for growth.

        Example: audit.remove("a.md", {"o200k_base": 4000}); audit.usages[-1].change -> "removed"
        """
        self._add_up(self._then, self.config.held(name).together, tokens)
        for one in self.tokenizers if judged else ():
            if one.name in tokens:
                path = os.path.relpath(self.config.root / name)
                self.usages.append(
                    Usage(path, one.name, one.exact, 0, 0, 0, change="removed", before=tokens[one.name])
                )

    def add(
        self,
        name: str,
        document: Document,
        held: Held,
        past: Past | None = None,
        *,
        judged: bool = True,
        real: str | None = None,
        link: bool = False,
    ) -> None:
        """Read a file and judge it, now or later; without `judged` it only counts for totals.

        Example: audit.add("a.md", document, config.held("a.md")); backlog.clear(); audit.usages[-1].tokens ->
        4210

        `held` are the rules for it. `past` says what it was at --base, if it has changed since. `real` is the
        path by which it is known as the same, where it has several names; one that is a `link` is judged by
        rules that it was not under another name. Raises InputError.
        """
        if real is not None:
            held = self._fresh(held, real, link)
        if not (held if judged else held.together):
            return
        meters = self._meters(held)
        judge = partial(self._judge, name, document, held, meters, past, judged=judged)
        if self._texts_alone(held):
            texts = small_texts(document)
            if texts is not None:
                self._progress(document)
                self._backlog.add(Read(texts, meters, judge))
                return
        self._backlog.clear()
        if held.section is not None and not document.again:
            document.keep()  # it is read once as a whole and once by its sections
        stop = not document.again and held.section is None and not held.together
        judge(more=run_meters(document, meters, self._progress, stop=stop, asked=self._asked))

    def _texts_alone(self, held: Held) -> bool:
        """Say whether a file is judged as a text alone, and neither by its sections nor as molecules."""
        if held not in self._alone:
            structures = any(one.tokenizer.takes_structures for one in self._meters(held))
            self._alone[held] = held.section is None and not structures
        return self._alone[held]

    def _fresh(self, held: Held, real: str, link: bool) -> Held:
        """Leave out the rules that have counted a file under another name, or with `link` judged it."""
        before = self._had.get(real)
        if before is None:
            self._had[real] = held.rules
            return held
        self._had[real] = [*before, *held.rules]
        known = set(map(id, before))
        return Held(
            None if link and id(held.whole) in known else held.whole,
            None if link and id(held.section) in known else held.section,
            [rule for rule in held.together if id(rule) not in known],
        )

    def _add_up(
        self, sums: Counter[tuple[int, str]], rules: Iterable[Rule], tokens: Mapping[str, int]
    ) -> None:
        for rule in rules:
            for one in self._load(rule.tokenizer):
                sums[id(rule), one.name] += tokens.get(one.name, 0)

    def _judge(
        self,
        name: str,
        document: Document,
        held: Held,
        meters: Sequence[Meter],
        past: Past | None,
        *,
        judged: bool,
        more: bool = False,
    ) -> None:
        """Judge a file that its meters have counted, as a whole and by its sections."""
        if held.together:
            tokens = {meter.tokenizer.name: meter.tokens for meter in meters}
            self._add_up(self._now, held.together, tokens)
            if past is None:
                self._add_up(self._then, held.together, tokens)
        if past is not None and past.name is not None:
            then = held.together if past.name == name else self.config.held(past.name).together
            self._add_up(self._then, then, past.tokens)
        if not judged:
            return
        over = (meter for meter in meters if meter.lines)
        found = [finding for meter in over for finding in _judge_file(document, held.whole, meter, more)]
        found = [self._told_more(finding, document, meters) for finding in found]
        if held.section is not None and document.kind == "text":
            found += _of_sections(document, held.section, self._load(held.section.tokenizer))
        for meter in meters:
            one = meter.tokenizer
            usage = Usage(
                *(document.path, one.name, one.exact, meter.tokens, meter.chars, document.bytes_read),
                budget=held.whole.max if held.whole and meter.budgets else None,
                more=more,
                status=self._status([finding for finding in found if finding.tokenizer == one.name]),
            )
            self.usages.append(self._since(usage, past))
        self._report(found)

    def end(self, *, base: bool = False) -> None:
        """Judge totals, when all files have been added; with `base` also what they grew by.

        Example: audit.end(base=True); [one.status for one in audit.totals] -> ["ok"]
        """
        for rule in self.config.rules:
            if rule.together:
                for one in self._load(rule.tokenizer):
                    self._judge_together(rule, one.name, base)

    def _judge_together(self, rule: Rule, tokenizer: str, base: bool) -> None:
        after, before = self._now[id(rule), tokenizer], self._then[id(rule), tokenizer]
        budgets = {"total": rule.total}
        if base and before and rule.growth is not None:  # from nothing, no percentage leads anywhere
            # Both sides err to the same side: what counts is how much was added.
            budgets["growth"] = int(most(before) * (100 + rule.growth) / 100)
        for kind, budget in budgets.items():
            if budget is None:
                continue
            paths = str(rule.paths)
            title = "" if self.config.everything else paths
            finding = Finding(self.config.path, None, kind, "error", after, False, budget, tokenizer, title)
            found = [finding] if most(after) > budget else []
            status = self._status(found)
            self.totals.append(Total(paths, tokenizer, after, budget, kind, status, before if base else None))
            self._report(found)

    def _told_more(self, finding: Finding, document: Document, meters: Sequence[Meter]) -> Finding:
        """Say which section of a file is the largest, of as many files as a person mends one by one."""
        if finding.level != "error" or finding.more or len(self.findings) >= MENDED_BY_HAND:
            return finding
        tokenizer = next(one.tokenizer for one in meters if one.tokenizer.name == finding.tokenizer)
        return finding._replace(largest=_largest_section(document, tokenizer))

    def _report(self, found: Iterable[Finding]) -> None:
        self.findings += [self.baseline.compared(one) for one in found if not self.baseline.holds(one)]

    def _status(self, found: Sequence[Finding]) -> str:
        errors = [finding for finding in found if finding.level == "error"]
        if errors:
            return "baseline" if all(map(self.baseline.holds, errors)) else "over"
        return "warn" if found else "ok"

    def _since(self, usage: Usage, past: Past | None) -> Usage:
        """Add what --base says."""
        if past is None:
            return usage
        if past.name is None:
            return usage._replace(change=past.kind, before=0)
        old = os.path.relpath(self.config.root / past.name) if past.kind == "renamed" else None
        return usage._replace(change=past.kind, old=old, before=past.tokens.get(usage.tokenizer))

    def _meters(self, *helds: Held) -> list[Meter]:
        """Give a meter for each tokenizer that the rules need for a file, which may have had another name."""
        if helds not in self._needs:
            budgets: dict[str, list[int]] = {}
            tokenizers: dict[str, Tokenizer] = {}
            for held in helds:
                for rule in held.rules:
                    for one in self._load(rule.tokenizer):
                        tokenizers.setdefault(one.name, one)
                        if rule is held.whole:
                            budgets[one.name] = [limit for limit in (rule.max, rule.warn) if limit]
            self._needs[helds] = [(one, budgets.get(name, [])) for name, one in tokenizers.items()]
        return [Meter(one, limits) for one, limits in self._needs[helds]]


def _load_rule_tokenizers(spec: str, special: bool, dictionary: str | None) -> list[Tokenizer]:
    """Load the tokenizers of a rule. Raises TokenizerError, which says what to add for a known model."""
    try:
        return load_all([spec], special=special, dict=dictionary)
    except UnknownTokenizer as error:
        if model_of(error.spec) is None:
            raise
        why = "its context window is known, but not its tokenizer: name one to count with"
        raise Unsupported(f'{error.spec}: {why}, by -t NAME or by tokenizer = "NAME" in the rule') from error


def _judge_file(document: Document, rule: Rule | None, meter: Meter, more: bool) -> Iterator[Finding]:
    """Judge a whole file: above its maximum, or else above what is worth a warning."""
    if rule is None:
        return
    for kind, level, budget in (("max", "error", rule.max), ("warn", "warning", rule.warn)):
        if budget in meter.lines:
            # a cell's lines are none of the file's
            line = None if document.cells is not None else meter.lines[budget]
            yield Finding(document.path, line, kind, level, meter.tokens, more, budget, meter.tokenizer.name)
            return


def _largest_section(document: Document, tokenizer: Tokenizer) -> LargestSection | None:
    """Find the largest of the sections of a Markdown text; None where there are none to speak of."""
    ending = os.path.splitext(document.path)[1].lower()
    if not document.again or document.size is None or document.size > MAX_OUTLINED:
        return None
    if document.kind != "text" or ending not in MARKDOWN:
        return None
    parts = [
        LargestSection(one.title, one.line, add_up(map(tokenizer.count, one.texts)))
        for one in document_outline(document)
    ]
    largest = max(parts, key=lambda part: most(part.tokens), default=None)
    return largest if largest and largest.title and len(parts) > 1 else None


def _of_sections(document: Document, rule: Rule, tokenizers: Sequence[Tokenizer]) -> Iterator[Finding]:
    """Judge each Markdown section of a file."""
    budget = rule.section or 0
    for part in document_outline(document):
        for one in tokenizers:
            tokens = add_up(map(one.count, part.texts))
            if most(tokens) > budget:
                yield Finding(
                    *(document.path, part.line, "section", "error", tokens, False, budget, one.name),
                    title=part.title,
                )
