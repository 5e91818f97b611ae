"""For all tests."""

import os
import signal

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what tests start would inherit it

# Hundreds of tests start tokscope as a process; without byte code each of them would compile it again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

os.environ.pop("COLUMNS", None)  # pytest-xdist sets it, and a pipe has no width
os.environ["PAGER"] = "cat"  # on a terminal of a test nobody presses a key


@pytest.fixture(scope="session")
def official_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give tiktoken its official files without a network, in its cache."""
    from tests.support.official import tiktoken_cache

    cache = tmp_path_factory.mktemp("tiktoken")
    pytest.MonkeyPatch().setenv("TIKTOKEN_CACHE_DIR", str(cache))
    for name, data in tiktoken_cache().items():
        (cache / name).write_bytes(data)
