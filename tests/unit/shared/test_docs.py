"""The documents say what is true: settings, links, figures, names, and nothing of the author's machine."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import math
import re
import subprocess
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.settings import Settings
from tests.support.subjects import SUBJECTS
from tests.support.words import plain

ROOT = Path(__file__).resolve().parents[3]
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [*DOCS, ROOT / "README.md", ROOT / "data" / "README.md"]
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text("utf-8")
VARIABLE = re.compile(r"\bCOCKPIT_[A-Z0-9]+(?:_[A-Z0-9]+)*\b(?!_)")
SOURCES = ("api", "ui", "launcher", "deploy", "cockpit.py", "compose.yaml", ".ci/run")
NOT_SETTINGS = {"COCKPIT_API", "COCKPIT_UI"}
"""Prefixes by which the launcher names a pair of variables (host and port)."""


def _table_rows(text: str) -> Iterator[list[str]]:
    """Cells of every table row."""
    for line in text.splitlines():
        if line.startswith("|") and not set(line) <= set("|- "):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def _documented() -> dict[str, str]:
    """Variable → default, as the tables of the configuration say."""
    rows = (row for row in _table_rows(CONFIGURATION) if row[0].startswith("`COCKPIT_"))
    return {row[0].strip("`"): row[1].strip("`") for row in rows if len(row) >= 3}


def _texts(*places: str) -> Iterator[tuple[Path, str]]:
    for place in places:
        path = ROOT / place
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.suffix in {".py", ".yaml", ".Dockerfile", ""} and file.is_file():
                yield file, file.read_text("utf-8", errors="ignore")


def test_configuration__every_variable_of_the_code__is_documented() -> None:
    used = {name for _, text in _texts(*SOURCES) for name in VARIABLE.findall(text)} - NOT_SETTINGS
    used |= {f"COCKPIT_{name.upper()}" for name in Settings.model_fields}
    documented = set(_documented())
    assert used - documented == set(), "missing from docs/configuration.md"
    assert documented - used - {"COCKPIT_CLIENT_FILES"} == set(), "documented, read by nothing"


def test_configuration__plain_defaults__are_the_code_s() -> None:
    documented = _documented()
    compared = 0
    for name, field in Settings.model_fields.items():
        default = field.default.value if isinstance(field.default, Enum) else field.default
        if isinstance(default, str | int) and not isinstance(default, SecretStr):
            assert documented[f"COCKPIT_{name.upper()}"] == str(default), name
            compared += 1
    assert compared >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links__inside_the_repository__lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.is_relative_to(ROOT) and file.exists(), target
        if anchor:
            assert anchor in _anchors(file), target


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_code__documents_that_it_names__exist() -> None:
    named = {
        name for _, text in _texts(*SOURCES, "data") for name in re.findall(r"\bdocs/[\w-]+\.md\b", text)
    }
    assert "docs/configuration.md" in named
    assert {name for name in named if not (ROOT / name).is_file()} == set()


@pytest.mark.parametrize("page", DOCS, ids=lambda path: path.name)
def test_fences__of_a_document__are_closed(page: Path) -> None:
    assert page.read_text("utf-8").count("```") % 2 == 0


def _committed() -> list[Path]:
    """Files of the repository: those that git holds or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: what would be committed is unknown")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


TRACES = re.compile(
    r"(?<![\w.])(?:/w[o]rk/|/root/|/home/[a-z]|/Users/[A-Za-z]|/opt/p[y]pi)"
    r"|--(?:extra-)?index-url|pypi\.org|files\.pythonhosted|registry\.npmjs|artifactory"
)
"""Folders of somebody's machine, hosts of package registries."""
BINARY = {".png", ".ico", ".joblib", ".pkl"}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("see /home/alice/cockpit", True),
        ("--index-url https://mirror/simple", True),
        ("WORKDIR /app, then var/secrets", False),
        ("mounts /run/secrets and /var/lib/cockpit", False),
    ],
)
def test_traces__of_a_machine__are_recognised(line: str, told: bool) -> None:
    assert bool(TRACES.search(line)) is told


@pytest.mark.slow
def test_committed_text__tells_nothing_of_a_machine() -> None:
    vendored, myself = ROOT / "api" / "static" / "swagger", Path(__file__).resolve()
    found = []
    for path in _committed():
        if not path.is_file() or path.suffix in BINARY or path == myself or path.is_relative_to(vendored):
            continue
        lines = enumerate(path.read_text("utf-8", errors="ignore").splitlines(), start=1)
        found += [f"{path.relative_to(ROOT)}:{number}" for number, line in lines if TRACES.search(line)]
    assert found == []


def test_architecture__every_direct_dependency__has_its_reason() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    explained = {name for row in _table_rows(text) for name in re.split(r",\s*", row[0])}
    declared = set()
    for file in ROOT.glob("requirements-*.in"):
        lines = (line.split("#")[0].strip() for line in file.read_text("utf-8").splitlines())
        declared |= {re.split(r"[\[<>=!~ ;]", line)[0] for line in lines if line and not line.startswith("-")}
    assert declared - explained == set(), "added without saying why"


LAYERS = {"routes", "services", "domain", "inference", "storage", "schemas"}


