"""What serves is what was activated, whoever rewrites the store."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.core import Core, build_core
from api.domain.shared.exceptions import ModelUnavailable
from api.schemas.vocabulary import AuditAction
from api.services.shared.audit import AuditQuery
from tests.support.client import settings_in, with_schema

NAME, VERSION = "risque-panne-7j", 1


@pytest.fixture
def core(tmp_path: Path) -> Core:
    """A core whose classifier is an imported one, signed and in service."""
    settings = settings_in(tmp_path).model_copy(update={"store_key": SecretStr("d" * 48)})
    core = with_schema(build_core(settings))
    shutil.copytree(settings.reference_models / NAME / str(VERSION), folder(core))
    core.model_service.sign(NAME, VERSION, by="essai")
    core.model_service.activate(NAME, VERSION, by="essai", reason="essai")
    return core


def folder(core: Core) -> Path:
    return core.settings.imported_models / NAME / str(VERSION)


def rewrite(core: Core, *, signed: bool = False) -> None:
    """Change the compiled form and everything in the manifest that would betray it."""
    path = folder(core) / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    compiled = folder(core) / manifest["runtime"]["compiled"]["file"]
    content = compiled.read_bytes() + b"\x00"
    compiled.write_bytes(content)
    manifest["runtime"]["compiled"]["sha256"] = hashlib.sha256(content).hexdigest()
    path.write_text(json.dumps(manifest), "utf-8")
    if signed:
        core.store.sign(NAME, VERSION)


def noted(core: Core, action: AuditAction) -> int:
    return core.audit.page(AuditQuery(action=action)).total


def other_process(core: Core) -> Core:
    return build_core(core.settings)


def test_altered__files_and_manifest_rewritten_together_are_refused_after_a_restart(core: Core) -> None:
    rewrite(core)
    with pytest.raises(ModelUnavailable, match="signature"):
        other_process(core).models.current().require()


def test_altered__even_signed_it_is_not_what_was_activated(core: Core) -> None:
    rewrite(core, signed=True)
    with pytest.raises(ModelUnavailable, match="n’est plus celui qui a été mis en service"):
        other_process(core).models.current().require()


def test_altered__noticed_while_running_and_when_put_back(
    core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    kept = {path: path.read_bytes() for path in folder(core).iterdir()}
    core.models.current().require()
    core.models.look()
    assert core.models.altered == 0
    rewrite(core, signed=True)
    core.models.look()
    assert core.models.altered == 1
    with pytest.raises(ModelUnavailable):
        core.models.current().require()
    assert "active model altered" in caplog.text

    for path, content in kept.items():
        path.write_bytes(content)
    core.models.look()
    assert core.models.current().require().model.manifest.version == VERSION
    assert core.models.altered == 0
    assert [noted(core, a) for a in (AuditAction.MODELE_ALTERE, AuditAction.MODELE_RETABLI)] == [1, 1]


def test_altered__several_processes_record_it_once(core: Core) -> None:
    rewrite(core)
    for _ in range(2):
        other_process(core).models.look()
    assert noted(core, AuditAction.MODELE_ALTERE) == 1
    assert noted(core, AuditAction.MODELE_RETABLI) == 0


def test_altered__readiness_and_supervision_say_it(core: Core) -> None:
    core.models.look()
    (folder(core) / "manifest.json").write_bytes(b"{}")
    core.models.look()
    components = {component.name: component for component in core.supervision.components()}
    assert components["Modèles"].state == "erreur"


def test_unsigned__is_refused_until_it_is_signed_by_name(core: Core) -> None:
    (folder(core) / "manifest.sig").unlink()
    with pytest.raises(ModelUnavailable, match=f"models sign {NAME} {VERSION}"):
        other_process(core).store.load(NAME, VERSION)
    core.model_service.sign(NAME, VERSION, by="essai")
    assert other_process(core).models.current().require()
    assert noted(core, AuditAction.MODELE_SIGNE) == 2


def test_unsigned__a_version_that_is_no_longer_what_serves_is_not_signed(core: Core) -> None:
    rewrite(core)
    with pytest.raises(ModelUnavailable, match="n’est pas signé"):
        core.model_service.sign(NAME, VERSION, by="essai")


def test_another_key__signs_nothing_that_this_one_accepts(core: Core) -> None:
    stranger = core.settings.model_copy(update={"store_key": SecretStr("e" * 48)})
    with pytest.raises(ModelUnavailable, match="COCKPIT_STORE_KEY a changé"):
        build_core(stranger).models.current().require()


def test_watch__ends_with_its_event(core: Core) -> None:
    import threading

    stopping = threading.Event()
    thread = threading.Thread(target=core.models.watch, args=(stopping,))
    thread.start()
    stopping.set()
    thread.join(5)
    assert not thread.is_alive()
