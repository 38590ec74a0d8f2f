"""What the groups of calls build on: each group is typed by itself, the client carries all of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

Answer = TypeVar("Answer", bound=BaseModel)
Query = Mapping[str, Any]


class Calls(ABC):
    """Sends a call and reads its answer; how is known to :mod:`ui.client.client` alone."""

    @abstractmethod
    def _get(self, path: str, answer: type[Answer], query: Query | None = None) -> Answer: ...

    @abstractmethod
    def _ask(self, method: str, path: str, answer: type[Answer], **options: Any) -> Answer: ...

    @abstractmethod
    def _call(self, method: str, path: str, **options: Any) -> Any: ...


def segment(text: str) -> str:
    """``text`` as one segment of a path, whatever it holds."""
    return quote(text, safe="")
