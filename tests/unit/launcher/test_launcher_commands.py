"""What a person sees of the launcher without any environment: help, mistakes, refusals, verdicts."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from launcher import checks, network, processes, services
from launcher.commands import COMMANDS, main
from launcher.console import LauncherError, disk_error
from launcher.processes import Child, Family, rotate
from launcher.settings import ROOT, load_settings
from launcher.windows import ExtendedLimits

NOBODY = 65534


def cockpit(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COCKPIT_")}
    command = [sys.executable, "-B", str(ROOT / "cockpit.py"), *arguments]
    return subprocess.run(
        command,
        env=environment | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("arguments", [[], ["--help"], ["aide"]])
def test_help__every_command_with_its_example(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    for name, command in COMMANDS.items():
        assert f"python cockpit.py {name}" in shown
        assert command.summary in shown
        assert f"exemple : python cockpit.py {command.example}" in shown


@pytest.mark.slow  # loads the whole service
def test_help_of_data__names_every_action_of_the_application() -> None:
    from api.cli import build_parser

    [commands] = build_parser()._subparsers._group_actions
    [actions] = commands.choices["data"]._subparsers._group_actions  # type: ignore[index]
    for action in actions.choices:
        assert re.search(rf"\b{action}\b", COMMANDS["data"].arguments), action


@pytest.mark.parametrize(("typed", "meant"), [("rnu", "run"), ("model", "models"), ("tests", "test")])
def test_unknown_command__one_line_with_the_nearest_and_code_2(
    typed: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([typed]) == 2
    said = capsys.readouterr()
    assert f"« {typed} » : vouliez-vous dire « {meant} » ?" in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


@pytest.mark.slow
def test_run__taken_port__names_port_and_variable_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for variable, other in (
            ("COCKPIT_API_PORT", "COCKPIT_UI_PORT"),
            ("COCKPIT_UI_PORT", "COCKPIT_API_PORT"),
        ):
            given = {variable: str(port), other: "28731", "COCKPIT_HOME": str(tmp_path / "home")}
            ended = cockpit("run", **given, COCKPIT_VENV=str(tmp_path / "venv"))
            assert ended.returncode == 1
            assert f"Le port {port} est déjà pris" in ended.stderr
            assert f"{variable}=" in ended.stderr
            assert ended.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep a released port otherwise")
def test_run__port_just_released__is_not_called_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            server.accept()[0].close()
            client.recv(1)
    with socket.socket() as naive, pytest.raises(OSError, match="in use"):
        naive.bind(("127.0.0.1", port))  # the control: the system still remembers the connection
    network.require_free_port("127.0.0.1", port, "COCKPIT_API")
    with socket.create_server(("127.0.0.1", port)) as server:
        assert server.getsockname()[1] == port


def test_run__address_of_another_machine__names_the_host_setting() -> None:
    with pytest.raises(LauncherError, match="COCKPIT_API_HOST"):
        network.require_free_port("192.0.2.1", 28731, "COCKPIT_API")  # TEST-NET-1, RFC 5737


def test_run__same_port_twice__is_refused(tmp_path: Path) -> None:
    settings = load_settings({"COCKPIT_API_PORT": "28731", "COCKPIT_UI_PORT": "28731"}, tmp_path)
    with pytest.raises(LauncherError, match="même port 28731"):
        services.require_ports(settings)


@pytest.mark.skipif(os.name == "nt", reason="droits POSIX")
def test_run__home_not_writable__one_line_with_the_setting(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    # Root writes everywhere: there, the folder is looked at as nobody.
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        with pytest.raises(LauncherError) as caught:
            services.require_writable(tmp_path / "home", services.HOME_REMEDY)
    finally:
        if root:
            os.seteuid(0)
    assert "n’est pas accessible en écriture (droit refusé)" in caught.value.sentence
    assert "COCKPIT_HOME" in caught.value.sentence
    assert "\n" not in caught.value.sentence


def test_disk_error__full_disk_is_told_apart() -> None:
    full = disk_error(OSError(errno.ENOSPC, "No space left on device"), Path("/d"), "remède")
    assert "est plein" in full.sentence
    assert "remède" not in full.sentence


@pytest.mark.slow
@pytest.mark.parametrize(("version", "answer"), [((3, 10), 2), ((3, 15), 2), ((2, 7), 2)])
def test_cockpit__python_out_of_range__one_sentence(version: tuple[int, int], answer: int) -> None:
    program = (
        f"import sys; sys.version_info = {(*version, 0)}; sys.argv = ['cockpit.py']; "
        f"exec(compile(open({str(ROOT / 'cockpit.py')!r}).read(), 'cockpit.py', 'exec'))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False
    )
    assert ended.returncode == answer
    assert ended.stderr.startswith(f"Python {version[0]}.{version[1]} ne convient pas")
    assert ended.stderr.count("\n") == 1


def test_cockpit__readable_by_python_2_and_by_a_console_without_accents() -> None:
    source = (ROOT / "cockpit.py").read_bytes()
    assert source.isascii()
    assert b"annotations" not in source
    assert b"->" not in source


@pytest.mark.slow
def test_checks__one_fails__all_run_and_the_verdict_fails(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wanted = [
        ("un", [sys.executable, "-c", "raise SystemExit(3)"]),
        ("deux", [sys.executable, "-c", "print('ran')"]),
    ]
    assert checks.run_checks(wanted, dict(os.environ), tmp_path) == 1
    said = capfd.readouterr()
    assert "ran" in said.out
    assert said.err.splitlines()[-1].startswith("Contrôles : un EN ÉCHEC (")
    assert ", deux réussi (" in said.err
    assert checks.run_checks(wanted[1:], dict(os.environ), tmp_path) == 0


@pytest.mark.slow
def test_checks__the_one_beside__its_output_comes_last_and_its_failure_counts(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wanted = [
        (checks.BESIDE, [sys.executable, "-c", "print('types'); raise SystemExit(1)"]),
        ("un", [sys.executable, "-c", "print('ran')"]),
    ]
    assert checks.run_checks(wanted, dict(os.environ), tmp_path) == 1
    printed = capfd.readouterr()
    assert printed.out.split() == ["ran", "types"]
    assert f"{checks.BESIDE} EN ÉCHEC" in printed.err


def test_checks__long_tests_only_with_all__selection_is_passed_on() -> None:
    def pytest_command(*arguments: str) -> list[str]:
        return dict(checks.checks("python", arguments))["pytest"]

    assert pytest_command()[4:6] == ["-m", "not long"]
    assert "-n" in pytest_command("--all")
    assert "not long" not in pytest_command("--all")
    assert "--all" not in pytest_command("--all")
    assert pytest_command("tests/unit", "-x")[5:] == ["tests/unit", "-x"]


def test_checks__fast__the_fast_tests_alone_and_no_linter() -> None:
    ((tool, command),) = checks.checks("python", ["--fast"])
    assert (tool, command[3:6]) == ("pytest", ["-m", "fast", "tests/unit"])
    assert "-n" in command
    assert command[command.index("--hypothesis-profile") + 1] == "fast"
    ((_, narrowed),) = checks.checks("python", ["--fast", "tests/unit/policy", "-x"])
    assert narrowed[3:] == ["-m", "fast", "tests/unit/policy", "-x"]


def test_checks__all_and_fast_together__are_refused(tmp_path: Path) -> None:
    with pytest.raises(LauncherError, match="choisissez"):
        checks.test(load_settings({}, tmp_path), ["--all", "--fast"])


class NotReady(BaseHTTPRequestHandler):
    """An API that lives and says what it lacks."""

    def do_GET(self) -> None:
        body = '{"detail": "Aucun modèle actif."}'.encode()
        self.send_response(503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def not_ready() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), NotReady) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.slow
def test_readiness__not_ready__gives_the_reason_of_the_api(not_ready: str) -> None:
    with Family() as family:
        assert services.readiness(family, not_ready, seconds=0.1) == "Aucun modèle actif."


@pytest.mark.slow
def test_wait__no_answer_in_time__names_the_process_and_its_log(tmp_path: Path, not_ready: str) -> None:
    script = [sys.executable, "-c", "import time; print('je charge', flush=True); time.sleep(60)"]
    service = services.Service("L’API", "api", script, dict(os.environ), (not_ready, "/health"))
    with Family() as family:
        family.start(service.name, service.command, service.environment, tmp_path, tmp_path / "api.log")
        with pytest.raises(LauncherError, match=r"L’API ne répond pas après 0 s(?s:.*)je charge"):
            services.wait_for_answers(family, [service], seconds=0.4)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signaux POSIX")
def test_stop__child_deaf_to_sigterm__is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.3)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ok', flush=True)"
    with Family() as family:
        command = [sys.executable, "-c", f"{deaf}; time.sleep(60)"]
        child = family.start("sourd", command, dict(os.environ), tmp_path, tmp_path / "log")
        while "ok" not in child.tail():
            time.sleep(0.02)
    assert child.process.returncode == -9


def test_rotate__large_logs_move_on_and_the_oldest_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "LOG_BYTES", 3)
    log = tmp_path / "api.log"
    for text in ("one", "two", "three", "four", "five"):
        rotate(log)
        log.write_text(text)
    rotate(log)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "api.log.1": "five",
        "api.log.2": "four",
        "api.log.3": "three",
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{"level": "ERROR", "message": "m"}', True),
        ('{"level": "info", "error": null}', False),
        ("ERROR:    [Errno 98]", True),
        ("INFO:     0 errors", False),
        ("2024-12-30 10:00:00 ERROR worker", True),
        ("Traceback (most recent call last):", True),
    ],
)
def test_new_errors__error_lines_only_and_once(tmp_path: Path, line: str, shown: bool) -> None:
    log = tmp_path / "log"
    log.write_text(f"{line}\nERROR unfinis", encoding="utf-8")
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        child = Child("c", process, log, 0)
        assert child.new_errors() == ([line] if shown else [])
        assert child.new_errors() == []


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="disposition 64 bits")
def test_windows_job_limits__layout_of_winnt_h() -> None:
    # sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION) on Win64, and the offset of LimitFlags in it.
    assert ctypes.sizeof(ExtendedLimits) == 144
    assert ExtendedLimits.basic.offset + type(ExtendedLimits().basic).flags.offset == 16