def _drawn_edges() -> set[tuple[str, str]]:
    """Imports between layers, as the diagram of the architecture draws them."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    (diagram,) = (
        part for part in re.findall(r"```mermaid\n(.*?)```", text, re.DOTALL) if "api/routes" in part
    )
    layer_of = dict(re.findall(r"^\s+(\w+)\[\"api/(\w+) :", diagram, re.MULTILINE))
    arrows = re.findall(r"^\s+(\w+) -->(?:\|[^|]*\|)? (\w+)$", diagram, re.MULTILINE)
    edges = {(layer_of.get(start, ""), layer_of.get(end, "")) for start, end in arrows}
    return {edge for edge in edges if set(edge) <= LAYERS}


def _imported_edges() -> set[tuple[str, str]]:
    """Imports between layers, as the code has them."""
    edges = set()
    for layer in LAYERS:
        for file in (ROOT / "api" / layer).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                edges |= {(layer, name.split(".")[1]) for name in names if name.startswith("api.")}
    return {(start, end) for start, end in edges if start != end and end in LAYERS}


@pytest.mark.slow
def test_architecture__layers__import_one_another_as_drawn() -> None:
    assert _drawn_edges() == _imported_edges()


def test_architecture__subjects__stand_in_the_order_that_the_code_holds() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    section = text.partition("### Par sujet")[2].partition("## 3.")[0]

    rows = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    arrows = re.findall(r"\w+", section.partition("flowchart LR\n")[2].partition("```")[0])

    assert rows == arrows == [subject for subject in SUBJECTS if subject in rows]
    assert set(SUBJECTS) - set(rows) <= {"weather"}


def test_glossary__fields_of_the_contract__are_explained() -> None:
    from api.schemas.park import ParkItem
    from api.schemas.predictions import Driver, ModelUse, Prediction
    from api.schemas.vocabulary import DataStatus, RiskLevel, Role

    words = set(re.findall(r"[\w.]+", (ROOT / "docs" / "glossaire.md").read_text("utf-8")))
    fields = {name for shape in (Prediction, ParkItem, Driver) for name in shape.model_fields}
    fields |= {field.name for field in dataclasses.fields(ModelUse)}
    values = {member.value for kind in (RiskLevel, DataStatus, Role) for member in kind}
    assert (fields | values) - words == set()


@pytest.mark.parametrize("place", ["api/static/swagger", "tests/support/axe-core"])
def test_vendored_files__are_those_of_their_readme(place: str) -> None:
    folder = ROOT / place
    told = dict(
        re.findall(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$", (folder / "README.md").read_text(), re.M)
    )
    present = {path.name for path in folder.iterdir()} - {"README.md", ".gitattributes"}
    assert set(told) == present
    for name, digest in told.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def _wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a proportion (E. B. Wilson, JASA 1927)."""
    z, share = 1.959964, successes / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    return middle - half, middle + half


def _number(text: str) -> float:
    return float(text.replace(",", "."))


@pytest.mark.client
def test_cadrage__measured_figures__are_recounted_on_the_client_s_files(client_files: Path) -> None:
    import joblib
    import pandas as pd
    from sklearn.model_selection import train_test_split

    rows = pd.read_csv(client_files / "energiTech_maintenance_sample.csv")
    model = joblib.load(client_files / "model_classification.pkl")
    _, unseen = train_test_split(rows, test_size=0.3, random_state=42, stratify=rows["failure_within_7d"])
    probability = model.predict_proba(unseen[list(model.feature_names_in_)])[:, 1]
    failed = unseen["failure_within_7d"].to_numpy() == 1

    text = plain((ROOT / "docs" / "cadrage.md").read_text("utf-8"))
    told = [row for row in _table_rows(text) if len(row) == 5 and re.match(r"0,\d+", row[0])]
    assert len(told) == 4
    for threshold, found, recall, false_alarms, precision in told:
        alert = probability >= _number(threshold.split()[0])
        hits, misses, needless = (alert & failed).sum(), (~alert & failed).sum(), (alert & ~failed).sum()
        assert found == f"{hits} sur {hits + misses}"
        assert int(false_alarms) == needless
        for shown, trials in ((recall, hits + misses), (precision, hits + needless)):
            share, low, high = (_number(part) for part in re.findall(r"\d,\d+", shown))
            assert share == pytest.approx(hits / trials, abs=0.0005)
            assert (low, high) == pytest.approx(_wilson(int(hits), int(trials)), abs=0.005)


def test_cadrage__levels_and_threshold__are_the_default_policy_s() -> None:
    from api.domain.policy.levels import assess
    from api.domain.policy.risk_policy import RiskPolicy
    from api.schemas.vocabulary import RiskLevel

    text = plain((ROOT / "docs" / "cadrage.md").read_text("utf-8"))
    bounds = dict(re.findall(r"^\| (critique|élevé|modéré) \| [^|]+ \| p ≥ ([\d,]+) \|", text, re.M))
    levels = {"critique": RiskLevel.CRITIQUE, "élevé": RiskLevel.ELEVE, "modéré": RiskLevel.MODERE}
    policy = RiskPolicy()
    for word, level in levels.items():
        bound = _number(bounds[word])
        assert assess(policy, bound).level is level
        assert assess(policy, bound - 1e-9).level is not level
    assert f"= **{str(policy.threshold).replace('.', ',')}**" in text.replace("\n", " ")
