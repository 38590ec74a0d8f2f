"""The dashboard's calls about measurements, against a real small server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from api.schemas.measurements import ImportJob, ImportReport
from tests.support.measurements.measure_samples import coverage, job, preview, report
from tests.support.ui_http import PROBLEM, Script, serving
from ui.client.api_error import ApiError
from ui.client.client import ApiClient
from ui.client.measure_file import MeasureFile

FILE = MeasureFile("mesures d’été.csv", b"turbine_id;jour\r\n1;x\r\n", "JJ/MM/AAAA")


@pytest.fixture
def server() -> Iterator[Script]:
    """A server that answers as its script says."""
    with serving() as script:
        yield script


@pytest.fixture
def client(server: Script) -> Iterator[ApiClient]:
    """Someone logged in."""
    client = ApiClient(server.url)
    server.answers.append((200, server.token(600)))
    client.login("manager", "secret")
    server.requests.clear()
    server.bodies.clear()
    yield client
    client.close()


def test_preview__file_and_options_in_one_form(server: Script, client: ApiClient) -> None:
    server.answers.append((200, preview().model_dump(mode="json")))

    assert client.measurements.preview(FILE).rows == 40

    assert server.requests[0][:2] == ("POST", "/api/v1/measurements/preview")
    body = server.bodies[0]
    assert FILE.content in body
    assert "mesures d’été.csv".encode() in body
    assert b'name="date_format"\r\n\r\nJJ/MM/AAAA' in body


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [(200, report(), ImportReport), (202, job(), ImportJob)],
)
def test_import__report_or_job(
    server: Script, client: ApiClient, status: int, answer: ImportReport | ImportJob, kind: type
) -> None:
    server.answers.append((status, answer.model_dump(mode="json")))

    assert isinstance(client.measurements.import_file(FILE, "cle-1"), kind)


def test_import__session_renewed_midway_sends_the_whole_file_again(server: Script, client: ApiClient) -> None:
    over = PROBLEM | {"status": 401, "errors": []}
    server.answers += [(401, over), (200, server.token(600)), (200, report().model_dump(mode="json"))]

    client.measurements.import_file(FILE, "cle-1")

    sent = [
        body for body, (_, path, _) in zip(server.bodies, server.requests, strict=True) if "auth" not in path
    ]
    assert len(sent) == 2
    assert all(FILE.content in body for body in sent)


def test_import__refused_file_is_told_and_never_sent_twice(server: Script, client: ApiClient) -> None:
    server.answers.append((422, PROBLEM))

    with pytest.raises(ApiError) as refused:
        client.measurements.import_file(FILE, "cle-1")

    assert refused.value.errors[0].field == "wind_speed"
    assert len(server.requests) == 1


def test_coverage__thirty_days_unless_asked(server: Script, client: ApiClient) -> None:
    server.answers += [(200, coverage().model_dump(mode="json"))] * 2

    client.measurements.coverage()
    client.measurements.coverage(date(2024, 10, 2))

    assert [path for _, path, _ in server.requests] == [
        "/api/v1/measurements/coverage",
        "/api/v1/measurements/coverage?from=2024-10-02",
    ]


def test_problems__bytes_as_they_are(server: Script, client: ApiClient) -> None:
    server.answers.append((200, "\ufeffLigne;Motif\r\n".encode()))

    assert client.measurements.import_problems(3) == "\ufeffLigne;Motif\r\n".encode()
