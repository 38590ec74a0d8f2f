"""What is dear to make and never changed: made once a session, for all of its test processes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from launcher.locking import alone

_SHARED: list[Path] = []


def share(factory: pytest.TempPathFactory) -> None:
    """Name the folder that all test processes of the session see."""
    base = factory.getbasetemp()
    # With several processes, each has its own folder inside the session's.
    _SHARED[:] = [base.parent if "PYTEST_XDIST_WORKER" in os.environ else base]


def made_once(name: str, make: Callable[[Path], object]) -> Path:
    """Return the folder ``name`` that ``make`` filled; the first process to ask has it made, others wait.

    Args:
        name: of the folder, unique in the session.
        make: fills the empty folder; where it raises, the next that asks tries again.
    """
    base = _SHARED[0] / "once"
    folder, whole = base / name, base / f"{name}.whole"
    with alone(base / f"{name}.lock", f"{name} is being made by another test process"):
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            whole.touch()
    return folder
