"""What deploy/compose.postgresql.yaml adds to compose.yaml, without an engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import make_url

from tests.unit.shared.test_containers import COMPOSE, ROOT, _tool

FILE = ROOT / "deploy" / "compose.postgresql.yaml"
ADDED: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
READERS = {"migrate", "api", "worker"}


@pytest.mark.slow
def test_added__against_the_schema__is_valid() -> None:
    command = [_tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_added__what_is_named__is_declared_in_one_of_the_files() -> None:
    declared = {kind: {*COMPOSE[kind], *ADDED.get(kind, {})} for kind in ("networks", "volumes", "secrets")}
    assert set(ADDED["services"]) == {*READERS, "postgres"}
    for service in ADDED["services"].values():
        assert set(service.get("secrets", [])) <= declared["secrets"]
        assert set(service.get("networks", [])) <= declared["networks"]
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= declared["volumes"]


def test_added__every_reader_of_the_database_has_its_address_and_keeps_its_key() -> None:
    reading = {name for name, s in COMPOSE["services"].items() if "COCKPIT_ENV" in s["environment"]}
    assert reading - {"ui"} == READERS
    for name in READERS:
        assert set(ADDED["services"][name]["secrets"]) == {
            "cockpit_database_url",
            "cockpit_secret_key",
            "cockpit_store_key",
        }
    assert ADDED["services"]["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_added__server__is_hardened_and_out_of_reach() -> None:
    server = ADDED["services"]["postgres"]
    assert server["read_only"] is True
    assert server["cap_drop"] == ["ALL"]
    assert server["user"] not in {"root", "0"}
    assert server["networks"] == ["inside"]
    assert "ports" not in server
    assert server["mem_limit"] and server["pids_limit"] and server["healthcheck"]
    assert not [name for name in server["environment"] if name.endswith("PASSWORD")], "secrets are files"


@pytest.mark.slow
def test_secrets__the_address_holds_the_password_and_is_read_by_the_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.settings import Settings

    monkeypatch.delenv("COCKPIT_DATABASE_URL", raising=False)
    command = [sys.executable, str(ROOT / "deploy" / "make_secrets.py"), "--postgresql", str(tmp_path)]
    said = [subprocess.run(command, check=True, capture_output=True).stdout for _ in range(2)]
    assert {path.name for path in tmp_path.iterdir()} == {*COMPOSE["secrets"], *ADDED["secrets"]}
    url = make_url(Settings(_env_file=None, _secrets_dir=tmp_path).url)
    server = ADDED["services"]["postgres"]["environment"]
    assert (url.host, url.username, url.database) == (
        "postgres",
        server["POSTGRES_USER"],
        server["POSTGRES_DB"],
    )
    password = (tmp_path / "cockpit_database_password").read_text("ascii")
    assert url.password == password
    assert not any(password.encode() in line for line in said)
    assert "rien à faire" in said[1].decode()
