"""Every request that writes, sent twice: it is done once, and the second answer is the first one again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select

from api.commands.score import run_now
from api.core import Core
from api.domain.policy.risk_policy import RiskPolicy
from api.storage.tables import call_log, metadata
from tests.api.conftest import PASSWORD, Api
from tests.support.park.shadow_tools import CLASSIFIER, sample_core, second_version

WRITES = {"post", "put", "patch", "delete"}
HEADER = "Idempotency-Key"
# What takes no key, and why a second sending does no harm.
OTHERWISE = {
    ("post", "/api/v1/auth/token"): "each sign-in is a session of its own",
    ("post", "/api/v1/auth/refresh"): "renews the same session",
    ("post", "/api/v1/auth/logout"): "an ended session ends no more",
    ("post", "/api/v1/auth/logout-everywhere"): "ended sessions end no more",
    ("delete", "/api/v1/accounts/{number}/sessions"): "ended sessions end no more",
    ("put", "/api/v1/interventions/{number}/photo"): "the same photo is kept once: see the walk",
    ("post", "/api/v1/predictions"): "answers, and keeps nothing but the log of calls",
    ("post", "/api/v1/predictions/batch"): "likewise",
    ("post", "/api/v1/predictions/{request_id}/replay"): "likewise",
    ("post", "/v2/models/{name}/infer"): "likewise",
    ("post", "/api/v1/measurements/draft-map"): "answers, and keeps nothing",
    ("post", "/api/v1/measurements/preview"): "answers, and keeps nothing",
    ("post", "/api/v1/measurements/withdrawals/preview"): "answers, and keeps nothing",
    ("post", "/api/v1/policy/preview"): "answers, and keeps nothing",
    ("post", "/api/v1/week-plan"): "answers; the settings kept for the next plan are the same",
    ("post", "/api/v1/week-plan/export"): "answers, and keeps nothing",
}
VERSION = 1


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """A scored park with a second version of the classifier in store."""
    made = sample_core(tmp_path_factory.mktemp("twice"), "2024-12-20")
    second_version(made, "classification")
    run_now(made, None, kind="manuel", by="essai")
    yield made
    made.close()


@dataclass
class Twice:
    """Sends each request twice under one key, and notes which of the API's writes were tried."""

    api: Api
    who: dict[str, dict[str, str]]
    walked: list[tuple[str, str]] = field(default_factory=list)

    def __call__(
        self, role: str, method: str, path: str, body: Any = None, *, names: Any = None, **options: Any
    ) -> Any:
        """Send twice; the second time nothing is written, and the answer is the same.

        Args:
            role: who sends.
            method: in small letters, as the OpenAPI document has it.
            path: as the OpenAPI document has it.
            body: JSON.
            names: what stands in the path's braces.
            options: of the request, such as ``files``.
        """
        self.walked.append((method, path))
        key = {HEADER: f"envoi-{len(self.walked)}"}
        url = path.format(**(names or {}))

        def send() -> Any:
            headers = {**self.who[role], **key}
            return self.api.request(method.upper(), url, json=body, headers=headers, **options)

        first = send()
        assert first.status_code < 300, (path, first.text)
        if path.endswith("/auth/password"):  # its answer opens the session in which a second click is sent
            self.who[role] = {"Authorization": f"Bearer {first.json()['access_token']}"}
        rows, again = self._rows(), send()
        assert (again.status_code, again.content) == (first.status_code, first.content), path
        assert again.headers.get("location") == first.headers.get("location")
        assert self._rows() == rows, path
        return first.json() if first.content else None

    def _rows(self) -> dict[str, int]:
        """How many rows stand in each table; the log of calls is another matter."""
        with self.api.services.database.read() as connection:
            return {
                table.name: connection.scalar(select(func.count()).select_from(table)) or 0
                for table in metadata.sorted_tables
                if table is not call_log
            }


def test_every_write__sent_twice_is_done_once(scored: Api) -> None:
    twice = Twice(scored, {r: scored.login(r) for r in ("admin", "ingenieur", "manager", "technicien")})
    _people(twice)
    _interventions(twice)
    _policy_and_plan(twice)
    _models(twice)
    _measurements_and_runs(twice)
    keyed, without = _declared(scored.get("/openapi.json").json())
    assert without == set(OTHERWISE)
    assert set(twice.walked) - set(OTHERWISE) == keyed


