"""``cockpit.py`` as a person starts it, on a copy of the launcher whose servers are a few lines each.

The launcher, the signals, the ports and the processes are real; only what the three processes do is small, so
that it can be made to fail in every way.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from launcher.environment import interpreter
from launcher.settings import ROOT

pytestmark = pytest.mark.slow

posix_only = pytest.mark.skipif(os.name == "nt", reason="signaux POSIX ; sous Windows, un job object")

SERVER = """
import http.server, json, os, pathlib, subprocess, sys, threading, time

home, role = pathlib.Path(os.environ["HOME_OF_THE_TEST"]), sys.argv[1]
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
told = json.dumps({"pids": [os.getpid(), grandchild.pid], "environment": dict(os.environ)})
(home / "partial").with_suffix(f".{role}").write_text(told)
(home / "partial").with_suffix(f".{role}").replace(home / f"{role}.json")

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"{}")
    def log_message(self, *arguments): pass

order = home / f"{role}-order"
def obey():
    while not order.exists(): time.sleep(0.02)
    if order.read_text() == "die":
        print(*(f"line {n}" for n in range(1, 31)), sep="\\n", flush=True); os._exit(3)
    print("ERROR: disk almost full", flush=True)

threading.Thread(target=obey, daemon=True).start()
option = "--server.port" if role == "ui" else "--port"
if option in sys.argv:
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index(option) + 1])), Answer).serve_forever()
time.sleep(600)
"""

CLI = """
import json, os, pathlib, sys
if sys.argv[1] != "prepare":
    print(json.dumps({"arguments": sys.argv[1:], "folder": os.getcwd()})); sys.exit(7)
home = pathlib.Path(os.environ["COCKPIT_HOME"])
if (home / "broken").exists(): sys.exit("Base illisible.")
first = not (home / "made").exists()
(home / "made").touch()
print("première ligne")
print(json.dumps({"accounts": [{"username": "manager", "password": "Zx9-secret" if first else None}]}))
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with the real launcher, small servers, and an environment that is already installed."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copy(ROOT / "cockpit.py", root)
    shutil.copytree(ROOT / "launcher", root / "launcher", ignore=shutil.ignore_patterns("__pycache__"))
    delegate = "import runpy, sys; sys.argv.insert(1, {!r}); runpy.run_path('server.py', run_name='__main__')"
    files = {
        "server.py": SERVER,
        "api/__init__.py": "",
        "api/cli.py": CLI,
        "api/worker.py": delegate.format("worker"),
        "uvicorn/__main__.py": delegate.format("api"),
        "streamlit/__main__.py": delegate.format("ui"),
    }
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    venv = root / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    for name in ("api", "ui"):
        (root / f"requirements-{name}.txt").write_text("")
        stamp = {
            "sha256": hashlib.sha256(b"").hexdigest(),
            "interpreter": str(interpreter(venv).resolve()),
        }
        (venv / f".cockpit-stamp-{name}.json").write_text(json.dumps(stamp))
    return root


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


