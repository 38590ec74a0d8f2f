"""The containers without an engine: schema, linter, and what neither of them sees."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
DOCKERFILES = sorted((ROOT / "deploy").glob("*.Dockerfile"))
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
UID = "10001:10001"


def _tool(name: str) -> str:
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        pytest.skip(f"{name} absent : pip install -r requirements-dev.txt")
    return found


def _instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """(keyword, rest) of every instruction, continued lines joined, comments left out."""
    lines = [line for line in dockerfile.read_text("utf-8").splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    pairs = (line.split(maxsplit=1) for line in joined.splitlines() if line.strip())
    return [(pair[0].upper(), pair[1]) for pair in pairs]


def instructions_of(dockerfile: Path, keyword: str) -> list[str]:
    """What follows ``keyword``, once per instruction."""
    return [rest for name, rest in _instructions(dockerfile) if name == keyword]


def _copied(dockerfile: Path) -> list[str]:
    """Sources that are taken from the repository."""
    return [
        source
        for rest in instructions_of(dockerfile, "COPY")
        if "--from" not in rest
        for source in rest.split()[:-1]
    ]


@pytest.mark.slow
def test_compose__against_its_schema__is_valid() -> None:
    command = [
        _tool("check-jsonschema"),
        "--builtin-schema",
        "vendor.compose-spec",
        str(ROOT / "compose.yaml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_dockerfile__against_hadolint__is_clean(dockerfile: Path) -> None:
    done = subprocess.run([_tool("hadolint"), str(dockerfile)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_compose__what_a_service_names__is_declared(name: str) -> None:
    service = SERVICES[name]
    assert set(service.get("depends_on", {})) <= SERVICES.keys()
    assert set(service.get("networks", [])) <= COMPOSE["networks"].keys()
    assert set(service.get("secrets", [])) <= COMPOSE["secrets"].keys()
    mounted = {volume.split(":")[0] for volume in service.get("volumes", [])}
    assert mounted <= COMPOSE["volumes"].keys(), "only named volumes: no folder of the host is shared"
    assert (ROOT / service["build"]["dockerfile"]) in DOCKERFILES


@pytest.mark.parametrize("kind", ["networks", "volumes", "secrets"])
def test_compose__what_is_declared__is_used(kind: str) -> None:
    used = {str(entry).split(":")[0] for service in SERVICES.values() for entry in service.get(kind, [])}
    assert set(COMPOSE[kind]) == used


@pytest.mark.parametrize("name", SERVICES)
def test_compose__every_service__is_hardened(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] == UID
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["init"] is True
    assert any(mount.startswith("/tmp") for mount in service["tmpfs"])
    assert service["mem_limit"] and service["pids_limit"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & service.keys()
    assert "healthcheck" in service
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")


def test_compose__api__is_out_of_reach_from_outside() -> None:
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name, service in SERVICES.items():
        if name != "ui":
            assert service["networks"] == ["inside"]
            assert "ports" not in service
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["ui"]["ports"])


def test_compose__migration__ends_before_anything_reads_the_database() -> None:
    for name in ("api", "worker"):
        waited = SERVICES[name]["depends_on"]["migrate"]
        assert waited == {"condition": "service_completed_successfully"}
    sharing = {name for name, service in SERVICES.items() if service.get("volumes")}
    assert sharing == {"migrate", "api", "worker"}
    assert len({tuple(SERVICES[name]["volumes"]) for name in sharing}) == 1
    assert SERVICES["ui"]["depends_on"]["api"] == {"condition": "service_healthy"}


def test_compose__dashboard__never_sees_the_api_s_secret() -> None:
    assert SERVICES["ui"]["secrets"] == ["cockpit_cookie_key"]
    assert "cockpit_cookie_key" not in SERVICES["api"]["secrets"]
    for service in SERVICES.values():
        assert not [n for n in service["environment"] if n.endswith("_KEY")], (
            "secrets are files, not variables"
        )


def test_compose__received_files__spool_where_the_largest_fits() -> None:
    from api.commands.prepare import FOLDERS
    from api.routes.upload_form import MAX_UPLOAD_BYTES

    (state,) = {volume.split(":")[1] for name in ("api", "worker") for volume in SERVICES[name]["volumes"]}
    spools = {SERVICES[name]["environment"]["TMPDIR"] for name in ("migrate", "api", "worker")}
    assert spools <= {f"{state}/{folder}" for folder in FOLDERS}, "made by prepare"
    streamlit = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    largest_mb = streamlit["server"]["maxUploadSize"]
    (tmpfs,) = SERVICES["ui"]["tmpfs"]
    assert int(re.search(r"size=(\d+)m", tmpfs)[1]) >= 2 * largest_mb
    assert largest_mb * 1024**2 <= MAX_UPLOAD_BYTES, "what the page takes, the API takes"


def test_compose__demo_feed__reaches_the_worker() -> None:
    assert SERVICES["worker"]["environment"]["COCKPIT_DEMO_FEED"] == "${COCKPIT_DEMO_FEED:-True}"


def test_compose__secret_file__is_the_one_that_the_api_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.settings import Settings

    monkeypatch.delenv("COCKPIT_SECRET_KEY", raising=False)
    monkeypatch.delenv("COCKPIT_STORE_KEY", raising=False)
    for number, name in enumerate(SERVICES["api"]["secrets"]):
        (tmp_path / name).write_text(f"{number}" * 40 + "\n", encoding="ascii")

    settings = Settings(_env_file=None, _secrets_dir=tmp_path)

    assert settings.secret_key.get_secret_value() == "0" * 40
    assert settings.store_signing_key == b"1" * 40


def test_compose__secret_file__is_the_one_that_the_dashboard_reads(tmp_path: Path) -> None:
    from ui.shared.settings import load_settings

    (name,) = SERVICES["ui"]["secrets"]
    (tmp_path / name).write_text("c" * 40 + "\n", encoding="ascii")

    assert load_settings({"COCKPIT_ENV": "production"}, tmp_path).cookie_key == "c" * 40


@pytest.mark.slow
def test_make_secrets__twice__keeps_what_it_wrote(tmp_path: Path) -> None:
    script = ROOT / "deploy" / "make_secrets.py"
    command = [sys.executable, str(script), str(tmp_path / "s")]
    subprocess.run(command, check=True, capture_output=True)
    first = {path.name: path.read_text("ascii") for path in (tmp_path / "s").iterdir()}
    again = subprocess.run(command, check=True, capture_output=True)

    assert first.keys() == COMPOSE["secrets"].keys()
    assert all(len(secret) >= 32 for secret in first.values()) and len(set(first.values())) == len(first)
    assert {path.name: path.read_text("ascii") for path in (tmp_path / "s").iterdir()} == first
    assert not any(secret.encode() in again.stdout for secret in first.values())
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "s").iterdir()} == {0o444}


@pytest.mark.parametrize("name", SERVICES)
def test_compose__commands__run_modules_that_exist(name: str) -> None:
    commands = [SERVICES[name].get("command"), SERVICES[name]["healthcheck"].get("test")]
    for command in filter(None, commands):
        assert isinstance(command, list), "JSON form: no shell between the engine and the process"
        if "-m" in command:
            assert importlib.util.find_spec(command[command.index("-m") + 1]) is not None, command


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_dockerfile__copied_sources__exist_and_enter_the_context(dockerfile: Path) -> None:
    let_in = {
        line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] == "!"
    }
    for source in _copied(dockerfile):
        assert (ROOT / source).exists(), source
        assert any(_lets_in(name, source) for name in let_in), f"{source} is kept out by .dockerignore"


def _lets_in(name: str, source: str) -> bool:
    """Whether the exception ``name`` of .dockerignore covers what a Dockerfile copies."""
    return f"{source.rstrip('/')}/".startswith(f"{name}/")


def test_dockerignore__everything_else__stays_out() -> None:
    lines = [
        line
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert lines[0] == "*"
    let_in = {line[1:] for line in lines if line.startswith("!")}
    copied = [source for path in DOCKERFILES for source in _copied(path)]
    assert let_in == {name for name in let_in if any(_lets_in(name, source) for source in copied)}
    assert {name for name in let_in if name.startswith("docs")} == {"docs/glossaire.md"}


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_dockerfile__change_of_code__keeps_the_installed_layer(dockerfile: Path) -> None:
    before_install = []
    for keyword, rest in _instructions(dockerfile):
        if keyword == "RUN" and "pip install" in rest:
            break
        if keyword == "COPY":
            before_install += rest.split()[:-1]
    (requirements,) = before_install
    install = next(rest for rest in instructions_of(dockerfile, "RUN") if "pip install" in rest)
    assert requirements in install
    assert "--require-hashes" in install and "--no-deps" in install


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_dockerfile__last_stage__is_small_non_root_and_versioned(dockerfile: Path) -> None:
    instructions = _instructions(dockerfile)
    stages = [index for index, (keyword, _) in enumerate(instructions) if keyword == "FROM"]
    final = instructions[stages[-1] :]
    assert len(stages) == 2, "what builds stays out of what runs"
    assert {instructions[index][1].split()[0] for index in stages} == {"python:3.11-slim-bookworm"}
    users = [index for index, (keyword, _) in enumerate(final) if keyword == "USER"]
    assert [final[index][1] for index in users] == [UID]
    assert not any(keyword in {"RUN", "COPY"} for keyword, _ in final[users[0] :])
    version = next(
        i for i, (keyword, rest) in enumerate(final) if keyword == "ARG" and "COCKPIT_VERSION" in rest
    )
    assert not any(keyword in {"RUN", "COPY"} for keyword, _ in final[version:]), "else each commit rebuilds"
    (command,) = (rest for keyword, rest in final if keyword == "CMD")
    assert command.startswith("["), "JSON form: signals reach the process"


def test_dockerfile_ui__of_the_service__receives_the_schemas_only() -> None:
    copied = _copied(ROOT / "deploy" / "ui.Dockerfile")
    assert {source for source in copied if source.startswith("api")} == {"api/__init__.py", "api/schemas/"}
    assert not {"model_store/", "data/", "requirements-api.txt"} & set(copied)


def _target(command: list[str]) -> tuple[str, ...]:
    """What a command runs: ``python -m`` module and its application or script, with options left out."""
    module = command[command.index("-m") + 1 :]
    return tuple(
        Path(part).as_posix() for part in module if part.startswith(("api", "ui", "uvicorn", "streamlit"))
    )


def test_images__run_what_the_launcher_runs() -> None:
    from launcher.services import services
    from launcher.settings import load_settings

    local = {service.log: service.command for service in services(load_settings({}), "python")}
    api, ui = (
        json.loads(instructions_of(ROOT / "deploy" / f"{name}.Dockerfile", "CMD")[0])
        for name in ("api", "ui")
    )
    assert _target(api) == _target(local["api"])
    assert _target(ui) == _target(local["ui"])
    assert _target(SERVICES["worker"]["command"]) == _target(local["worker"])
