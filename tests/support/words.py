"""French texts as they are compared: their spaces are held by the tests of ``api.schemas.french``."""

from __future__ import annotations

from api.schemas import french

_SPACES = str.maketrans({french.NBSP: " ", french.THIN: " "})


def plain(text: str) -> str:
    """``text`` with ordinary spaces."""
    return text.translate(_SPACES)
