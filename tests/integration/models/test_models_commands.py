"""``models`` on the command line: draft, import, evaluate, list, as a person types them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import joblib
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from tests.support.client import new_core
from tests.support.commands import Run, runner
from tests.support.park.importer_tools import SENSORS, SPLIT, fill_bench, labelled

pytestmark = pytest.mark.usefixtures("imports_here")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_bench(tmp_path_factory.mktemp("bench"))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command on an installation of its own; exit code, what it prints, what it says beside."""
    new_core(tmp_path).close()
    return runner("models", tmp_path, monkeypatch, capsys)


def bring(run: Run, bench: Path, *words: object) -> tuple[int, str, str]:
    file = bench / "classifier.joblib"
    return run("import", file, "--name", "risque", "--task", "classification", *words)


@pytest.mark.parametrize("action", ["", "import", "draft", "evaluate", "list", "activate", "rollback"])
def test_help__each_action_explains_itself_in_french(run: Run, action: str) -> None:
    code, out, _ = run(*filter(None, [action]), "--help")
    assert code == 0
    for english in ("show this help", "positional arguments", "options:", "usage:"):
        assert english not in out


def test_evaluate__prints_every_figure_with_its_interval(run: Run, bench: Path) -> None:
    bring(run, bench, "--labelled", bench / "rows.csv", "--split", SPLIT)
    code, out, _ = run("evaluate", "risque", "--labelled", bench / "rows.csv")
    assert code == 0
    table = labelled()
    unseen = table[table.date_measure >= "2024-09-01"]
    scores = joblib.load(bench / "classifier.joblib").predict_proba(unseen[SENSORS])[:, 1]
    for name, metric, digits in (
        ("Aire sous la courbe ROC", roc_auc_score, 3),
        ("Précision moyenne", average_precision_score, 3),
        ("Score de Brier", brier_score_loss, 4),
    ):
        line = next(line for line in out.splitlines() if line.startswith(name))
        value = f"{metric(unseen.failure_within_7d, scores):.{digits}f}".replace(".", ",")
        assert f" {value} [" in line
    half = next(line for line in out.splitlines() if line.startswith("50\u202f%"))
    caught = int(((scores >= 0.5) & (unseen.failure_within_7d == 1)).sum())
    assert str(caught) in half.split()
    assert "laissées de côté" in out
    assert "Fiabilité de la probabilité" in out
    assert "Contrôle de qualité sur ces lignes : passé." in out


