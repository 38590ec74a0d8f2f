"""Files whose arrays would lead compiled code outside its memory are refused before anything answers."""

from __future__ import annotations

import io
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import onnx
import pytest
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.tree._tree import Tree

from api.domain.shared.exceptions import ModelRefused
from api.inference.importing.child.checks import open_candidate
from api.inference.importing.child.compilation import _tree_graph, compiled_forms
from api.inference.importing.child.graphs.ensembles import sound_graph
from api.inference.importing.child.pickles.scan import scan
from api.inference.importing.child.trees import tree_sum
from api.inference.serving.soundness import check_soundness

pytestmark = pytest.mark.slow  # loads scikit-learn

NAMES = ["wind_speed", "temperature", "maintenance_done"]
GENERATOR = np.random.default_rng(5)
ROWS = np.column_stack([GENERATOR.normal(size=(200, 2)), GENERATOR.integers(0, 3, 200)])
FAILS = (ROWS[:, 0] + ROWS[:, 2] > 1).astype(int)
FAR = 500_000_000


def dumped(value: object) -> bytes:
    stream = io.BytesIO()
    joblib.dump(value, stream)
    return stream.getvalue()


def refusal(model: object) -> str:
    with pytest.raises(ModelRefused) as caught:
        open_candidate(dumped(model), "classification", None, NAMES)
    return caught.value.detail


def boosting(**options: Any) -> GradientBoostingClassifier:
    return GradientBoostingClassifier(n_estimators=3, **options).fit(ROWS, FAILS)


def histogram() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(max_iter=3, categorical_features=[2]).fit(ROWS, FAILS)


def lead_astray(member: Any, features: int = 2 * FAR) -> None:
    """Make a tree compare a feature far away, and say that it has so many."""
    state = member.tree_.__getstate__()
    nodes = state["nodes"].copy()
    nodes["feature"][0] = FAR
    tree = Tree(features, np.array([1], dtype=np.intp), 1)
    tree.__setstate__({**state, "nodes": nodes})
    member.tree_, member.n_features_in_ = tree, features


def astray_boosting() -> GradientBoostingClassifier:
    model = boosting()
    lead_astray(model.estimators_[1, 0])
    return model


