"""Imports point inward: routes → services → domain, storage and inference behind the services.

Each rule says which packages a part may import from the project, and which parts may know the web framework.
Inside a layer, subjects stand in an order, facts before decisions, decisions before views; one imports only
what stands before it. A failing test names file, line and rule, so that the way out is clear without opening
this file.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.subjects import SUBJECTS

ROOT = Path(__file__).resolve().parent.parent
WEB = {"fastapi", "starlette", "uvicorn"}
WEB_FILES = {"api.main", "api.deps", "api.errors", "api.openapi", "api.observability.middleware"} | {
    "api.openapi_examples"
}
ENTRY_POINTS = {"api.main", "api.bootstrap", "api.core", "api.worker", "api.cli", "api.commands"}
WORDS = {"api.schemas.vocabulary", "api.schemas.french", "api.schemas.typesetting"}
CUT_BY_SUBJECT = ("api.domain", "api.services", "api.storage", "ui")
SERVED = ("api.main", "api.worker")
MOST_FILES = 15  # more are not found by looking; __init__ is one of them
ONE_FILE_A_SUBJECT = {"api/routes": 25, "api/schemas": 28, "api/commands": 25, "launcher": 16}
MOST_LINES = 300


@dataclass(frozen=True)
class Rule:
    """What one part of the project may import of ``api``; ``why`` is read by whoever breaks it."""

    part: str
    may: frozenset[str]
    why: str


RULES = (
    Rule(
        "api.domain",
        frozenset({"api.domain", *WORDS}),
        "the domain is pure: no I/O, no settings, no storage; give it values and let it answer",
    ),
    Rule(
        "api.schemas",
        frozenset({"api.schemas"}),
        "schemas are shapes only, and the dashboard imports them without the rest of the API",
    ),
    Rule(
        "api.storage",
        frozenset({"api.storage", "api.domain", *WORDS}),
        "storage is SQL only: it gives rows and domain values, services make answers of them",
    ),
    Rule(
        "api.inference",
        frozenset({"api.inference", "api.domain", *WORDS, "api.settings"}),
        "inference knows what a model is, and neither database nor services",
    ),
    Rule(
        "api.services",
        frozenset(
            {"api.services", "api.domain", "api.schemas", "api.storage", "api.inference", "api.settings"}
        ),
        "a service is one use case; it knows neither routes nor the wiring",
    ),
    Rule(
        "api.routes",
        frozenset(
            {"api.routes", "api.deps", "api.services", "api.schemas", "api.domain", "api.observability"}
        ),
        "a route parses, calls one service and answers; storage and inference stand behind the services",
    ),
    Rule(
        "api.observability",
        frozenset({"api.observability", "api.domain", "api.schemas", "api.storage", "api.errors"}),
        "observability watches the edge and writes its log; it calls no service",
    ),
)


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the product, by dotted name; migrations are history and stay as they were written."""
    yield from modules_in("api", "ui")


