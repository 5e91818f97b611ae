"""Journal: what is done of a run, on disk as soon as it is, so that an interrupted run can go on."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from tokscope.errors import UsageError
from tokscope.files.writing import writing_to
from tokscope.version import RELEASE


class Journal:
    """A file of JSON, a line for each thing that is done; the first says what the run is.

    Example: journal = Journal("run.journal", fingerprint({"job": ...}), resume=False)

    Every line is on disk when write() returns. A last line that was cut short was not done. With `resume` a
    journal of the same run goes on, and there may be none yet. Raises UsageError where there is one and
    nobody asked for that, or it is of another run, and OutputError.
    """

    def __init__(self, path: str, run: str, *, resume: bool) -> None:
        self.path = path
        self._lines: list[Any] = []
        header = {"tokscope": RELEASE, "run": run}
        if os.path.exists(path) and not os.path.isfile(path):
            raise UsageError(f"{path} is not a regular file, which a checkpoint has to be")
        with writing_to(path):
            data = Path(path).read_bytes() if os.path.exists(path) else b""
            whole = data[: data.rfind(b"\n") + 1]
            if whole:
                self._lines = self._read(whole)
                if not resume:
                    raise UsageError(f"{path} already exists: --resume continues its run, or remove it")
                if self._lines[0] != header:
                    raise UsageError(
                        f"{path} belongs to another run: other files, options, or a tokscope other than "
                        f"{self._lines[0].get('tokscope')}; remove it, or name another"
                    )
            self._file = Path(path).open("r+b" if data else "wb")
            self._file.truncate(len(whole))
            self._file.seek(len(whole))
            if not whole:
                self.write(header)

    def _read(self, data: bytes) -> list[Any]:
        try:
            lines = [json.loads(line) for line in data.splitlines()]
            if not isinstance(lines[0].get("run"), str):
                raise ValueError
        except (ValueError, AttributeError) as error:
            raise UsageError(f"{self.path} is not a journal of a run; name another file") from error
        return lines

    @property
    def before(self) -> Sequence[Any]:
        """What was done before."""
        return self._lines[1:]

    def write(self, value: object) -> None:
        """Note something that is done. Raises OutputError.

        Example: journal.write({"done": ["a.jsonl", 0]})
        """
        with writing_to(self.path):
            self._file.write(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file, and keep it.

        Example: with closing(Journal(path, run, resume=True)) as journal: ...
        """
        self._file.close()

    def remove(self) -> None:
        """Remove the file: the run is over, and its result is written.

        Example: journal.remove(); Path(journal.path).exists() -> False
        """
        self._file.close()
        Path(self.path).unlink(missing_ok=True)


class NotedStage:
    """What a journal notes of one stage of a run that has several.

    Example: NotedStage(journal, "fetch").before, what was fetched before
    """

    def __init__(self, journal: Journal, name: str) -> None:
        self._journal = journal
        self._name = name

    @property
    def before(self) -> Sequence[Any]:
        """What was done of it before."""
        return [one for one in self._journal.before if one["stage"] == self._name]

    def write(self, value: Mapping[str, Any]) -> None:
        """Note something that is done.

        Example: NotedStage(journal, "fetch").write({"partition": partition, "done": done})

        Raises OutputError.
        """
        self._journal.write({**value, "stage": self._name})


def fingerprint(run: Mapping[str, Any]) -> str:
    """Give a hash of what a run is: the same for the same files, options and tokenizers.

    Example: fingerprint({"a": 1}) == fingerprint({"a": 1}) -> True
    """
    return sha256(json.dumps(run, sort_keys=True, default=str).encode()).hexdigest()
