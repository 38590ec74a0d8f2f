"""Every index of the trees in an ONNX model lies inside what it counts, and no path turns in a circle.

The runtime compares the features with the rows that it receives; it trusts the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from onnx import helper, numpy_helper

_MEMBER = 6  # a branch by membership: its sets are counted by separators, which no check here follows
_LEAF = b"LEAF"
_MODES = {_LEAF, b"BRANCH_LEQ", b"BRANCH_LT", b"BRANCH_GTE", b"BRANCH_GT", b"BRANCH_EQ", b"BRANCH_NEQ"}


def sound_graph(model: Any) -> bool:
    """Tell whether the trees of an ONNX model lead from their roots to leaves, inside their arrays."""
    return all(_sound_node(node) for node in model.graph.node if node.op_type.startswith("TreeEnsemble"))


def _sound_node(node: Any) -> bool:
    sound = _sound_ensemble if node.op_type == "TreeEnsemble" else _sound_numbered_ensemble
    try:
        return sound({item.name: helper.get_attribute_value(item) for item in node.attribute})
    except (LookupError, TypeError, ValueError):  # an attribute is missing, or lists differ in length
        return False


def _sound_ensemble(given: Mapping[str, Any]) -> bool:
    nodes, leaves = len(given["nodes_featureids"]), len(given["leaf_targetids"])
    modes = numpy_helper.to_array(given["nodes_modes"])
    sides = [
        list(zip(given[f"nodes_{side}nodeids"], given[f"nodes_{side}leafs"], strict=True))
        for side in ("true", "false")
    ]
    inner = [
        [child for child, is_leaf in pair if not is_leaf] for pair in zip(*sides, strict=True)
    ]  # fmt: skip
    return (
        all(0 <= root < nodes for root in given["tree_roots"])
        and all(0 <= target < given["n_targets"] for target in given["leaf_targetids"])
        and min(given["nodes_featureids"], default=0) >= 0
        and all(0 <= child < (leaves if leaf else nodes) for side in sides for child, leaf in side)
        and all(len(side) == nodes for side in sides)
        and numpy_helper.to_array(given["nodes_splits"]).shape == modes.shape == (nodes,)
        and numpy_helper.to_array(given["leaf_weights"]).shape == (leaves,)
        and bool((modes < _MEMBER).all())
        and _optional_lengths(given, nodes)
        and leads_to_an_end(inner)
    )


def _sound_numbered_ensemble(given: Mapping[str, Any]) -> bool:
    """Check the older operators, which number nodes by tree and outputs by class or target."""
    classes = given.get("classlabels_int64s") or given.get("classlabels_strings") or ()
    kind, outputs = ("class", len(classes)) if classes else ("target", given.get("n_targets", 1))
    names = list(zip(given["nodes_treeids"], given["nodes_nodeids"], strict=True))
    number = {name: index for index, name in enumerate(names)}
    children = [
        [] if mode == _LEAF else [number[tree, child] for child in pair]
        for tree, mode, *pair in zip(
            given["nodes_treeids"], given["nodes_modes"], given["nodes_truenodeids"],
            given["nodes_falsenodeids"], strict=True
        )
    ]  # fmt: skip
    ends = list(zip(given[f"{kind}_treeids"], given[f"{kind}_nodeids"], strict=True))
    return (
        len(number) == len(names)
        and set(given["nodes_modes"]) <= _MODES
        and number.keys() >= set(ends)
        and len(given[f"{kind}_ids"]) == len(ends) == _count(given, f"{kind}_weights")
        and all(0 <= output < outputs for output in given[f"{kind}_ids"])
        and len(given["nodes_featureids"]) == len(names) == _count(given, "nodes_values")
        and min(given["nodes_featureids"], default=0) >= 0
        and _count(given, "base_values") in {0, outputs, 1 if outputs <= 2 else 0}
        and _optional_lengths(given, len(names))
        and leads_to_an_end(children)
    )


def _count(given: Mapping[str, Any], name: str) -> int:
    """Return the length of a list of numbers, given as it is or as a tensor."""
    tensor = given.get(f"{name}_as_tensor")
    return len(given.get(name, ())) if tensor is None else int(numpy_helper.to_array(tensor).size)


def _optional_lengths(given: Mapping[str, Any], nodes: int) -> bool:
    rates = given.get("nodes_hitrates", ())
    rated = len(rates) if isinstance(rates, Sequence) else numpy_helper.to_array(rates).size
    return {rated, len(given.get("nodes_missing_value_tracks_true", ()))} <= {0, nodes}


def leads_to_an_end(children: Sequence[Sequence[int]]) -> bool:
    """Tell whether no path through the nodes comes back to where it was: a row would turn there for ever."""
    entering = Counter(child for each in children for child in each)
    ready = [node for node in range(len(children)) if not entering[node]]
    passed = 0
    while ready:
        passed += 1
        for child in children[ready.pop()]:
            entering[child] -= 1
            if not entering[child]:
                ready.append(child)
    return passed == len(children)
