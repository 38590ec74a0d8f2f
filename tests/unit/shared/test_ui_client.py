"""The dashboard's HTTP client against a real small server: renewal, refusals, silence, repetition."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from api.schemas.vocabulary import Queue, RiskLevel
from tests.support.ui_http import MODELS, PROBLEM, Script, serving
from ui.client import transport
from ui.client.api_error import ApiError
from ui.client.client import ApiClient
from ui.park.views import View


class Slow(list[tuple[int, Any]]):
    """Answers of a server that takes longer than the client waits."""

    def pop(self, *_: object) -> tuple[int, Any]:
        time.sleep(0.6)
        return 200, MODELS


@pytest.fixture
def server() -> Iterator[Script]:
    """A server that answers as its script says."""
    with serving() as script:
        yield script


@pytest.fixture
def logged_in(server: Script) -> Iterator[ApiClient]:
    """A client with a token of ten minutes."""
    client = ApiClient(server.url)
    server.answers.append((200, server.token(600)))
    client.login("manager", "secret")
    server.requests.clear()
    server.bodies.clear()
    yield client
    client.close()


def test_login__form_then_bearer_token(server: Script) -> None:
    client = ApiClient(server.url)
    server.answers += [(200, server.token(600)), (200, MODELS)]

    user = client.login("manager", "pass&word=é")
    client.models.all()

    assert user.display_name == "Mme Martin"
    assert parse_qs(server.bodies[0].decode())["password"] == ["pass&word=é"]
    assert server.requests == [
        ("POST", "/api/v1/auth/token", ""),
        ("GET", "/api/v1/models", "Bearer jeton-1"),
    ]
    client.close()


def test_wrong_password__refused_and_nobody_logged_in(server: Script) -> None:
    client = ApiClient(server.url)
    server.answers.append((401, PROBLEM | {"status": 401, "errors": []}))

    with pytest.raises(ApiError) as refused:
        client.login("manager", "faux")

    assert refused.value.session_over
    assert client.session is None
    client.close()


def test_old_token__renewed_before_the_call(server: Script) -> None:
    client = ApiClient(server.url)
    server.answers += [(200, server.token(5)), (200, server.token(600)), (200, MODELS), (200, MODELS)]

    client.login("manager", "secret")
    client.models.all()
    client.models.all()

    assert [path for _, path, _ in server.requests] == [
        "/api/v1/auth/token",
        "/api/v1/auth/refresh",
        "/api/v1/models",
        "/api/v1/models",
    ]
    assert json.loads(server.bodies[1]) == {"refresh_token": "session-1-0123456789"}
    assert server.requests[-1][2] == "Bearer jeton-2"
    client.close()


def test_token_refused__renewed_once_and_asked_again(server: Script, logged_in: ApiClient) -> None:
    server.answers += [(401, PROBLEM | {"status": 401}), (200, server.token(600)), (200, MODELS)]

    logged_in.models.all()

    assert [path for _, path, _ in server.requests] == [
        "/api/v1/models",
        "/api/v1/auth/refresh",
        "/api/v1/models",
    ]


def test_session_ended__no_endless_renewal(server: Script, logged_in: ApiClient) -> None:
    server.answers += [(401, PROBLEM | {"status": 401}), (401, PROBLEM | {"status": 401})]

    with pytest.raises(ApiError) as refused:
        logged_in.models.all()

    assert refused.value.session_over
    assert len(server.requests) == 2


def test_refusal__carries_title_detail_fields_and_reference(server: Script, logged_in: ApiClient) -> None:
    server.answers.append((422, PROBLEM))

    with pytest.raises(ApiError) as refused:
        logged_in.park.what_if({"turbine_id": "1", "wind_speed": -3})

    error = refused.value
    assert (error.title, error.detail, error.status) == (
        "Demande invalide",
        "wind_speed : doit être positif.",
        422,
    )
    assert error.request_id == "01H"
    assert [(e.field, e.message) for e in error.errors] == [("wind_speed", "doit être positif")]
    assert not error.unreachable


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"", b"[]"])
def test_refusal_without_explanation__still_a_french_sentence(
    server: Script, logged_in: ApiClient, body: bytes
) -> None:
    server.answers.append((500, body))

    with pytest.raises(ApiError) as refused:
        logged_in.models.all()

    assert refused.value.status == 500
    assert "500" in refused.value.detail
    assert refused.value.request_id == "entete-1"


@pytest.mark.parametrize("body", [b"pas du json", b'{"autre": 1}'])
def test_unreadable_answer__said_not_shown(server: Script, logged_in: ApiClient, body: bytes) -> None:
    server.answers.append((200, body))

    with pytest.raises(ApiError, match="Réponse inattendue"):
        logged_in.models.all()


def test_reading__repeated_when_a_proxy_stumbles(server: Script, logged_in: ApiClient) -> None:
    server.answers += [(502, b""), (200, MODELS)]

    assert logged_in.models.all().items == []


def test_unavailable__told_at_once_not_repeated(server: Script, logged_in: ApiClient) -> None:
    server.answers.append((503, PROBLEM | {"status": 503, "title": "Service indisponible"}))

    with pytest.raises(ApiError, match="Service indisponible"):
        logged_in.models.all()

    assert len(server.requests) == 1


def test_writing__never_repeated(server: Script, logged_in: ApiClient) -> None:
    server.answers.append((502, b""))

    with pytest.raises(ApiError):
        logged_in.park.start_run()

    assert len(server.requests) == 1


def test_nobody_listening__unreachable() -> None:
    client = ApiClient("http://127.0.0.1:9")  # the discard port: nothing listens there

    with pytest.raises(ApiError) as refused:
        client.login("manager", "secret")

    assert refused.value.unreachable
    assert not refused.value.session_over
    assert not client.alive()
    client.close()


def test_silence__unreachable_after_the_time_allowed(
    server: Script, logged_in: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "READ_S", 0.2)

    server.answers = Slow()

    with pytest.raises(ApiError) as refused:
        logged_in.park.start_run()

    assert refused.value.unreachable


def test_identifiers__stay_one_segment_of_the_path(server: Script, logged_in: ApiClient) -> None:
    server.answers.append((404, PROBLEM | {"status": 404}))

    with pytest.raises(ApiError):
        logged_in.turbines.detail("../park?limit=1#é")

    path = server.requests[0][1]
    assert urlsplit(path).path == path
    assert path == "/api/v1/turbines/..%2Fpark%3Flimit%3D1%23%C3%A9"


def test_park__sends_the_view(server: Script, logged_in: ApiClient) -> None:
    nothing = {"as_of": None, "run": None, "last_attempt": None, "threshold": None}
    server.answers.append((200, {"total": 0, "items": [], "counts": {}, **nothing}))

    view = View(levels=(RiskLevel.CRITIQUE, RiskLevel.ELEVE), days=12.5, queue=Queue.A_VERIFIER)
    logged_in.park.ranking(view.asked(), limit=50)

    query = parse_qs(urlsplit(server.requests[0][1]).query)
    assert query["risk_level"] == ["critique", "eleve"]
    assert query["max_days"] == ["12.5"]
    assert query["queue"] == ["a_verifier"]
    assert query["limit"] == ["50"]
    assert not {"as_of", "farm", "sort"} & set(query)


def test_logout__tells_the_api_and_forgets_even_if_it_is_away(server: Script, logged_in: ApiClient) -> None:
    server.answers.append((500, PROBLEM))

    with pytest.raises(ApiError):
        logged_in.logout()

    assert logged_in.session is None
    assert json.loads(server.bodies[0]) == {"refresh_token": "session-1-0123456789"}
    with pytest.raises(ApiError) as refused:
        logged_in.models.all()
    assert refused.value.session_over


RUN = {
    "run_id": 4, "kind": "manuel", "as_of": "2024-12-30", "status": "en_attente", "requested_by": "compte:1",
    "created_at": "2024-12-30T06:00:00Z", "started_at": None, "finished_at": None, "duration_s": None,
    "total": 0, "done": 0, "failed": 0, "models": [], "policy_version": 1, "error": None,
}  # fmt: skip


def test_writing__same_key_for_a_second_click_and_after_a_lost_answer(
    server: Script, logged_in: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.keys.clear()
    server.answers += [(200, RUN)] * 3
    logged_in.park.start_run()
    logged_in.park.start_run()
    monkeypatch.setattr(transport, "AGAIN_S", -1.0)
    logged_in.park.start_run()
    first, second_click, later = server.keys
    assert first == second_click != later
    assert first is not None

    monkeypatch.setattr(transport, "READ_S", 0.2)
    server.answers = Slow()
    with pytest.raises(ApiError):
        logged_in.park.start_run()
    server.answers = [(200, RUN)]
    logged_in.park.start_run()
    lost, again = server.keys[-2:]
    assert lost == again != later


def test_writing__a_refused_call_is_sent_anew(server: Script, logged_in: ApiClient) -> None:
    server.keys.clear()
    server.answers += [(422, PROBLEM), (200, RUN)]
    with pytest.raises(ApiError):
        logged_in.park.start_run()
    logged_in.park.start_run()
    assert len(set(server.keys)) == 2


def test_superseded__says_what_others_changed(server: Script, logged_in: ApiClient) -> None:
    change = {"at": "2024-12-30T06:00:00Z", "by": "Mme Martin", "fields": [], "comment": "x"}
    server.answers.append((409, PROBLEM | {"status": 409, "errors": [], "version": 3, "changes": [change]}))
    with pytest.raises(ApiError) as refused:
        logged_in.park.start_run()
    assert refused.value.superseded
    assert [made.by for made in refused.value.changes] == ["Mme Martin"]
