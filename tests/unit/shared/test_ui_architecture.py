"""What the dashboard may import: of the API its schemas alone, and Streamlit only where pages are drawn."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

UI = Path(__file__).resolve().parent.parent.parent.parent / "ui"
SOURCES = sorted(UI.rglob("*.py"))
MODULES = {".".join(path.relative_to(UI.parent).with_suffix("").parts): path for path in SOURCES}
HTTP = {"requests", "urllib3", "httpx"}
SERVICE = {"fastapi", "sqlalchemy", "sklearn", "uvicorn"}


@cache
def imports(path: Path) -> Sequence[str]:
    """Every module that a file imports, by full name."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.name)
def test_api__only_its_schemas(path: Path) -> None:
    of_the_api = {name for name in imports(path) if name.split(".")[0] == "api"}

    assert all(name.startswith("api.schemas.") for name in of_the_api)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.name)
def test_http__in_the_transport_alone(path: Path) -> None:
    used = {name.split(".")[0] for name in imports(path)} & HTTP

    assert not used or path.name == "transport.py"


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after ``statement``."""
    check = f"{statement}; import sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=UI.parent, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def draws(name: str) -> bool:
    """Whether a module of the dashboard is made of Streamlit, by itself or through the frame of the pages."""
    return any(used.startswith(("streamlit", "ui.shared.layout")) for used in imports(MODULES[name]))


def test_what_is_seen__is_decided_without_streamlit() -> None:
    parts = ("views", "figures", "labels", "sheets", "exports")
    decided = [name for name in MODULES if name.endswith(parts) or name.startswith("ui.client.")]

    assert len(decided) > len(parts)
    assert not [name for name in decided if draws(name)]


@pytest.mark.slow
def test_pure_modules__load_neither_streamlit_nor_the_service() -> None:
    loaded = loaded_by("import " + ", ".join(sorted(name for name in MODULES if not draws(name))))

    assert not loaded & {"streamlit", *SERVICE}


@pytest.mark.slow
def test_whole_dashboard__loads_without_the_service() -> None:
    loaded = loaded_by("import " + ", ".join(sorted(set(MODULES) - {"ui.serve", "ui.streamlit_app"})))

    assert not loaded & SERVICE
