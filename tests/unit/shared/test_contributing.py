"""The guide for maintainers names files that exist, and few of them for each change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
SECTION = GUIDE.partition("## Where do I change")[2].partition("\n## ")[0]
ROWS = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", SECTION, re.MULTILINE))
PATHS = sorted(set(re.findall(r"`((?:api|ui|tests|deploy|docs)/[\w./-]+)`", GUIDE)))


def test_questions__are_the_twelve() -> None:
    assert len(ROWS) == 12


@pytest.mark.parametrize("question", ROWS)
def test_each_question__needs_three_files_at_most(question: str) -> None:
    assert 1 <= len(set(re.findall(r"`((?:api|ui)/[\w/.<>]+)`", ROWS[question]))) <= 3


@pytest.mark.parametrize("path", PATHS)
def test_each_path__exists(path: str) -> None:
    assert (ROOT / path).exists()
