"""A machine stopped on purpose is not a dead sensor."""

from __future__ import annotations

import pytest

from api.domain.plausibility.trust import Finding, counts_as_dead, data_status, of_a_stopped_machine
from api.schemas.vocabulary import DataStatus

OLD = Finding("mesure_perimee", "measured_at", "La dernière mesure a 12 jours ; la limite est de 7 jours.")
NEVER = Finding("sans_mesure", None, "Aucune mesure de cette turbine jusqu’à ce jour.")
SILENT = Finding("turbine_muette", None, "Muette.")
ODD = Finding("hors_domaine", "wind_speed", "Vent hors du domaine.")
HALF = Finding("mesure_incomplete", None, "Valeur absente.")


@pytest.mark.parametrize("silence", [OLD, NEVER, SILENT])
@pytest.mark.parametrize(
    ("state", "words"), [("arret_programme", "Arrêt programmé"), ("hors_service", "Hors service")]
)
def test_silence_of_a_stopped_machine__is_told_as_its_stop(silence: Finding, state: str, words: str) -> None:
    told, *others = of_a_stopped_machine(state, [ODD, silence])
    assert told.code == state
    assert told.message.startswith(words)
    assert silence.message in told.message
    assert others == [ODD]


def test_silence_of_a_machine_in_service__stays() -> None:
    assert of_a_stopped_machine("en_service", [OLD, ODD]) == (OLD, ODD)


def test_a_stopped_machine_that_speaks__is_judged_as_any_other() -> None:
    for state in ("arret_programme", "hors_service"):
        assert of_a_stopped_machine(state, [ODD, HALF]) == (ODD, HALF)
        assert of_a_stopped_machine(state, []) == ()


def test_two_silences__are_told_once() -> None:
    [told] = of_a_stopped_machine("arret_programme", [OLD, SILENT])
    assert OLD.message in told.message
    assert SILENT.message in told.message


@pytest.mark.parametrize("silence", [OLD, NEVER])
def test_counts__leave_stopped_machines_out_and_keep_the_others(silence: Finding) -> None:
    status = data_status([silence])
    assert status in {DataStatus.PERIME, DataStatus.NON_EVALUE}
    assert counts_as_dead(status, [silence])
    assert not counts_as_dead(status, of_a_stopped_machine("arret_programme", [silence]))


def test_counts__a_stopped_machine_with_half_a_measurement__is_a_dead_sensor() -> None:
    told = of_a_stopped_machine("arret_programme", [HALF])
    assert counts_as_dead(data_status(told), told)


@pytest.mark.parametrize("status", [DataStatus.OK, DataStatus.DOUTEUX])
def test_counts__usable_data__are_never_dead(status: DataStatus) -> None:
    assert not counts_as_dead(status, [ODD])
