"""The help page's texts and its glossary, read from their only homes. No Streamlit here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from api.schemas.vocabulary import Role, folded

_ROOT = Path(__file__).resolve().parent.parent.parent
_TEXTS = _ROOT / "ui" / "assets" / "aide"
GLOSSARY = _ROOT / "docs" / "glossaire.md"  # the dashboard's image holds this one document
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_TERM, _MEANING = ("Français", "Affiché"), "Sens"


@dataclass(frozen=True)
class Section:
    """Terms of one part of the glossary, each with its meaning."""

    title: str
    terms: tuple[tuple[str, str], ...]


def text(name: str) -> str:
    """Read one of the page's texts, in Markdown."""
    return (_TEXTS / f"{name}.md").read_text(encoding="utf-8").strip()


def guides(own: Role) -> dict[Role, str]:
    """Read the guide of each role that has one; the reader's own role comes first."""
    roles = sorted(Role, key=lambda role: role is not own)
    return {role: text(role.value) for role in roles if (_TEXTS / f"{role}.md").is_file()}


def glossary(markdown: str) -> list[Section]:
    """Return the glossary for people of the field: French terms and what they mean.

    Identifiers and English names are left to the document; terms without a meaning too.

    Args:
        markdown: ``docs/glossaire.md``.
    """
    sections = []
    for part in re.split(r"^## ", markdown, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        terms = _terms([_cells(line) for line in body.splitlines() if line.startswith("|")])
        if terms:
            sections.append(Section(title.strip(), terms))
    return sections


def matching(sections: list[Section], wanted: str) -> list[Section]:
    """Return the sections with the terms where ``wanted`` occurs, whatever its case and accents."""
    needle = folded(wanted.strip())
    kept = [
        Section(each.title, tuple(term for term in each.terms if needle in folded(" ".join(term))))
        for each in sections
    ]
    return [each for each in kept if each.terms]


def as_table(section: Section) -> str:
    """Write one section as a Markdown table."""
    rows = "\n".join(f"| {term} | {meaning} |" for term, meaning in section.terms)
    return f"| Mot | Sens |\n|---|---|\n{rows}"


def _cells(line: str) -> list[str]:
    return [_LINK.sub(r"\1", cell.strip()) for cell in line.strip("|").split("|")]


def _terms(rows: list[list[str]]) -> tuple[tuple[str, str], ...]:
    terms: list[tuple[str, str]] = []
    heads: list[str] = []
    for row, after in zip(rows, [*rows[1:], []], strict=True):
        if after and set("".join(after)) <= set("-: "):
            heads = row
        elif heads and len(row) == len(heads) and set("".join(row)) - set("-: "):
            named = dict(zip(heads, row, strict=True))
            term = next((named[head] for head in _TERM if head in named), "")
            meaning = next((cell for head, cell in named.items() if head.startswith(_MEANING)), "")
            if term and meaning not in {"", "–"}:
                terms.append((term, meaning))
    return tuple(terms)
