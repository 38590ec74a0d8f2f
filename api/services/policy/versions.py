"""The versions of the risk policy: read, add, restore; a stored version never changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import ChangeMade, Conflict, NotFound, Superseded
from api.schemas.common import Notice
from api.schemas.policy import Policy, PolicyBounds, PolicyParameters, PolicyVersion
from api.schemas.vocabulary import AuditAction
from api.services.shared.audit import record
from api.storage import people as accounts
from api.storage import policy as policies
from api.storage.shared import published
from api.storage.shared.database import Database

KIND = "politique"


@dataclass(frozen=True)
class PolicyService:
    """Keeps the versions; the one in force is the newest."""

    database: Database
    now: Callable[[], datetime]

    def policy(self, *, names: bool = False) -> Policy:
        """Return the version in force, all versions, and the one that the published ranking used.

        Args:
            names: add the display names of those who saved them; for people, not for machines.
        """
        with self.database.read() as connection:
            return _policy(connection, names)

    def change(self, base_version: int, parameters: PolicyParameters, *, by: str, reason: str) -> Policy:
        """Save a new version, in force from now on.

        Args:
            base_version: version that the caller has read.
            parameters: of the new one.
            by: who asks.
            reason: stored with it.

        Raises:
            InvalidInput: parameters that contradict each other.
            Superseded: another version came into force in between.
            Conflict: nothing would change.
        """
        wanted = policy_of(parameters)
        with self.database.write() as connection:
            self._lock_on(connection, base_version)
            self._save(connection, wanted, by=by, reason=reason, details={})
            return _policy(connection, names=True)

    def restore(self, version: int, base_version: int | None, *, by: str, reason: str) -> Policy:
        """Save a new version equal to an older one.

        Raises:
            NotFound: no such version.
            Superseded, Conflict: as :meth:`change`.
        """
        with self.database.write() as connection:
            self._lock_on(connection, base_version)
            old = next((row for row in policies.every(connection) if row.version == version), None)
            if old is None:
                raise NotFound("Version de la politique", version)
            wanted = RiskPolicy.of_parameters(old.parameters)
            self._save(connection, wanted, by=by, reason=reason, details={"restored": version})
            return _policy(connection, names=True)

    def _lock_on(self, connection: Connection, base_version: int | None) -> None:
        self.database.lock(connection, "policy")
        in_force, _ = policies.current(connection)
        if base_version is not None and base_version != in_force:
            raise Superseded("La politique", in_force, base_version, _since(connection, base_version))

    def _save(
        self, connection: Connection, wanted: RiskPolicy, *, by: str, reason: str, details: Mapping[str, Any]
    ) -> None:
        in_force, present = policies.current(connection)
        if wanted == present:
            raise Conflict(f"Ces valeurs sont celles de la version {in_force}, en vigueur : rien ne change.")
        number = policies.add(connection, wanted, by=by, reason=reason.strip(), now=self.now())
        old, new = present.as_parameters(), wanted.as_parameters()
        changed = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
        record(
            self.database,
            connection,
            AuditAction.POLITIQUE_ENREGISTREE,
            KIND,
            number,
            by=by,
            details={**details, "base": in_force, "changed": changed},
        )


def policy_of(parameters: PolicyParameters) -> RiskPolicy:
    """Build the policy from the parameters of a request.

    Raises:
        InvalidInput: parameters that contradict each other, one entry per field.
    """
    return RiskPolicy.of_parameters(parameters.model_dump())


def bounds_of(policy: RiskPolicy) -> PolicyBounds:
    """Return the probabilities from which the levels begin."""
    return PolicyBounds(
        threshold=policy.threshold, critical_from=policy.critical_from, moderate_from=policy.moderate_from
    )


def _policy(connection: Connection, names: bool) -> Policy:
    display_names = accounts.names_of(connection) if names else {}
    versions = [_version(row, display_names) for row in policies.every(connection)]
    run = published.published_run(connection)
    used = None if run is None else run.policy_version
    return Policy(
        in_force=versions[0],
        versions=versions,
        used_by_ranking=used,
        notices=[] if used in {None, versions[0].version} else [_next_run(used, versions[0].version)],
    )


def _since(connection: Connection, base: int) -> list[ChangeMade]:
    """Return what each version after ``base`` changed, oldest first."""
    display_names = accounts.names_of(connection)
    rows = policies.every(connection)[::-1]
    values = [RiskPolicy.of_parameters(row.parameters).as_parameters() for row in rows]
    return [
        ChangeMade(
            row.created_at,
            _author(row.created_by, display_names) or row.created_by,
            {name: (before[name], after[name]) for name in after if before[name] != after[name]},
            row.reason,
        )
        for row, before, after in zip(rows[1:], values, values[1:], strict=False)
        if row.version > base
    ]


def _author(created_by: str, display_names: Mapping[int, str]) -> str | None:
    kind, _, number = created_by.partition(":")
    return display_names.get(int(number)) if kind == "compte" and number.isdigit() else None


def _version(row: Row[Any], display_names: Mapping[int, str]) -> PolicyVersion:
    rule = RiskPolicy.of_parameters(row.parameters)
    return PolicyVersion(
        version=row.version,
        # Not validated: a stored version stays readable even if today's bounds refuse it.
        parameters=PolicyParameters.model_construct(**rule.as_parameters()),
        bounds=bounds_of(rule),
        created_at=row.created_at,
        created_by=row.created_by,
        author=_author(row.created_by, display_names),
        reason=row.reason,
    )


def _next_run(used: int | None, in_force: int) -> Notice:
    sentence = (
        f"Le classement affiché vient de la version {used} ; le prochain calcul du parc utilisera la version "
        f"{in_force}. Lancez un calcul pour l’appliquer maintenant."
    )
    return Notice(code="prochain_calcul", field="used_by_ranking", message=sentence)
