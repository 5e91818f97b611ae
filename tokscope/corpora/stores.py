"""Where the files of a corpus are: on disk, or in object storage and on the web, by obstore.

A path has to be the same on every machine that works on the corpus. A URL names a store, and what the
store asks for comes from its usual places: AWS_..., GOOGLE_..., AZURE_..., HF_TOKEN.
"""

from __future__ import annotations

import glob
import io
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast
from urllib.parse import urlsplit

from tokscope.errors import InputError, MissingExtra, UsageError
from tokscope.inputs.paths import printable, unreadable

STORE_SCHEMES = ("s3", "gs", "az", "https", "http", "hf")
"""What the URLs of stores begin with."""

WRITABLE = ("s3://", "gs://", "az://")
"""What the URLs of stores that can be written to begin with."""

AT_ONCE = 1 << 22
"""How many bytes are asked of a store at a time."""


class Listed(NamedTuple):
    """A file of a corpus.

    Example: Listed("data/a.jsonl", 1024, "1700000000000000000")

    `version` changes when the file does.
    """

    path: str
    size: int
    version: str = ""


def is_url(path: str) -> bool:
    """Tell whether a path names something in a store.

    Example: is_url("s3://bucket/a.jsonl") -> True
    """
    return path.partition("://")[0] in STORE_SCHEMES and "://" in path


def find_files(
    paths: Iterable[str], include: Sequence[str] = (), exclude: Sequence[str] = ()
) -> Iterator[Listed | InputError]:
    """Find the files of a corpus, each once: files, folders, globs (`**` too) and URLs, those of each sorted.

    Example: list(find_files(["data/*.jsonl", "s3://bucket/more/"]))

    `include` and `exclude` are globs for the names of what is found in folders and under prefixes; hidden
    files are left out there. What cannot be read is given as an error. Raises UsageError and MissingExtra.
    """
    seen = set()
    for path in paths:
        try:
            for listed, named in _in_store(path) if is_url(path) else _files_on_disk(path):
                name = listed.path.rpartition("/")[2]
                wanted = not include or any(fnmatchcase(name, one) for one in include)
                left_out = any(fnmatchcase(name, one) for one in exclude)
                if listed.path not in seen and (named or (wanted and not left_out)):
                    seen.add(listed.path)
                    yield listed
        except InputError as error:
            yield error


def _files_on_disk(path: str) -> Iterator[tuple[Listed, bool]]:
    """Give the files that a path names, each with whether it was named as it is."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError) as error:
        matches = _matching(path)
        files = [one for one in matches if os.path.isfile(one)]
        if not files:
            why = "no file matches" if matches or re.search(r"[*?\[]", path) else "no such file"
            if path == "-":
                why = "standard input cannot be cut into parts; save it to a file, or tokscope count reads it"
            raise InputError(printable(path), why) from error
        for one in files:
            yield _list_path(one), False
        return
    if not stat.S_ISDIR(status.st_mode):
        if not stat.S_ISREG(status.st_mode):
            raise InputError(printable(path), "not a regular file; save its content to one and name that")
        yield _list_path(path), True
        return
    some = False
    for folder, folders, names in os.walk(path, onerror=_disk_error):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            one = os.path.join(folder, name)
            if not name.startswith(".") and os.path.isfile(one):
                some = True
                yield _list_path(one), False
    if not some:
        raise InputError(printable(path), "a folder without files")


def _matching(path: str) -> list[str]:
    """Find what matches a glob, as the shell would; Path's own takes no absolute globs."""
    return sorted(glob.glob(path, recursive=True)) if re.search(r"[*?\[]", path) else []


def _disk_error(error: OSError) -> None:
    raise unreadable(os.fsdecode(error.filename), error) from error


def _list_path(path: str) -> Listed:
    if printable(path) != path:
        raise InputError(printable(path), "its name is not UTF-8: rename it")
    status = Path(path).stat()
    return Listed(path, status.st_size, str(status.st_mtime_ns))


