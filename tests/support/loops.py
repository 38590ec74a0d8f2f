"""Running coroutines in tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from anyio.from_thread import start_blocking_portal

Result = TypeVar("Result")


def in_a_loop(function: Callable[..., Awaitable[Result]], *arguments: object) -> Result:
    """What a coroutine function returns, run in a loop and a thread of its own.

    ``asyncio.run`` refuses where a loop runs already, as the browser's does in the tests that came before.
    """
    with start_blocking_portal("asyncio") as portal:
        return portal.call(function, *arguments)
