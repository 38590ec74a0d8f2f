"""What a candidate must be: fitted, of its task, with known features and one failure class among two."""

from __future__ import annotations

import io
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from api.domain.shared.exceptions import ModelRefused
from api.inference.importing.child.checks import open_candidate, probe_rows, prove_output
from api.inference.serving.catalogue import CATALOGUE, unknown_sensor
from api.inference.serving.manifest import Task
from api.inference.serving.parts import parts_of

pytestmark = pytest.mark.slow  # loads scikit-learn

NAMES = list(CATALOGUE)
GENERATOR = np.random.default_rng(11)
ROWS = np.round(GENERATOR.normal([12, 3, 45, 700, 0], [4, 1, 10, 200, 1], (300, 5)), 2)
ROWS[:, 4] = GENERATOR.integers(0, 2, 300)
TABLE = pd.DataFrame(ROWS, columns=NAMES)
DAYS = 80 - 6 * ROWS[:, 1] - 0.5 * ROWS[:, 2] - 14 * ROWS[:, 4]
SHORTEST = np.quantile(DAYS, 0.2)
FAILS = np.array([days < SHORTEST for days in DAYS], dtype=int)

CLASSIFIERS = [
    RandomForestClassifier(5, random_state=0),
    RandomForestClassifier(5, random_state=0, n_jobs=2, verbose=1),
    RandomForestClassifier(5, random_state=np.random.RandomState(3)),
    ExtraTreesClassifier(5, random_state=0),
    DecisionTreeClassifier(max_depth=4),
    GradientBoostingClassifier(n_estimators=5),
    HistGradientBoostingClassifier(max_iter=5),
    HistGradientBoostingClassifier(max_iter=5, categorical_features=["maintenance_done"]),
    AdaBoostClassifier(n_estimators=4),
    make_pipeline(StandardScaler(), LogisticRegression()),
    make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), NAMES[:4]),
            (OneHotEncoder(), NAMES[4:]),
        ),
        RandomForestClassifier(4, random_state=0),
    ),
    make_pipeline(FunctionTransformer(np.square), LogisticRegression(max_iter=5000)),
    CalibratedClassifierCV(RandomForestClassifier(3, random_state=0), method="isotonic", cv=3),
    CalibratedClassifierCV(LinearSVC(), cv=3),
    VotingClassifier(
        [("a", LogisticRegression(max_iter=5000)), ("b", DecisionTreeClassifier())], voting="soft"
    ),
    StackingClassifier([("a", DecisionTreeClassifier(max_depth=2))], cv=3),
]
REGRESSORS = [
    RandomForestRegressor(5, random_state=0),
    GradientBoostingRegressor(n_estimators=5, loss="huber"),
    HistGradientBoostingRegressor(max_iter=5),
    BaggingRegressor(n_estimators=3),
    make_pipeline(StandardScaler(), Ridge()),
    make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(4,), max_iter=3000, solver="lbfgs")),
    TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1),
]


def dumped(value: object) -> bytes:
    stream = io.BytesIO()
    joblib.dump(value, stream)
    return stream.getvalue()


def refusal(value: object, task: Task = "classification", **options: Any) -> str:
    with pytest.raises(ModelRefused) as caught:
        open_candidate(dumped(value), task, options.get("positive"), options.get("features"))
    return caught.value.detail


