"""The store: whole versions or none, checked before they are loaded, never changed."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.ensemble import RandomForestRegressor

from api.domain.models.calibration import Calibration
from api.domain.models.gate import judge
from api.domain.shared.exceptions import ModelUnavailable, NotFound
from api.inference.serving.artefact import sha256_of
from api.inference.serving.catalogue import CATALOGUE
from api.inference.serving.manifest import FeatureSpec, Manifest, Runtime, StoredFile, TrainingData
from api.inference.serving.store import ModelStore

pytestmark = pytest.mark.slow  # loads scikit-learn

NAMES = ("wind_speed", "vibration_level")
ROWS = np.random.default_rng(1).random((60, 2))
DAYS = 60 - 40 * ROWS[:, 1]


def filled(folder: Path, name: str = "delai", **changes: Any) -> Manifest:
    """Write a small regressor and its companions into ``folder``; the manifest that describes them."""
    model = RandomForestRegressor(3, max_depth=3, random_state=0).fit(ROWS, DAYS)
    joblib.dump(model, folder / "model.joblib")
    (folder / "background.json").write_text(f'{{"rows": {ROWS[:8].tolist()}}}', encoding="utf-8")
    (folder / "unseen_rows.json").write_text(json.dumps(["a" * 64, "b" * 64]), encoding="ascii")
    fields: dict[str, Any] = {
        "name": name,
        "version": 1,
        "task": "regression",
        "target": "time_to_failure_days",
        "estimator": "RandomForestRegressor",
        "features": tuple(CATALOGUE[feature] for feature in NAMES),
        "artefact": "model.joblib",
        "sha256": sha256_of(folder / "model.joblib"),
        "size_bytes": (folder / "model.joblib").stat().st_size,
        "libraries": {"scikit-learn": "1.7.2"},
        "runtime": Runtime(reason="essai", largest_difference=0.0, rows_compared=60),
        "created_at": datetime(2024, 6, 1, tzinfo=UTC),
        "imported_by": "essai",
        "data": TrainingData(split="aucune"),
        "gate": judge(None),
        "calibration": Calibration(status="sans_objet", reason="essai"),
        "authorised_use": (),
        "limits": (),
        "background": StoredFile(
            file="background.json", sha256=sha256_of(folder / "background.json"), rows=8
        ),
        "unseen": StoredFile(file="unseen_rows.json", sha256=sha256_of(folder / "unseen_rows.json"), rows=2),
    }
    return Manifest(**{**fields, **changes})


def publish(store: ModelStore, name: str = "delai", **changes: Any) -> Manifest:
    with store.staging() as work:
        folder = work / "version"
        folder.mkdir()
        return store.add(folder, filled(folder, name, **changes))


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "reference", tmp_path / "imported")


def test_store__what_is_published_is_read_back_and_answers(store: ModelStore, tmp_path: Path) -> None:
    published = publish(store)
    assert store.manifests() == [published]
    assert store.manifest("delai", 1) == published
    loaded = store.load("delai", 1)
    expected = RandomForestRegressor(3, max_depth=3, random_state=0).fit(ROWS, DAYS).predict(ROWS)
    assert (loaded.raw(ROWS) == expected).all()
    explained = loaded.explain(ROWS[:5])
    assert explained is not None
    assert explained.contributions.sum(axis=1) == pytest.approx(expected[:5] - explained.base, abs=1e-9)
    assert explained.base == pytest.approx(expected[:8].mean(), abs=1e-12)
    assert store.unseen_identities("delai", 1) == {"a" * 64, "b" * 64}
    assert [path.name for path in (tmp_path / "imported").iterdir()] == ["delai"]


def test_store__versions_follow_each_other_across_both_folders(tmp_path: Path) -> None:
    product = ModelStore(tmp_path / "nowhere", tmp_path / "reference")
    publish(product)
    publish(product)
    store = ModelStore(tmp_path / "reference", tmp_path / "imported")
    assert store.next_version("delai") == 3
    assert publish(store).version == 3
    assert [m.version for m in store.manifests()] == [1, 2, 3]
    assert store.next_version("autre") == 1


def test_store__simultaneous_imports_each_get_their_own_version(store: ModelStore, tmp_path: Path) -> None:
    threads = [threading.Thread(target=publish, args=(store,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fresh = ModelStore(tmp_path / "reference", tmp_path / "imported")
    assert [m.version for m in fresh.manifests()] == [1, 2, 3, 4, 5, 6]
    assert all(fresh.problem("delai", version) is None for version in range(1, 7))


@pytest.mark.slow
def test_store__reader_never_sees_half_a_version(store: ModelStore, tmp_path: Path) -> None:
    stop = threading.Event()
    seen: list[Any] = []

    def watch() -> None:
        while not stop.is_set():
            reader = ModelStore(tmp_path / "reference", tmp_path / "imported")
            seen.extend(reader.problem(m.name, m.version) for m in reader.manifests())

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(10):
        publish(store)
    stop.set()
    watcher.join()
    assert seen
    assert set(seen) == {None}


def test_staging__an_import_that_fails_leaves_nothing(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(KeyError), store.staging() as work:
        (work / "version").mkdir()
        filled(work / "version")
        raise KeyError
    assert list((tmp_path / "imported").iterdir()) == []


def test_staging__what_a_killed_import_left_is_removed_a_day_later(store: ModelStore, tmp_path: Path) -> None:
    old, recent = tmp_path / "imported" / ".import-old", tmp_path / "imported" / ".import-recent"
    for folder in (old, recent):
        folder.mkdir(parents=True)
    os.utime(old, (time.time() - 90_000,) * 2)
    publish(store)
    assert not old.exists()
    assert recent.exists()
    assert len(store.manifests()) == 1


@pytest.mark.parametrize(
    ("file", "damage", "said"),
    [
        ("model.joblib", Path.unlink, "absent"),
        ("model.joblib", lambda path: path.write_bytes(path.read_bytes()[:-1]), "modifié"),
        ("background.json", lambda path: path.write_text("{}"), "modifié"),
        ("unseen_rows.json", Path.unlink, "absent"),
    ],
)
def test_load__missing_or_altered_file_is_named(
    store: ModelStore, tmp_path: Path, file: str, damage: Callable[[Path], object], said: str
) -> None:
    publish(store)
    damage(tmp_path / "imported" / "delai" / "1" / file)
    with pytest.raises(ModelUnavailable) as caught:
        store.load("delai", 1)
    for word in ("delai", "version 1", file, said):
        assert word in caught.value.detail
    assert store.problem("delai", 1) == caught.value.detail


def test_load__another_scikit_learn_names_both_versions(store: ModelStore) -> None:
    publish(store, libraries={"scikit-learn": "1.6.1"})
    with pytest.raises(ModelUnavailable, match=r"1\.6\.1.*1\.7\.2"):
        store.load("delai", 1)


@pytest.mark.parametrize("name", ["absent", "../imported/delai", "..", "", "delai/1/..", "Delai", "delai\n"])
def test_manifest__unknown_or_crooked_names_are_not_found(store: ModelStore, name: str) -> None:
    publish(store)
    with pytest.raises(NotFound):
        store.manifest(name, 1)
    with pytest.raises(NotFound):
        store.manifest("delai", 2)


def test_manifests__a_damaged_one_does_not_hide_the_others(store: ModelStore, tmp_path: Path) -> None:
    publish(store)
    publish(store, "autre")
    (tmp_path / "imported" / "autre" / "1" / "manifest.json").write_text("{", encoding="utf-8")
    fresh = ModelStore(tmp_path / "reference", tmp_path / "imported")
    assert [m.name for m in fresh.manifests()] == ["delai"]
    assert "autre version 1" in str(fresh.problem("autre", 1))


def test_manifests__a_folder_copied_under_another_name_is_refused(store: ModelStore, tmp_path: Path) -> None:
    publish(store)
    (tmp_path / "imported" / "delai").rename(tmp_path / "imported" / "copie")
    fresh = ModelStore(tmp_path / "reference", tmp_path / "imported")
    assert fresh.manifests() == []
    assert "autre version" in str(fresh.problem("copie", 1))


def test_same_artefact__found_by_name_and_content_only(store: ModelStore) -> None:
    published = publish(store)
    assert store.same_artefact("delai", published.sha256) == published
    assert store.same_artefact("autre", published.sha256) is None
    assert store.same_artefact("delai", "0" * 64) is None


def test_explanation__is_none_without_background(store: ModelStore) -> None:
    publish(store, background=None)
    assert store.load("delai", 1).explain(ROWS[:2]) is None
    assert not store.manifest("delai", 1).explainable


def test_explanation__beyond_twelve_features_is_no_longer_exact(store: ModelStore) -> None:
    manifest = publish(store)
    many = tuple(FeatureSpec(name=f"f{i}", dtype="float", unit="", label="f") for i in range(13))
    assert manifest.explained_exactly
    assert not manifest.model_copy(update={"features": many}).explained_exactly


def test_raw__no_row_no_answer(store: ModelStore) -> None:
    publish(store)
    assert store.load("delai", 1).raw(np.zeros((0, 2))).shape == (0,)


@pytest.mark.parametrize(
    "change",
    [
        {"artefact": "../secret"},
        {"artefact": "/etc/passwd"},
        {"name": "Delai"},
        {"version": 0},
        {"sha256": "abc"},
        {"classes": (0, 1), "positive_class": 1},
        {"task": "classification"},
        {"task": "classification", "classes": (0, 1), "positive_class": 2},
        {"features": (CATALOGUE["wind_speed"], CATALOGUE["wind_speed"])},
        {"features": ()},
        {"created_at": datetime(2024, 6, 1)},  # noqa: DTZ001 - a naive instant is what must be refused
        {"surprise": 1},
    ],
    ids=str,
)
def test_manifest__what_cannot_be_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        filled(tmp_path, **change)


def test_manifest__survives_its_own_json(tmp_path: Path) -> None:
    manifest = filled(tmp_path)
    assert Manifest.model_validate_json(manifest.to_json()) == manifest
    with pytest.raises(ValidationError):
        manifest.version = 2  # type: ignore[misc]


def test_feature__range_upside_down_is_refused() -> None:
    with pytest.raises(ValidationError, match="borne basse"):
        FeatureSpec(name="a", dtype="float", unit="", label="a", physical_range=(2.0, 1.0))


def test_catalogue__negative_wind_is_impossible_and_own_consumption_is_not() -> None:
    assert CATALOGUE["wind_speed"].physical_range[0] == 0
    low, high = CATALOGUE["power_output"].physical_range
    assert low < 0
    assert high > 1_600
    marker = CATALOGUE["maintenance_done"]
    assert (marker.role, marker.dtype) == ("marker", "binary")
    assert "pas cause" in marker.note
