"""The environment, with a real venv, the real pip and one wheel of a few lines instead of the network."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from launcher.console import LauncherError
from launcher.environment import ensure_environment, interpreter

pytestmark = pytest.mark.slow

OFFLINE = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
OFFLINE |= {"PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}


def make_wheel(folder: Path, version: str) -> str:
    """A wheel of the package ``tiny``, whose module answers its version; returns its SHA-256."""
    info = f"tiny-{version}.dist-info"
    content = {
        "tiny.py": f'VERSION = "{version}"\n',
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {
        name: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        for name, text in content.items()
    }
    record = "".join(f"{name},sha256={digests[name]},{len(content[name])}\n" for name in content)
    path = folder / f"tiny-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**content, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(name, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose ``.venv`` the launcher had to make again: its Python had gone, as after an upgrade."""
    root = tmp_path_factory.mktemp("environment")
    (root / "wheels").mkdir()
    (root / "requirements-none.txt").write_text("# nothing\n")
    venv = root / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    interpreter(venv).unlink()
    interpreter(venv).symlink_to(root / "no-such-python")
    ensure_environment(root, venv, ["none"], OFFLINE)
    return root


def require(root: Path, name: str, version: str, digest: str | None = None) -> dict[str, str]:
    """Pin ``tiny`` in ``requirements-<name>.txt``; returns the variables by which pip finds it offline."""
    digest = digest or make_wheel(root / "wheels", version)
    (root / f"requirements-{name}.txt").write_text(f"tiny=={version} \\\n    --hash=sha256:{digest}\n")
    return {**OFFLINE, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(root / "wheels")}


def tiny_version(python: Path) -> str:
    command = [str(python), "-c", "import tiny; print(tiny.VERSION)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_changed_requirements__installed_once_then_left_alone(
    base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for version in ("1.0", "2.0"):
        variables = require(base, "changed", version)
        python = ensure_environment(base, base / ".venv", ["changed"], variables)
        assert tiny_version(python) == version
        assert "Dépendances installées" in capsys.readouterr().err

    started = time.perf_counter()
    ensure_environment(base, base / ".venv", ["changed"], variables)
    assert time.perf_counter() - started < 0.1
    assert capsys.readouterr().err == ""


def test_interrupted_installation__is_completed_by_the_next_start(base: Path) -> None:
    variables = require(base, "cut", "3.0")
    venv = base / ".venv"
    ensure_environment(base, venv, ["cut"], variables)
    # What a kill in the middle of pip leaves: metadata that claim a package whose module is not there.
    (venv / ".cockpit-stamp-cut.json").unlink()
    site = next(venv.glob("lib/python3*/site-packages"))
    (site / "tiny.py").unlink()
    (site / "tiny-3.0.dist-info" / "INSTALLER").unlink()

    assert tiny_version(ensure_environment(base, venv, ["cut"], variables)) == "3.0"


def test_altered_package__is_refused(base: Path) -> None:
    variables = require(base, "altered", "4.0", digest="0" * 64)
    make_wheel(base / "wheels", "4.0")
    with pytest.raises(LauncherError, match="ne correspond pas à son empreinte"):
        ensure_environment(base, base / ".venv", ["altered"], variables)
    assert not (base / ".venv" / ".cockpit-stamp-altered.json").exists()


def test_unreachable_index__one_line_with_the_remedy(base: Path) -> None:
    require(base, "network", "5.0")
    variables = {**OFFLINE, "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}
    with pytest.raises(LauncherError) as caught:
        ensure_environment(base, base / ".venv", ["network"], variables)
    assert "Vérifiez la connexion au réseau" in caught.value.sentence
    assert "\n" not in caught.value.sentence


def test_package_unknown_to_a_reachable_index__is_not_called_a_network_failure(base: Path) -> None:
    variables = require(base, "unknown", "6.0", digest="1" * 64)
    with pytest.raises(LauncherError, match=r"tiny==6\.0"):
        ensure_environment(base, base / ".venv", ["unknown"], variables)


def test_two_launches_at_once__one_installs_and_the_other_waits(
    base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    variables = require(base, "twice", "7.0")
    threads = [
        threading.Thread(target=ensure_environment, args=(base, base / ".venv", ["twice"], variables))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = capsys.readouterr().err
    assert said.count("Dépendances installées") == 1
    assert said.count("Une autre installation est en cours") == 1
    assert tiny_version(interpreter(base / ".venv")) == "7.0"


def test_python_gone_from_the_environment__it_was_made_again(base: Path) -> None:
    command = [str(interpreter(base / ".venv")), "-m", "pip", "--version"]
    assert subprocess.run(command, capture_output=True, check=True, text=True).stdout.startswith("pip ")


def test_folder_of_somebody__is_kept(base: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("years")
    with pytest.raises(LauncherError, match="n’est pas un environnement Python"):
        ensure_environment(base, tmp_path, ["none"], OFFLINE)
    assert (tmp_path / "thesis.odt").read_text() == "years"


def test_environment_in_a_place_that_cannot_be_written__names_the_setting(base: Path) -> None:
    with pytest.raises(LauncherError, match="COCKPIT_VENV"):
        ensure_environment(base, base / "requirements-none.txt" / "venv", ["none"], OFFLINE)


def test_missing_venv_module__gives_the_debian_command(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec
    # As on Debian without the package: the module that brings pip is not there.
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda *named: None if named[0] == "ensurepip" else real(*named)
    )
    with pytest.raises(LauncherError, match=r"apt install python3\.\d+-venv"):
        ensure_environment(base, tmp_path / "venv", ["none"], OFFLINE)


def test_disk_without_room__refused_before_the_download(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (base / "requirements-api.txt").write_text("# only its name matters\n")
    usage = shutil.disk_usage(tmp_path)._replace(free=10_000_000)
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    with pytest.raises(LauncherError, match=r"libérez 600 Mo"):
        ensure_environment(base, tmp_path / "venv", ["api"], OFFLINE)


def test_stamp__tells_the_requirements_and_the_python_behind_the_environment(base: Path) -> None:
    stamp = json.loads((base / ".venv" / ".cockpit-stamp-none.json").read_text())
    assert stamp["sha256"] == hashlib.sha256(b"# nothing\n").hexdigest()
    assert stamp["interpreter"] == str(Path(sys.executable).resolve())