@pytest.mark.slow
@pytest.mark.parametrize("template", CLASSIFIERS + REGRESSORS, ids=lambda m: type(m).__name__)
def test_candidate__tabular_estimators_answer_as_scikit_learn(
    template: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    classifier = is_classifier(template)
    labels = FAILS if classifier else np.maximum(DAYS, 1)
    fitted = clone(template).fit(TABLE, labels)
    expected = fitted.predict_proba(TABLE)[:, 1] if classifier else fitted.predict(TABLE)
    candidate = open_candidate(dumped(fitted), "classification" if classifier else "regression", None, None)
    assert candidate.features == tuple(NAMES)
    assert candidate.positive == (1 if classifier else None)
    capsys.readouterr()
    output, difference = prove_output(candidate, ROWS)
    assert difference == 0
    assert np.abs(output(ROWS) - expected).max() <= 1e-12
    jobs = [getattr(part, "n_jobs", None) for part in parts_of(candidate.estimator)]
    assert set(jobs) == {None}
    capsys.readouterr()
    output(ROWS[:1])
    assert capsys.readouterr() == ("", "")


def test_candidate__features_in_another_order_are_put_back_by_name() -> None:
    shuffled = NAMES[::-1]
    fitted = RandomForestClassifier(5, random_state=0).fit(TABLE[shuffled], FAILS)
    candidate = open_candidate(dumped(fitted), "classification", None, NAMES)
    assert candidate.features == tuple(shuffled)
    output, _ = prove_output(candidate, ROWS[:, ::-1])
    assert (output(ROWS[:, ::-1]) == fitted.predict_proba(TABLE[shuffled])[:, 1]).all()


def test_candidate__unnamed_features_need_their_names() -> None:
    fitted = RandomForestClassifier(5, random_state=0).fit(ROWS, FAILS)
    assert "--features" in refusal(fitted)
    candidate = open_candidate(dumped(fitted), "classification", None, NAMES)
    output, _ = prove_output(candidate, ROWS)
    assert (output(ROWS) == fitted.predict_proba(ROWS)[:, 1]).all()


def test_candidate__wrong_number_or_names_of_features() -> None:
    fitted = RandomForestClassifier(3).fit(TABLE, FAILS)
    assert "5\u00a0variables ; --features en donne 4" in refusal(fitted, features=NAMES[:4])
    assert "il manque : wind_speed" in refusal(fitted, features=["wind", *NAMES[1:]])


@pytest.mark.parametrize(
    "name", ["turbine_id", "time_to_failure_days", "date_measure", "vitesse du vent", "1st"]
)
def test_candidate__identifiers_labels_and_odd_names_are_not_features(name: str) -> None:
    table = TABLE.rename(columns={"wind_speed": name})
    assert name in refusal(RandomForestClassifier(3).fit(table, FAILS))


@pytest.mark.parametrize(
    ("labels", "positive", "index"),
    [
        (np.where(FAILS, "panne", "ok"), "panne", 1),
        (np.where(FAILS, "a_panne", "ok"), "a_panne", 0),  # sorts first: never found by its place
        (1 - FAILS, "0", 0),
        (FAILS.astype(bool), None, 1),
        (FAILS.astype(float), None, 1),
        (np.where(FAILS, 2, 1), "2", 1),
    ],
)
def test_candidate__failure_class_is_found_by_its_label(
    labels: Any, positive: str | None, index: int
) -> None:
    fitted = RandomForestClassifier(5, random_state=0).fit(TABLE, labels)
    candidate = open_candidate(dumped(fitted), "classification", positive, None)
    assert candidate.positive_index == index
    output, _ = prove_output(candidate, ROWS)
    assert output(ROWS)[FAILS == 1].mean() > 0.5 > output(ROWS)[FAILS == 0].mean()


def test_candidate__labels_that_are_not_0_and_1_need_the_failure_class() -> None:
    fitted = RandomForestClassifier(3).fit(TABLE, np.where(FAILS, "panne", "ok"))
    assert "--positive (ok, panne)" in refusal(fitted)
    assert "n’est pas une classe" in refusal(fitted, positive="Panne")


def test_candidate__one_or_three_classes() -> None:
    assert "qu’une classe (0)" in refusal(DecisionTreeClassifier().fit(TABLE, np.zeros(300, dtype=int)))
    assert "3\u00a0classes (0, 1, 2)" in refusal(DecisionTreeClassifier().fit(TABLE, np.arange(300) % 3))
    several = RandomForestClassifier(2).fit(TABLE, np.column_stack([FAILS, FAILS]))
    assert "plusieurs questions" in refusal(several)


@pytest.mark.parametrize(
    "fitted",
    [
        RidgeClassifier().fit(TABLE, FAILS),
        VotingClassifier([("a", DecisionTreeClassifier())]).fit(TABLE, FAILS),
    ],
)
def test_candidate__classifier_without_probability(fitted: Any) -> None:
    assert "predict_proba" in refusal(fitted)


def test_candidate__unfitted_or_of_another_kind() -> None:
    assert "n’a pas été ajusté" in refusal(RandomForestClassifier())
    assert "n’a pas été ajusté" in refusal(make_pipeline(StandardScaler(), LogisticRegression()))
    assert "ni un classifieur ni un régresseur" in refusal(StandardScaler().fit(TABLE))
    assert "autre tâche" in refusal(RandomForestRegressor(2).fit(TABLE, DAYS))
    assert "autre tâche" in refusal(RandomForestClassifier(2).fit(TABLE, FAILS), "regression")


def test_candidate__search_says_which_part_to_save() -> None:
    search = GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2]}, cv=2).fit(TABLE, FAILS)
    assert "best_estimator_" in refusal(search)


def test_candidate__another_scikit_learn_is_refused_with_both_versions() -> None:
    data = dumped(RandomForestClassifier(2).fit(TABLE, FAILS))
    older = data.replace(sklearn.__version__.encode(), b"1.6.1")
    with pytest.raises(ModelRefused, match=rf"1\.6\.1.*{sklearn.__version__}"):
        open_candidate(older, "classification", None, None)


def test_candidate__damaged_state_is_refused() -> None:
    fitted = make_pipeline(StandardScaler(), Ridge()).fit(TABLE, DAYS)
    fitted.steps[1][1].coef_ = None
    candidate = open_candidate(dumped(fitted), "regression", None, None)
    with pytest.raises(ModelRefused, match="échoue à prédire"):
        prove_output(candidate, ROWS)


def test_output__probabilities_out_of_range_or_not_finite_are_refused() -> None:
    fitted = LogisticRegression(max_iter=5000).fit(TABLE, FAILS)
    fitted.coef_ = fitted.coef_ * np.nan
    with pytest.raises(ModelRefused, match="nombre fini"):
        prove_output(open_candidate(dumped(fitted), "classification", None, None), ROWS)
    regressor = Ridge().fit(TABLE, np.column_stack([DAYS, DAYS]))
    with pytest.raises(ModelRefused, match="échoue à prédire"):
        prove_output(open_candidate(dumped(regressor), "regression", None, None), ROWS)


def test_probe__rows_lie_in_the_known_ranges() -> None:
    specs = [
        CATALOGUE["wind_speed"].model_copy(update={"training_range": (2.0, 3.0)}),
        CATALOGUE["maintenance_done"],
        CATALOGUE["temperature"],
        unknown_sensor("humidity"),
    ]
    rows = probe_rows(specs)
    assert rows[:, 0].min() >= 2
    assert rows[:, 0].max() <= 3
    assert set(rows[:, 1]) == {0.0, 1.0}
    assert rows[:, 2].min() >= -60
    assert (rows == probe_rows(specs)).all()
