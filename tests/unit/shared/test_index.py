"""The index of deliverables leads to what exists, and every document is reached from it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from launcher.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[3]
DOCS = sorted((ROOT / "docs").glob("*.md"))
INDEX = (ROOT / "docs" / "index.md").read_text("utf-8")
FOLDERS = ("api/", "ui/", "launcher/", "deploy/", "tests/", "data/", "model_store/", ".github/", ".ci/")
CRITERIA = [f"C{number}" for number in range(9, 22)]
# What each part of the index owes: deliverables of both specifications, criteria, points of DevOps.
SECTIONS = {
    "Premier cahier des charges : intégrer un modèle": 15,
    "Second cahier des charges : le cockpit": 15,
    "Référentiel : C9 à C21": 60,
    "Séries temporelles, DevOps et MLOps": 14,
}


def _rows(section: str) -> list[list[str]]:
    """Cells of the rows of a section's table, without its head."""
    body = INDEX.partition(f"## {section}\n")[2].partition("\n## ")[0]
    lines = [line for line in body.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _named(text: str) -> list[str]:
    """Files and tests that a text names between backquotes."""
    names = re.findall(r"`([^`\s]+)`", text)
    return [name for name in names if name.startswith(FOLDERS)]


@cache
def _tests_of(path: Path) -> set[str]:
    return set(re.findall(r"^\s*(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("section", SECTIONS)
def test_row__says_where_and_what_proves_it__or_why_it_is_missing(section: str) -> None:
    rows = _rows(section)
    assert len(rows) >= SECTIONS[section]
    for what, where, proof in rows:
        missing = re.search(r"\*\*(?:À venir|Écarté)\*\*", where)
        assert what
        assert proof == "–" if missing else proof not in {"", "–"}, what
        if missing:
            assert re.search(r"\*\* : \w.{20,}", where), f"{what}: no reason"


def test_criteria__each_has_its_rows() -> None:
    rows = _rows("Référentiel : C9 à C21")
    kinds = [re.match(r"\**(C\d+)\**", row[0]).group(1) for row in rows]
    assert [*dict.fromkeys(kinds)] == CRITERIA
    assert kinds == sorted(kinds, key=CRITERIA.index)


@pytest.mark.parametrize("page", DOCS, ids=lambda path: path.name)
def test_files_and_tests__that_a_document_names__exist(page: Path) -> None:
    for name in _named(page.read_text("utf-8")):
        file, _, test = name.partition("::")
        assert (ROOT / file).exists(), name
        assert not test or test in _tests_of(ROOT / file), name


@pytest.mark.parametrize(
    "page", [*DOCS, ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=lambda path: path.name
)
def test_commands__that_a_document_gives__exist(page: Path) -> None:
    given = set(re.findall(r"python cockpit\.py ([a-z]+)", page.read_text("utf-8")))
    assert given - set(COMMANDS) == set()


def test_documents__are_all_reached_from_the_index() -> None:
    reached = set(re.findall(r"\]\(([\w-]+\.md)", INDEX))
    assert {page.name for page in DOCS} - {"index.md"} - reached == set()


def test_readme__leads_to_the_index() -> None:
    assert "(docs/index.md)" in (ROOT / "README.md").read_text("utf-8")
