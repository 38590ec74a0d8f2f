"""The short forms of a split that a person may type."""

from __future__ import annotations

import re
from pathlib import Path

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:,gap=\d+)?")


def split_spec(text: str | None) -> str | None:
    """``2024-10-01`` as ``date:2024-10-01``, an existing file as ``keys:FILE``; anything else as it is."""
    if text is None:
        return None
    if _DAY.fullmatch(text):
        return f"date:{text}"
    return f"keys:{text}" if Path(text).is_file() else text
