"""Taking a version out over HTTP: who may, what it answers, and what is refused afterwards."""

from __future__ import annotations

import shutil

import pytest

from api.schemas.vocabulary import AuditAction
from api.services.shared.audit import AuditQuery
from tests.api.conftest import Api, problem

NAME, STRANGER = "risque-panne-7j", "d-ailleurs"
URL = f"/api/v1/models/{STRANGER}/1"
BODY = {"reason": "mauvaise unité"}


@pytest.fixture
def stored(api: Api) -> Api:
    """The application with a version that serves nowhere."""
    settings = api.settings
    folder = settings.imported_models / STRANGER / "1"
    shutil.copytree(settings.reference_models / NAME / "1", folder)
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace(f'"{NAME}"', f'"{STRANGER}"', 1), "utf-8")
    return api


def test_retire__is_kept_with_its_reason_and_final(stored: Api) -> None:
    engineer = stored.login("ingenieur")

    answer = stored.post(f"{URL}/retire", json=BODY, headers=engineer)

    assert answer.status_code == 200, answer.text
    assert answer.json()["retired"]["reason"] == "mauvaise unité"
    listed = stored.get("/api/v1/models", headers=engineer).json()["items"]
    assert next(m for m in listed if m["name"] == STRANGER)["retired"]["reason"] == "mauvaise unité"
    assert (
        "mauvaise unité"
        in problem(stored.post(f"{URL}/activate", json=BODY, headers=engineer), 409)["detail"]
    )
    problem(stored.post(f"{URL}/retire", json=BODY, headers=engineer), 409)
    trail = stored.services.core.audit.page(AuditQuery(action=AuditAction.MODELE_RETIRE))
    assert trail.total == 1


def test_retire__needs_a_reason_the_right_and_a_version_that_does_not_serve(stored: Api) -> None:
    engineer = stored.login("ingenieur")
    problem(stored.post(f"{URL}/retire", json={"reason": ""}, headers=engineer), 422)
    for role in ("technicien", "manager"):
        problem(stored.post(f"{URL}/retire", json=BODY, headers=stored.login(role)), 403)
    problem(stored.post(f"{URL}/retire", json=BODY), 401)
    problem(stored.post("/api/v1/models/absent/1/retire", json=BODY, headers=engineer), 404)
    core = stored.services.core
    core.model_service.activate(NAME, 1, by="essai", reason="essai")
    serving = stored.post(f"/api/v1/models/{NAME}/1/retire", json=BODY, headers=engineer)
    assert "en service" in problem(serving, 409)["detail"]
