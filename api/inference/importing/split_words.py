"""The short forms of a split that a person may type."""

from __future__ import annotations

import re
from pathlib import Path

from api.domain.shared.exceptions import InvalidInput

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:,gap=\d+)?")


def split_sent(text: str | None) -> str | None:
    """Read a split that comes over the network.

    A bare day is understood; a file on the server is never read.

    Raises:
        InvalidInput: neither a day, nor ``date:…``, nor ``stratified:…``.
    """
    if text is None or text.startswith(("date:", "stratified:")):
        return text
    if _DAY.fullmatch(text):
        return f"date:{text}"
    raise InvalidInput.single(
        "split",
        "un jour (2024-10-01), date:JOUR[,gap=N] ou stratified:test_size=…,random_state=…,by=… est attendu ; "
        "un fichier de clés s’emploie avec la commande « models import ».",
        text,
    )


def split_spec(text: str | None) -> str | None:
    """Read a split typed at the command line.

    ``2024-10-01`` means ``date:2024-10-01``, the path of a file ``keys:FILE``; any other text is returned
    unchanged.
    """
    if text is None:
        return None
    if _DAY.fullmatch(text):
        return f"date:{text}"
    return f"keys:{text}" if Path(text).is_file() else text
