"""Running coroutines in tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from anyio.from_thread import start_blocking_portal

Result = TypeVar("Result")


def in_a_loop(function: Callable[..., Awaitable[Result]], *arguments: object) -> Result:
    """Run a coroutine function in its own loop and thread, and return its result.

    ``asyncio.run`` refuses to start beside a running loop, such as the browser's of an earlier test.
    """
    with start_blocking_portal("asyncio") as portal:
        return portal.call(function, *arguments)
