"""An import that nobody activated changes nothing, and a version can be taken out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.core import Core
from api.domain.measurements.known_sensors import KNOWN_SENSORS
from api.domain.shared.exceptions import Conflict
from api.schemas.vocabulary import AuditAction
from api.services.shared.audit import AuditQuery
from tests.support.client import FEATURES
from tests.support.park.park_tools import measure, new_park, run_days

NAME, VERSION = "risque-panne-7j", 1
OTHER = "en-noeuds"


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    """A park with a stored version, in service nowhere, that reads the wind in knots."""
    core = new_park(tmp_path)
    folder = core.settings.imported_models / OTHER / "1"
    shutil.copytree(core.settings.reference_models / NAME / str(VERSION), folder)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["name"] = OTHER
    for feature in manifest["features"]:
        if feature["name"] == "wind_speed":
            feature |= {"unit": "kn", "physical_range": [0, 1000]}
    manifest["features"].append(
        {"name": "oil_pressure", "dtype": "float", "unit": "bar", "label": "Pression d’huile"}
    )
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    yield core
    core.close()


def test_inactive__changes_no_known_sensor_and_blocks_nothing(core: Core, tmp_path: Path) -> None:
    assert core.sensors()["wind_speed"].unit == KNOWN_SENSORS["wind_speed"].unit
    assert core.sensors()["wind_speed"].physical == KNOWN_SENSORS["wind_speed"].physical
    (day,) = run_days(core.settings.now().date(), 1)
    measure(core, tmp_path, 3, [day])  # ingestion answered 409
    assert set(FEATURES) <= set(core.sensors())
    assert core.models.current().require()


def test_inactive__a_column_of_its_own_can_be_measured_before_it_serves(core: Core) -> None:
    assert core.sensors()["oil_pressure"].unit == "bar"


def test_import__another_unit_is_refused_by_name(core: Core) -> None:
    with pytest.raises(Conflict, match="« wind_speed » en « kn » au lieu de « m/s »"):
        core.model_imports.agree(core.store.manifest(OTHER, 1))
    with pytest.raises(Conflict, match="« wind_speed »"):
        core.model_service.activate(OTHER, 1, by="essai", reason="essai", admit=True)


def test_retire__nobody_activates_or_tries_it_and_its_files_stay(core: Core) -> None:
    summary = core.model_service.retire(OTHER, 1, by="essai", reason="Mauvaise unité")
    assert summary.retired is not None
    assert summary.retired.reason == "Mauvaise unité"
    assert "oil_pressure" not in core.sensors()
    listed = {(model.name, model.version): model for model in core.model_service.all()}
    assert listed[(OTHER, 1)].retired is not None
    assert listed[(NAME, VERSION)].retired is None
    with pytest.raises(Conflict, match="Mauvaise unité"):
        core.model_service.activate(OTHER, 1, by="essai", reason="essai", admit=True)
    with pytest.raises(Conflict, match="est retiré depuis"):
        core.model_service.retire(OTHER, 1, by="essai", reason="encore")
    assert core.store.load(OTHER, 1)
    assert core.audit.page(AuditQuery(action=AuditAction.MODELE_RETIRE)).total == 1


def test_retire__what_serves_is_not_taken_out(core: Core) -> None:
    with pytest.raises(Conflict, match="en service"):
        core.model_service.retire(NAME, VERSION, by="essai", reason="essai")