def _in_store(url: str) -> Iterator[tuple[Listed, bool]]:
    """Give the files that a URL names: one, those under a prefix that ends in a slash, or those of a glob."""
    scheme = url.partition("://")[0]
    magic = re.search(r"[*?\[]", url)
    if scheme in ("http", "https"):
        if magic or url.endswith("/"):
            raise InputError(
                url, "files on the web cannot be listed: name each, as in a list for --files-from"
            )
        with _store_error(url):
            meta = _obstore().head(*_store(url))
        yield Listed(url, meta["size"], str(meta.get("e_tag") or meta["last_modified"])), True
        return
    before = url[: magic.start()] if magic else url
    prefix = before if before.endswith("/") else before.rpartition("/")[0] + "/"
    if not magic and not url.endswith("/"):
        with _store_error(url):
            meta = _object_facts(url)
        yield Listed(url, meta["size"], str(meta.get("e_tag") or meta["last_modified"])), True
        return
    pattern = _glob_pattern(url) if magic else None
    some = []
    with _store_error(url):
        for one, size, version in _list_store(prefix):
            hidden = one[len(prefix) :].startswith(".") or "/." in one[len(prefix) :]
            if pattern.fullmatch(one) if pattern else not hidden:
                some.append(Listed(one, size, version))
    if not some:
        raise InputError(url, "no file matches" if magic else "nothing is there")
    for listed in sorted(some):
        yield listed, False


def _glob_pattern(wanted: str) -> re.Pattern[str]:
    """Make a pattern of a glob in which `*` stops at a slash, and `**/` is any number of folders."""
    made = ""
    for part in re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|.", wanted):
        known = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
        made += known.get(part) or (part.replace("[!", "[^") if len(part) > 1 else re.escape(part))
    return re.compile(made)


def open_file(path: str, size: int) -> BinaryIO:
    """Open a file of a corpus, on disk or in a store, to be read here and there.

    Example: open_file("s3://bucket/a.jsonl", 1000).read(4)

    Raises InputError.
    """
    if not is_url(path):
        try:
            return Path(path).open("rb")
        except OSError as error:
            raise unreadable(path, error) from error
    return cast(BinaryIO, io.BufferedReader(_Remote(path, size), AT_ONCE))


class _Remote(io.RawIOBase):
    """A file in a store, read in ranges."""

    def __init__(self, url: str, size: int) -> None:
        self._url = url
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), self._size - self._at)
        if length <= 0:
            return 0
        with _store_error(self._url):
            data = _obstore().get_range(*_store(self._url), start=self._at, length=length)
        view = memoryview(data)
        buffer[: len(view)] = view
        self._at += len(view)
        return len(view)


def list_names(prefix: str) -> list[str]:
    """Name what is under a prefix, by what is after it.

    Example: list_names("s3://bucket/tokens/") -> ["00000.bin", "00000.idx"]

    Raises InputError.
    """
    with _store_error(prefix):
        return [url[len(prefix) :] for url, _, _ in _list_store(prefix)]


def write_file(url: str, file: BinaryIO) -> None:
    """Write a file into a store; it is there only once it is whole. Raises InputError.

    Example: with Path("00000.bin").open("rb") as file: write_file("s3://bucket/corpus/00000.bin", file)
    """
    with _store_error(url):
        _obstore().put(*_store(url), file)


def _obstore() -> Any:
    try:
        import obstore
    except ImportError as error:
        raise MissingExtra("a corpus in a store", "corpus") from error
    return obstore


def _store(url: str) -> tuple[Any, str]:
    """Give the store that a URL names, and the path in it."""
    scheme, _, rest = url.partition("://")
    root, _, path = rest.partition("/")
    if scheme == "hf":
        return _of_hub(rest)
    return _made(f"{scheme}://{root}"), path


@cache
def _made(root: str) -> Any:
    from obstore.store import HTTPStore, from_url

    _obstore()
    if root.startswith("http"):
        options: Any = {"allow_http": True} if root.startswith("http://") else {}
        return HTTPStore.from_url(root, client_options=options)
    return from_url(root)


