"""Does a request's work once per ``Idempotency-Key``: the request sent again gets the first answer again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import BaseModel

from api.domain.shared.exceptions import CockpitError, Conflict, InvalidInput
from api.schemas import french
from api.storage.shared import request_keys
from api.storage.shared.database import Database
from api.storage.shared.request_keys import Held, Key

AnyAnswer = TypeVar("AnyAnswer", bound=BaseModel)
MAX_KEY = 200
HEADER = "Idempotency-Key"
SECRET_S = 300.0
"""For how long an answer that is shown once can be had again: time enough to repeat a lost one [s]."""
_OTHER = f"Cette clé {HEADER} a déjà servi à un autre envoi ; prenez-en une nouvelle."
_UNDER_WAY = "Un envoi sous cette clé est en cours ; réessayez dans quelques instants."
_GONE = (
    "Cet envoi a déjà été fait, et le secret qu’il a créé ne se montre qu’une fois : s’il est perdu, "
    "faites-en un autre."
)


@dataclass(frozen=True)
class Sender:
    """Who sends, and with which ``Idempotency-Key``."""

    name: str
    key: str | None = None

    def claimed(self) -> Key | None:
        """Check the key and return it.

        Raises:
            InvalidInput: empty, too long, or not printable ASCII.
        """
        if self.key is None:
            return None
        if not 1 <= len(self.key) <= MAX_KEY or not (self.key.isascii() and self.key.isprintable()):
            raise InvalidInput.single(
                HEADER,
                f"de 1 à {french.counted(MAX_KEY, 'caractère')} ASCII imprimables, par exemple un UUID.",
            )
        return Key(self.name, self.key)


@dataclass(frozen=True)
class Once:
    """Remembers what each key was used for, and the answer."""

    database: Database
    _secrets: dict[Key, tuple[float, BaseModel]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(
        self,
        sender: Sender,
        sha256: str,
        kind: type[AnyAnswer],
        work: Callable[[], AnyAnswer],
        *,
        secret: bool = False,
    ) -> AnyAnswer:
        """Do the work, or answer as the first time.

        Args:
            sender: who asks; without a key the work is done each time.
            sha256: of what is asked.
            kind: of the answer.
            work: does it; what it raises frees the key.
            secret: the answer holds a secret: it is kept in this process alone, for :data:`SECRET_S`.

        Raises:
            Conflict: the key was used for another request, the first one is under way, or its secret can no
                longer be shown.
        """
        key = sender.claimed()
        if key is None:
            return work()
        if (held := self.take(key, sha256)) is not None:
            return self._again(key, held, kind, secret=secret)
        try:
            answer = work()
        except CockpitError:
            self.free(key)
            raise
        if secret:
            self._remember(key, answer)
        with self.database.write() as connection:
            kept = {} if secret else answer.model_dump(mode="json")
            request_keys.settle(connection, key, answer=kept)
        return answer

    def take(self, key: Key, sha256: str) -> Held | None:
        """Take a key and return None; return the answer, or its job, where the same was asked before.

        Raises:
            Conflict: the key was used for another request, or the first one is under way.
        """
        with self.database.write() as connection:
            held = request_keys.claim(connection, key, sha256, datetime.now(UTC))
        if held is None:
            return None
        if held.sha256 != sha256:
            raise Conflict(_OTHER)
        if held.job is None and held.answer is None:
            raise Conflict(_UNDER_WAY)
        return held

    def free(self, key: Key) -> None:
        """Release the key of a refused request: nothing was done, so the corrected one may use it."""
        with self.database.write() as connection:
            request_keys.forget(connection, key)

    def _again(self, key: Key, held: Held, kind: type[AnyAnswer], *, secret: bool) -> AnyAnswer:
        if not secret:
            return kind.model_validate(held.answer)
        with self._lock:
            until, answer = self._secrets.get(key, (0.0, None))
        if not isinstance(answer, kind) or until < time.monotonic():
            raise Conflict(_GONE)
        return answer

    def _remember(self, key: Key, answer: BaseModel) -> None:
        now = time.monotonic()
        with self._lock:
            for old in [old for old, (until, _) in self._secrets.items() if until < now]:
                del self._secrets[old]
            self._secrets[key] = (now + SECRET_S, answer)
