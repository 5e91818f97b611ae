"""Asking a server, over HTTP: with a time limit, again where it is busy, and once for the same question.

Nothing is asked that a spec did not ask for (`api:`, `server:`). What goes wrong is one line that has the
host and the status that it answered with, and never a header, a key, or the text.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from tokscope.errors import MissingExtra, Unanswered, UsageError

SECONDS = 30.0
"""How long one answer may take."""

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""How many seconds to wait before asking again, each time that a server is busy or broken."""

LONGEST_PAUSE = 30.0
"""The most that a server's Retry-After is heeded."""

MOST = 1_000_000
"""How many bytes of text may leave the machine before it is asked whether they may."""

LARGEST = 64_000_000
"""How many bytes an answer may have."""

BUSY = (408, 429, 500, 502, 503, 504, 529)
"""The HTTP statuses after which it pays to ask again."""

CURES = {
    401: "is the key right?",
    403: "may the key do this?",
    404: "is the name right?",
}
"""What to look at after an HTTP status; after others, trying later may help."""


class Consent:
    """Whether much text may leave the machine: by --yes, or by an answer on the terminal.

    Example: Consent().spend(2_000_000, "api.anthropic.com") asks, and raises UsageError for a no
    """

    def __init__(self) -> None:
        self.given = False
        self._spent = 0

    def spend(self, size: int, host: str) -> None:
        """Count `size` bytes that are to go to `host`. Raises UsageError where they may not."""
        self._spent += size
        if self.given or self._spent <= MOST or _local(host):
            return
        if sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty():
            sys.stderr.write(f"more than {MOST:,} bytes of text go to {host}; send them? [y/N] ")
            sys.stderr.flush()
            self.given = sys.stdin.readline().strip().lower() in ("y", "yes")
        if not self.given:
            raise UsageError(f"more than {MOST:,} bytes of text would go to {host}: add --yes to send them")


CONSENT = Consent()


def _local(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def ask(url: str, question: Mapping[str, object], headers: Mapping[str, str], what: str) -> Any:
    """Post a question as JSON, and give the JSON that answers it.

    Example: ask("http://127.0.0.1:8080/tokenize", {"content": "Hi"}, {}, "the server") -> {"tokens": [13347]}

    `what` names who is asked, in errors. Raises Unanswered, and MissingExtra without httpx.
    """
    import json

    httpx = _httpx()
    host = urlsplit(url).hostname or url
    status = 0
    try:
        with httpx.Client(timeout=SECONDS, follow_redirects=False) as client:
            for pause in (*PAUSES, None):
                try:
                    status, retry, data = _post(client, url, question, headers, f"{what} at {host}")
                except httpx.TimeoutException:
                    raise Unanswered(
                        f"{what} at {host} gave no answer in {SECONDS:g} seconds; try again"
                    ) from None
                if status == 200:
                    return json.loads(data)
                if status not in BUSY or pause is None:
                    break
                time.sleep(min(float(retry) if retry.isdigit() else pause, LONGEST_PAUSE))
    except ValueError as error:
        raise Unanswered(f"{what} at {host} answers with something that is no JSON") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # the error's own text may have the whole request: its kind says enough
        raise Unanswered(
            f"{what} at {host} cannot be reached ({type(error).__name__}); is it running?"
        ) from None
    raise Unanswered(f"{what} at {host} answers with HTTP status {status}; {CURES.get(status, 'try later')}")


def _post(
    client: Any, url: str, question: Mapping[str, object], headers: Mapping[str, str], who: str
) -> tuple[int, str, bytes]:
    """Ask once: the status, when to ask again, and the answer where there is one."""
    with client.stream("POST", url, json=question, headers=dict(headers)) as answer:
        status = answer.status_code
        return status, answer.headers.get("retry-after", ""), _read(answer, who) if status == 200 else b""


def _read(answer: Any, what: str) -> bytes:
    """Read an answer, as far as it may be long, within the time for one."""
    data, began = bytearray(), time.monotonic()
    for block in answer.iter_bytes():
        data += block
        if len(data) > LARGEST or time.monotonic() - began > SECONDS:
            raise Unanswered(f"{what} gives an answer that does not end")
    return bytes(data)


def _httpx() -> ModuleType:
    """Import httpx, or its successor, which huggingface_hub may have brought. Raises MissingExtra."""
    from importlib import import_module

    for name in ("httpx", "httpx2"):
        try:
            return import_module(name)
        except ImportError:
            continue
    raise MissingExtra("asking a server", "api")


def cache_file(*about: str) -> Path:
    """Name the file in the user's cache folder that keeps an answer, by a hash of what it is about.

    Example: cache_file("claude-opus-5", "Hello").parent.name -> "answers"
    """
    folder = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    digest = sha256("\0".join(f"{len(one)}:{one}" for one in about).encode()).hexdigest()
    return Path(folder) / "tokscope" / "answers" / digest


def cached(path: Path) -> int | None:
    """Give the number that a file of the cache keeps, None where there is none."""
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):
        return None


def keep(path: Path, number: int) -> None:
    """Keep a number in a file of the cache; where that fails, it is asked for again another time."""
    from contextlib import suppress

    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(number), "ascii")