def modules_in(*parts: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(path for part in parts for path in ROOT.glob(f"{part}/**/*.py")):
        relative = path.relative_to(ROOT).with_suffix("")
        parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
        if "migrations" not in parts:
            yield ".".join(parts), path


@cache
def imports(path: Path) -> tuple[tuple[int, str], ...]:
    """Line and dotted name of everything imported at run time; ``from a import b`` counts as ``a.b``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.walk(node)
    }
    names: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            names += ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write imports from the root, not relative ones"
            names += ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
    return tuple(names)


def within(name: str, packages: frozenset[str] | set[str]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.part)
def test_imports_point_inward(rule: Rule) -> None:
    broken = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for module, path in modules()
        if within(module, {rule.part})
        for line, name in imports(path)
        if name.startswith("api.") and not within(name, rule.may) and not within(rule.part, {name})
    ]

    assert not broken, f"{rule.why}:\n" + "\n".join(broken)


def test_only_the_edge_knows_the_web_framework() -> None:
    broken = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for module, path in modules()
        if not within(module, WEB_FILES | {"api.routes", "api.bench", "ui"})  # the bench serves rivals
        for line, name in imports(path)
        if name.split(".")[0] in WEB
    ]

    assert not broken, "HTTP belongs to the edge; raise a CockpitError and let it be mapped:\n" + "\n".join(
        broken
    )


def test_only_storage_and_wiring_know_sqlalchemy_tables() -> None:
    broken = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for module, path in modules()
        if not within(module, {"api.storage"})
        for line, name in imports(path)
        if within(name, {"api.storage.tables"})
    ]

    assert not broken, "all SQL lives in api/storage; add a function there:\n" + "\n".join(broken)


def test_nothing_but_entry_points_imports_entry_points() -> None:
    edge = ENTRY_POINTS | WEB_FILES | {"api.routes"}
    broken = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for module, path in modules()
        if not within(module, edge)
        for line, name in imports(path)
        if within(name, ENTRY_POINTS)
    ]

    assert not broken, "the wiring imports the parts, never the other way round:\n" + "\n".join(broken)


def test_dashboard_knows_of_the_api_only_its_schemas() -> None:
    broken = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for module, path in modules()
        if within(module, {"ui"})
        for line, name in imports(path)
        if within(name, {"api"}) and not within(name, {"api.schemas"})
    ]

    assert not broken, "the dashboard asks the API over HTTP and shares its schemas only:\n" + "\n".join(
        broken
    )


def test_every_package_of_the_api_has_a_rule_or_is_an_entry_point() -> None:
    alone = {"api.settings", "api.openapi_errors", "api.collector", "api.services.shared.french_errors"}
    ruled = {rule.part for rule in RULES} | ENTRY_POINTS | WEB_FILES | alone

    free = sorted(module for module, _ in modules() if module != "api" and not within(module, ruled | {"ui"}))

    assert not free, f"say in RULES what {free} may import"


def subject_of(module: str) -> str | None:
    """The subject of a module, or None where it belongs to none, as the entry points do."""
    if within(module, {"api.inference"}):
        return "models"
    for layer in CUT_BY_SUBJECT:
        if within(module, {layer}):
            subject = module.removeprefix(layer).strip(".").split(".")[0]
            return subject if subject in SUBJECTS else None
    return None


def test_subjects__import_only_what_stands_before_them() -> None:
    broken = [
        f"{path.relative_to(ROOT)}:{line} ({mine}) imports {name} ({other})"
        for module, path in modules()
        if (mine := subject_of(module)) is not None
        for line, name in imports(path)
        if (other := subject_of(name)) is not None and SUBJECTS.index(other) > SUBJECTS.index(mine)
    ]

    assert not broken, (
        f"subjects stand in this order: {' < '.join(SUBJECTS)}. Move the rule to the earlier subject, or let "
        "the wiring hand the later one's function in:\n" + "\n".join(broken)
    )


@cache
def imported_at_start() -> dict[str, set[str]]:
    """The modules of the project that each of them imports as it is loaded, not inside a function."""
    known = dict(modules_in("api", "ui", "bench"))
    graph: dict[str, set[str]] = {}
    for module, path in known.items():
        inside = {
            line
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        }
        names = {name for line, name in imports(path) if line not in inside}
        graph[module] = {name if name in known else name.rpartition(".")[0] for name in names} & known.keys()
    return graph


def reached(graph: dict[str, set[str]], start: str) -> set[str]:
    """Every module that loading ``start`` loads."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += graph.get(module, ())
    return seen


def test_imports__run_in_no_circle() -> None:
    # graphlib is the standard library's way to order a graph, and names the circle where there is one.
    try:
        TopologicalSorter(imported_at_start()).prepare()
    except CycleError as error:
        pytest.fail(f"these import one another; give what they share a home of its own: {error.args[1]}")


@pytest.mark.parametrize("start", SERVED)
def test_served_process__never_loads_what_only_the_importers_child_may(start: str) -> None:
    loaded = {
        name
        for name in reached(imported_at_start(), start)
        if within(name, {"api.inference.importing.child"})
    }

    assert not loaded, f"a file that nobody trusts yet is read in a process of its own: {sorted(loaded)}"


def test_folders__are_small_enough_to_look_through() -> None:
    counts = Counter(
        path.parent.relative_to(ROOT).as_posix() for _, path in modules_in("api", "ui", "bench", "launcher")
    )

    crowded = {folder: n for folder, n in counts.items() if n > ONE_FILE_A_SUBJECT.get(folder, MOST_FILES)}
    alone = {folder for folder, n in counts.items() if n == 2 and not has_folders(folder)}  # with __init__

    assert not crowded, f"more than {MOST_FILES} files in a folder are not found by looking: {crowded}"
    assert not alone, f"a folder of one file is no folder: {sorted(alone)}"


def has_folders(folder: str) -> bool:
    return any((inner / "__init__.py").exists() for inner in (ROOT / folder).iterdir() if inner.is_dir())


def test_files__fit_in_a_reader_s_head() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for _, path in modules_in("api", "ui", "bench", "launcher")
        if (lines := path.read_text(encoding="utf-8").count("\n")) > MOST_LINES
    }

    assert not long, f"over {MOST_LINES} lines; what in them could have a room of its own? {long}"
