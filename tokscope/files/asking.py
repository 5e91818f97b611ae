"""Asking a server, over HTTP: with a time limit, again where it is busy, and once for the same question.

Nothing is asked that a spec did not ask for (`api:`, `server:`). What goes wrong is one line that has the
host and the status that it answered with, and never a header, a key, or the text.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from tokscope.errors import MissingExtra, Unanswered, UsageError

SECONDS = 30.0
"""How long one answer may take."""

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""How many seconds to wait before asking again, each time that a server is busy or broken."""

LONGEST_PAUSE = 30.0
"""The most that a server's Retry-After is heeded."""

ASK_FROM = 1_000_000
"""How many bytes of text may leave the machine before the user is asked."""

MAX_REPLY = 1_000_000
"""How many bytes an answer may have, beside BY_BYTE for each byte of the question."""

BY_BYTE = 200
"""The id and the text of a token, as JSON, take some 50 bytes."""

SWOLLEN = 20
"""How many tokens a byte of text may be: a normal form makes 18 letters of the 3 bytes of one."""

CURES = {
    401: "is the key right?",
    403: "may the key do this?",
    404: "is the name right?",
}
"""What to look at after an HTTP status; after others, trying later may help."""

SETTLED = 10.0
"""For how many seconds what failed is not asked again: a command that meets an error looks whose it is."""

T = TypeVar("T")
R = TypeVar("R")


class Consent:
    """Whether much text may leave the machine: by --yes, or by an answer on the terminal.

    Example: Consent().spend(2_000_000, "api.anthropic.com") asks, and raises UsageError for a no
    """

    def __init__(self) -> None:
        self.given = False
        self._spent = 0
        self._asking = Lock()  # one question on the terminal at a time

    def spend(self, size: int, host: str) -> None:
        """Count `size` bytes that are to go to `host`. Raises UsageError where they may not.

        Example: consent.spend(len(text.encode()), "api.anthropic.com")
        """
        with self._asking:
            self._spend(size, host)

    def _spend(self, size: int, host: str) -> None:
        self._spent += size
        if self.given or self._spent <= ASK_FROM or _is_local(host):
            return
        if sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty():
            sys.stderr.write(f"more than {ASK_FROM:,} bytes of text go to {host}; send them? [y/N] ")
            sys.stderr.flush()
            self.given = sys.stdin.readline().strip().lower() in ("y", "yes")
        if not self.given:
            raise UsageError(
                f"more than {ASK_FROM:,} bytes of text would go to {host}: add --yes to send them"
            )


CONSENT = Consent()


