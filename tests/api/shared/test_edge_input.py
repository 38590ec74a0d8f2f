"""Bad input: each wrong field is named in French with its remedy."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, Field

from tests.api.conftest import Api, MakeApi, problem

JSON = {"Content-Type": "application/json"}
GOOD = {"vent": 12.5, "jours": 3, "mesure_le": "2024-12-30", "niveau": "faible"}


class Essai(BaseModel, extra="forbid", allow_inf_nan=False):
    """A body with one field of each kind."""

    vent: Annotated[float, Field(ge=0, le=60)]
    jours: int
    mesure_le: date
    niveau: Literal["faible", "eleve"]
    arret: bool = False
    note: str = Field("", max_length=5)
    mot_de_passe_password: str | None = None


def with_route(app: FastAPI) -> None:
    """A route that takes such a body."""

    @app.post("/api/v1/essai")
    def take(essai: Essai) -> Essai:
        return essai


@pytest.fixture
def open_api(make_api: MakeApi) -> Api:
    """The application with the route above."""
    return make_api(with_route)


@pytest.mark.parametrize(
    ("field", "sent", "told", "value"),
    [
        ("vent", None, "champ obligatoire", None),
        ("vent", '"douze"', "un nombre est attendu", "douze"),
        ("vent", "NaN", "un nombre fini est attendu", "NaN"),
        ("vent", "-Infinity", "un nombre fini est attendu", "-Infinity"),
        ("vent", "1e999", "un nombre fini est attendu", "Infinity"),
        ("vent", "-1", "supérieur ou égal à 0", "-1"),
        ("vent", "60.5", "inférieur ou égal à 60", "60.5"),
        ("vent", "9" * 400, "nombre trop grand", "nombre entier d’environ 401\u00a0chiffres"),
        ("jours", "2.5", "sans décimales", "2.5"),
        ("jours", "true", None, None),
        ("mesure_le", '"30/12/2024"', "une date est attendue, par exemple 2024-12-30", "30/12/2024"),
        ("niveau", '"urgent"', "valeurs possibles : faible, eleve", "urgent"),
        ("arret", '"peut-être"', "true ou false", "peut-être"),
        ("note", '"beaucoup trop long"', "au plus 5 caractères", "beaucoup trop long"),
        ("note", '"\\ud800"', "UTF-8", "?"),
        ("note", "[1, 2]", "un texte est attendu", "liste de 2\u00a0éléments"),
        ("inconnu", '"' + "x" * 500 + '"', "champ inconnu", "x" * 80),
        ("mot_de_passe_password", "12", "un texte est attendu", None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bad_field__422_names_it_in_french(
    open_api: Api, field: str, sent: str | None, told: str | None, value: str | None
) -> None:
    parts = {name: httpx.Request("POST", "http://x", json=v).content.decode() for name, v in GOOD.items()}
    if sent is None:
        del parts[field]
    else:
        parts[field] = sent
    content = "{" + ",".join(f'"{name}":{text}' for name, text in parts.items()) + "}"

    answer = open_api.post("/api/v1/essai", content=content, headers=JSON)

    if told is None:  # pydantic takes true for 1, as JSON clients expect
        assert answer.status_code == 200
        return
    body = problem(answer, 422)
    [error] = body["errors"]
    assert error["field"] == field
    assert told in error["message"]
    assert error["value"] == value
    assert body["detail"].startswith(f"{field} : ")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"vent": 1,', "JSON illisible (caractère 12)"),
        (b'{"vent": ' + b"9" * 5000 + b"}", "nombres démesurés"),
        (b'{"vent": "\xff"}', "UTF-8"),
        (b"[" * 100_000, "imbrication"),
        (b"[]", "un objet JSON est attendu"),
        (b'"texte"', "un objet JSON est attendu"),
        (b"", "champ obligatoire"),
    ],
    ids=["cut", "digits", "latin-1", "nested", "list", "text", "empty"],
)
def test_bad_body__422_names_the_body(open_api: Api, content: bytes, told: str) -> None:
    body = problem(open_api.post("/api/v1/essai", content=content, headers=JSON), 422)

    [error] = body["errors"]
    assert error["field"] == "corps"
    assert told in error["message"]


def test_body_of_another_type__422_names_the_header(open_api: Api) -> None:
    answer = open_api.post("/api/v1/essai", content=b'{"vent": 1}', headers={"Content-Type": "text/plain"})

    assert "Content-Type : application/json" in problem(answer, 422)["detail"]


def test_many_wrong_fields__all_listed_the_detail_stays_short(open_api: Api) -> None:
    sent = dict.fromkeys([f"champ_{number}" for number in range(300)], 1)

    body = problem(open_api.post("/api/v1/essai", json=sent), 422)

    assert len(body["errors"]) == 100
    assert "et 299 autres erreurs" in body["detail"]
