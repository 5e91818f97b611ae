"""The GitHub Action `check`: its steps, run as a runner runs them, with the variables that GitHub sets.

The first step installs from this checkout with nothing from a network: pip finds what the package needs among
the packages of these tests (PYTHONPATH), and builds it with their hatchling.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import check_jsonschema
import jsonschema
import pytest
import yaml

from tests.support import ROOT

ACTION = ROOT / ".github" / "actions" / "check"
DEFINITION = yaml.safe_load((ACTION / "action.yml").read_text())
INSTALL, CHECK = DEFINITION["runs"]["steps"]
SCHEMAS = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor"

OFFLINE = {
    "PYTHONPATH": sysconfig.get_path("purelib"),
    "PIP_NO_INDEX": "1",
    "PIP_NO_BUILD_ISOLATION": "0",  # pip reads it the other way round: no isolation
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}


def run(
    step: Mapping[str, object], given: Mapping[str, str], workspace: Path
) -> subprocess.CompletedProcess[str]:
    """Run a step of the action as the documentation of `shell: bash` says, with `with:` as given."""
    assert step["shell"] == "bash"
    defaults = {name: values["default"] for name, values in DEFINITION["inputs"].items()}
    inputs = {**defaults, **given}

    def value(written: str) -> str:
        return re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda match: inputs[match[1]], written)

    script = workspace.parent / "step.sh"
    script.write_text(str(step["run"]))
    env = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        **OFFLINE,
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_PATH": str(ACTION),
        "GITHUB_WORKSPACE": str(workspace),
        "GITHUB_STEP_SUMMARY": str(workspace.parent / "summary.md"),
        "RUNNER_TEMP": str(workspace.parent / "temp"),
        **{name: value(written) for name, written in step.get("env", {}).items()},
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
        cwd=workspace / value(str(step.get("working-directory", "."))),
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace, with the action's first step done."""
    workspace = tmp_path_factory.mktemp("job") / "workspace"
    (workspace / "prompts").mkdir(parents=True)
    (workspace.parent / "temp").mkdir()
    (workspace / "prompts" / "a, b.md").write_text("one two three\nfour five six\n")
    (workspace / "-x $(touch injected).md").write_text("one two\n")
    done = run(INSTALL, {}, workspace)
    assert done.returncode == 0, done
    return workspace


def test_the_definition_is_valid() -> None:
    schema = json.loads((SCHEMAS / "github-actions.json").read_bytes())
    jsonschema.Draft7Validator(schema).validate(DEFINITION)
    assert not any("${{" in step["run"] for step in DEFINITION["runs"]["steps"])


@pytest.mark.slow
def test_it_installs_this_checkout(installed: Path) -> None:
    tokscope = installed.parent / "temp" / "tokscope" / "bin" / "tokscope"
    code = "import tokscope; print(tokscope.__file__)"
    done = subprocess.run(
        [tokscope.with_name("python"), "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert Path(done.stdout.strip()).is_relative_to(installed.parent / "temp")


@pytest.mark.slow
def test_over_budget(installed: Path) -> None:
    given = {"budget": "5", "tokenizer": "word:space", "sarif": "../report.sarif"}
    done = run(CHECK, given, installed)
    message = "6 tokens (word:space), 1 over the budget of 5"
    assert done.stdout == f"::error file=prompts/a%2C b.md,line=2,title=tokscope::{message}\n"
    assert (done.returncode, done.stderr) == (1, "")
    assert "| `prompts/a, b.md:2` | over |" in (installed.parent / "summary.md").read_text()
    (result,) = json.loads((installed.parent / "report.sarif").read_bytes())["runs"][0]["results"]
    assert result["message"]["text"] == message


@pytest.mark.slow
def test_within_budget(installed: Path) -> None:
    done = run(CHECK, {"budget": "6", "tokenizer": "word:space"}, installed)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
def test_paths_are_arguments_whatever_they_hold(installed: Path) -> None:
    given = {
        "paths": "-x $(touch injected).md\n\nprompts/a, b.md\n",
        "budget": "1",
        "tokenizer": "word:space",
    }
    done = run(CHECK, given, installed)
    assert done.returncode == 1
    assert [line.partition(",line")[0] for line in done.stdout.splitlines()] == [
        "::error file=-x $(touch injected).md",
        "::error file=prompts/a%2C b.md",
    ]
    assert not (installed / "injected").exists()


@pytest.mark.slow
def test_a_folder_of_its_own(installed: Path) -> None:
    given = {"working-directory": "prompts", "budget": "5", "tokenizer": "word:space"}
    assert run(CHECK, given, installed).stdout.startswith("::error file=prompts/a%2C b.md,line=2,")


@pytest.mark.slow
def test_rules_and_a_base(installed: Path) -> None:
    def git(*arguments: str) -> None:
        env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
        who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        subprocess.run(["git", *who, *arguments], cwd=installed, env=env, check=True)

    (installed / "tokscope.toml").write_text(
        '[[budget]]\npaths = ["prompts/**"]\nmax = 5\ntokenizer = "word:space"\n'
    )
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "one")
    assert run(CHECK, {"base": "HEAD"}, installed).returncode == 0  # nothing has changed
    assert run(CHECK, {}, installed).returncode == 1
    done = run(CHECK, {"base": "origin/main"}, installed)
    assert done.returncode == 2
    assert "origin/main" in done.stderr


def test_the_workflow_of_the_manual() -> None:
    readme = (ROOT / "tokscope/manual/ci.md").read_text("utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```", readme, re.M | re.S)
    loaded = [yaml.load(block, yaml.BaseLoader) for block in blocks]  # YAML 1.1 would read "on" as true
    (workflow,) = [block for block in loaded if "jobs" in block]
    schema = json.loads((SCHEMAS / "github-workflows.json").read_bytes())
    jsonschema.Draft7Validator(schema).validate(workflow)
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    (ours,) = [step for step in steps if ".github/actions/check" in step.get("uses", "")]
    assert set(ours.get("with", {})) <= set(DEFINITION["inputs"])
