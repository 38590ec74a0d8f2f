"""The launcher's output, and the one class of its expected errors."""

from __future__ import annotations

import contextlib
import errno
import io
import shutil
import sys
import time
from pathlib import Path

WINDOWS_DISK_FULL = 112
PLAIN_SECONDS = 5.0
"""Time between two lines of progress where the output is not a terminal [s]."""


_REASONS = {
    errno.EACCES: "droit refusé",
    errno.EPERM: "droit refusé",
    errno.EROFS: "support en lecture seule",
    errno.ENOENT: "absent",
    errno.ENOTDIR: "un fichier est à la place d’un dossier",
    errno.EEXIST: "un fichier est à la place d’un dossier",
}


class LauncherError(Exception):
    """An expected failure: a French sentence with the remedy, and the exit code (2: wrong use)."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.sentence, self.code = sentence, code


def use_utf8() -> None:
    """Write UTF-8 whatever the system's encoding, and never fail on a character."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - on Windows only

        # Children that write bytes straight to the console use its code page.
        ctypes.windll.kernel32.SetConsoleOutputCP(65001)


def say(text: str) -> None:
    """Print one line on stderr: stdout carries the command's result only."""
    with contextlib.suppress(BrokenPipeError):
        print(text, file=sys.stderr, flush=True)


def disk_error(error: OSError, folder: Path, remedy: str) -> LauncherError:
    """Return the error for a folder that could not be written.

    Args:
        error: the system's error.
        folder: the folder to write.
        remedy: what to do when the reason is not a full disk.
    """
    if error.errno == errno.ENOSPC or getattr(error, "winerror", None) == WINDOWS_DISK_FULL:
        return LauncherError(f"Le disque de « {folder} » est plein : libérez de la place puis relancez.")
    return LauncherError(
        f"Le dossier « {folder} » n’est pas accessible en écriture ({reason(error)}) : {remedy}"
    )


def reason(error: OSError) -> str:
    """Return why the system refused, in French for the common cases."""
    return _REASONS.get(error.errno or 0, error.strerror or type(error).__name__)


class Progress:
    """A line that is rewritten on a terminal, or a plain line every few seconds elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._line, self._last = "", time.monotonic()

    def update(self, text: str) -> None:
        """Show ``text`` in place of the former line."""
        if text == self._line:
            return
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write("\r" + text[:width].ljust(width))
            sys.stderr.flush()
        elif time.monotonic() - self._last < PLAIN_SECONDS:
            return
        else:
            say(text)
        self._line, self._last = text, time.monotonic()

    def close(self) -> None:
        """Clear the terminal's line."""
        if self._live and self._line:
            sys.stderr.write("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r")
            sys.stderr.flush()
