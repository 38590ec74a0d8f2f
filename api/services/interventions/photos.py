"""The photo of an intervention: one at most; the journal records each change."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.domain.interventions.changes import check_assigned
from api.domain.people import Principal
from api.domain.shared.exceptions import NotFound
from api.schemas.vocabulary import JournalAction
from api.services.interventions.interventions import actor_of, intervention_row
from api.services.interventions.picture import MEDIA_TYPE, kept_photo
from api.services.interventions.rows import intervention_of
from api.storage import interventions as store
from api.storage.shared.database import Database


@dataclass(frozen=True)
class InterventionPhotos:
    """Stores and reads photos."""

    database: Database
    now: Callable[[], datetime]

    def keep(self, number: int, content: bytes, caller: Principal) -> None:
        """Store a photo, without its metadata, in place of the former; the author of a finding may add one.

        The same photo again changes nothing.

        Raises:
            NotFound: no such intervention.
            NotAllowed: the caller is neither author, assignee nor manager.
            InvalidInput: not a photo, or too large.
        """
        content = kept_photo(content)
        digest = hashlib.sha256(content).hexdigest()
        with self.database.write() as connection:
            row = intervention_row(connection, number, for_update=True)
            actor = actor_of(connection, caller)
            if row.created_by != actor.name:
                check_assigned(intervention_of(row), actor)
            former = store.photo(connection, number)
            if former is not None and former.sha256 == digest:
                return  # sent twice
            now = self.now()
            store.save_photo(
                connection,
                number,
                {
                    "content_type": MEDIA_TYPE,
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
        """Return media type and content.

        Raises:
            NotFound: no such intervention, or it has no photo.
        """
        with self.database.read() as connection:
            intervention_row(connection, number)
            photo = store.photo(connection, number)
        if photo is None:
            raise NotFound("Photo de l’intervention", number)
        return photo.content_type, photo.content
