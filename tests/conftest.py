"""For all tests."""

import gc
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import is_hypothesis_test, settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what tests start would inherit it
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # as nohup does
    signal.signal(signal.SIGHUP, lambda number, frame: None)  # which nothing inherits

# Hundreds of tests start tokscope as a process; without byte code each of them would compile it again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False  # to rewrite the asserts of all tests takes 5 s, in every worker

os.environ.pop("COLUMNS", None)  # pytest-xdist sets it, and a pipe has no width
os.environ["PAGER"] = "cat"  # on a terminal of a test nobody presses a key


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no file that has no test for `-m`: what slow tests alone need takes seconds (JAX, pandas)."""
    if not collection_path.match("test_*.py"):
        return None
    asked, source = config.option.markexpr, collection_path.read_text("utf-8")
    if asked in ("slow", "cluster"):
        return re.search("mark.slow|SWEPT" if asked == "slow" else "mark.cluster", source) is None or None
    whole = re.search(r"^pytestmark = (\[[^]]*\]|.*)", source, re.M)
    return ("not slow" in asked and whole is not None and re.search("mark.(slow|cluster)", whole[1])) or None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while modules are imported, which leave none."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(trylast=True)  # of what `-m` has left
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files of few tests, which are long ones, first, so that no worker is left with one at the end.

    What loads many vocabularies comes last: the larger a worker has grown, the slower it forks.
    """
    tests = Counter(item.path for item in items)
    large = {path for path in tests if "SWEPT" in path.read_text("utf-8")}
    items.sort(key=lambda item: (item.path in large, tests[item.path]))


SEEN: set[object] = set()
"""The properties that have been seen to: fewer examples, and no deadline, since no timing fails a test."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Try a tenth of the examples of each property, but where TOKSCOPE_EXAMPLES=all asks for all."""
    test = getattr(item, "obj", None)
    if not is_hypothesis_test(test) or test in SEEN:
        return
    SEEN.add(test)  # which may be collected for many parameters
    whole = test._hypothesis_internal_use_settings
    most = whole.max_examples
    if os.environ.get("TOKSCOPE_EXAMPLES") != "all":
        most = max(most // 10, min(most, 5))
    test._hypothesis_internal_use_settings = settings(whole, max_examples=most, deadline=None)


def pytest_collection_finish() -> None:
    """Look no more for garbage among thousands of tests."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Look for none at the end, as pytest does five times."""
    gc.freeze()


@pytest.fixture(scope="session")
def official_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give tiktoken its official files without a network, in its cache."""
    from tests.support.official import tiktoken_cache

    cache = tmp_path_factory.mktemp("tiktoken")
    pytest.MonkeyPatch().setenv("TIKTOKEN_CACHE_DIR", str(cache))
    for name, data in tiktoken_cache().items():
        (cache / name).write_bytes(data)
