"""Log lines: one JSON object each, with no secret in it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from api.observability.logging import FACTS, MASK, JsonFormatter, configure_logging


def line(message: str, *arguments: object, exc_info: Any = None, **facts: object) -> str:
    record = logging.getLogger("essai").makeRecord(
        "essai", logging.WARNING, "f", 1, message, arguments, exc_info, "f", facts
    )
    return JsonFormatter().format(record)


def test_line__is_one_json_object_with_the_facts() -> None:
    text = line("calcul %s\n« fini »", 3, request_id="abc", duration_ms=1.5, nothing=None, odd={1, 2})

    event = json.loads(text)
    assert "\n" not in text
    assert event["message"] == "calcul 3\n« fini »"
    assert event["level"] == "WARNING"
    assert event["date"].endswith("+00:00")
    assert (event["request_id"], event["duration_ms"], event["odd"]) == ("abc", 1.5, "{1, 2}")
    assert set(event) == {"date", "level", "logger", "message", "request_id", "duration_ms", "odd"}


def test_prepared_facts__stand_beside_the_message() -> None:
    event = json.loads(line("request", **{FACTS: {"status": 200, "endpoint": "/health"}}))

    assert (event["status"], event["endpoint"]) == (200, "/health")
    assert FACTS not in event


@pytest.mark.parametrize(
    "name", ["password", "refresh_token", "X_API_KEY", "secret_key", "Authorization", "cookie", "api-key"]
)
def test_secret_by_name__masked(name: str) -> None:
    assert json.loads(line("x", **{name: "hunter2"}))[name] == MASK


@pytest.mark.parametrize(
    "text",
    [
        "key ck_hunter2hunter2hunter2hunter2",
        "Authorization: Bearer hunter2",
        "eyJhbGciOiJIUzI1NiJ9.eyJodW50ZXIyIjoxfQ.hunter2-hunter2",
        "postgresql://cockpit:hunter2@db/cockpit",
    ],
)
def test_secret_by_shape__masked_in_messages_facts_and_tracebacks(text: str) -> None:
    try:
        raise RuntimeError(text)
    except RuntimeError:
        trace = line("failed", exc_info=sys.exc_info())

    for written in (line(text), line("%s", text), line("x", reason=text), trace):
        assert "hunter2" not in written
        assert MASK in written
    assert "RuntimeError" in trace


def test_half_a_surrogate_pair__can_be_written() -> None:
    written = line("x \ud800", value="\ud800").encode("utf-8")

    assert (json.loads(written)["message"], json.loads(written)["value"]) == ("x ?", "?")


@pytest.mark.slow
def test_process__writes_json_only_uvicorn_included() -> None:
    code = (
        "import logging\n"
        "from api.observability.logging import configure_logging\n"
        "configure_logging('info')\n"
        "logging.getLogger('uvicorn.error').info('Started')\n"
        "logging.getLogger('uvicorn.access').info('GET /?token=hunter2')\n"
        "logging.getLogger('api').debug('unseen')\n"
        "logging.getLogger('api').info('vu : é')\n"
    )

    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], capture_output=True, encoding="utf-8", check=True
    )

    assert [json.loads(text)["message"] for text in done.stdout.splitlines()] == ["Started", "vu : é"]
    assert done.stderr == ""


def test_unknown_level__refused_naming_the_setting_and_the_choices() -> None:
    with pytest.raises(ValueError, match="COCKPIT_LOG_LEVEL=bavard : écrivez DEBUG, INFO"):
        configure_logging("bavard")
