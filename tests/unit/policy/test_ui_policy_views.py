"""Policy, accounts and audit as words and tables, without Streamlit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from api.schemas.accounts import Account, ApiKey
from api.schemas.audit import AuditEntry, AuditVerification
from api.schemas.common import FieldProblem
from api.schemas.park import LevelCounts
from api.schemas.policy import PolicyBounds, PolicyParameters, PolicyPreview, PolicyVersion
from api.schemas.vocabulary import AuditAction, Role
from tests.support.words import plain
from ui.people import views as account_views
from ui.policy import views as policy_views
from ui.shared import labels as fr

AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
START = PolicyParameters(
    cost_intervention_eur=3_000,
    cost_failure_eur=50_000,
    critical_factor=5,
    critical_cap=0.5,
    moderate_divisor=4,
    urgent_days=7,
    max_age_days=7,
)


def version(number: int, **changes: Any) -> PolicyVersion:
    return PolicyVersion(
        version=number,
        parameters=START.model_copy(update=changes),
        bounds=PolicyBounds(threshold=0.06, critical_from=0.3, moderate_from=0.015),
        created_at=AT,
        created_by="compte:3",
        author=None,
        reason="essai",
    )


def preview(total: int, changed: int, raised: int) -> PolicyPreview:
    return PolicyPreview(
        bounds=version(1).bounds,
        base_version=1,
        total=total,
        changed=changed,
        raised=raised,
        counts_before=LevelCounts(critique=1, eleve=2, modere=3, faible=4),
        counts_after=LevelCounts(critique=2, eleve=2, modere=3, faible=3),
    )


def test_fields__are_the_parameters_of_the_policy() -> None:
    assert set(policy_views.FIELDS) == set(PolicyParameters.model_fields)
    assert set(fr.POLICY_PARAMETERS) == set(PolicyParameters.model_fields)
    assert policy_views.values_of(START) == START.model_dump()


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((0, 0, 0), "Aucun classement publié : l’effet sur le parc sera connu au premier calcul."),
        ((50, 0, 0), "Aucune des 50 turbines ne change de niveau."),
        ((50, 1, 1), "1 turbine sur 50 change de niveau : 1 en hausse."),
        ((50, 7, 3), "7 turbines sur 50 changent de niveau : 3 en hausse, 4 en baisse."),
    ],
)
def test_effect__in_one_sentence(counts: tuple[int, int, int], words: str) -> None:
    assert plain(policy_views.effect_words(preview(*counts))) == words


def test_counts__signed_and_equal() -> None:
    frame = policy_views.counts_frame(preview(10, 1, 1))
    assert list(frame["Écart"]) == ["+1", "=", "=", "−1"]


def test_versions__say_what_changed_from_the_one_before() -> None:
    frame = policy_views.versions_frame([version(2, cost_intervention_eur=4_500, urgent_days=9), version(1)])
    assert [plain(words) for words in frame["Ce qui change"]] == [
        "intervention 3 000 € → 4 500 €, délai urgent 7 jours → 9 jours",
        "valeurs de départ",
    ]
    assert plain(frame["Par"][0]) == "compte n° 3"


def test_refusal__goes_to_the_field_whatever_its_path() -> None:
    errors = (FieldProblem(field="parameters.urgent_days", message="trop"),)
    assert policy_views.by_field(errors) == {"urgent_days": "trop"}


def account(**changes: Any) -> Account:
    known = {
        "id": 3, "username": "lea", "display_name": "Léa", "role": Role.TECHNICIEN, "active": True,
        "demo": False, "locked_until": None, "created_at": AT, "version": 1,
    }  # fmt: skip
    return Account(**(known | changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Actif"),
        ({"active": False, "locked_until": AT}, "Désactivé"),
        ({"locked_until": AT}, "Bloqué jusqu’au 21/11/2026 à 09:30"),
    ],
)
def test_account__state_in_words(changes: dict[str, Any], words: str) -> None:
    assert account_views.account_state(account(**changes)) == words


def test_keys__those_in_force_first_with_the_name_of_their_maker() -> None:
    common = {"scopes": ("read",), "created_at": AT, "created_by": "compte:3", "created_by_name": "Léa"}
    old = ApiKey(id=1, name="ancienne", revoked_at=AT, **common)
    new = ApiKey(id=2, name="neuve", revoked_at=None, last_used_at=AT, **common)
    frame = account_views.keys_frame(account_views.in_force_first([old, new]))
    assert list(frame["Nom"]) == ["neuve", "ancienne"]
    assert list(frame["Par"]) == ["Léa", "Léa"]
    assert list(frame["Dernier usage"]) == ["21/11/2026 à 09:30", "jamais"]


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({}, ""),
        (
            {"fields": ["role"], "role": ["technicien", "manager"]},
            "rôle Technicien → Responsable maintenance",
        ),
        ({"fields": ["display_name"]}, "nom affiché"),
        ({"scopes": ["ingest", "read"]}, "portées ingest, read"),
        (
            {"base": 1, "changed": {"cost_intervention_eur": [3000.0, 4500.0]}},
            "à partir de la version 1 ; intervention 3 000 → 4 500",
        ),
        ({"service_state": ["en_service", "hors_service"]}, "état en service → hors service"),
        ({"site": [None, "Nord"]}, "site rien → Nord"),
        ({"as_of": "2024-12-30", "kind": "manuel"}, "jour 30/12/2024 ; nature à la demande"),
        ({"again": True}, "jours déjà publiés refaits : oui"),
        ({"sha256": "a" * 64, "admitted": True}, "empreinte aaaaaaaaaaaa… ; admis hors contrôle : oui"),
    ],
)
def test_audit__details_in_french(details: dict[str, Any], words: str) -> None:
    assert plain(account_views.details_words(details)) == words


def test_audit__names_are_put_back_for_the_reader_and_unknown_words_stay() -> None:
    common = {"at": AT, "details": {}, "previous_hash": "0" * 64, "hash": "1" * 64}
    entries = [
        AuditEntry(id=3, actor="cle:9", action="autre_acte", object_kind="chose", object_id="1", **common),
        AuditEntry(
            id=2, actor="cle:9", action="modele_active", object_kind="modele", object_id="risque:2", **common
        ),
        AuditEntry(
            id=1, actor="compte:3", action="compte_cree", object_kind="compte", object_id="3", **common
        ),
    ]
    frame = account_views.audit_frame(entries, {"compte:3": "Léa"})
    assert [plain(words) for words in frame["Qui"]] == ["clé n° 9", "clé n° 9", "Léa"]
    assert list(frame["Quoi"]) == ["autre_acte", "Modèle mis en service", "Compte créé"]
    assert list(frame["Sur"]) == ["chose 1", "modèle risque v2", "compte Léa"]


def test_audit__replayed_days_and_keys_in_words() -> None:
    common = {"at": AT, "details": {}, "previous_hash": "0" * 64, "hash": "1" * 64}
    key = ApiKey(
        id=9, name="passerelle", scopes=("read",), created_at=AT, created_by="compte:3", revoked_at=AT,
        last_used_at=None,
    )  # fmt: skip
    period = "2024-01-01/2024-12-30"
    entry = AuditEntry(
        id=1, actor="cle:9", action="historique_demande", object_kind="historique", object_id=period, **common
    )
    names = account_views.known_names([account()], [key])
    (row,) = account_views.audit_frame([entry], names).to_dict("records")
    assert (row["Qui"], row["Quoi"], row["Sur"]) == (
        "passerelle", "Recalcul de l’historique demandé", "jours 01/01/2024 – 30/12/2024"
    )  # fmt: skip


def test_audit__every_action_has_its_words() -> None:
    assert set(account_views.ACTIONS) == set(AuditAction)


def test_verification__whole_or_broken() -> None:
    whole = AuditVerification(intact=True, entries=6, head="a" * 64)
    broken = AuditVerification(intact=False, entries=2, head=None, broken_at=3, reason="l’entrée manque.")
    assert plain(account_views.verification_words(whole)).startswith("6 entrées relues")
    assert plain(account_views.verification_words(broken)) == (
        "Chaîne rompue à l’entrée n° 3 : l’entrée manque."
    )
