"""What ``cockpit.py test --fast`` runs: all of this folder that is not ``slow``; it starts no process."""

from __future__ import annotations

import multiprocessing.process
import os
import subprocess
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

HERE = Path(__file__).parent
LEFT_OUT = ("slow", "long")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave a file that is slow as a whole unread where only fast tests are asked for: it would load much."""
    if config.option.markexpr != "fast" or collection_path.suffix != ".py":
        return None
    return "\npytestmark = pytest.mark.slow" in collection_path.read_text(encoding="utf-8") or None


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark the fast tests, so that ``-m fast`` is one rule wherever it is asked."""
    for item in items:
        if item.path.is_relative_to(HERE) and not any(map(item.get_closest_marker, LEFT_OUT)):
            item.add_marker("fast")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Guard the fixtures, those of a whole module too."""
    with _no_process(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Guard the test."""
    with _no_process(item):
        return (yield)


@contextmanager
def _no_process(item: pytest.Item) -> Iterator[None]:
    """Refuse every way to start a process to a fast test."""

    def refuse(*_: object, **__: object) -> NoReturn:
        # No exception that the code under test could catch.
        pytest.fail("a fast test starts no process: mark it `slow`, or put it in tests/integration")

    if item.get_closest_marker("fast") is None:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", refuse)
        patch.setattr(multiprocessing.process.BaseProcess, "start", refuse)
        for start in ("fork", "posix_spawn", "system"):
            patch.setattr(os, start, refuse, raising=False)
        yield
