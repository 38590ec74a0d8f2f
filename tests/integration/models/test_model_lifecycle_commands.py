"""``models retire`` and ``models sign`` on the command line, and the words of a threshold of one's own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from api.core import build_core
from api.domain.shared.exceptions import ModelUnavailable
from api.schemas.vocabulary import AuditAction
from api.services.shared.audit import AuditQuery
from api.settings import Settings
from tests.support.client import new_core
from tests.support.commands import Run, runner

NAME, STRANGER = "risque-panne-7j", "d-ailleurs"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command on an installation with an unsigned version beside the reference models."""
    core = new_core(tmp_path)
    folder = core.settings.imported_models / STRANGER / "1"
    shutil.copytree(core.settings.reference_models / NAME / "1", folder)
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace(f'"{NAME}"', f'"{STRANGER}"', 1), "utf-8")
    core.close()
    return runner("models", tmp_path, monkeypatch, capsys)


def test_retire__takes_a_version_out_for_good_with_its_reason(run: Run) -> None:
    assert run("retire", STRANGER, 1)[0] == 2  # a reason is asked for
    assert run("retire", STRANGER, 1, "--reason", " ")[0] == 1
    code, out, _ = run("retire", STRANGER, 1, "--reason", "mauvaise unité")
    assert (code, "d-ailleurs version 1 est retiré" in out) == (0, True)
    assert "retirée" in run("list")[1]
    code, _, err = run("activate", STRANGER, 1)
    assert (code, "mauvaise unité" in err) == (1, True)
    assert run("retire", "absent", 1, "--reason", "x")[0] == 1


def test_sign__makes_an_unsigned_version_serve_and_is_kept_in_the_audit_trail(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = run("sign", STRANGER, 1)
    assert (code, "COCKPIT_STORE_KEY" in err) == (1, True)
    monkeypatch.setenv("COCKPIT_STORE_KEY", "s" * 48)
    settings = Settings(_env_file=None)
    core = build_core(settings)
    with pytest.raises(ModelUnavailable, match="n’est pas signé"):
        core.store.load(STRANGER, 1)
    core.close()
    code, out, _ = run("sign", STRANGER, 1)
    assert (code, "est signé" in out) == (0, True)
    core = build_core(settings)
    assert core.store.load(STRANGER, 1)
    assert core.audit.page(AuditQuery(action=AuditAction.MODELE_SIGNE)).total == 1
    core.close()
