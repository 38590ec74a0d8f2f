"""Query parameters that a call does not have are refused, with the closest name."""

from __future__ import annotations

import pytest

from tests.api.conftest import Api, problem

ROWS = {"turbine_id": "12", "measured_at": "2024-12-30", "wind_speed": 9, "vibration_level": 2}


@pytest.mark.parametrize(
    ("path", "name", "told"),
    [
        ("/api/v1/models", "limit", "cet appel n’en prend aucun"),
        ("/api/v1/park", "Limit", "le plus proche est « limit »"),
        ("/api/v1/park", "risklevel", "le plus proche est « risk_level »"),
        ("/api/v1/park", "zzz", "qui prend : as_of, "),
    ],
)
def test_unknown_parameter__refused_with_the_closest(api: Api, path: str, name: str, told: str) -> None:
    answer = api.get(f"{path}?{name}=1", headers=api.login("manager"))

    body = problem(answer, 422)
    assert [error["field"] for error in body["errors"]] == [name]
    assert told in body["errors"][0]["message"]


def test_unknown_parameter__of_the_direct_prediction_too(api: Api) -> None:
    answer = api.post("/api/v1/predictions?explian=false", json=ROWS, headers=api.login("manager"))

    assert "le plus proche est « explain »" in problem(answer, 422)["errors"][0]["message"]


def test_probe__takes_whatever_a_balancer_adds(api: Api) -> None:
    assert api.get("/health?from=balancer").status_code == 200
