"""The pipeline without its host: schema, pinned actions, least rights, and the same command as here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from launcher import checks

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
OURS = re.compile(r"uses: \./\.github/workflows/[\w-]+\.yml")


def _load(name: str) -> dict[str, Any]:
    # YAML 1.1 reads the key `on` as true.
    parsed: dict[Any, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text("utf-8"))
    return {("on" if key is True else key): value for key, value in parsed.items()}


@pytest.mark.slow
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow__against_its_schema__is_valid(path: Path) -> None:
    places = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    tool = shutil.which("check-jsonschema", path=places)
    if tool is None:
        pytest.skip("check-jsonschema absent : pip install -r requirements-dev.txt")
    command = [tool, "--builtin-schema", "vendor.github-workflows", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow__every_action__is_pinned_by_commit_with_its_version(path: Path) -> None:
    used = [
        line.strip().removeprefix("- ") for line in path.read_text("utf-8").splitlines() if "uses:" in line
    ]
    assert used
    for line in used:
        assert PINNED.fullmatch(line) or (OURS.fullmatch(line) and (ROOT / line[6:]).is_file()), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow__rights__are_named_job_by_job(path: Path) -> None:
    workflow = _load(path.name)
    assert workflow["permissions"] == {}
    assert "pull_request_target" not in workflow["on"]
    for name, job in workflow["jobs"].items():
        writes = {right for right, level in job["permissions"].items() if level != "read"}
        assert writes <= ({"packages"} if name == "images" else set()), name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow__scripts__take_no_text_from_the_event(path: Path) -> None:
    for job in _load(path.name)["jobs"].values():
        for step in job.get("steps", []):
            assert "${{" not in step.get("run", ""), "an expression in a script is executed as code"
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_ci__tests__are_the_same_command_as_here() -> None:
    ci = _load("ci.yml")
    test = ci["jobs"]["test"]
    assert {"push", "pull_request"} <= ci["on"].keys()
    assert test["strategy"]["matrix"]["python"] == _pythons_admitted()
    assert [step["run"] for step in test["steps"] if "run" in step] == [".ci/run"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    (setup,) = (step for step in test["steps"] if step.get("uses", "").startswith("actions/setup-python@"))
    assert setup["with"]["python-version"] == "${{ matrix.python }}"


def _pythons_admitted() -> list[str]:
    """Every minor version from the first that pyproject.toml admits to the last."""
    admitted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    first, after = map(int, re.fullmatch(r">=3\.(\d+),<3\.(\d+)", admitted).groups())
    return [f"3.{minor}" for minor in range(first, after)]


def test_ci__other_systems__run_the_launcher_and_the_fast_tests() -> None:
    systems = _load("ci.yml")["jobs"]["systems"]
    assert [name.split("-")[0] for name in systems["strategy"]["matrix"]["system"]] == ["windows", "macos"]
    commands = [step["run"] for step in systems["steps"] if "run" in step]
    assert [command.split()[:4] for command in commands] == [["python", "cockpit.py", "test", "--fast"]] * 2


def test_pre_commit__runs_the_checks_of_the_launcher_and_fetches_nothing() -> None:
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert local["repo"] == "local"
    linters = [each for each in checks.checks("python", ["tests"]) if each[0] != "pytest"]
    assert [(hook["name"], hook["entry"].split()) for hook in local["hooks"]] == linters
    assert all(hook["language"] == "system" for hook in local["hooks"])


def test_ci__report__is_kept_where_pytest_writes_it() -> None:
    steps = _load("ci.yml")["jobs"]["test"]["steps"]
    written = next(step["env"]["PYTEST_ADDOPTS"] for step in steps if step.get("run") == ".ci/run")
    kept = next(step for step in steps if step.get("uses", "").startswith("actions/upload-artifact@"))
    assert written.startswith(f"--junitxml={kept['with']['path']}")
    assert "cancelled" in kept["if"], "a failed run needs its report most"


def test_images__are_published__only_after_tests_and_questions() -> None:
    images = _load("ci.yml")["jobs"]["images"]
    assert images["needs"] == "test"
    assert images["if"] == "github.event_name == 'push'"
    called = _load("images.yml")
    assert list(called["on"]) == ["workflow_call"], "no other way to publish"
    names = [step.get("name") for step in called["jobs"]["images"]["steps"]]
    order = ["Build", "Start", "Question", "Publish"]
    assert [name for name in names if name in order] == order
    assert called["jobs"]["images"]["env"]["COCKPIT_VERSION"] == "${{ github.sha }}"


ANSWERS: dict[str, tuple[int, object]] = {
    "/health": (200, {"status": "ok"}),
    "/version": (200, "abc"),
    "/ready": (200, {"status": "ok"}),
    "/openapi.json": (200, {}),
    "/api/v1/park": (401, {"title": "Authentification requise"}),
}


@contextmanager
def _served(answers: dict[str, tuple[int, object]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers.get(self.path, (404, None))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, 0),
        ({"/version": (200, "another")}, 1),
        ({"/ready": (503, {})}, 1),
        ({"/api/v1/park": (200, {})}, 1),
        ({"/health": (200, {"status": "no"})}, 1),
    ],
    ids=["as expected", "other version", "not ready", "park without a key", "not alive"],
)
def test_smoke__one_wrong_answer__fails_the_pipeline(
    changed: dict[str, tuple[int, object]], code: int
) -> None:
    with _served({**ANSWERS, **changed}) as url:
        done = subprocess.run(
            [sys.executable, "-"],
            input=(ROOT / "deploy" / "smoke.py").read_text("utf-8"),
            env={**os.environ, "SMOKE_URL": url, "COCKPIT_VERSION": "abc", "PYTHONUTF8": "1"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stdout.count("NON") == len(changed)
