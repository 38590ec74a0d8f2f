"""Figures, dates and amounts are written by ``api.schemas.french`` alone: the product's source is walked.

A module that formats by itself writes « 6,0 % » where the rest writes « 6 % ». Each rule says what to call.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WRITER = ROOT / "api/schemas/french.py"
# The launcher may import nothing of the product; migrations are history.
SOURCES = sorted(
    path
    for part in ("api", "ui", "bench")
    for path in (ROOT / part).rglob("*.py")
    if path != WRITER and "migrations" not in path.parts
)
# What is written there is read by a machine.
MACHINE = {
    "api/services/shared/html.py": "coordinates of a drawing",
    "ui/park/views.py": "a page's address",
    "api/domain/models/threshold_costs.py": "a number rounded to three digits",
    "bench/inference/load.py": "wrk's command line",
    "ui/models/split_fields.py": "a split, as the API reads it",
}
# These read what people write, spaces included.
READERS = {
    "api/domain/measurements/notation.py",
    "api/domain/measurements/times/clock.py",
    "ui/shared/french_numbers.py",
}

DATE = re.compile(r"%d/%m|%H:%M|%[AaBb]\b|DD/MM|%\{[^}]*:[^}]*%\}")
SPACES = re.compile(r"[\u00a0\u202f]|\\u00a0|\\u202f")
BARE_UNIT = re.compile(r" ?%|€| (€|jours?|heures?|j|h|s|ms|min|Mo|kW)(?![\w’])")
NUMBER_SPEC = re.compile(r"[,_]|\.\d*|[eEfFgG%]$")


def faults(source: str, *, machine: bool = False, reader: bool = False) -> Iterator[tuple[int, str]]:
    """Line and remedy of everything that formats by itself.

    Args:
        source: of one module.
        machine: numbers written there are no text for people.
        reader: it reads the spaces that people type.
    """
    tree = ast.parse(source)
    silent = {id(text) for text in docstrings(tree)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in silent:
                if DATE.search(text):
                    yield node.lineno, "write days with french.date, or name one of its patterns"
                if SPACES.search(text) and not reader:
                    yield node.lineno, "let french place the space, or name french.NBSP"
                if text in {"Europe/Paris", "−"}:
                    yield node.lineno, "name french.PARIS, or write with french.signed"
            case ast.Call(func=ast.Name(id="ZoneInfo"), args=[ast.Constant(), *_]):
                yield node.lineno, "name french.PARIS"
            case ast.Call(
                func=ast.Attribute(attr="replace"), args=[ast.Constant(value="."), ast.Constant(value=",")]
            ):
                yield node.lineno, "write numbers with french.number, french.exact or french.cell"
            case ast.IfExp(body=ast.Constant(value="s"), orelse=ast.Constant(value="")):
                yield node.lineno, "count with french.counted or french.plural"
            case ast.JoinedStr(values=parts):
                yield from in_f_string(node.lineno, parts, machine=machine)


def in_f_string(line: int, parts: list[ast.expr], *, machine: bool) -> Iterator[tuple[int, str]]:
    """Line and remedy of numbers that an f-string formats, and of units after a space that breaks."""
    for part, after in zip(parts, [*parts[1:], None], strict=True):
        if not isinstance(part, ast.FormattedValue):
            continue
        spec = "".join(ast.literal_eval(s) for s in pieces(part.format_spec))
        if not machine and NUMBER_SPEC.search(spec) and not spec.startswith("%"):
            yield line, "write numbers with french.number, french.exact or french.quantity"
        if isinstance(after, ast.Constant) and BARE_UNIT.match(str(after.value)):
            yield line, "write units with french.quantity, french.days, french.share or french.euros"


def pieces(spec: ast.expr | None) -> Iterator[ast.Constant]:
    """The constant pieces of a format; a computed one stands for some digits."""
    for part in spec.values if isinstance(spec, ast.JoinedStr) else ():
        yield part if isinstance(part, ast.Constant) else ast.Constant(value="1")


def docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Strings that stand alone: they are read by engineers."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nobody_else_writes_figures(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    formatted = faults(path.read_text(encoding="utf-8"), machine=name in MACHINE, reader=name in READERS)

    assert not [f"{name}:{line}: {remedy}" for line, remedy in formatted]


@pytest.mark.parametrize("name", sorted({*MACHINE, *READERS}))
def test_exceptions__each_is_needed(name: str) -> None:
    assert list(faults((ROOT / name).read_text(encoding="utf-8"))), (
        "no exception any more: take it off the list"
    )


@pytest.mark.parametrize(
    "source",
    [
        'f"{day:%d/%m/%Y}"',
        'day.strftime("%d/%m/%Y")',
        'f"{at:%H:%M}"',
        'st.date_input(format="DD/MM/YYYY")',
        'go.Scatter(hovertemplate="dit %{x:.1%}")',
        'f"{value:.2f}".replace(".", ",")',
        'f"{value:,}"',
        'f"{value:.{digits}f}"',
        'f"{value:g}"',
        'f"{share:.0%}"',
        'f"{share} %"',
        'f"{share}%"',
        'f"{amount}€"',
        'f"{days} jours d’arrêt"',
        'f"{seconds} s"',
        'f"{size} Mo"',
        'text + "\\u202f%"',
        'PARIS = ZoneInfo("Europe/Paris")',
        "f\"ligne{'s' if rows > 1 else ''}\"",
        '"+" if gap > 0 else "−"',
    ],
)
def test_a_module_that_formats_by_itself__is_found(source: str) -> None:
    assert list(faults(source))


@pytest.mark.parametrize(
    "source",
    [
        'f"{french.share(share)} des lignes"',
        'f"{french.days(7)} de plus"',
        'f"{name} s’est arrêté"',
        'f"{month:%Y-%m}.parquet"',
        'f"{count} turbines"',
        'f"{name:>12}"',
        '"""« 30/12/2024 », as %d/%m/%Y"""',
    ],
)
def test_a_module_that_asks_the_writer__is_not(source: str) -> None:
    assert not list(faults(source))
