"""A model's card over HTTP: JSON, the page to print, who may read it, what is refused."""

from __future__ import annotations

import pytest

from tests.api.conftest import Api, problem

REFERENCE = "/api/v1/models/risque-panne-7j/1"


@pytest.mark.parametrize("role", ["technicien", "manager", "ingenieur", "admin"])
def test_card__everyone_reads_it_and_the_page_needs_nothing_else(api: Api, role: str) -> None:
    headers = api.login(role)
    card = api.get(REFERENCE, headers=headers).json()
    page = api.get(f"{REFERENCE}/card", headers=headers)

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "script" not in page.headers["content-security-policy"]
    assert "fiche-risque-panne-7j-v1.html" in page.headers["content-disposition"]
    assert card["summary"]["sha256"] in page.text
    assert card["prohibited_use"][0] in page.text
    chosen = [row for row in card["decision"]["table"] if row["chosen"]]
    assert [row["threshold"] for row in chosen] == [card["decision"]["threshold"]] == [0.06]
    assert chosen[0]["cost_eur"]["low"] <= chosen[0]["cost_eur"]["value"] <= chosen[0]["cost_eur"]["high"]
    assert len(card["decision"]["curve"]) >= 30
    assert card["calibration_trials"][0]["method"] == "platt"
    assert card["data"]["first_day"] < card["data"]["last_day"]


def test_card__unknown_version_and_nobody(api: Api) -> None:
    headers = api.login("manager")
    problem(api.get("/api/v1/models/risque-panne-7j/9/card", headers=headers), 404)
    problem(api.get("/api/v1/models/..%2Fx/1/card", headers=headers), 404)
    problem(api.get(f"{REFERENCE}/card"), 401)
