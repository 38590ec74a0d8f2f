"""The words that pages share, whatever the value."""

from __future__ import annotations

import pytest

from api.schemas import french
from api.schemas.common import principal_words
from api.schemas.vocabulary import DataStatus, RiskLevel, folded
from tests.support.ui_samples import driver, item
from tests.support.words import plain
from ui.shared import labels as fr


@pytest.mark.parametrize(
    ("age", "shown"),
    [
        (0, "jour même"),
        (1, "1 j"),
        (3, "3 j"),
        (None, "–"),
    ],
)
def test_age__in_words(age: int | None, shown: str) -> None:
    assert plain(fr.age_words(age)) == shown


def test_search__ignores_case_and_accents() -> None:
    assert folded("Élevé – TEMPÉRATURE") == "eleve – temperature"


def test_vocabularies__every_value_of_the_contract_has_its_words() -> None:
    assert set(fr.LEVELS) == set(RiskLevel)
    assert set(fr.DATA_STATUS) == set(DataStatus)


def test_levels__told_apart_without_colour_and_sorted_by_urgency() -> None:
    texts = [fr.LEVELS[level].text for level in RiskLevel]

    assert len({level.sign for level in fr.LEVELS.values()}) == 4
    assert texts == sorted(texts)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.1)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("level", list(RiskLevel))
def test_level_colours__readable(level: RiskLevel) -> None:
    words = fr.LEVELS[level]

    assert contrast(words.chip, "#FFFFFF") >= 4.5
    assert contrast(words.light, "#FFFFFF") >= 4.5
    assert contrast(words.dark, "#0F181E") >= 4.5


def test_driver__name_value_unit_and_direction() -> None:
    assert plain(fr.driver_words(driver())) == "↑ Niveau de vibration : 5,82 u.a."
    assert plain(fr.driver_words(driver(value=None, direction="baisse"))) == "↓ Niveau de vibration : –"
    assert fr.driver_words(None) == french.NOTHING


def test_marker__is_called_a_sign_and_its_value_is_a_word() -> None:
    recent = driver(label="Intervention récente", value=1.0, unit="", dtype="binary", marker=True)

    assert fr.driver_words(recent) == "↑ Intervention récente : oui (indice)"


def test_number_without_unit__is_no_yes_or_no() -> None:
    mode = driver(label="Mode de fonctionnement", value=1.0, unit="", dtype="int")

    assert fr.driver_words(mode) == "↑ Mode de fonctionnement : 1"


def test_verdict__probability_threshold_and_days() -> None:
    assert plain(fr.verdict(item(), 0.06)) == (
        "62 % de probabilité de panne dans les 7 jours, au-dessus du seuil de décision de 6 % ; "
        "panne estimée dans 4 jours."
    )
    assert "sous le seuil" in fr.verdict(item(failure_probability=0.059), 0.06)
    assert "au-dessus du seuil" in fr.verdict(item(failure_probability=0.06), 0.06)


def test_verdict__nothing_scored() -> None:
    said = fr.verdict(
        item(failure_probability=None, time_to_failure_days=None, data_status="non_evalue"), 0.06
    )

    assert said == "Aucune probabilité n’a pu être calculée pour cette turbine."


def test_principal__identifier_in_words() -> None:
    assert plain(principal_words("compte:3")) == "compte n° 3"
    assert plain(principal_words("cle:7")) == "clé n° 7"
    assert plain(principal_words("compte:3", "Léa")) == "Léa"
    assert principal_words("planification") == "calcul quotidien"
    assert principal_words("lea (ligne de commande)") == "lea (ligne de commande)"