def _of_hub(rest: str) -> tuple[Any, str]:
    """Give the store and the path of datasets/OWNER/NAME/PATH, with @REVISION after the name if need be."""
    name, revision, path = _data_set(rest)
    if not path:
        raise _no_data_set(rest)
    return _hub(), f"datasets/{name}/resolve/{revision or 'main'}/{path}"


def _data_set(rest: str) -> tuple[str, str, str]:
    """Give the data set, the revision and the path, the last two maybe empty. Raises InputError."""
    found = re.fullmatch(r"datasets/([^/]+/[^/@]+)(?:@([^/]*))?(?:/(.*))?", rest, re.DOTALL)
    if found is None:
        raise _no_data_set(rest)
    return found[1], found[2] or "", found[3] or ""


def _no_data_set(rest: str) -> InputError:
    return InputError(f"hf://{rest}", "hf://datasets/OWNER/NAME/PATH names files on the Hub")


@cache
def _hub() -> Any:
    from huggingface_hub import constants, get_token
    from obstore.store import HTTPStore

    options: Any = {"allow_http": constants.ENDPOINT.startswith("http://")}
    if token := get_token():
        options["default_headers"] = {"authorization": f"Bearer {token}"}
    return HTTPStore.from_url(constants.ENDPOINT, client_options=options)


def _object_facts(url: str) -> Any:
    return _obstore().head(*_store(url))


def _list_store(prefix: str) -> Iterator[tuple[str, int, str]]:
    """Give all files under a prefix: URL, size, version."""
    scheme, _, rest = prefix.partition("://")
    if scheme == "hf":
        yield from _of_hub_listing(rest)
        return
    root, _, path = rest.partition("/")
    for chunk in _obstore().list(_made(f"{scheme}://{root}"), prefix=path or None):
        for one in chunk:
            yield f"{scheme}://{root}/{one['path']}", one["size"], str(one["e_tag"] or one["last_modified"])


def _of_hub_listing(rest: str) -> Iterator[tuple[str, int, str]]:
    from huggingface_hub import HfApi

    name, revision, path = _data_set(rest)
    tree = HfApi().list_repo_tree(
        name,
        path.strip("/") or None,
        repo_type="dataset",
        revision=revision or None,
        recursive=True,
    )
    for one in tree:
        if (size := getattr(one, "size", None)) is not None:
            at = f"{name}@{revision}" if revision else name
            yield f"hf://datasets/{at}/{one.path}", size, str(getattr(one, "blob_id", ""))


@contextmanager
def _store_error(url: str) -> Iterator[None]:
    """Say in one line what a store refuses."""
    try:
        yield
    except (InputError, MissingExtra, UsageError):
        raise
    except FileNotFoundError as error:  # obstore's, too
        raise InputError(url, "not found; check the name, and whether the key may list the bucket") from error
    except Exception as error:  # what obstore and the Hub raise has no base of its own
        said = _reason(str(error))
        refused = re.search(r"(?i)permission|unauth|forbidden|40[13]|credential|signature|no answer", said)
        cure = "; check the credentials and the endpoint in the environment" if refused else ""
        raise InputError(url, f"the store says: {said[:200]}{cure}") from error


def _reason(said: str) -> str:
    """Find the reason in what obstore says: on behalf of whom, which request, how often tried, why, and how.

    It says "Error performing GET http://... in 1s, after 10 retries ... - Server returned non-2xx status
    code: 403 Forbidden: <?xml ...", or, where nobody answered, what the system said in a dump of structures.
    """
    said, _, dump = said.partition("\n\nDebug source")
    asked = re.search(r"Error performing \w+ (\S+) in .*? - (.*)", said, re.DOTALL)
    if asked is None:
        return " ".join(said.split())
    system = re.search(r'(?:message|error): (?:"([^"]+)"|(InvalidCertificate))', dump)
    if system is not None and "sending request" in asked[2]:
        return f"no answer from {urlsplit(asked[1]).netloc}: {system[1] or system[2]}"
    why = asked[2].removeprefix("Server returned non-2xx status code: ")
    words = re.search(r"<Message>(.*?)</Message>", why, re.DOTALL)
    return " ".join((f"{why.partition(': ')[0]}: {words[1]}" if words else why).split())
