"""Euros that rest on an uncalibrated probability are called indicative, everywhere by the same rule."""

from __future__ import annotations

import pytest

from api.domain.models.calibration import Calibration, CalibrationTable
from api.domain.plausibility.finding_counts import turbines_by_code
from api.domain.plausibility.trust import Finding, data_status
from api.domain.shared.wording import recommendation
from api.inference.reference.fit import STORE
from api.inference.serving.loaded import LoadedModel
from api.inference.serving.manifest import Manifest
from api.schemas import french
from api.schemas.vocabulary import INDICATIVE, DataStatus, RiskLevel, indicative
from api.services.models.active_models import ActiveModels, ServedModel
from api.services.park.scoring import score
from tests.unit.models.test_days_left import POLICY, READING

REMARK = Finding(INDICATIVE, None, "Probabilité non calibrée.")


def findings(calibration: Calibration, **admission: str) -> list[Finding]:
    """The findings of a sound measurement, by a classifier of this calibration."""
    text = (STORE / "risque-panne-7j" / "1" / "manifest.json").read_text("utf-8")
    manifest = Manifest.model_validate_json(text).model_copy(update={"calibration": calibration})
    model = LoadedModel(manifest, lambda rows: rows[:, 0] * 0 + 0.2, None)
    models = ActiveModels(1, ServedModel(model, admission.get("by"), admission.get("reason")))
    (answer,) = score([READING], models, POLICY)
    return list(answer.findings)


def test_a_probability_that_is_not_calibrated__says_that_euros_are_indicative() -> None:
    assert [f.code for f in findings(Calibration("non_calibree", "Trop peu."))] == [INDICATIVE]


def test_a_calibrated_probability__says_nothing() -> None:
    table = CalibrationTable("isotonique", (0.0, 1.0), (0.0, 1.0))
    assert findings(Calibration("isotonique", "Adoptée.", table=table)) == []


def test_the_remark__is_no_doubt_and_is_not_counted_by_turbine() -> None:
    assert data_status([REMARK]) is DataStatus.OK
    assert not turbines_by_code([[REMARK], [REMARK]])


@pytest.mark.parametrize(("rough", "ending"), [(True, "(indicatif)"), (False, "€")])
def test_an_amount__carries_the_word(rough: bool, ending: str) -> None:
    assert french.euros(31_000, indicative=rough).endswith(ending)
    assert french.euros(None, indicative=rough) == french.euros(None)
    advice = recommendation(RiskLevel.ELEVE, DataStatus.OK, 0.3, 5_000, indicative=rough)
    assert ("indicatif" in advice) is rough


def test_indicative__is_read_from_the_findings() -> None:
    assert indicative([Finding("hors_domaine", None, "."), REMARK])
    assert not indicative([Finding("hors_domaine", None, ".")])


def test_a_model_admitted_against_the_gate__is_named_with_the_reason() -> None:
    (_, admitted) = sorted(
        findings(Calibration("non_calibree", "Trop peu."), by="compte:2", reason="seul modèle connu"),
        key=lambda finding: finding.code,
    )
    assert admitted.code == "modele_admis"
    assert "compte:2, motif : seul modèle connu" in admitted.message
