"""Each kind of odd file, through the importer itself: its French refusal, no trace, nothing executed."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from api.domain.shared.exceptions import ModelRefused
from api.inference.importing.child import child
from api.inference.serving.store import ModelStore
from tests.support.park.importer_tools import NOW, SENSORS, assert_no_trace, bring, labelled
from tests.support.words import plain

TABLE = labelled(200)
FAILS = TABLE.failure_within_7d
FOREST = RandomForestClassifier(3, random_state=0).fit(TABLE[SENSORS], FAILS)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "reference", tmp_path / "imported")


def written(tmp_path: Path, value: object) -> Path:
    joblib.dump(value, tmp_path / "m.joblib")
    return tmp_path / "m.joblib"


class Call:
    """Pickles as a call of ``function(*arguments)``."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.function, self.arguments


def hiding(extra: object) -> RandomForestClassifier:
    """A fitted forest with ``extra`` behind all its arrays."""
    model = RandomForestClassifier(3, random_state=0).fit(TABLE[SENSORS], FAILS)
    model.zz_extra = extra
    return model


ODD: dict[str, tuple[object, dict[str, Any], str]] = {
    "dict": ({"model": FOREST}, {}, "contient un objet « dict », pas un estimateur"),
    "wrong number of features": (
        FOREST,
        {"features": tuple(SENSORS[:4])},
        "lit 5 variables ; --features en donne 4",
    ),
    "unnamed features": (
        DecisionTreeClassifier(max_depth=2).fit(TABLE[SENSORS].to_numpy(), FAILS),
        {},
        "ne connaît pas le nom de ses variables",
    ),
    "no predict_proba": (RidgeClassifier().fit(TABLE[SENSORS], FAILS), {}, "RidgeClassifier ne donne pas de"),
    "string labels": (
        DecisionTreeClassifier(max_depth=2).fit(TABLE[SENSORS], np.where(FAILS, "panne", "ok")),
        {},
        "Quelle classe est la panne",
    ),
    "one class": (
        DecisionTreeClassifier().fit(TABLE[SENSORS], np.zeros(200, int)),
        {},
        "ne connaît qu’une classe",
    ),
    "three classes": (
        DecisionTreeClassifier(max_depth=3).fit(TABLE[SENSORS], np.arange(200) % 3),
        {},
        "connaît 3 classes",
    ),
    "unfitted": (make_pipeline(StandardScaler(), RandomForestClassifier()), {}, "n’a pas été ajusté"),
    "other task": (FOREST, {"task": "regression"}, "est d’une autre tâche"),
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.usefixtures("imports_here")
def test_odd_file__is_refused_in_french_without_trace(store: ModelStore, tmp_path: Path, kind: str) -> None:
    value, options, said = ODD[kind]
    with pytest.raises(ModelRefused) as caught:
        bring(store, written(tmp_path, value), **options)
    assert said in plain(caught.value.detail)
    assert_no_trace(tmp_path)


@pytest.mark.parametrize("share", [0.2, 0.6, 0.999])
@pytest.mark.parametrize("compress", [0, 3])
@pytest.mark.usefixtures("imports_here")
def test_truncated_model__is_refused_without_trace(
    store: ModelStore, tmp_path: Path, share: float, compress: int
) -> None:
    joblib.dump(FOREST, tmp_path / "whole.joblib", compress=compress)
    whole = (tmp_path / "whole.joblib").read_bytes()
    (tmp_path / "m.joblib").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelRefused, match="tronqué"):
        bring(store, tmp_path / "m.joblib")
    assert_no_trace(tmp_path)


@pytest.mark.parametrize("make", [written, None], ids=["joblib", "pickle"])
@pytest.mark.parametrize("library", ["numpy", "pandas", "joblib", "os"])
def test_hostile_call__hidden_in_a_known_library_runs_nothing(
    store: ModelStore, tmp_path: Path, library: str, make: Callable[[Path, object], Path] | None
) -> None:
    marker, bait = tmp_path / "executed", tmp_path / "bait.pkl"
    bait.write_bytes(pickle.dumps(Call(os.mkdir, str(marker))))
    # Each would load the bait, and so run what is in it.
    call = {
        "numpy": Call(np.load, str(bait), None, True),
        "pandas": Call(pd.read_pickle, str(bait)),
        "joblib": Call(joblib.load, str(bait)),
        "os": Call(os.mkdir, str(marker)),
    }[library]
    if make is None:
        file = tmp_path / "m.joblib"
        file.write_bytes(pickle.dumps(hiding(call)))
    else:
        file = make(tmp_path, hiding(call))
    with pytest.raises(ModelRefused, match=r"n’est pas dans la liste .* rien n’a été exécuté"):
        bring(store, file)
    assert not marker.exists()
    assert_no_trace(tmp_path)
    call.function(*call.arguments)  # the control: the call does harm where it runs
    assert marker.exists()


@pytest.mark.usefixtures("imports_here")
def test_reversed_labels__failure_class_is_the_one_named(store: ModelStore, tmp_path: Path) -> None:
    upside_down = DecisionTreeClassifier(max_depth=3).fit(TABLE[SENSORS], 1 - FAILS)
    manifest = bring(store, written(tmp_path, upside_down), positive="0").manifest
    assert (manifest.classes, manifest.positive_class) == ((0, 1), 0)
    found = store.load("essai", 1).raw(TABLE[SENSORS].to_numpy(float))
    assert found[FAILS == 1].mean() > 0.5 > found[FAILS == 0].mean()


def test_serving_process__imports_no_scikit_learn_to_bring_a_model(tmp_path: Path) -> None:
    file = written(tmp_path, FOREST)
    script = (
        "import sys\n"
        "from datetime import datetime\n"
        "from pathlib import Path\n"
        "from api.inference.importing.importer import ImportRequest, import_model\n"
        "from api.inference.serving.store import ModelStore\n"
        f"folder = Path({str(tmp_path)!r})\n"
        f"request = ImportRequest(file=Path({str(file)!r}), name='essai', task='classification', "
        "imported_by='x')\n"
        f"now = datetime.fromisoformat({NOW.isoformat()!r})\n"
        "assert import_model(request, ModelStore(folder / 'r', folder / 'i'), now).created\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in {'sklearn', 'skl2onnx'}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows bounds neither; the wall clock alone holds there"
)
def test_child__has_bounded_memory_time_and_files() -> None:
    script = (
        "import resource\n"
        "from api.inference.importing.child.child import limit_resources\n"
        "limit_resources()\n"
        "print(*(resource.getrlimit(getattr(resource, name))[0]"
        " for name in ('RLIMIT_AS', 'RLIMIT_CPU', 'RLIMIT_FSIZE', 'RLIMIT_CORE')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    bounds = [int(text) for text in done.stdout.split()]
    wanted = [child.MEMORY_BYTES, child.CPU_SECONDS, child.FILE_BYTES, 0]
    assert all(0 <= bound <= most for bound, most in zip(bounds, wanted, strict=True))
