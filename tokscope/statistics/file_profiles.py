"""Files that are not text, side by side: what `compare` shows of pictures, sound, video and PDF."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from tokscope.errors import InputError, MissingExtra, Problem, reporting
from tokscope.inputs import Document
from tokscope.measure import AskedLater, Measurement, add_up, first_words, measure_media
from tokscope.report.table import Cell, CellKind, Column, Fields, TableReport
from tokscope.text.quantity import quantity
from tokscope.tokenizer import MEDIA_KINDS, Kind, Tokenizer

if TYPE_CHECKING:
    from tokscope.codes.quality import Quality
    from tokscope.report.picture import Pixels

JPEG = 75
"""The quality of the JPEG beside pictures: Pillow's default, and that of the Independent JPEG Group."""


class FilesProfile(NamedTuple):
    """What all files of a kind are to one tokenizer, or to PNG or JPEG, which have no tokens.

    Example: FilesProfile("png", "PNG", Kind.PICTURE, bytes=48_211, pixels=307_200)

    `bits` are those of the ids, each written in as few as its vocabulary allows, or of the file; 0 where
    nobody knows how many ids there are. Of sound and video there are `seconds`, of a PDF `pages`.
    `shown` is what users see it called.
    """

    name: str
    shown: str
    kind: Kind
    exact: bool = True
    tokens: int | None = None
    problem: str = ""
    bytes: int = 0
    pixels: int = 0
    seconds: float = 0.0
    pages: int = 0
    codes: int = 0
    bits: float = 0.0
    psnr: float | None = None
    used: float | None = None
    perplexity: float | None = None

    @property
    def figures(self) -> dict[str, Cell]:
        """The ratios that this kind of file has, by the names of their columns.

        Example: FilesProfile("", "gpt-4o", Kind.PDF, tokens=300, bytes=900, pages=2).figures ->
        {"tokens/page": 150.0, "bytes/token": 3.0}
        """
        per_token = _over(self.bytes or None, self.tokens)
        if self.kind == Kind.PICTURE:
            return {
                "pixels/token": _over(self.pixels, self.tokens),
                "bytes/token": per_token,
                "codes": self.codes or None,
                "bits/pixel": _over(self.bits, self.pixels) if self.bits else None,
                "PSNR": self.psnr,
                "used": self.used,
                "perplexity": self.perplexity,
            }
        if self.kind == Kind.PDF:
            return {"tokens/page": _over(self.tokens, self.pages), "bytes/token": per_token}
        rates: dict[str, Cell] = {
            "tokens/second": _over(self.tokens, self.seconds),
            "bytes/token": per_token,
        }
        if self.kind == Kind.SOUND:
            rates |= {
                "codes": self.codes or None,
                "bits/second": _over(self.bits, self.seconds) if self.bits else None,
            }
        return rates

    @property
    def fields(self) -> Fields:
        """The profile in JSON.

        Example: FilesProfile("", "gpt-4o", Kind.PDF, tokens=300, pages=2).fields["tokens_per_page"] -> 150.0
        """
        sums = ("kind", "exact", "tokens", "bytes", "pixels", "seconds", "pages", "bits")
        ratios = {name.replace("/", "_per_").lower(): value for name, value in self.figures.items()}
        found = {"tokenizer": self.name, "model": self.shown}
        found |= {name: value for name in sums if (value := getattr(self, name)) or name in sums[:3]}
        return found | ratios | ({"error": self.problem} if self.problem else {})


