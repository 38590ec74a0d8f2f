"""The photo of an intervention: one, kept apart, told in the journal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.domain.interventions.changes import check_assigned
from api.domain.interventions.photos import photo_type
from api.domain.people import Principal
from api.domain.shared.exceptions import NotFound
from api.schemas.vocabulary import JournalAction
from api.services.interventions.interventions import actor_of, intervention_row
from api.services.interventions.rows import intervention_of
from api.storage import interventions as store
from api.storage.shared.database import Database


@dataclass(frozen=True)
class InterventionPhotos:
    """Keeps photos and gives them back."""

    database: Database
    now: Callable[[], datetime]

    def keep(self, number: int, content: bytes, caller: Principal) -> None:
        """Keep a photo in place of the one before; whoever reported a finding may illustrate it.

        Raises:
            NotFound: no such intervention.
            NotAllowed: neither theirs nor a manager's.
            InvalidInput: not a photo, or too large.
        """
        kind = photo_type(content)
        digest = hashlib.sha256(content).hexdigest()
        with self.database.write() as connection:
            row = intervention_row(connection, number, for_update=True)
            actor = actor_of(connection, caller)
            if row.created_by != actor.name:
                check_assigned(intervention_of(row), actor)
            former = store.photo(connection, number)
            now = self.now()
            store.save_photo(
                connection,
                number,
                {
                    "content_type": kind,
                    "content": content,
                    "sha256": digest,
                    "added_at": now,
                    "added_by": actor.name,
                },
            )
            store.append(
                connection,
                number,
                at=now,
                by=actor.name,
                action=JournalAction.PHOTO.value,
                changes={"photo": [former and former.sha256, digest]},
                comment=None,
            )

    def read(self, number: int) -> tuple[str, bytes]:
        """Media type and content.

        Raises:
            NotFound: no such intervention, or without a photo.
        """
        with self.database.read() as connection:
            intervention_row(connection, number)
            found = store.photo(connection, number)
        if found is None:
            raise NotFound("Photo de l’intervention", number)
        return found.content_type, found.content
