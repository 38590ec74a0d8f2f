"""The fast set stays fast: what it is made of, and what is refused to it."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

import pytest


def _subprocess() -> None:
    subprocess.run([sys.executable, "-c", ""], check=True)


def _multiprocessing() -> None:
    child = multiprocessing.get_context("spawn").Process(target=int)
    child.start()
    child.join()


def _shell() -> None:
    os.system("exit 0")


STARTS = (_subprocess, _multiprocessing, _shell)


@pytest.mark.parametrize("start", STARTS)
def test_fast__no_process_can_be_started__whatever_the_code_catches(start: Callable[[], None]) -> None:
    with pytest.raises(pytest.fail.Exception, match="starts no process"), suppress(Exception):
        start()


@pytest.mark.slow
@pytest.mark.parametrize("start", STARTS)
def test_slow__may_start_one(start: Callable[[], None]) -> None:
    start()


def test_fast__is_what_is_not_marked_otherwise(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("fast")
    others = [item for item in request.session.items if item.get_closest_marker("slow")]
    assert not any(item.get_closest_marker("fast") for item in others)
