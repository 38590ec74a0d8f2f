"""A model of another toolkit, as an ONNX file: imported, served through /v2 and through the park."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier

from api.commands.score import run_now
from api.domain.shared.exceptions import ModelUnavailable
from api.inference.importing.draft import draft_manifest
from api.inference.serving.catalogue import unknown_sensor
from tests.api.conftest import Api
from tests.support.measurements.ingest_tools import SHORT, ingest, write_csv
from tests.support.models.onnx_files import converted
from tests.support.park.importer_tools import SENSORS, SPLIT, bring, labelled

DAY = date(2024, 6, 30)
NAME = "venu-d-ailleurs"


def test_onnx_model__answers_like_its_original_through_v2_and_the_park(api: Api, tmp_path: Path) -> None:
    table = labelled()
    seen = table[table.date_measure < "2024-08-25"]
    original = GradientBoostingClassifier(n_estimators=12, random_state=0)
    original.fit(seen[SENSORS].to_numpy(float), seen.failure_within_7d)
    file = tmp_path / "sans-extension"  # its content says what it is
    file.write_bytes(converted(original).SerializeToString())
    table.to_csv(tmp_path / "rows.csv", index=False, date_format="%Y-%m-%d")
    core = api.services.core
    options = {"name": NAME, "features": tuple(SENSORS), "labelled": tmp_path / "rows.csv", "split": SPLIT}

    manifest = bring(core.store, file, **options).manifest

    assert (manifest.artefact, manifest.estimator) == ("model.onnx", "ONNX (skl2onnx 1.20.0)")
    assert manifest.runtime.compiled is not None
    assert manifest.runtime.compiled.sha256 == manifest.sha256
    assert manifest.gate.passed
    assert manifest.measured is not None
    assert manifest.leaves is None
    rows = table.loc[table.vibration_level > 0, SENSORS].head(40).clip(lower=0)
    expected = original.predict_proba(rows.to_numpy(float))[:, 1]
    loaded = core.store.load(NAME, 1)
    explained = loaded.explain(rows.to_numpy(float)[:5])
    assert explained is not None
    assert explained.contributions.sum(axis=1) == pytest.approx(expected[:5] - explained.base, abs=1e-6)

    core.model_service.activate(NAME, 1, by="essai", reason="essai")
    tensors = [
        {"name": name, "datatype": "FP64", "shape": [len(rows)], "data": rows[name].tolist()}
        for name in SENSORS
    ]
    sent = api.post(
        f"/v2/models/{NAME}/infer", json={"inputs": tensors}, headers=api.api_key(["read", "predict"])
    )
    assert sent.status_code == 200, sent.text
    assert np.abs(np.array(sent.json()["outputs"][0]["data"]) - expected).max() <= 1e-6

    lines = [(f"T{n}", DAY, *map(str, row)) for n, row in enumerate(rows.to_numpy().tolist(), 1)]
    ingest(core.database, write_csv(tmp_path / "mesures.csv", SHORT, lines))
    run_now(core, DAY, kind="manuel", by="essai")
    items = api.get("/api/v1/park?limit=100", headers=api.login("manager")).json()["items"]
    given = {item["turbine_id"]: item["failure_probability"] for item in items}
    assert [given[f"T{n}"] for n in range(1, 41)] == pytest.approx(expected.tolist(), abs=1e-6)

    card = api.get(f"/api/v1/models/{NAME}/1", headers=api.login("ingenieur")).json()
    said = str(card["description"])
    assert "servi tel quel" in said
    assert "avec scikit-learn" not in said

    stored = core.store.folder(NAME, 1) / "model.onnx"
    stored.write_bytes(stored.read_bytes() + b"\x00")
    with pytest.raises(ModelUnavailable, match=r"model\.onnx a été modifié"):
        core.store.load(NAME, 1)


def test_onnx_draft__takes_the_words_of_sensors_that_are_declared(tmp_path: Path) -> None:
    table = labelled(200)
    original = GradientBoostingClassifier(n_estimators=3)
    original.fit(table[SENSORS].to_numpy(float), table.failure_within_7d)
    (tmp_path / "m.onnx").write_bytes(converted(original).SerializeToString())
    words = {"label": "Pression d’huile", "unit": "bar", "physical_range": (0, 20)}
    declared = unknown_sensor("huile").model_copy(update=words)
    names = ("huile", "inconnu", *SENSORS[2:])

    drafted = draft_manifest(tmp_path / "m.onnx", features=names, declared=[declared])

    huile, unknown, *_ = drafted["features"]
    assert (huile["label"], huile["unit"], huile["physical_range"]) == (
        "Pression d’huile",
        "bar",
        [0.0, 20.0],
    )
    assert (unknown["label"], unknown["unit"]) == ("", "")
    assert drafted["target"] == "failure_within_7d"
