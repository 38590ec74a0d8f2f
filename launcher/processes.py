"""Child processes that end with the launcher, each with its log."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from launcher import windows

STOP_SECONDS = 10.0
"""Time for a child to end by itself before it is killed [s]."""
LOG_BYTES = 5_000_000
KEPT_LOGS = 3
TAIL_LINES = 20

_GUARD = Path(__file__).with_name("guard.py")
_ERROR = re.compile(
    r"""^(?:ERROR|CRITICAL|Traceback)\b|\s(?:ERROR|CRITICAL)\s|"level(?:name)?":\s*"(?:error|critical)""",
    re.IGNORECASE,
)

if sys.platform == "win32":
    # The children have their own group: Ctrl-C reaches the launcher only, which then stops them in order.
    _NEW_GROUP, _STOP = subprocess.CREATE_NEW_PROCESS_GROUP, signal.CTRL_BREAK_EVENT
else:
    _NEW_GROUP, _STOP = 0, signal.SIGTERM


class Child:
    """A child process, and its output since its start."""

    def __init__(
        self,
        name: str,
        process: subprocess.Popen[bytes],
        log: Path | None,
        offset: int,
        start_again: Callable[[], Child] | None = None,
    ) -> None:
        self.name, self.process, self.log = name, process, log
        self.start_again = start_again
        self._start = self._read = offset

    def tail(self, lines: int = TAIL_LINES) -> str:
        """Return the last lines written since the start."""
        return "\n".join(_text(self._since(self._start)).splitlines()[-lines:])

    def new_errors(self) -> list[str]:
        """Return the error lines written since the last call, at most three, shortened."""
        written = self._since(self._read)
        complete = written[: written.rfind(b"\n") + 1]
        self._read += len(complete)
        return [line[:300] for line in _text(complete).splitlines() if _ERROR.search(line)][:3]

    def _since(self, offset: int) -> bytes:
        if self.log is None:
            return b""
        with self.log.open("rb") as file:
            file.seek(offset)
            return file.read()


def _text(content: bytes) -> str:
    return content.decode("utf-8", errors="replace")


class Family:
    """Starts processes that end with the block, and with the launcher even if it is killed.

    POSIX: all join the process group of a guard that waits on a pipe (see ``launcher.guard``). Windows: this
    process enters a job object, which its children inherit.
    """

    def __init__(self) -> None:
        self.children: list[Child] = []
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Family:
        if sys.platform == "win32":
            windows.end_children_with_this_process()
        else:
            # Isolated and without site, because it must run before the first child. It holds none of our
            # streams: a reader of our output would wait for its end after ours.
            command = [sys.executable, "-I", "-S", str(_GUARD)]
            null = subprocess.DEVNULL
            self._guard = subprocess.Popen(  # noqa: S603 - ours
                command, stdin=subprocess.PIPE, stdout=null, stderr=null, process_group=0
            )
        return self

    def start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], cwd: Path, log: Path
    ) -> Child:
        """Start ``command`` with its output in ``log``, which is rotated first if large."""
        child = self._start(name, command, environment, cwd, log)
        self.children.append(child)
        return child

    def restart(self, dead: Child) -> Child:
        """Start the command of a child that ended once more, in its place.

        Raises:
            ValueError: the child was started on this console, and has no log to continue.
        """
        if dead.start_again is None:
            raise ValueError(f"{dead.name} cannot be started again")
        child = dead.start_again()
        self.children[self.children.index(dead)] = child
        return child

    def _start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], cwd: Path, log: Path
    ) -> Child:
        rotate(log)
        with log.open("ab") as output:
            offset = output.tell()
            process = self._popen(command, environment, cwd, output, subprocess.STDOUT)
        again = functools.partial(self._start, name, command, environment, cwd, log)
        return Child(name, process, log, offset, again)

    def start_here(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        cwd: Path,
        *,
        output: int | None = None,
    ) -> Child:
        """Start ``command`` on this console; ``output`` may be ``subprocess.PIPE`` to read its stdout."""
        child = Child(name, self._popen(command, environment, cwd, output, None), None, 0)
        self.children.append(child)
        return child

    def _popen(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        cwd: Path,
        output: int | IO[bytes] | None,
        errors: int | None,
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - commands are the launcher's own
            command,
            env=dict(environment),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            creationflags=_NEW_GROUP,
            process_group=None if self._guard is None else self._guard.pid,
        )

    def dead(self) -> Child | None:
        """Return the first child that has ended; None while all run."""
        return next((child for child in self.children if child.process.poll() is not None), None)

    def stop(self) -> None:
        """Ask every child to end, wait, then kill the children that still run."""
        running = [child.process for child in self.children if child.process.poll() is None]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(_STOP)
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
        for child in self.children:
            if child.process.poll() is None:
                child.process.kill()
            child.process.wait()
        self.children.clear()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _uninterrupted():
            self.stop()
            if self._guard is not None and self._guard.stdin is not None:
                if sys.platform != "win32":
                    os.killpg(self._guard.pid, signal.SIGKILL)
                self._guard.wait()
                self._guard.stdin.close()


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ignore Ctrl-C and SIGTERM for the block: a second signal must not leave children behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {name: signal.signal(name, signal.SIG_IGN) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for name, handler in previous.items():
            signal.signal(name, handler)


def in_front(command: Sequence[str], environment: Mapping[str, str], cwd: Path | None = None) -> int:
    """Run ``command`` on this console, keyboard included, and return its exit code.

    Ctrl-C reaches it from the terminal; it then has ``STOP_SECONDS`` to end.
    """
    process = subprocess.Popen(command, env=dict(environment), cwd=cwd)  # noqa: S603 - the launcher's own
    try:
        return process.wait()
    except KeyboardInterrupt:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        raise
    finally:
        if process.poll() is None:
            process.terminate()


def rotate(log: Path) -> None:
    """Rotate ``log`` once it exceeds ``LOG_BYTES``: it becomes ``.1``, and older logs get the next number."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if not log.exists() or log.stat().st_size < LOG_BYTES:
        return
    for number in range(KEPT_LOGS, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        newer = log if number == 1 else log.with_name(f"{log.name}.{number - 1}")
        if newer.exists():
            newer.replace(older)
