"""Hostile, broken and odd files, through the child process: a French refusal, and no trace."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from api.domain.shared.exceptions import InvalidInput, ModelRefused
from api.inference.importing.importer import ImportRequest, import_model
from api.inference.serving.store import ModelStore
from tests.support.park.importer_tools import NOW, SENSORS, assert_no_trace, bring, fill_bench, labelled


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_bench(tmp_path_factory.mktemp("bench"))


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "reference", tmp_path / "imported")


class Hostile:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.marker),)


@pytest.mark.parametrize("compress", [0, 3])
def test_import__hostile_file_is_not_executed_and_leaves_no_trace(
    store: ModelStore, tmp_path: Path, compress: int
) -> None:
    table = labelled(100)
    model = RandomForestClassifier(2).fit(table[SENSORS], table.failure_within_7d)
    model.zz_extra = Hostile(tmp_path / "executed")
    joblib.dump(model, tmp_path / "m.joblib", compress=compress)
    with pytest.raises(ModelRefused, match="mkdir"):
        bring(store, tmp_path / "m.joblib")
    assert not (tmp_path / "executed").exists()
    assert_no_trace(tmp_path)
    assert store.next_version("essai") == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "vide"),
        (b"not a model at all", "illisible"),
        (b"\x80\x04\x95", "illisible"),
        (b"x\x9c\x01", "tronqué"),
    ],
)
@pytest.mark.usefixtures("imports_here")
def test_import__broken_files_are_refused_without_trace(
    store: ModelStore, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "m.joblib").write_bytes(content)
    with pytest.raises(ModelRefused, match=said):
        bring(store, tmp_path / "m.joblib")
    assert_no_trace(tmp_path)


def test_import__the_parent_does_not_load_what_it_brings(
    bench: Path, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Any load in this process would be seen by the audit hook of the interpreter.
    loaded: list[object] = []
    watching = True

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event == "pickle.find_class":
            loaded.append(arguments)

    sys.addaudithook(watch)
    monkeypatch.setattr(joblib.numpy_pickle.NumpyUnpickler, "load", lambda _self: loaded.append("load"))
    bring(store, bench / "classifier.joblib")
    watching = False
    assert loaded == []


def test_import__a_check_that_takes_too_long_is_stopped(
    bench: Path, store: ModelStore, tmp_path: Path
) -> None:
    request = ImportRequest(
        file=bench / "classifier.joblib", name="essai", task="classification", imported_by="x"
    )
    with pytest.raises(ModelRefused, match="n’a pas fini"):
        import_model(request, store, NOW, wall_seconds=0.05)
    assert_no_trace(tmp_path)


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows bounds no memory; the wall clock alone holds there"
)
def test_import__a_file_that_asks_for_all_memory_is_refused(store: ModelStore, tmp_path: Path) -> None:
    # A tiny file whose table would take 6 GB, which most systems promise without having them.
    rows = np.arange(12.0).reshape(6, 2)
    model = make_pipeline(PolynomialFeatures(), LogisticRegression()).fit(rows, [0, 1] * 3)
    model.steps[0][1]._n_out_full = 1_500_000
    joblib.dump(model, tmp_path / "m.joblib")
    with pytest.raises(ModelRefused, match="plus de mémoire que permis"):
        bring(store, tmp_path / "m.joblib", features=["wind_speed", "temperature"])
    assert_no_trace(tmp_path)


def test_import__wrong_options_are_told_together_before_any_work(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        bring(
            store,
            tmp_path / "absent.pkl",
            name="Mon Modèle",
            task="regression",
            positive="1",
            split="date:2024-01-01",
            imported_by=" ",
            features=("wind_speed", "wind_speed", "turbine_id"),
        )
    fields = [error.field for error in caught.value.errors]
    assert sorted(fields) == ["features", "features", "file", "imported_by", "name", "positive", "split"]
    assert not (tmp_path / "imported").exists()


@pytest.mark.parametrize(
    ("option", "content", "field"),
    [
        ("labelled", "turbine_id,date_measure\n1,2024-01-01\n", "labelled"),
        ("reported", "{", "reported"),
        ("reported", '{"metrics": {"mae": 1}}', "reported.source"),
        ("reported", '{"source": "x", "metrics": {"mae": "beaucoup"}}', "reported.metrics.mae"),
        ("manifest", '{"surprise": 1}', "manifest.surprise"),
        ("manifest", '{"features": [{"name": "humidity"}]}', "manifest"),
        ("manifest", "[]", "manifest"),
    ],
)
@pytest.mark.usefixtures("imports_here")
def test_import__wrong_companion_files_name_the_option(
    bench: Path, store: ModelStore, tmp_path: Path, option: str, content: str, field: str
) -> None:
    path = tmp_path / "companion"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        bring(store, bench / "classifier.joblib", **{option: path})
    assert caught.value.errors[0].field == field
    assert_no_trace(tmp_path)
