"""Stand-ins for what a model file names and builds: they hold its description, and can do nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Named:
    """Stand-in for a class or function that the file names."""

    module: str
    name: str

    @property
    def dotted(self) -> str:
        """Module and name, as people read it."""
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Inert:
    """Stand-in for an object that a loader would build.

    Args:
        origin: dotted name of what is called to make it.
        args: of that call.
        state: given to it afterwards, None where there is none.
        items: what is put into it, where it is a dictionary.
    """

    origin: str
    args: tuple[Any, ...] = ()
    state: Any = None
    items: list[Any] = field(default_factory=list)
