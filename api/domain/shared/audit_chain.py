"""The chain of the audit trail: each entry carries the hash of the entry before it. Pure functions.

An entry that is altered, inserted, removed or moved no longer fits its neighbours. The end of the chain is
kept apart, so that entries removed from the end are missed too. A person who may write the whole database
could recompute everything; a copy of the last hash, kept elsewhere, reveals that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64
"""The previous hash of the first entry, which has none before it."""


@dataclass(frozen=True)
class Entry:
    """One entry as it is stored.

    Args:
        id: place in the chain, from 1, without gaps.
        at: instant, with its time zone.
        actor: identifier of the person or key that acted, never a name.
        action: code of the action.
        object_kind: kind of object acted on.
        object_id: identifier of that object.
        details: facts as canonical JSON.
        previous_hash: hash of the entry before.
        hash: of everything above.
    """

    id: int
    at: datetime
    actor: str
    action: str
    object_kind: str
    object_id: str
    details: str
    previous_hash: str
    hash: str = ""

    def computed(self) -> str:
        """Return the hash that the entry must carry: SHA-256 of its canonical JSON, in hexadecimal."""
        return hashlib.sha256(
            canonical(
                {
                    "id": self.id,
                    "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
                    "actor": self.actor,
                    "action": self.action,
                    "object_kind": self.object_kind,
                    "object_id": self.object_id,
                    "details": self.details,
                    "previous_hash": self.previous_hash,
                }
            ).encode("utf-8")
        ).hexdigest()


@dataclass(frozen=True)
class Verdict:
    """The result of a walk along the chain.

    Args:
        entries: number of entries read, up to the break if there is one.
        head: hash of the last sound entry; None for an empty trail.
        broken_at: number of the first entry that does not fit; None where all fit.
        reason: French sentence, empty where all fit.
    """

    entries: int
    head: str | None
    broken_at: int | None = None
    reason: str = ""


def canonical(content: Mapping[str, Any]) -> str:
    """Return JSON in a single spelling: sorted keys, no spaces, no NaN, ASCII only."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def verify(entries: Iterable[Entry], end: tuple[int, str] | None) -> Verdict:
    """Walk along the chain and stop at its first break.

    Args:
        entries: all of them, by number.
        end: number and hash of the last entry, as kept apart; None where no entry was ever recorded.
    """
    count, last = 0, GENESIS
    for entry in entries:
        expected = count + 1
        if entry.id != expected:
            reason = f"l’entrée n° {expected} manque : la suivante est la n° {entry.id}."
            return Verdict(count, last if count else None, expected, reason)
        if entry.previous_hash != last:
            reason = f"l’entrée n° {entry.id} ne suit plus la précédente : l’une des deux a été changée."
            return Verdict(count, last if count else None, entry.id, reason)
        if entry.computed() != entry.hash:
            reason = f"le contenu de l’entrée n° {entry.id} n’est plus celui qui a été enregistré."
            return Verdict(count, last if count else None, entry.id, reason)
        count, last = expected, entry.hash
    return _end(count, last, end)


def _end(count: int, last: str, end: tuple[int, str] | None) -> Verdict:
    known, head = end if end is not None else (0, GENESIS)
    last_hash = last if count else None
    if count < known:
        reason = f"le journal s’arrête à l’entrée n° {count} alors que {known} ont été enregistrées."
        return Verdict(count, last_hash, count + 1, reason)
    if count > known or last != head:
        reason = (
            "la fin du journal n’est pas celle qui a été enregistrée : une entrée a été ajoutée ou réécrite."
        )
        return Verdict(count, last_hash, max(known, 1) if count == known else known + 1, reason)
    return Verdict(count, last_hash)
