"""Whatever runs in the importer's child finds neither the secrets, nor the database, nor another process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api.domain.shared.exceptions import ModelRefused
from api.inference.importing import isolation
from api.inference.importing.isolation import run_in_child
from api.inference.importing.request import DraftJob

_PROBE = """
import ctypes, json, os, socket, subprocess, sys
from pathlib import Path
from api.inference.importing.child.confinement import shut_in
from api.inference.importing.request import DraftJob
file, outcome, *secrets = map(Path, sys.argv[1:])
shut_in(DraftJob(file=file, task=None, labelled=None, features=None, target=None), outcome)

def reached(act):
    try:
        return act() is not False
    except OSError:
        return False

libc = ctypes.CDLL(None)
answer = {
    "job": reached(lambda: file.read_bytes()),
    "libraries": reached(lambda: __import__("sklearn.ensemble")),
    "python": [reached(path.read_bytes) for path in secrets],
    # As code that took the process over would: no audit hook sees it.
    "native": [libc.open(os.fsencode(path), os.O_RDONLY) >= 0 for path in secrets],
    "written": [reached(lambda path=path: path.write_bytes(b"x")) for path in secrets],
    "started": reached(lambda: subprocess.run([sys.executable, "-c", ""])),
    "called": reached(lambda: socket.create_connection(("127.0.0.1", int(os.environ["PORT"])), 1)),
}
outcome.write_text(json.dumps(answer))
"""


def _landlock() -> bool:
    import ctypes

    return sys.platform == "linux" and bool(ctypes.CDLL(None).syscall(444, None, 0, 1) >= 1)


@pytest.fixture
def answer(tmp_path: Path) -> dict[str, Any]:
    """What a confined process reached of a whole installation."""
    home, work = tmp_path / "home", tmp_path / "home" / "model_store" / ".import-1"
    work.mkdir(parents=True)
    secrets = [home / "secret_key", home / "cockpit.db", home / ".env"]
    for path in (file := tmp_path / "model.joblib", *secrets):
        path.write_bytes(b"secret")
    environ = [Path(f"/proc/{os.getpid()}/environ")] if sys.platform == "linux" else []
    paths = [file, work / "outcome.json", *secrets, *environ]
    command = [sys.executable, "-c", _PROBE, *map(str, paths)]
    subprocess.run(command, check=True, timeout=120, env={**os.environ, "PORT": "9"})
    result: dict[str, Any] = json.loads((work / "outcome.json").read_text())
    return result


def test_child__reads_its_job_and_its_libraries_and_nothing_else(answer: dict[str, Any]) -> None:
    assert answer["job"]
    assert answer["libraries"]
    assert not any(answer["python"] + answer["written"])
    assert not answer["started"]
    assert not answer["called"]


@pytest.mark.skipif(not _landlock(), reason="needs Linux 5.13 or later with Landlock: nothing to install")
def test_child__the_kernel_itself_refuses_the_rest(answer: dict[str, Any]) -> None:
    assert not any(answer["native"])


def test_child__one_that_dies_makes_the_import_fail_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suicide = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    follow = isolation._follow
    monkeypatch.setattr(
        isolation, "_follow", lambda command, *rest: follow([sys.executable, "-c", suicide], *rest)
    )
    job = DraftJob(file=tmp_path / "m", task=None, labelled=None, features=None, target=None)
    with pytest.raises(ModelRefused, match=r"SIGSEGV.*mémoire qui n’est pas la sienne.*refusé"):
        run_in_child(job, tmp_path / "outcome.json", 60)
