"""The reference models in the repository are what their script makes from the sample in the repository."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from api.inference.reference.fit import FEATURES, SAMPLE, STORE, Reference, fit, main, references
from api.inference.serving.artefact import sha256_of
from api.inference.serving.manifest import Manifest
from api.inference.serving.store import ModelStore

LARGEST_BYTES = 1_500_000
DAY_OF_UNSEEN = "2024-10-01"


@pytest.fixture(scope="module")
def store() -> ModelStore:
    return ModelStore(STORE, STORE)


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return pd.read_csv(SAMPLE)


@pytest.fixture(params=references(), ids=lambda reference: reference.name)
def reference(request: pytest.FixtureRequest) -> Reference:
    found: Reference = request.param
    return found


@pytest.fixture
def manifest(reference: Reference, store: ModelStore) -> Manifest:
    return store.manifest(reference.name, 1)


def test_reference__is_made_from_the_sample_in_the_repository(manifest: Manifest) -> None:
    assert manifest.data.sha256 == sha256_of(SAMPLE)
    assert manifest.features[0].name == FEATURES[0]
    assert manifest.size_bytes <= LARGEST_BYTES


def test_reference__refitting_gives_the_same_outputs(
    reference: Reference, store: ModelStore, sample: pd.DataFrame
) -> None:
    again = fit(reference, SAMPLE)
    rows = sample[list(FEATURES)]
    expected = again.predict_proba(rows)[:, 1] if reference.task == "classification" else again.predict(rows)
    stored = store.load(reference.name, 1)
    assert np.abs(stored.raw(rows.to_numpy(float)) - expected).max() <= 1e-12


def test_reference__split_in_time_leaves_as_many_days_as_the_label_looks_ahead(
    reference: Reference, manifest: Manifest, sample: pd.DataFrame
) -> None:
    unseen = sample[sample.date_measure >= DAY_OF_UNSEEN]
    assert manifest.data.unseen_rows == manifest.measured.rows == len(unseen)
    last_seen = pd.Timestamp(DAY_OF_UNSEEN) - pd.Timedelta(days=reference.gap_days + 1)
    seen = sample[pd.to_datetime(sample.date_measure) <= last_seen]
    assert manifest.data.training_rows == len(seen)
    horizon = 7 if reference.task == "classification" else sample.time_to_failure_days.max()
    assert reference.gap_days >= horizon


def test_reference__passes_the_gate_and_says_that_it_is_simulated(manifest: Manifest) -> None:
    assert manifest.gate.passed
    assert any("simulé" in limit for limit in manifest.limits)


def test_reference__explains_its_answers(manifest: Manifest, store: ModelStore, sample: pd.DataFrame) -> None:
    model = store.load(manifest.name, manifest.version)
    rows = sample[list(FEATURES)].to_numpy(float)[-50:]
    base, contributions = model.explain(rows)
    assert np.abs(contributions.sum(axis=1) - (model.raw(rows) - base)).max() <= 1e-9


def test_reference__document_is_the_one_that_the_manifests_give(tmp_path: Path) -> None:
    assert main(["--check"]) == 0
    stale = tmp_path / "page.md"
    stale.write_text("ancienne", encoding="utf-8")
    assert main(["--check", "--document", str(stale)]) == 1
