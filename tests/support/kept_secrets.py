"""What is asked of a secret that an installation makes for itself, whoever keeps it."""

from __future__ import annotations

import errno
import stat
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

CALLERS = 8


def agreed_by_callers_at_once(load: Callable[[], str]) -> str:
    """The one secret that callers of the same instant all get."""
    start = threading.Barrier(CALLERS)

    def caller(_: int) -> str:
        start.wait()
        return load()

    with ThreadPoolExecutor(CALLERS) as pool:
        (secret,) = set(pool.map(caller, range(CALLERS)))
    return secret


def kept_for_its_owner_only(path: Path, secret: str) -> None:
    """Asserts that the file holds the secret, that nobody else may read it, and that nothing lies beside."""
    assert path.read_text(encoding="ascii") == secret
    assert len(secret) >= 32
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def no_links(*_: object) -> NoReturn:
    """``os.link`` as file systems without hard links answer it."""
    raise OSError(errno.EPERM, "Operation not permitted")
