"""The progress bar."""

from __future__ import annotations

from shutil import get_terminal_size
from typing import TYPE_CHECKING

from tokscope.inputs import Document
from tokscope.text.visible import visible

if TYPE_CHECKING:
    from rich.progress import Progress


BAR_DELAY = 0.7
"""Seconds of work after which a progress bar appears."""


class Bar:
    """A progress bar on stderr that appears only after BAR_DELAY seconds of work.

    Example: bar = Bar(); bar.update(document); bar.stop()

    A timer makes it appear, so that it also appears during work that reads nothing (counting a large text).
    """

    def __init__(self) -> None:
        import threading

        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._document: Document | None = None
        self._timer = threading.Timer(BAR_DELAY, self._show)
        self._timer.daemon = True
        self._timer.start()

    def update(self, document: Document) -> None:
        """Show how much of `document` has been read.

        Example: bar.update(document)
        """
        self._document = document
        if self._progress is not None:
            with self._lock:
                self._draw()

    def stop(self) -> None:
        """Remove the bar for good.

        Example: bar.stop()
        """
        self._timer.cancel()
        with self._lock:
            if self._progress is not None:
                self._progress.stop()
                self._progress = None

    def _show(self) -> None:
        from tokscope.files.forked import importing

        with importing:
            from rich.console import Console as RichConsole
            from rich.progress import BarColumn, Progress, TextColumn

            from tokscope.render import table  # noqa: F401 - for _draw
        with self._lock:
            if self._timer.finished.is_set():  # stopped meanwhile
                return
            self._progress = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=min(40, get_terminal_size().columns // 3 - 2)),
                TextColumn("{task.fields[read]}", markup=False),
                console=RichConsole(stderr=True),
                transient=True,
            )
            self._progress.add_task("", total=None, read="")
            self._progress.start()
            self._draw()

    def _draw(self) -> None:
        if self._progress is not None and self._document is not None:
            from tokscope.render.table import shorten

            read, size = self._document.bytes_read, self._document.size
            self._progress.update(
                self._progress.task_ids[0],
                completed=read,
                total=None
                if size is None or read > size
                else size,  # a compressed file holds more bytes than it takes
                description=shorten(visible(self._document.path), get_terminal_size().columns // 3),
                read=_amount_read(self._document),
            )


def _amount_read(document: Document) -> str:
    """Say how much has been read, as far as it is known: "1.2 MB of 3.0 MB", "1.2 MB", or nothing yet."""
    from rich.filesize import decimal

    if not document.bytes_read:
        return ""
    read = decimal(document.bytes_read)
    return f"{read} of {decimal(document.size)}" if document.size else read