def test_evaluate__json_holds_what_the_table_shows(run: Run, bench: Path) -> None:
    run(
        "import", bench / "regressor.joblib", "--name", "delai", "--task", "regression",
        "--labelled", bench / "rows.csv", "--split", SPLIT,
    )  # fmt: skip
    code, out, _ = run("evaluate", "delai", 1, "--labelled", bench / "rows.csv", "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["name"], found["version"], found["quality"]["task"]) == ("delai", 1, "regression")
    _, told, _ = run("evaluate", "delai", "--labelled", bench / "rows.csv")
    mae = f"{found['quality']['overall']['mae']['value']:.1f}".replace(".", ",")
    assert re.search(rf"Erreur absolue moyenne \(MAE\) +{mae}\u00a0j \[", told)
    assert "Il restait" in told


def test_evaluate__a_day_or_a_file_of_keys_is_a_split(run: Run, bench: Path, tmp_path: Path) -> None:
    bring(run, bench)  # nobody said what it has seen
    code, _, err = run("evaluate", "risque", "--labelled", bench / "rows.csv")
    assert code == 1
    assert "--split" in err
    table = labelled()
    late = table[table.date_measure >= "2024-09-01"]
    _, out, _ = run("evaluate", "risque", "--labelled", bench / "rows.csv", "--split", "2024-09-01", "--json")
    assert json.loads(out)["quality"]["rows"] == len(late)
    keys = tmp_path / "cles.csv"
    late[["turbine_id", "date_measure"]].to_csv(keys, index=False, date_format="%Y-%m-%d")
    _, out, _ = run("evaluate", "risque", "--labelled", bench / "rows.csv", "--split", keys, "--json")
    assert json.loads(out)["quality"]["rows"] == len(late)


def test_evaluate__rows_seen_in_training_are_refused_with_the_remedy(run: Run, bench: Path) -> None:
    bring(run, bench, "--labelled", bench / "rows.csv", "--split", SPLIT)
    code, out, err = run("evaluate", "risque", "--labelled", bench / "rows.csv", "--split", "2024-06-01")
    assert (code, out) == (1, "")
    assert "période d’entraînement" in err
    assert "Sans --split" in err
    for words, wanted in (
        (("absent", "--labelled", bench / "rows.csv"), "models list"),
        (("risque", "--labelled", bench / "rien.csv"), "introuvable"),
        (("risque", 7, "--labelled", bench / "rows.csv"), "models list"),
    ):
        code, _, err = run("evaluate", *words)
        assert code == 1
        assert wanted in err
    assert run("evaluate", "risque")[0] == 2


def test_import__measured_on_nothing_says_so_and_does_not_serve(run: Run, bench: Path) -> None:
    code, out, _ = bring(run, bench, "--labelled", bench / "rows.csv")
    assert code == 0
    assert "Non mesuré" in out
    assert "--split" in out
    code, _, err = run("activate", "risque", 1)
    assert code == 1
    assert "--admit" in err
    assert run("activate", "risque", 1, "--admit", "  ")[0] == 1
    _, out, _ = run("list")
    line = next(line for line in out.splitlines() if "risque " in line)
    assert "non passé" in line
    assert not line.startswith("●")


def test_import__golden_is_compared_with_what_the_file_answers(run: Run, bench: Path, tmp_path: Path) -> None:
    rows = labelled(60)[SENSORS]
    outputs = joblib.load(bench / "classifier.joblib").predict_proba(rows)[:, 1]
    golden = tmp_path / "golden.json"
    content = {"features": SENSORS, "rows": rows.astype(float).to_numpy().tolist()}
    golden.write_text(json.dumps({**content, "outputs": (outputs + 0.01).tolist()}), encoding="utf-8")
    code, _, err = bring(run, bench, "--golden", golden)
    assert code == 1
    assert "sorties enregistrées" in err
    golden.write_text(json.dumps({**content, "outputs": outputs.tolist()}), encoding="utf-8")
    assert bring(run, bench, "--golden", golden)[0] == 0


def test_draft__of_other_features_is_completed_and_brought_in(run: Run, tmp_path: Path) -> None:
    table = labelled(600).rename(columns={"wind_speed": "oil_pressure", "power_output": "gear_noise"})
    names = ["oil_pressure", "gear_noise", "vibration_level"]
    model = RandomForestClassifier(5, random_state=0).fit(table[names], table.failure_within_7d)
    joblib.dump(model, tmp_path / "autre.joblib")
    table.to_csv(tmp_path / "rows.csv", index=False, date_format="%Y-%m-%d")
    out = tmp_path / "draft.json"
    words = ("draft", tmp_path / "autre.joblib", "--labelled", tmp_path / "rows.csv", "--out", out)
    code, printed, err = run(*words)
    assert (code, printed) == (0, "")
    assert "oil_pressure, gear_noise" in err
    draft = json.loads(out.read_text(encoding="utf-8"))
    assert any("physical_range" in line for line in draft["_aide"])
    first = draft["features"][0]
    assert first["training_range"] == [table.oil_pressure.min(), table.oil_pressure.max()]
    # A completed draft is never written over.
    assert run(*words)[0] == 1
    first |= {"label": "Pression d’huile", "unit": "bar", "physical_range": [0, 40]}
    out.write_text(json.dumps(draft), encoding="utf-8")
    code, _, err = run(
        "import", tmp_path / "autre.joblib", "--name", "autre", "--task", "classification", "--manifest", out
    )
    assert (code, "Pression" in err) == (0, False)
    stored = json.loads((tmp_path / "model_store" / "autre" / "1" / "manifest.json").read_text("utf-8"))
    assert (stored["features"][0]["label"], stored["features"][0]["unit"]) == ("Pression d’huile", "bar")


def test_draft__without_a_file_to_write_prints_json_alone(run: Run, bench: Path, tmp_path: Path) -> None:
    code, out, _ = run("draft", bench / "regressor.joblib")
    assert code == 0
    assert json.loads(out)["target"] == "time_to_failure_days"
    pd.DataFrame({"a": [1]}).to_csv(tmp_path / "a.csv", index=False)
    for words, wanted in (
        ((tmp_path / "rien.joblib",), "introuvable"),
        ((tmp_path / "a.csv",), "n’est pas un modèle"),
        ((bench / "regressor.joblib", "--labelled", tmp_path / "a.csv"), "colonnes absentes"),
        ((bench / "regressor.joblib", "-o", tmp_path / "non" / "d.json"), "écriture impossible"),
    ):
        code, _, err = run("draft", *words)
        assert code == 1
        assert wanted in err
