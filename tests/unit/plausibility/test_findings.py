"""Every finding that the code can give has its French name and its line in the glossary."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.domain.plausibility.finding_counts import turbines_by_code
from api.domain.plausibility.limits import STOPPED, Implausible
from api.domain.plausibility.trust import Finding, data_status
from api.schemas.findings import FINDING_LABELS, finding_label
from api.schemas.supervision import FindingTrend, FindingTrends
from ui.operations import views
from ui.shared.labels import DATA_STATUS

ROOT = Path(__file__).resolve().parents[3]
OF_RULES = {*map(str, Implausible), STOPPED}
# Calls that build a finding from one that exists already: they bring no new code.
REBUILT = {"str(verdict.code)", "warning['code']", "each['code']", "told.code", "finding.code"}


def _strings(node: ast.AST) -> set[str]:
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def _assigned(tree: ast.Module, name: str) -> set[str]:
    """The words that a name may hold: those of its assignment, or of the module's table it is read from."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(
            isinstance(n, ast.Name) and n.id == name for target in node.targets for n in ast.walk(target)
        ):
            table = node.value.value if isinstance(node.value, ast.Subscript) else None
            found |= _assigned(tree, table.id) if isinstance(table, ast.Name) else _strings(node.value)
    return {word for word in found if re.fullmatch(r"[a-z0-9_]+", word)}


def _codes_in(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Where each finding of a module is made, and the codes that it may have."""
    source = path.read_text("utf-8")
    tree = ast.parse(source if "Finding(" in source else "")
    for node in ast.walk(tree):
        named = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if named != "Finding" or not isinstance(node, ast.Call):
            continue
        if any(keyword.arg is None for keyword in node.keywords):  # ``**stored``: one that exists already
            continue
        code = node.args[0] if node.args else next(k.value for k in node.keywords if k.arg == "code")
        place = f"{path.relative_to(ROOT)}:{node.lineno}"
        if ast.unparse(code) in REBUILT:
            continue
        yield place, _assigned(tree, code.id) if isinstance(code, ast.Name) else _strings(code)


MADE = [made for path in sorted((ROOT / "api").rglob("*.py")) for made in _codes_in(path)]


def _glossary() -> dict[str, list[str]]:
    """The lines of the glossary's table of findings, by code."""
    text = (ROOT / "docs" / "glossaire.md").read_text("utf-8")
    section = text.split("\n## Constats\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines()]
    return {row[1].strip("`"): row for row in rows if len(row) == 4 and row[1].startswith("`")}


@pytest.mark.parametrize(("place", "codes"), MADE, ids=[place for place, _ in MADE])
def test_every_finding__is_made_of_a_code_that_has_a_name(place: str, codes: set[str]) -> None:
    assert codes, "say in this test where this finding's code comes from"
    assert codes <= set(FINDING_LABELS)


def test_names__are_of_the_codes_in_use_and_of_no_other() -> None:
    assert set.union(*(codes for _, codes in MADE)) | OF_RULES == set(FINDING_LABELS)
    assert len(set(FINDING_LABELS.values())) == len(FINDING_LABELS)


def test_glossary__has_every_finding_with_its_name_and_its_bearing_on_the_data() -> None:
    lines = _glossary()
    assert set(lines) == set(FINDING_LABELS)
    for code, (label, _, meaning, status) in lines.items():
        assert label == FINDING_LABELS[code]
        assert len(meaning) > 15
        told = data_status([Finding(code, None, "")])
        assert status == ("inchangée" if told == "ok" else DATA_STATUS[told]), code


def test_glossary__the_rules_that_it_sends_to_plausibility_are_there() -> None:
    first_nine = list(_glossary())[:9]
    assert set(first_nine) == set(map(str, Implausible))


def test_a_code_newer_than_the_page__is_written_out() -> None:
    assert finding_label("constat_nouveau") == "Constat nouveau"


def test_counting__a_turbine_counts_once_per_code() -> None:
    stuck = [Finding("capteur_fige", name, ".") for name in ("a", "b")]
    both = [*stuck, Finding("hors_domaine", "a", ".")]
    assert turbines_by_code([stuck, both, []]) == {"capteur_fige": 2, "hors_domaine": 1}


def _trend(turbines: int, before: int | None, code: str = "capteur_fige") -> FindingTrend:
    return FindingTrend(code=code, label=finding_label(code), turbines=turbines, before=before)


@pytest.mark.parametrize(
    ("turbines", "before", "words"),
    [
        (3, 1, "▲ +2"),
        (1, 3, "▼ −2"),
        (2, 2, "= stable"),
        (2, 0, "▲ nouveau (+2)"),
        (0, 2, "▼ disparu"),
        (2, None, "–"),
    ],
)
def test_page__a_change_is_told_in_words_and_signs(turbines: int, before: int | None, words: str) -> None:
    assert views.trend_words(_trend(turbines, before)) == words


def _trends(*items: FindingTrend, previous: str | None = "2024-12-29") -> FindingTrends:
    run = 1 if previous else None
    return FindingTrends(
        run_id=2, as_of="2024-12-30", previous_run_id=run, previous_as_of=previous, items=list(items)
    )


def test_page__the_table_has_the_run_before_only_where_there_is_one() -> None:
    frame = views.findings_frame(_trends(_trend(3, 1), _trend(1, 1, "hors_domaine")))
    assert list(frame.columns) == ["Constat", "Turbines au 30/12/2024", "au 29/12/2024", "Évolution"]
    assert list(frame.iloc[0]) == ["Capteur figé", "3", "1", "▲ +2"]
    alone = views.findings_frame(_trends(_trend(3, None), previous=None))
    assert list(alone.columns) == ["Constat", "Turbines au 30/12/2024"]


def test_page__words_say_what_rises_or_why_there_is_nothing() -> None:
    assert "premier calcul publié" in views.findings_words(None)
    assert "Aucun constat" in views.findings_words(_trends())
    rising = views.findings_words(_trends(_trend(3, 1), _trend(1, 1, "hors_domaine")))
    assert rising.endswith("en hausse : Capteur figé.")
    assert views.findings_words(_trends(_trend(1, 3))).endswith("aucun n’est en hausse.")
    assert "le premier" in views.findings_words(_trends(_trend(1, None), previous=None))
