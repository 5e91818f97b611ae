"""A Ray cluster of a head and a second node, as processes of this machine, and what becomes of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import tokscope
from tests.support.documents import documents, ids, json_lines, write_all
from tests.support.shell import until

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(sys.platform != "linux", reason="it needs 127.0.0.2 and /proc, which Linux has"),
]
HERE = str(Path(tokscope.__file__).parents[1])
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(filter(None, (HERE, os.environ.get("PYTHONPATH")))),
    "RAY_AUTH_MODE": "token",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_gcs_rpc_server_reconnect_timeout_s": "5",  # it is 60: how long a dead head is waited for
}


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in found]


class Cluster:
    """A cluster whose nodes run as long as this object says; Ray's own workers take ports from 20,000 on."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port, self._client = folder, *free_ports(2)
        self.nodes = [self._start("127.0.0.2", "--head", f"--port={self._port}")]
        self.on = f"ray://127.0.0.2:{self._client}"

    def _start(self, address: str, *arguments: str) -> subprocess.Popen[bytes]:
        head = arguments[0] == "--head"
        more = [f"--ray-client-server-port={self._client}", "--include-dashboard=false"] if head else []
        ray = Path(sys.executable).with_name("ray")
        log = (self._folder / f"{address}.log").open("wb")
        return subprocess.Popen(
            [
                *(ray, "start", *arguments, f"--node-ip-address={address}", "--num-cpus=1", "--block"),
                *("--object-store-memory=100000000", "--disable-usage-stats", *more),
            ],
            env=ENVIRONMENT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def add(self) -> None:
        self.nodes.append(self._start("127.0.0.3", f"--address=127.0.0.2:{self._port}"))

    def log(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self._folder.glob("*.log")))

    def processes(self, name: str, node: int) -> list[int]:
        """Find a node's processes by a part of their command line."""
        found = []
        for one in Path("/proc").iterdir():
            if one.name.isdigit():
                try:
                    session = int((one / "stat").read_text().rpartition(")")[2].split()[3])
                    command = (one / "cmdline").read_bytes().split(b"\0")[0].decode()
                except OSError:
                    continue
                if session == self.nodes[node].pid and name in command:
                    found.append(int(one.name))
        return found

    def end(self) -> None:
        for node in self.nodes:
            try:
                os.killpg(node.pid, signal.SIGTERM)
                node.wait(20)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass
            for pid in self.processes("", self.nodes.index(node)):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("ray"))
    try:
        for _ in range(600):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.2", int(made.on.rpartition(":")[2]))) == 0:
                    break
            assert made.nodes[0].poll() is None, made.log()
            time.sleep(0.2)
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], dict[str, Any]]:
    """Give files of every format, and what a plain loop over tiktoken counts in them."""
    found = documents(5000)
    paths = write_all(tmp_path_factory.mktemp("corpus") / "all", found)
    total = sum(map(len, ids(one["text"] for one in found))) * len(paths)
    summary = {
        "files": len(paths),
        "documents": 5000 * len(paths),
        "rejects": 0,
        "tokens": {"gpt2": total},
    }
    return list(map(str, paths)), summary


def arguments(*paths: str | Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "tokscope",
        "corpus",
        "count",
        *map(str, paths),
        "-t",
        "gpt2",
        "--format",
        "json",
    ]


def run(*more: str | Path) -> tuple[int, str, str]:
    done = subprocess.run(arguments(*more), env=ENVIRONMENT, capture_output=True, text=True, timeout=280)
    return done.returncode, done.stdout, done.stderr


def test_every_engine_gives_the_same(cluster: Cluster, corpus: tuple[list[str], dict[str, Any]]) -> None:
    paths, summary = corpus
    found = {}
    for name, engine in (("processes", []), ("one node", ["--on", cluster.on])):
        code, found[name], err = run(*paths, *engine)  # one that takes a minute says how far it is
        assert code == 0, err + cluster.log()
        assert json.loads(found[name])["summary"] == summary
    code, out, err = run(paths[0], "--on", "local-ray", "--workers", "1")  # one of its own beside the other
    assert code == 0, err
    assert json.loads(out)["summary"]["tokens"] == {"gpt2": summary["tokens"]["gpt2"] // len(paths)}
    cluster.add()
    code, out, err = run(*paths, "--on", cluster.on)
    assert code == 0, err + cluster.log()
    assert {*found.values()} == {out}


def long_run(folder: Path, links: int, *more: str) -> tuple[subprocess.Popen[bytes], int]:
    """Begin a run of some seconds over a file of many names; give it, and how many tokens it has to count."""
    found = documents(50_000, seed=2)
    (folder / "all").mkdir()
    path = folder / "all" / "0.jsonl"
    path.write_bytes(json_lines(found))
    for i in range(1, links):
        path.with_name(f"{i}.jsonl").hardlink_to(path)
    process = subprocess.Popen(
        arguments(path.parent, "--checkpoint", folder / "journal", *more),
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    journal = folder / "journal"
    end = time.monotonic() + 100
    while not (journal.exists() and journal.read_bytes().count(b'"done"') >= 1):
        assert time.monotonic() < end and process.poll() is None, process.communicate()
        time.sleep(0.02)
    return process, links * sum(map(len, ids(one["text"] for one in found)))


def test_a_worker_and_a_node_that_die_cost_nothing(cluster: Cluster, tmp_path: Path) -> None:
    process, total = long_run(tmp_path, 24, "--on", cluster.on)
    os.kill(until(lambda: cluster.processes("ray::ray_task", 0))[0], signal.SIGKILL)
    worker = until(lambda: cluster.processes("ray::ray_task", 1))[0]
    os.kill(worker, signal.SIGSTOP)  # what it has is not done when its node ends
    for pid in (*cluster.processes("raylet/raylet", 1), worker):  # stopped, it keeps its connection
        os.kill(pid, signal.SIGKILL)
    out, err = process.communicate(timeout=250)
    assert process.returncode == 0, err
    for died in (b"WorkerCrashedError", b"NodeDiedError"):
        assert b"its process or its node ended (%b); trying again" % died in err
    assert json.loads(out)["summary"]["tokens"] == {"gpt2": total}


def test_a_head_that_dies_is_said_and_the_run_goes_on_without(cluster: Cluster, tmp_path: Path) -> None:
    process, total = long_run(tmp_path, 16, "--on", cluster.on)
    (gcs,) = cluster.processes("gcs_server", 0)
    os.kill(gcs, signal.SIGKILL)
    out, err = process.communicate(timeout=250)
    if process.returncode == 0:  # all was done before Ray noticed
        assert json.loads(out)["summary"]["tokens"] == {"gpt2": total}
    else:
        assert (process.returncode, out) == (2, b"")
        assert b"the Ray cluster cannot be reached any more" in err
    code, again, _ = run(tmp_path / "all", "--checkpoint", tmp_path / "journal", "--resume")
    assert code == 0
    assert json.loads(again)["summary"]["tokens"] == {"gpt2": total}


def test_where_there_is_no_cluster(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "Hi"}\n')
    code, out, err = run(tmp_path / "a.jsonl", "--on", f"ray://127.0.0.1:{free_ports(1)[0]}")
    assert (code, out) == (2, "")
    assert err.startswith("tokscope: --on ray://127.0.0.1:")
    assert err.count("\n") == 1
