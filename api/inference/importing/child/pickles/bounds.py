"""How much reading a model file may ask for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from api.domain.shared.exceptions import ModelRefused
from api.schemas import french

# A forest of 500 trees takes some 30,000; what takes more than a minute is no model of ours.
MAX_OPERATIONS, MAX_SECONDS = 5_000_000, 60.0
_LOOK_AT_CLOCK = 4_096


class BoundedOperations(dict[int, Callable[[Any], None]]):
    """The operations of the machine, which refuses a file that asks for too many or takes too long."""

    def __init__(self, operations: Mapping[int, Callable[[Any], None]]) -> None:
        super().__init__(operations)
        self._left, self._ends = MAX_OPERATIONS, time.monotonic() + MAX_SECONDS

    def __getitem__(self, code: int) -> Callable[[Any], None]:
        self._left -= 1
        if self._left < 0:
            raise ModelRefused(
                f"Le fichier demande plus de {french.counted(MAX_OPERATIONS, 'opération')} pour être lu : il "
                "est refusé. Réduisez le modèle (moins d’arbres, moins profonds)."
            )
        if self._left % _LOOK_AT_CLOCK == 0 and time.monotonic() > self._ends:
            raise ModelRefused(
                f"Le fichier n’est pas lu en {french.quantity(MAX_SECONDS, 's', 0)} : il est refusé. "
                "Réduisez le modèle (moins d’arbres, moins profonds)."
            )
        return super().__getitem__(code)
