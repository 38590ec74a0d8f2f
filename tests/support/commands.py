"""The command line on an installation of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from api import cli

Run = Callable[..., tuple[int, str, str]]


def point_at(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have commands work on this ``COCKPIT_HOME``."""
    for name, value in (("ENV", "test"), ("HOME", str(home)), ("SECRET_KEY", "k" * 48)):
        monkeypatch.setenv(f"COCKPIT_{name}", value)


def runner(
    group: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Return what runs one command of a group: exit code, what it prints, what it says beside."""
    point_at(home, monkeypatch)

    def command(*words: object) -> tuple[int, str, str]:
        try:
            code = cli.main([group, *map(str, words)])
        except SystemExit as ended:
            code = int(str(ended.code))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return command
