"""Stored models: their list, cards and activations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from api.domain.shared.exceptions import Conflict, InvalidInput, ModelUnavailable
from api.inference.serving.manifest import Manifest
from api.inference.serving.store import ModelStore
from api.schemas import french
from api.schemas.models import Admission, ModelCard, ModelFacts, ModelSummary, Retirement
from api.schemas.typesetting import typeset_page
from api.schemas.vocabulary import AuditAction
from api.services.models.card.card import facts_of
from api.services.models.card.description import describe
from api.services.models.in_force import in_force
from api.services.models.sensors import check_units
from api.services.shared.audit import record
from api.services.shared.html import template
from api.storage import policy as policies
from api.storage.models import activations, retirements, shadow
from api.storage.shared.database import Database

_PAGE = template("services/models/card/card.html")


class _Known(NamedTuple):
    """What the database knows of stored versions: in service by task, taken out, admitted by a person."""

    active: Mapping[str, activations.AnyRow]
    retired: Mapping[tuple[str, int], activations.AnyRow]
    admissions: Mapping[tuple[str, int], activations.AnyRow]


@dataclass(frozen=True)
class ModelService:
    """Lists, describes and activates stored versions."""

    database: Database
    store: ModelStore
    now: Callable[[], datetime]

    def all(self) -> list[ModelSummary]:
        """List every stored version: those in service first, then by name, newest version first."""
        with self.database.read() as connection:
            known = self._known(connection)
        summaries = [self._summary(manifest, known) for manifest in self.store.manifests()]
        return sorted(
            summaries, key=lambda s: (not s.active, s.retired is not None, s.task, s.name, -s.version)
        )

    def card(
        self, name: str, version: int, named: Callable[[ModelFacts], ModelFacts] = lambda facts: facts
    ) -> ModelCard:
        """Build the card of one version.

        Args:
            name: of the model.
            version: to describe.
            named: adds the names of people.

        Raises:
            NotFound: no such version is stored.
            ModelUnavailable: its files were altered.
        """
        manifest = self.store.manifest(name, version)
        with self.database.read() as connection:
            known = self._known(connection)
            history = [row for row in activations.history(connection) if row.task == manifest.task]
            policy = policies.current(connection)
        summary, scores = self._summary(manifest, known), self.store.scores(name, version)
        facts = named(facts_of(manifest, summary, scores, policy, history))
        return ModelCard(**dict(facts), description=describe(facts, manifest))

    def printable_card(
        self, name: str, version: int, named: Callable[[ModelFacts], ModelFacts] = lambda facts: facts
    ) -> str:
        """Render the card as a self-contained HTML page; arguments and errors as :meth:`card`."""
        return typeset_page(_PAGE.render(card=self.card(name, version, named), now=self.now()))

    def activate(self, name: str, version: int, *, by: str, reason: str, admit: bool = False) -> ModelSummary:
        """Let a version serve its task from now on.

        Args:
            name: of the model.
            version: to activate.
            by: who asks.
            reason: stored in the history.
            admit: accept a version that did not pass the quality gate, under the caller's name.

        Raises:
            NotFound: no such version.
            ModelUnavailable: its artefact is missing or altered.
            Conflict: it did not pass the quality gate and was not admitted.
        """
        manifest = self.store.manifest(name, version)
        fingerprint = self.store.fingerprint(name, version)
        self.store.load(name, version)
        if not manifest.gate.passed and not admit:
            raise Conflict(
                f"{name} v{version} ne passe pas le contrôle de qualité : {' '.join(manifest.gate.reasons)} "
                "Une personne peut l’admettre sous son nom, avec un motif (--admit)."
            )
        with self.database.write() as connection:
            refuse_retired(connection, name, version)
            check_units(connection, self.store, manifest)
            activations.add(
                connection,
                task=manifest.task,
                name=name,
                version=version,
                sha256=manifest.sha256,
                manifest_sha256=fingerprint,
                by=by,
                reason=reason,
                admitted_by=None if manifest.gate.passed else by,
                now=self.now(),
            )
            shadow.end_promoted(connection, manifest.task, name, version, by=by, now=self.now())
            known = self._known(connection)
            details = {"task": manifest.task, "sha256": manifest.sha256, "admitted": not manifest.gate.passed}
            which = f"{name}:{version}"
            record(
                self.database, connection, AuditAction.MODELE_ACTIVE, "modele", which, by=by, details=details
            )
        return self._summary(manifest, known)

    def rollback(self, name: str, *, by: str, reason: str) -> ModelSummary:
        """Activate again the version that served before the present one of ``name``.

        Raises:
            InvalidInput: ``name`` does not serve.
            Conflict: no version served before.
        """
        with self.database.read() as connection:
            active = in_force(connection, self.store).rows
            task = next((task for task, row in active.items() if row.name == name), None)
            if task is None:
                raise InvalidInput.single("name", f"le modèle « {name} » n’est pas en service.")
            before = activations.previous(connection, task)
        if before is None:
            raise Conflict(f"Rien ne servait avant {name} : importez ou activez une autre version.")
        return self.activate(
            before.name, before.version, by=by, reason=reason, admit=before.admitted_by is not None
        )

    def retire(self, name: str, version: int, *, by: str, reason: str) -> ModelSummary:
        """Take a version out: nobody may activate it any more, and it declares no sensor.

        Its files stay: past scores and their replay rest on them.

        Raises:
            NotFound: no such version.
            Conflict: it serves, is tried in shadow, or is taken out already.
        """
        manifest = self.store.manifest(name, version)
        with self.database.write() as connection:
            self.database.lock(connection, "shadow")
            active, candidates = activations.active(connection), shadow.living(connection)
            for rows, state in ((active, "en service"), (candidates, "à l’essai")):
                if any((row.name, row.version) == (name, version) for row in rows.values()):
                    raise Conflict(f"{name} v{version} est {state} : mettez-en d’abord un autre à sa place.")
            refuse_retired(connection, name, version)
            retirements.add(connection, name=name, version=version, by=by, reason=reason, now=self.now())
            details, which = {"task": manifest.task, "sha256": manifest.sha256}, f"{name}:{version}"
            action = AuditAction.MODELE_RETIRE
            record(self.database, connection, action, "modele", which, by=by, details=details)
            known = self._known(connection)
        return self._summary(manifest, known)

    def sign(self, name: str, version: int, *, by: str) -> None:
        """Sign a version that was imported before the store had a key, or under another one.

        Raises:
            NotFound: no such version.
            ModelUnavailable: a file was altered, or it is not what was activated, or there is no key.
        """
        with self.database.read() as connection:
            rows = [row for row in activations.active(connection).values() if row.name == name]
        fingerprint = self.store.fingerprint(name, version)
        for row in rows:
            if row.version == version and row.manifest_sha256 not in (None, fingerprint):
                raise ModelUnavailable(
                    f"{name} version {version} n’est plus celui qui a été mis en service : "
                    "il n’est pas signé."
                )
        self.store.sign(name, version)
        with self.database.write() as connection:
            which, action = f"{name}:{version}", AuditAction.MODELE_SIGNE
            details = {"manifest_sha256": fingerprint}
            record(self.database, connection, action, "modele", which, by=by, details=details)

    def _known(self, connection: Connection) -> _Known:
        return _Known(
            in_force(connection, self.store).rows,
            retirements.every(connection),
            activations.admissions(connection),
        )

    def _summary(self, manifest: Manifest, known: _Known) -> ModelSummary:
        row, which = known.active.get(manifest.task), (manifest.name, manifest.version)
        retired, admission = known.retired.get(which), known.admissions.get(which)
        serves = row is not None and (row.name, row.version) == which
        return ModelSummary(
            name=manifest.name,
            version=manifest.version,
            task=manifest.task,
            sha256=manifest.sha256,
            active=serves,
            admitted=manifest.gate.passed or bool(serves and row is not None and row.admitted_by),
            gate_reasons=list(manifest.gate.reasons),
            created_at=manifest.created_at,
            imported_by=manifest.imported_by,
            problem=self.store.problem(manifest.name, manifest.version),
            retired=None if retired is None else Retirement.model_validate(retired, from_attributes=True),
            admission=(
                None if admission is None else Admission(by=admission.admitted_by, reason=admission.reason)
            ),
        )


def refuse_retired(connection: Connection, name: str, version: int) -> None:
    """Refuse a version that was taken out.

    Raises:
        Conflict: since when, and why.
    """
    if (row := retirements.every(connection).get((name, version))) is not None:
        day = french.date(french.paris_day(row.retired_at))
        raise Conflict(f"{name} v{version} est retiré depuis le {day} : {row.reason}")