def _is_local(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


ASKED_AT_ONCE = 4
"""How many questions are asked at the same time."""


def ask(url: str, question: Mapping[str, object], headers: Mapping[str, str], what: str) -> Any:
    """Post a question as JSON, and give the JSON that answers it.

    Example: ask("http://127.0.0.1:8080/tokenize", {"content": "Hi"}, {}, "the server") -> {"tokens": [13347]}

    `what` names who is asked, in errors. Raises Unanswered, and MissingExtra without httpx.
    """
    import json

    written = json.dumps(question)
    server = f"{what} {url}"
    asked = sha256(f"{server} {written}".encode()).hexdigest()
    for known in (server, asked):
        when, failure = _FAILED.get(known, (0.0, None))
        if failure is not None and time.monotonic() - when < SETTLED:
            raise Unanswered(str(failure))
    try:
        return _answered(url, question, headers, what, MAX_REPLY + BY_BYTE * len(written))
    except Unanswered as failure:
        _FAILED[server if isinstance(failure, Unreachable) else asked] = (time.monotonic(), failure)
        raise


class Unreachable(Unanswered):
    """A server that answers nobody, whatever is asked: it is not there, hangs, or does not know us.

    Example: of HTTP status 401 it says that the server at 127.0.0.1 answers with it; is the key right?
    """


_FAILED: dict[str, tuple[float, Unanswered]] = {}
"""When which server or question failed, and how."""


def _answered(
    url: str, question: Mapping[str, object], headers: Mapping[str, str], what: str, most: int
) -> Any:
    """Ask, again where the server is busy or broken. Raises as ask() does."""
    import json

    who = f"{what} at {urlsplit(url).hostname or url}"
    for pause in (*PAUSES, None):
        status, retry, data = _with_timeout(SECONDS, who, lambda: _posted(url, question, headers, who, most))
        if status == 200:
            try:
                return json.loads(data)
            except (ValueError, RecursionError) as error:
                raise Unanswered(f"{who} answers with something that is not JSON") from error
        if pause is None or not (status in (408, 429) or status >= 500):
            kind = Unreachable if status in (401, 403) else Unanswered
            raise kind(f"{who} answers with HTTP status {status}; {CURES.get(status, 'try later')}")
        time.sleep(min(float(retry) if re.fullmatch("[0-9]{1,9}", retry) else pause, LONGEST_PAUSE))
    raise AssertionError  # the last pause is None


def plausible(count: int, text: str) -> bool:
    """Say whether a text can have this many tokens; more is not a count but a broken server.

    Example: plausible(2, "Hello world") -> True; plausible(10**15, "Hello world") -> False
    """
    return 0 <= count <= SWOLLEN * (len(text.encode()) + 100)  # and what is put around it


def ask_each(asking: Callable[[T], R], questions: Sequence[T]) -> list[R]:
    """Ask several questions, ASKED_AT_ONCE of them at a time, and give the answers in order.

    Example: ask_each(self._asked, ["Hello", "world"]) -> [1, 1]
    """
    if len(questions) < 2:
        return list(map(asking, questions))
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        waiting = [pool.submit(asking, one) for one in questions]
        try:
            return [one.result() for one in waiting]
        finally:
            pool.shutdown(cancel_futures=True)  # what one fails at, others would


def _with_timeout(seconds: float, who: str, work: Callable[[], R]) -> R:
    """Give what `work` gives; a thread that takes longer is left to itself. Raises Unanswered.

    A limit of httpx is for each reading of a socket: a server that sends a byte now and then never
    exceeds it.
    """
    done: SimpleQueue[tuple[R | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except BaseException as error:  # raised where somebody waits for it
            done.put((None, error))

    Thread(target=run, daemon=True).start()
    try:
        found, error = done.get(timeout=seconds)
    except Empty:
        raise Unreachable(f"{who} gave no answer in {seconds:g} seconds; try again") from None
    if error is not None:
        raise error
    return cast(R, found)


def _posted(
    url: str, question: Mapping[str, object], headers: Mapping[str, str], who: str, most: int
) -> tuple[int, str, bytes]:
    """Post a question: gives the status, the time to wait that it names, and the answer, of `most` bytes.

    Raises Unanswered. An error of httpx may have the whole request in it: only its kind is told.
    """
    httpx, data = _httpx(), bytearray()
    try:
        with _client().stream("POST", url, json=question, headers=dict(headers), timeout=SECONDS) as answer:
            for block in answer.iter_bytes() if answer.status_code == 200 else ():
                data += block
                if len(data) > most:
                    raise Unanswered(f"{who} gives an endless answer")
            return answer.status_code, answer.headers.get("retry-after", ""), bytes(data)
    except httpx.TimeoutException:
        raise Unreachable(f"{who} gave no answer in {SECONDS:g} seconds; try again") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
        raise Unreachable(f"{who} cannot be reached ({_why(error)}") from None


def _why(error: BaseException) -> str:
    """Name what went wrong, and what to do about it."""
    import ssl

    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLCertVerificationError):
            return "its certificate is not trusted); SSL_CERT_FILE names a file of those that are"
        if isinstance(found, ssl.SSLError):
            return "TLS fails); is it http: and not https:?"
        found = found.__cause__ or found.__context__
    return f"{type(error).__name__}); is it running?"


@cache
def _client() -> Any:
    """Give the one client, which keeps connections."""
    return _httpx().Client(follow_redirects=False)


def _httpx() -> Any:
    """Import httpx, or its successor, which huggingface_hub may have brought. Raises MissingExtra."""
    with suppress(ImportError):
        import httpx

        return httpx
    with suppress(ImportError):
        import httpx2

        return httpx2
    raise MissingExtra("asking a server", "api")


def cache_file(*about: str) -> Path:
    """Name the file in the user's cache folder that keeps an answer, by a hash of what it is about.

    Example: cache_file("claude-opus-5", "Hello").parent.name -> "answers"
    """
    folder = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    digest = sha256("\0".join(f"{len(one)}:{one}" for one in about).encode()).hexdigest()
    return Path(folder) / "tokscope" / "answers" / digest


def cached(path: Path) -> int | None:
    """Give the number that a file of the cache keeps, None where there is none.

    Example: remember(path, 42); cached(path) -> 42
    """
    try:
        written = path.read_text("ascii")
    except (OSError, ValueError):
        return None
    return int(written) if re.fullmatch("[0-9]{1,15}", written) else None


def remember(path: Path, number: int) -> None:
    """Keep a number in a file of the cache; where that fails, it is asked for again another time.

    Example: remember(path, 42); path.read_text() -> "42"
    """
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_text(str(number), "ascii")
        beside.replace(path)  # another process may be reading it
