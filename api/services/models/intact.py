"""Whether a version is still the one that was activated."""

from __future__ import annotations

from sqlalchemy import Connection

from api.domain.shared.exceptions import ModelUnavailable, NotFound
from api.inference.serving.store import ModelStore
from api.schemas import french
from api.schemas.vocabulary import AuditAction
from api.services.shared.audit import INSTALLATION, record
from api.storage.models.activations import AnyRow
from api.storage.shared import audit
from api.storage.shared.database import Database


def require_activated(store: ModelStore, row: AnyRow) -> None:
    """Compare the files of a version, read anew, with what the database keeps of its activation.

    The manifest holds the checksum of every file. Somebody who rewrites it together with the files leaves
    them in agreement; the database does not follow.

    Raises:
        NotFound: no such version.
        ModelUnavailable: it is not what was activated, or its files are not those of its manifest.
    """
    store.forget(row.name, row.version)
    manifest = store.manifest(row.name, row.version)
    kept = row.manifest_sha256
    if manifest.sha256 != row.sha256 or kept not in (None, store.fingerprint(row.name, row.version)):
        day = french.date(french.paris_day(row.activated_at))
        raise ModelUnavailable(
            f"Le modèle {row.name} version {row.version} n’est plus celui qui a été mis en service le {day} "
            "(empreinte différente) : il ne répond plus. Remettez ses fichiers d’origine, ou importez-le et "
            "activez la nouvelle version."
        )
    if (problem := store.problem(row.name, row.version)) is not None:
        raise ModelUnavailable(problem)


def problem_of(store: ModelStore, row: AnyRow) -> str | None:
    """Say in French why an activated version may not serve; None where it is what was activated."""
    try:
        require_activated(store, row)
    except (ModelUnavailable, NotFound) as error:
        return error.detail
    return None


def note_change(database: Database, row: AnyRow, altered: bool) -> None:
    """Record in the audit trail that a version is altered or back.

    The API and the worker both see it: the second finds it recorded.
    """
    action = AuditAction.MODELE_ALTERE if altered else AuditAction.MODELE_RETABLI
    which = f"{row.name}:{row.version}"
    with database.read() as connection:
        if _was_altered(connection, which) == altered:
            return
    with database.write() as connection:
        record(database, connection, action, "modele", which, by=INSTALLATION, details={"task": row.task})


def _was_altered(connection: Connection, which: str) -> bool:
    """Tell whether the last that the trail says of a version is that it is altered."""
    numbers = {}
    for action in (AuditAction.MODELE_ALTERE, AuditAction.MODELE_RETABLI):
        where = audit.TrailFilter(action=action.value, object_kind="modele", object_id=which)
        _, rows = audit.page(connection, where, 1, 0)
        numbers[action] = rows[0].id if rows else 0
    return numbers[AuditAction.MODELE_ALTERE] > numbers[AuditAction.MODELE_RETABLI]
