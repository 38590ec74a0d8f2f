"""The images without an engine: what their Dockerfiles copy is put into a folder and run from there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.shared.test_containers import ROOT, SERVICES, instructions_of

pytestmark = pytest.mark.slow


def _assemble(dockerfile: Path, image: Path) -> None:
    """Put into ``image`` what the Dockerfile copies from the repository, and nothing else."""
    for rest in instructions_of(dockerfile, "COPY"):
        *sources, destination = rest.split()
        if "--from" in rest or destination.startswith("/"):
            continue
        for source in sources:
            origin = ROOT / source
            if origin.is_dir():
                # With what is compiled already: it cannot be imported without its source.
                shutil.copytree(origin, image / destination, dirs_exist_ok=True)
            else:
                (image / destination).mkdir(parents=True, exist_ok=True)
                shutil.copy2(origin, image / destination)


def _in_image(image: Path, command: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COCKPIT_", "PYTHON"))}
    environment = {**kept, "PYTHONPATH": str(image), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *command[1:]],
        cwd=image,
        env={**environment, "COCKPIT_HOME": str(home)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


# Left out: what runs as soon as it is imported, under Streamlit and under Alembic.
IMPORT_ALL = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        if not module.name.startswith(("ui.streamlit_app", "api.storage.migrations.")):
            importlib.import_module(module.name)
"""


@pytest.mark.parametrize(("image", "packages"), [("api", ["api", "data"]), ("ui", ["ui", "api"])])
def test_image__its_files_alone__are_enough_to_import(
    image: str, packages: list[str], tmp_path: Path
) -> None:
    _assemble(ROOT / "deploy" / f"{image}.Dockerfile", tmp_path / "app")
    done = _in_image(tmp_path / "app", ["python", "-c", IMPORT_ALL, *packages], tmp_path / "home")
    assert done.returncode == 0, done.stderr


def test_image_api__migrate_service__fills_an_empty_volume(tmp_path: Path) -> None:
    image, home = tmp_path / "app", tmp_path / "home"
    _assemble(ROOT / "deploy" / "api.Dockerfile", image)
    before = {path for path in image.rglob("*") if path.is_file()}
    home.mkdir()

    done = _in_image(image, SERVICES["migrate"]["command"], home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (home / "cockpit.db").is_file()
    written = {path for path in image.rglob("*") if path.is_file()} - before
    assert written == set(), "the image's file system is read-only"

    accounts = json.loads(done.stdout.splitlines()[-1])["accounts"]
    assert accounts and all(account["password"] for account in accounts), "its log is where people find them"

    again = _in_image(image, SERVICES["migrate"]["command"], home)
    assert again.returncode == 0, "a restart of the stack runs it once more"
    assert not any(account["password"] in again.stdout for account in accounts)

    probe = _in_image(image, SERVICES["worker"]["healthcheck"]["test"][1:], home)
    assert probe.returncode == 1, f"no worker lives here: {probe.stdout}{probe.stderr}"