_PREDICT = """
import sys, joblib, numpy as np
joblib.load(sys.argv[1]).predict_proba(np.zeros((2, 3)))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells a crash by another code")
def test_soundness__control_scikit_learn_itself_dies_of_it(tmp_path: Path) -> None:
    joblib.dump(astray_boosting(), tmp_path / "model")
    command = [sys.executable, "-c", _PREDICT, str(tmp_path / "model")]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGSEGV


def test_soundness__inner_tree_that_declares_other_features_is_refused() -> None:
    assert "d’autres variables" in refusal(astray_boosting())
    forest = RandomForestClassifier(3, random_state=0).fit(ROWS, FAILS)
    other = DecisionTreeClassifier().fit(np.hstack([ROWS, ROWS]), FAILS)
    forest.estimators_[1] = other
    assert "d’autres variables" in refusal(forest)


def test_soundness__it_is_found_however_deep_it_lies() -> None:
    voting = VotingClassifier([("a", boosting()), ("b", LogisticRegression())], voting="soft")
    voting.fit(ROWS, FAILS)
    voting.estimators_[0] = astray_boosting()
    assert "d’autres variables" in refusal(voting)
    assert "d’autres variables" in refusal(make_pipeline(FunctionTransformer(), voting))


def test_soundness__boosting_whose_trees_write_beside_its_answer_is_refused() -> None:
    model = boosting()
    model.estimators_ = np.hstack([model.estimators_] * 40)
    assert "hors de sa réponse" in refusal(model)
    model = boosting()
    model.estimators_ = model.estimators_.ravel()
    assert "étapes" in refusal(model)
    model.estimators_ = np.array([[LogisticRegression()]], dtype=object)
    assert "arbre ajusté" in refusal(model)


def test_soundness__tree_of_several_values_inside_a_boosting_is_refused() -> None:
    model = boosting()
    model.estimators_[0, 0] = DecisionTreeClassifier().fit(ROWS, FAILS)
    assert "plus d’une valeur" in refusal(model)


def test_soundness__estimator_without_its_count_of_features_is_refused() -> None:
    # scikit-learn compares rows with nothing then.
    for model in (boosting(), histogram(), RandomForestClassifier(2).fit(ROWS, FAILS)):
        del model.n_features_in_
        model.feature_names_in_ = np.array(NAMES, dtype=object)
        with pytest.raises(ModelRefused, match="nombre de ses variables"):
            check_soundness(model)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((side, value) for side in ("left_child", "right_child") for value in (-7, 0, 10**6)),
        ("feature", -7),
        ("feature", 3),
    ],
)
def test_soundness__tree_that_leads_astray_is_refused(field: str, value: int) -> None:
    fitted = DecisionTreeClassifier(max_depth=3).fit(ROWS, FAILS)
    state = fitted.tree_.__getstate__()
    nodes = state["nodes"].copy()
    nodes[field][0] = value
    fitted.tree_.__setstate__({**state, "nodes": nodes})
    assert "hors limites" in refusal(fitted)


def test_soundness__tree_that_announces_more_nodes_than_it_has_is_refused_unread() -> None:
    class Announced:
        """Pickles as a tree with a million nodes, of which a few are there."""

        def __reduce__(self) -> tuple[Any, ...]:
            state = {**tree.__getstate__(), "node_count": 10**6}
            return Tree, (3, np.array([2], dtype=np.intp), 1), state

    tree = DecisionTreeClassifier(max_depth=2).fit(ROWS, FAILS).tree_
    fitted = DecisionTreeClassifier(max_depth=2).fit(ROWS, FAILS)
    fitted.tree_ = Announced()
    with pytest.raises(ModelRefused, match=r"Tree.*état"):
        scan(dumped(fitted))


def _node(field: str, value: int) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        model._predictors[0][0].nodes[field][0] = value

    return change


def _by_category(model: Any) -> None:
    """Compare by category a feature that has none."""
    nodes = model._predictors[0][0].nodes
    nodes["is_categorical"][0], nodes["feature_idx"][0] = 1, 1


def _bitset(model: Any) -> None:
    nodes = model._predictors[0][0].nodes
    nodes["is_categorical"][0], nodes["feature_idx"][0], nodes["bitset_idx"][0] = 1, 0, FAR


def _narrow_bitsets(model: Any) -> None:
    predictor = model._predictors[0][0]
    predictor.raw_left_cat_bitsets = np.zeros((1, 1), dtype=np.uint32)


def _short_map(model: Any) -> None:
    model._bin_mapper.is_categorical_ = np.array([True])


def _fewer_columns(model: Any) -> None:
    model._preprocessor = FunctionTransformer()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_bitset, id="bitset beyond the last"),
        pytest.param(_by_category, id="category of a plain feature"),
        pytest.param(_fewer_columns, id="another preparation"),
        pytest.param(_narrow_bitsets, id="narrow bitsets"),
        pytest.param(_node("feature_idx", 3), id="feature"),
        pytest.param(_node("left", 0), id="circle"),
        pytest.param(_node("right", 10**6), id="node beyond the last"),
        pytest.param(_short_map, id="short map of categories"),
    ],
)
def test_soundness__histogram_that_leads_astray_is_refused(change: Callable[[Any], None]) -> None:
    model = histogram()
    check_soundness(model)
    change(model)
    assert "incohérent" in refusal(model)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("_default_to_infrequent_mappings", [np.array([0, 90, 1])]),
        ("_drop_idx_after_grouping", np.array([-4], dtype=object)),
        ("_n_features_outs", [1]),
    ],
)
def test_soundness__categories_beyond_their_columns_are_refused(attribute: str, value: Any) -> None:
    encoder = OneHotEncoder(max_categories=5, handle_unknown="infrequent_if_exist").fit(ROWS[:, 2:])
    check_soundness(encoder)
    setattr(encoder, attribute, value)
    with pytest.raises(ModelRefused, match="OneHotEncoder"):
        check_soundness(encoder)


def test_soundness__attribute_in_place_of_a_method_is_refused() -> None:
    model = boosting()
    vars(model)["_raw_predict_init"] = np.square
    assert "_raw_predict_init" in refusal(model)


def test_soundness__bagging_passes_its_own_rows_through_the_usual_door() -> None:
    model = BaggingClassifier(DecisionTreeClassifier(), 3, max_features=2, random_state=0).fit(ROWS, FAILS)
    check_soundness(model)


class Reduced:
    """Pickles as it is told."""

    def __init__(self, *reduced: Any) -> None:
        self.reduced = reduced

    def __reduce__(self) -> tuple[Any, ...]:
        return self.reduced


class Forged:
    """Pickles as a dtype with this code and this state."""

    def __init__(self, code: str, state: tuple[Any, ...]) -> None:
        self.code, self.state = code, state

    def __reduce__(self) -> tuple[Any, ...]:
        return np.dtype, (self.code, False, True), self.state


_POINTERS = Forged("O8", (3, "|", None, None, None, -1, -1, 0))
_ZERO_ALIGNED = Forged("V8", (3, "|", None, ("a",), {"a": (np.dtype("f8"), 0)}, 8, 0, 16))
_OUTSIDE = Forged("V8", (3, "|", None, ("a",), {"a": (np.dtype("f8"), 4)}, 8, 1, 16))
_HIDDEN = Forged("V8", (3, "|", None, ("a",), {"a": (_POINTERS, 0)}, 8, 1, 16))
_TOLD_OBJECTS = Forged("f8", (3, "<", None, None, None, -1, -1, 63))


@pytest.mark.parametrize(
    "dtype",
    [
        pytest.param(_HIDDEN, id="objects in a field"),
        pytest.param(_OUTSIDE, id="field beyond the end"),
        pytest.param(_POINTERS, id="objects without their flag"),
        pytest.param(_TOLD_OBJECTS, id="numbers with the flag of objects"),
        pytest.param(_ZERO_ALIGNED, id="no alignment"),
    ],
)
def test_scan__dtype_that_numpy_would_not_write_is_refused(dtype: Forged) -> None:
    from numpy._core.numeric import _frombuffer  # type: ignore[attr-defined]

    bare = FunctionTransformer(kw_args={"a": dtype})
    array = FunctionTransformer(kw_args={"a": Reduced(_frombuffer, (b"12345678", dtype, (1,), "C"))})
    for model in (bare, array):
        with pytest.raises(ModelRefused, match="mal décrit"):
            scan(pickle.dumps(model))


def test_scan__fields_changed_after_their_check_are_refused() -> None:
    fields = {"a": (np.dtype("f8"), 0)}
    described = Forged("V8", (3, "|", None, ("a",), fields, 8, 1, 16))
    data = pickle.dumps([described, fields], 4)
    # The dictionary is filled a second time, after NumPy has taken it.
    end = data.rindex(b"e.")
    with pytest.raises(ModelRefused, match="après l’avoir décrit"):
        scan(data[:end] + b"\x8c\x01aK\x01s" + data[end:])


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(FunctionTransformer(func=Tree), id="Tree"),
        pytest.param(FunctionTransformer(func=np.ndarray), id="ndarray"),
        pytest.param(FunctionTransformer(func=np._core.numeric._frombuffer), id="_frombuffer"),  # type: ignore[attr-defined]
        pytest.param(FunctionTransformer(kw_args={"x": {"y": [LogisticRegression]}}), id="class in a list"),
    ],
)
def test_scan__name_that_only_a_file_calls_may_not_stay_in_the_model(kept: object) -> None:
    with pytest.raises(ModelRefused, match="garde"):
        scan(pickle.dumps(kept))


@pytest.mark.parametrize(
    "called",
    [
        pytest.param(Reduced(np.dtype, ("O,f8", False, True)), id="dtype"),
        pytest.param(Reduced(np.exp, (1.0,)), id="exp"),
        pytest.param(Reduced(np.ndarray, ((4,), "O")), id="ndarray"),
        pytest.param(Reduced(RandomForestClassifier, (5,)), id="estimator"),
        pytest.param(Reduced(Tree, (3, [2], 1)), id="Tree"),
        pytest.param(Reduced(slice, ([], [])), id="slice"),
    ],
)
def test_scan__arguments_that_no_estimator_gives_are_refused(called: Reduced) -> None:
    with pytest.raises(ModelRefused, match="avec des arguments"):
        scan(pickle.dumps(FunctionTransformer(kw_args={"x": called})))


def test_scan__bytes_shorter_than_the_array_are_refused() -> None:
    data = pickle.dumps(FunctionTransformer(kw_args={"a": np.arange(3.0)}), 3)
    shorter = data.replace(b"K\x03\x85", b"K\x04\x85")
    assert shorter != data
    with pytest.raises(ModelRefused, match=r"mal décrit|illisible"):
        scan(shorter)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("leaf_targetids", 7),
        ("nodes_featureids", -1),
        ("nodes_falsenodeids", 10**6),
        ("nodes_truenodeids", -3),
        ("tree_roots", 10**6),
    ],
)
def test_graph__index_beyond_what_it_counts_is_never_served(name: str, value: int) -> None:
    summed = tree_sum(DecisionTreeClassifier(max_depth=3, random_state=0).fit(ROWS, FAILS), 1)
    graph = _tree_graph(summed)
    assert sound_graph(graph)
    attribute = next(item for node in graph.graph.node for item in node.attribute if item.name == name)
    attribute.ints[0] = value
    assert not sound_graph(graph)


def test_graph__converted_pipeline_is_checked_too() -> None:
    fitted = make_pipeline(StandardScaler(), RandomForestClassifier(3, random_state=0)).fit(ROWS, FAILS)
    graph = onnx.load_from_string(next(compiled_forms(fitted, None, NAMES)))
    ensemble = next(node for node in graph.graph.node if node.op_type.startswith("TreeEnsemble"))
    for name in ("class_ids", "class_nodeids", "nodes_truenodeids"):
        attribute = next(item for item in ensemble.attribute if item.name == name)
        kept, attribute.ints[0] = attribute.ints[0], 10**6
        assert not sound_graph(graph)
        attribute.ints[0] = kept
    assert sound_graph(graph)