def _declared(document: dict[str, Any]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """The writes that take a key, and those that do not."""
    keyed: set[tuple[str, str]] = set()
    without: set[tuple[str, str]] = set()
    for path, operations in document["paths"].items():
        for method in WRITES & set(operations):
            names = {each["name"] for each in operations[method].get("parameters", ())}
            (keyed if HEADER in names or HEADER.lower() in names else without).add((method, path))
    return keyed, without


def _people(twice: Twice) -> None:
    account = {"username": "lea", "display_name": "Léa Martin", "role": "technicien"}
    made = twice("admin", "post", "/api/v1/accounts", account)["account"]
    number = {"number": made["id"]}
    change = {"display_name": "Léa Petit", "version": made["version"]}
    twice("admin", "patch", "/api/v1/accounts/{number}", change, names=number)
    twice("admin", "post", "/api/v1/accounts/{number}/password", {}, names=number)
    key = twice("admin", "post", "/api/v1/keys", {"name": "scada", "scopes": ["read"]})["key"]
    twice("admin", "delete", "/api/v1/keys/{number}", names={"number": key["id"]})
    new = {"current_password": PASSWORD, "new_password": "une phrase bien plus longue"}
    twice("technicien", "post", "/api/v1/auth/password", new)


def _interventions(twice: Twice) -> None:
    path = "/api/v1/interventions"
    proposals = twice.api.get(f"{path}/proposals", headers=twice.who["manager"]).json()
    named = proposals["items"][0]["turbine_id"]
    twice("manager", "post", path, _dismissed(named))
    planned = {"turbine_id": _calm(twice, named), "planned_on": proposals["today"]}
    opened = twice("manager", "post", path, planned)
    number = {"number": opened["id"]}
    change = {"version": opened["version"], "comment": "Prévoir la nacelle."}
    twice("manager", "patch", f"{path}/{{number}}", change, names=number)
    twice("manager", "put", f"{path}/{{number}}/photo", names=number, content=_photo())
    other = {"turbine_id": _calm(twice, named, planned["turbine_id"]), "origin": "constat"}
    twice("technicien", "post", path, {**other, "findings": "Fuite d’huile."})


def _photo() -> bytes:
    taken = io.BytesIO()
    Image.new("RGB", (8, 8)).save(taken, "JPEG")
    return taken.getvalue()


def _dismissed(turbine: str) -> dict[str, Any]:
    why = "Capteur changé."
    return {"turbine_id": turbine, "origin": "recommandation", "dismissed": True, "comment": why}


def _calm(twice: Twice, *but: str) -> str:
    """A turbine that nothing is planned on yet."""
    items = twice.api.get("/api/v1/park", headers=twice.who["manager"]).json()["items"]
    return str(next(item["turbine_id"] for item in reversed(items) if item["turbine_id"] not in but))


def _policy_and_plan(twice: Twice) -> None:
    policy = {**RiskPolicy().as_parameters(), "urgent_days": 9.0}
    change = {"base_version": VERSION, "parameters": policy, "reason": "essai"}
    twice("manager", "put", "/api/v1/policy", change)
    back = {"base_version": VERSION + 1, "reason": "retour"}
    twice("manager", "post", "/api/v1/policy/{version}/restore", back, names={"version": VERSION})
    crew = {"name": "Nord", "skills": [], "hours": [8.0] * 5}
    asked = twice.api.post("/api/v1/week-plan", json={"crews": [crew]}, headers=twice.who["manager"])
    plan = asked.json()
    assert asked.status_code == 200, asked.text
    item = _calm(twice)
    visit = {"turbine_id": item, "day": plan["week_start"], "crew": "Nord", "hours": 2.0}
    twice("manager", "post", "/api/v1/week-plan/accept", {"run_id": plan["run_id"], "visits": [visit]})


def _models(twice: Twice) -> None:
    task, why = {"task": "classification"}, "moins d’alertes ?"
    chosen = {"name": CLASSIFIER, "version": 2, "reason": why}
    twice("ingenieur", "put", "/api/v1/candidates/{task}", chosen, names=task)
    twice("ingenieur", "delete", "/api/v1/candidates/{task}", names=task, params={"reason": why})
    path, second = "/api/v1/models/{name}", {"name": CLASSIFIER, "version": 2}
    twice("ingenieur", "post", f"{path}/{{version}}/activate", {"reason": why}, names=second)
    twice("ingenieur", "post", f"{path}/rollback", {"reason": why}, names=second)
    twice("ingenieur", "post", f"{path}/{{version}}/retire", {"reason": why}, names=second)
    twice(
        "ingenieur",
        "post",
        "/api/v1/models/imports",
        files={"file": ("modele.joblib", b"un fichier")},
        data={"name": "essai", "task": "classification"},
    )


def _measurements_and_runs(twice: Twice) -> None:
    turbine = _calm(twice)
    change = {"site": "Nord", "version": 1}
    twice("manager", "patch", "/api/v1/turbines/{turbine_id}", change, names={"turbine_id": turbine})
    run = twice("manager", "post", "/api/v1/park/runs", {})
    twice("manager", "post", "/api/v1/park/runs/{run_id}/cancel", names={"run_id": run["run_id"]})
    row = {"turbine_id": turbine, "measured_at": "2024-12-31", "wind_speed": 8.0, "vibration_level": 2.5}
    path, why = "/api/v1/measurements", {"reason": "capteur débranché"}
    twice("manager", "post", path, {"measurements": [row]})
    asked = {"turbine_id": turbine, "day": row["measured_at"]}
    (kept,) = twice.api.get(f"{path}/rows", params=asked, headers=twice.who["manager"]).json()["items"]
    gone = twice("manager", "post", f"{path}/withdrawals", {"rows": [kept["measurement_id"]], **why})
    number = {"number": gone["withdrawal_id"]}
    twice("manager", "post", f"{path}/withdrawals/{{number}}/restore", why, names=number)
