"""Words, numbers and dates as France writes them, whatever the value."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.schemas.vocabulary import DataStatus, RiskLevel, folded
from tests.support.ui_samples import driver, item
from ui.shared import labels as fr

SPACES = str.maketrans({fr.NBSP: " ", fr.THIN: " "})


def plain(text: str) -> str:
    """With ordinary spaces."""
    return text.translate(SPACES)


@given(st.floats(0, 1))
def test_probability__never_certain_and_off_by_half_of_its_last_digit_at_most(probability: float) -> None:
    shown = plain(fr.fr_percent(probability))

    assert shown not in {"0 %", "100 %"}
    if shown == "< 1 %":
        assert probability < 0.01
    elif shown == "> 99 %":
        assert probability > 0.99
    else:
        read = float(shown.removesuffix(" %").replace(",", ".")) / 100
        assert abs(read - probability) <= (0.0005 if probability < 0.1 else 0.005) + 1e-12


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (1234567.891, 2, "1 234 567,89"),
        (-1234.5, 1, "−1 234,5"),
        (-0.04, 1, "0,0"),
        (0, 0, "0"),
        (float("nan"), 1, "–"),
        (float("inf"), 1, "–"),
        (None, 1, "–"),
    ],
)
def test_number__french_separators_and_no_negative_zero(value: float | None, digits: int, shown: str) -> None:
    assert plain(fr.fr_number(value, digits)) == shown


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_number__reads_back_as_the_rounded_value(value: float, digits: int) -> None:
    shown = fr.fr_number(value, digits).replace(fr.THIN, "").replace(",", ".").replace(fr.MINUS, "-")

    assert float(shown) == pytest.approx(round(value, digits), abs=10**-digits * 0.51)


@pytest.mark.parametrize(
    ("difference", "shown"),
    [
        (0.123, "+12,3 points"),
        (-0.0004, "0 point"),
        (-0.196, "−19,6 points"),
        (0.01, "+1 point"),
        (0.0196, "+2 points"),
    ],
)
def test_difference_of_probabilities__in_signed_points(difference: float, shown: str) -> None:
    assert plain(fr.fr_points(difference)) == shown


@pytest.mark.parametrize(
    ("days", "shown"),
    [(1.0, "1 jour"), (1.9, "1,9 jour"), (4.25, "4,2 jours"), (12.6, "13 jours"), (None, "–")],
)
def test_days__one_decimal_below_ten(days: float | None, shown: str) -> None:
    assert plain(fr.fr_days(days)) == shown


def test_interval__low_to_high() -> None:
    assert plain(fr.fr_interval((1.5, 12.4))) == "de 1,5 à 12 jours"
    assert fr.fr_interval(None) == fr.NOTHING


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (date(2024, 12, 30), "30/12/2024"),
        (datetime(2024, 7, 1, 22, 30, tzinfo=UTC), "02/07/2024 à 00:30"),
        (datetime(2024, 12, 30, 5, 0, tzinfo=UTC), "30/12/2024 à 06:00"),
        (None, "–"),
    ],
)
def test_date__day_first_and_paris_time(moment: date | datetime | None, shown: str) -> None:
    assert fr.fr_date(moment) == shown


def test_long_date__weekday_month_and_first_of_the_month() -> None:
    assert fr.fr_long_date(date(2024, 12, 30)) == "lundi 30 décembre 2024"
    assert fr.fr_long_date(date(2025, 8, 1)) == "vendredi 1er août 2025"


@pytest.mark.parametrize(
    ("age", "shown"),
    [
        (0, "mesurée le jour même"),
        (1, "mesurée il y a 1 jour"),
        (3, "mesurée il y a 3 jours"),
        (None, "jamais mesurée"),
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
    assert fr.driver_words(None) == fr.NOTHING


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
    assert plain(fr.principal_words("compte:3")) == "compte n° 3"
    assert plain(fr.principal_words("cle:7")) == "clé n° 7"
    assert plain(fr.principal_words("compte:3", "Léa")) == "Léa"
    assert fr.principal_words("planification") == "calcul quotidien"
    assert fr.principal_words("lea (ligne de commande)") == "lea (ligne de commande)"