class Launch:
    """One ``cockpit.py run`` under way."""

    def __init__(self, checkout: Path, home: Path, **variables: str) -> None:
        self.home, (self.api, self.ui) = home, free_ports()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COCKPIT_")}
        environment |= {
            "COCKPIT_HOME": str(home),
            "HOME_OF_THE_TEST": str(home),
            "COCKPIT_API_PORT": str(self.api),
            "COCKPIT_UI_PORT": str(self.ui),
            **variables,
        }
        self.process = subprocess.Popen(
            [sys.executable, str(checkout / "cockpit.py"), "run"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self.output = ""

    def read_until(self, text: str) -> None:
        assert self.process.stdout is not None
        while text not in self.output:
            line = self.process.stdout.readline()
            assert line, f"« {text} » jamais écrit dans :\n{self.output}"
            self.output += line

    def end(self, number: int | None = None) -> int:
        if number is not None:
            self.process.send_signal(number)
        self.output += self.process.communicate(timeout=15)[0]
        return self.process.returncode

    def told(self, role: str) -> dict[str, Any]:
        path = self.home / f"{role}.json"
        while not path.exists():
            assert self.process.poll() is None, self.output
            time.sleep(0.02)
        return dict(json.loads(path.read_text()))

    def pids(self) -> list[int]:
        return [pid for role in ("api", "worker", "ui") for pid in self.told(role)["pids"]]


@contextmanager
def launched(checkout: Path, home: Path, **variables: str) -> Iterator[Launch]:
    for role in ("api", "worker", "ui"):  # what an earlier start reported is not this one's
        (home / f"{role}.json").unlink(missing_ok=True)
    launch = Launch(checkout, home, **variables)
    try:
        yield launch
    finally:
        launch.process.kill()
        launch.process.communicate()


def alive(pid: int) -> bool:
    """Whether ``pid`` still runs; a dead process that nobody has collected yet does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def survivors(pids: list[int], seconds: float) -> list[int]:
    deadline = time.monotonic() + seconds
    while (left := [pid for pid in pids if alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


@posix_only
def test_run__two_starts__both_addresses_answer_and_everything_ends(checkout: Path, tmp_path: Path) -> None:
    with launched(checkout, tmp_path, COCKPIT_SECRET_KEY="k" * 40) as launch:
        launch.read_until("Ctrl-C")
        assert f"Tableau de bord : http://127.0.0.1:{launch.ui}" in launch.output
        assert f"http://127.0.0.1:{launch.api}/docs" in launch.output
        assert "Zx9-secret" in launch.output
        with urlopen(f"http://127.0.0.1:{launch.ui}/") as answer:
            assert answer.status == 200
        assert launch.told("api")["environment"]["COCKPIT_SECRET_KEY"] == "k" * 40
        dashboard = launch.told("ui")["environment"]
        assert dashboard["COCKPIT_COOKIE_KEY"] == (tmp_path / "ui_cookie_key").read_text("ascii")
        assert not {"COCKPIT_SECRET_KEY", "COCKPIT_HOME"} & dashboard.keys()
        pids = launch.pids()
        assert len(pids) == 6
        assert launch.end(signal.SIGINT) == 0
        assert "Arrêt du cockpit." in launch.output
        assert survivors(pids, 2) == []

    with launched(checkout, tmp_path) as again:
        again.read_until("Ctrl-C")
        assert "Zx9-secret" not in again.output
        assert "affichés au premier démarrage seulement" in again.output
        kept = (tmp_path / "secret_key").read_text("ascii")
        assert again.told("worker")["environment"]["COCKPIT_SECRET_KEY"] == kept
        assert again.end(signal.SIGTERM) == 0
        assert survivors(again.pids(), 2) == []


@posix_only
def test_run__launcher_killed__children_and_grandchildren_end(checkout: Path, tmp_path: Path) -> None:
    with launched(checkout, tmp_path) as launch:
        launch.read_until("Ctrl-C")
        pids = launch.pids()
        assert all(map(alive, pids))
        launch.process.kill()
        assert survivors(pids, 8) == []


@posix_only
@pytest.mark.parametrize(
    ("role", "name"),
    [("api", "L’API"), ("worker", "Le calculateur"), ("ui", "Le tableau de bord")],
)
def test_run__one_process_dies__started_again_with_its_last_lines_told_and_the_others_continue(
    checkout: Path, tmp_path: Path, role: str, name: str
) -> None:
    with launched(checkout, tmp_path) as launch:
        launch.read_until("Ctrl-C")
        before = {other: launch.told(other)["pids"] for other in ("api", "ui", "worker")}
        (tmp_path / f"{role}-order").write_text("die")
        launch.read_until("line 30\n")
        (tmp_path / f"{role}-order").unlink()
        assert f"{name} s’est arrêté (code 3) : relance 1 sur 5" in launch.output
        assert "line 11\n" in launch.output
        assert "line 10\n" not in launch.output
        assert "line 1\n" in (tmp_path / "logs" / f"{role}.log").read_text()
        deadline = time.monotonic() + 10
        while launch.told(role)["pids"] == before[role] or not alive(launch.told(role)["pids"][0]):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert all(alive(before[other][0]) for other in before if other != role)
        assert launch.end(signal.SIGINT) == 0
        assert survivors([*launch.pids(), *(pid for pids in before.values() for pid in pids)], 2) == []


def test_run__error_in_a_log__is_shown_on_the_console(checkout: Path, tmp_path: Path) -> None:
    with launched(checkout, tmp_path) as launch:
        launch.read_until("Ctrl-C")
        (tmp_path / "worker-order").write_text("complain")
        launch.read_until("[Le calculateur] ERROR: disk almost full")


def test_run__preparation_fails__nothing_is_started(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    with launched(checkout, tmp_path) as launch:
        assert launch.end() == 1
    assert "Base illisible." in launch.output
    assert "La préparation a échoué (code 1)" in launch.output
    assert not (tmp_path / "api.json").exists()


def test_run__process_dies_before_answering__passwords_made_meanwhile_are_still_told(
    checkout: Path, tmp_path: Path
) -> None:
    (tmp_path / "ui-order").write_text("die")
    with launched(checkout, tmp_path) as launch:
        assert launch.end() == 1
    assert "Zx9-secret" in launch.output
    assert "Le tableau de bord s’est arrêté" in launch.output


def test_command_line__arguments_folder_and_exit_code_pass_through(checkout: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(checkout / "cockpit.py"), "score", "--as-of", "2024-12-30", "é à"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert ended.returncode == 7
    assert ended.stderr == ""
    assert json.loads(ended.stdout) == {
        "arguments": ["score", "--as-of", "2024-12-30", "é à"],
        "folder": str(tmp_path),
    }
