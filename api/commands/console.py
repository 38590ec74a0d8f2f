"""Shared parts of the commands: French usage errors, a progress line, aligned columns."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn

from api.domain.shared.exceptions import InvalidInput
from api.schemas import french

_FRENCH = (
    (r"the following arguments are required: (.+)", r"il manque : \1"),
    (r"unrecognized arguments: (.+)", r"arguments inconnus : \1"),
    (r"argument (.+?): invalid choice: (.+?) \(choose from (.+)\)", r"\1 : \2 n’existe pas ; au choix : \3"),
    (r"argument (.+?): invalid .+ value: (.+)", r"\1 : valeur illisible : \2"),
    (r"argument (.+?): expected (?:one|at least one) argument", r"\1 : une valeur est attendue"),
    (r"one of the arguments (.+) is required", r"il manque l’un de : \1"),
)


_UNWRITABLE = "écriture impossible ; choisissez un dossier qui existe et où vous pouvez écrire."
_HELP = (
    ("usage: ", "usage : "),
    ("positional arguments:", "arguments :"),
    ("options:", "options :"),
    ("show this help message and exit", "montre cette aide"),
)


class FrenchParser(argparse.ArgumentParser):
    """An argument parser that speaks French: its help, and its errors in one line."""

    def format_help(self) -> str:
        """Return the help, with argparse's own words in French."""
        text = super().format_help()
        for english, words in _HELP:
            text = text.replace(english, words)
        return text

    def error(self, message: str) -> NoReturn:
        for pattern, sentence in _FRENCH:
            message = re.sub(f"^{pattern}$", sentence, message)
        command = self.prog.removeprefix("cockpit.py").strip()
        self.exit(2, f"{message}. Aide : python cockpit.py {command} --help\n".replace("  ", " "))


def say(text: str) -> None:
    """Print one line on stderr: stdout carries results only."""
    print(text, file=sys.stderr, flush=True)


def progress(label: str) -> Callable[[int, int], None]:
    """Return a function that shows progress and time left: rewritten on a terminal, every 5 s elsewhere."""
    live = sys.stderr.isatty()
    began = time.monotonic()
    shown_at = 0.0

    def show(done: int, total: int) -> None:
        nonlocal shown_at
        ended = done >= total
        if not ended and time.monotonic() - shown_at < (0.1 if live else 5.0):
            return
        shown_at = time.monotonic()
        share = french.share((100 * done // total if total else 100) / 100)
        line = f"{label} : {done}/{total} ({share}){_time_left(began, done, total)}"
        if live:
            print(f"\r\x1b[K{line}", end="\n" if ended else "", file=sys.stderr, flush=True)
        else:
            say(line)

    return show


def _time_left(began: float, done: int, total: int) -> str:
    """Return the time left at the pace so far; empty while it is unknown, and at the end."""
    spent = time.monotonic() - began
    if done <= 0 or done >= total or spent < 1.0:
        return ""
    left = round(spent * (total - done) / done)
    return f", encore {french.quantity(left, 's') if left < 120 else french.quantity(left / 60, 'min', 0)}"


@contextmanager
def whole_file(option: str, target: Path) -> Iterator[BinaryIO]:
    """Open a file that gets its name only once it is written whole.

    Args:
        option: names the file on the command line.
        target: its path; an older file stays if the writing fails.

    Raises:
        InvalidInput: it cannot be written.
    """
    partial = target.with_name(f"{target.name}.part")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(target)
    except OSError as error:
        raise InvalidInput.single(option, _UNWRITABLE, target.name) from error
    finally:
        partial.unlink(missing_ok=True)


def columns(rows: Sequence[Sequence[object]], header: Sequence[str]) -> str:
    """Return rows as aligned text columns under a header."""
    table = [tuple(map(str, row)) for row in (header, *rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in table]
    return "\n".join(lines)