def _over(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None


_CELL_KINDS: Mapping[str, CellKind] = {"codes": "int", "used": "percent"}


class FileProfiler:
    """Profiles files by each tokenizer; see FilesProfile.

    Example: files = FileProfiler([load("gpt-4o")], asked); files.add(photo); files.tables(print)
    """

    def __init__(self, tokenizers: Sequence[Tokenizer], asked: AskedLater) -> None:
        self._tokenizers, self._asked = tokenizers, asked
        self._found: dict[Kind, list[tuple[Document, list[Measurement]]]] = {}

    def add(self, document: Document) -> None:
        """Measure a file from its headers. Raises InputError for a damaged one.

        Example: files = FileProfiler([load("gpt-4o")], Asked); files.add(photo)
        """
        row = measure_media(document, self._tokenizers, self._asked)
        self._found.setdefault(document.kind, []).append((document, row))

    def tables(self, report: Problem) -> list[TableReport]:
        """Make a table for each kind; what a tokenizer does not take goes to `report` too.

        Example: files = FileProfiler([load("gpt-4o")], Asked); files.add(photo);
        files.tables(print)[0].rows -> [["gpt-4o", 595, ...]]
        """
        return [self._table(kind, report) for kind in MEDIA_KINDS if kind in self._found]

    def _table(self, kind: Kind, report: Problem) -> TableReport:
        found = self._found[kind]
        profiles = [self._profile(kind, index, one, report) for index, one in enumerate(self._tokenizers)]
        if kind == Kind.PICTURE and any(self._coded(one) for one in self._tokenizers):
            profiles += self._compressed(report)
        known = {name for one in profiles for name, value in one.figures.items() if value is not None}
        names = [name for name in profiles[0].figures if name in known]
        columns = [
            Column("tokenizer"),
            Column("tokens", "int"),
            *(Column(name, _CELL_KINDS.get(name, "ratio"), optional=True) for name in names),
        ]
        rows = []
        for one in profiles:
            tokens = first_words(one.problem) if one.problem else one.tokens
            rows.append((one.shown, tokens, *(one.figures[name] for name in names)))
        return TableReport(
            columns,
            rows,
            title=_comparison_title(kind, found, profiles[0]),
            results=[one.fields for one in profiles],
        )

    def _profile(self, kind: Kind, index: int, tokenizer: Tokenizer, report: Problem) -> FilesProfile:
        """Add up what one tokenizer makes of all files of a kind."""
        found = [(document, row[index]) for document, row in self._found[kind]]
        for document, one in found:
            if one.problem:
                named = one.problem.startswith(tokenizer.shown)
                said = one.problem if named else f"{tokenizer.shown}: {one.problem}"
                report(InputError(document.path, said))
        media = [one.media for _, one in found if one.media]
        counted = [one for _, one in found if not one.problem]
        tokens = add_up(one.figure for _, one in found) if counted else None
        codes = max((one.codes for one in media), default=0)
        profile = FilesProfile(
            *(tokenizer.name, tokenizer.shown, kind, all(one.exact for _, one in found), tokens),
            problem="" if counted else found[0][1].problem,
            bytes=sum(one.bytes for _, one in found),
            pixels=sum(one.width * one.height for one in media),
            seconds=sum(one.seconds for one in media),
            pages=sum(one.pages for one in media),
            codes=codes,
            bits=(tokens or 0) * math.log2(codes) if codes > 1 else 0.0,
        )
        if kind != Kind.PICTURE or not self._coded(tokenizer) or not counted:
            return profile
        quality = self._quality(tokenizer, report)
        return profile._replace(psnr=quality.psnr, used=quality.used, perplexity=quality.perplexity)

    def _coded(self, tokenizer: Tokenizer) -> bool:
        """Say whether a tokenizer gives ids of pictures."""
        return tokenizer.layout(8, 8) is not None

    def _quality(self, tokenizer: Tokenizer, report: Problem) -> Quality:
        from tokscope.codes.quality import Quality
        from tokscope.media.pixels import decode_picture
        from tokscope.media.source import Source

        def back(ids: Sequence[int]) -> Pixels:
            return decode_picture(Source.of_bytes(tokenizer.decode(ids), tokenizer.shown))

        codes = (tokenizer.vocab_size or 1) - 1
        return Quality.of(tokenizer.encode_picture, back, codes, self._pictures(report))

    def _pictures(self, report: Problem) -> Iterator[Pixels]:
        """Decode every picture again."""
        from tokscope.media.pixels import decode_picture

        for document, _ in self._found[Kind.PICTURE]:
            with reporting(report), document.opened() as source:
                yield decode_picture(source)

    def _compressed(self, report: Problem) -> Iterator[FilesProfile]:
        """Make a row of what PNG and JPEG make of the same pictures."""
        from tokscope.codes.quality import difference
        from tokscope.media.pixels import decode_picture, encode_picture
        from tokscope.media.source import Source

        sizes, pixels, error, values = [0, 0], 0, 0.0, 0
        with suppress(MissingExtra):
            for picture in self._pictures(report):
                png, jpeg = encode_picture(picture, "PNG"), encode_picture(picture, "JPEG", quality=JPEG)
                sizes = [sizes[0] + len(png), sizes[1] + len(jpeg)]
                gap, many = difference(picture, decode_picture(Source.of_bytes(jpeg, "jpeg")))
                error, values = error + gap, values + many
                pixels += picture.width * picture.height
        lost = 10 * math.log10(255**2 * values / error) if error else None
        for name, size, psnr in (("PNG", sizes[0], None), (f"JPEG, quality {JPEG}", sizes[1], lost)):
            yield FilesProfile(
                name, name, Kind.PICTURE, bytes=size, pixels=pixels, bits=8.0 * size, psnr=psnr
            )


def _comparison_title(kind: Kind, found: Sequence[object], profile: FilesProfile) -> str:
    """Say what was compared.

    Example: "2 pictures: 1,228,800 pixels, 58,052 bytes"
    """
    names = {Kind.PICTURE: "picture", Kind.SOUND: "sound", Kind.VIDEO: "video", Kind.PDF: "PDF"}
    many = quantity(len(found), names[kind])
    sizes = {
        Kind.PICTURE: quantity(profile.pixels, "pixel"),
        Kind.PDF: quantity(profile.pages, "page"),
    }
    return f"{many}: {sizes.get(kind, f'{profile.seconds:,.2f} seconds')}, {quantity(profile.bytes, 'byte')}"
