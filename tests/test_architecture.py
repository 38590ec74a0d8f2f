"""Imports point inward: routes → services → domain, storage and inference behind the services.

Each rule says which packages a part may import from the project, and which parts may know the web framework.
A failing test names file, line and rule, so that the way out is clear without opening this file.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WEB = {"fastapi", "starlette", "uvicorn"}
WEB_FILES = {"api.main", "api.deps", "api.errors", "api.openapi", "api.observability.middleware"}
ENTRY_POINTS = {"api.main", "api.bootstrap", "api.core", "api.worker", "api.cli", "api.commands"}
INNER = {"api.domain.shared.exceptions", "api.schemas.vocabulary"}


@dataclass(frozen=True)
class Rule:
    """What one part of the project may import of ``api``; ``why`` is read by whoever breaks it."""

    part: str
    may: frozenset[str]
    why: str


RULES = (
    Rule(
        "api.domain",
        frozenset({"api.domain", "api.schemas.vocabulary"}),
        "the domain is pure: no I/O, no settings, no storage; give it values and let it answer",
    ),
    Rule(
        "api.schemas",
        frozenset({"api.schemas"}),
        "schemas are shapes only, and the dashboard imports them without the rest of the API",
    ),
    Rule(
        "api.storage",
        frozenset({"api.storage", "api.domain", "api.schemas.vocabulary"}),
        "storage is SQL only: it gives rows and domain values, services make answers of them",
    ),
    Rule(
        "api.inference",
        frozenset({"api.inference", "api.domain", "api.schemas.vocabulary", "api.settings"}),
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
    for path in sorted([*ROOT.glob("api/**/*.py"), *ROOT.glob("ui/**/*.py")]):
        relative = path.relative_to(ROOT).with_suffix("")
        parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
        if "migrations" not in parts:
            yield ".".join(parts), path


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported at run time; ``from a import b`` counts as ``a.b``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write imports from the root, not relative ones"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


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
