"""A model's card, from the importer to the page to print."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pydantic import ValidationError

from api.core import Core
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import Conflict, ModelUnavailable
from api.inference.importing.importer import ImportRequest, import_model
from api.inference.serving.manifest import Manifest
from api.storage import policy as policies
from tests.support.client import new_core
from tests.support.importing_here import importing_here
from tests.support.park.importer_tools import SPLIT, fill_bench

UNKNOWN = "Qualité inconnue"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_bench(tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def core(bench: Path) -> Iterator[Core]:
    core = new_core(bench)
    for name, file, task, split in (
        ("risque", "classifier", "classification", SPLIT),
        ("delai", "regressor", "regression", SPLIT),
        ("inconnu", "classifier", "classification", None),
    ):
        request = ImportRequest(
            file=bench / f"{file}.joblib",
            name=name,
            task=task,
            labelled=bench / "rows.csv",
            split=split,
            imported_by="<b>Zoé</b>",
        )
        with importing_here():
            import_model(request, core.store, core.settings.now())
    yield core
    core.close()


class Page(HTMLParser):
    """What a page holds: texts, tags that stay open, addresses that it would call."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "action"}]
        if tag not in {"meta", "line", "path", "polyline", "polygon"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"line", "path", "polyline", "polygon"}:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_card__a_model_without_known_unseen_rows_has_no_figure_and_may_not_serve(core: Core) -> None:
    card = core.model_service.card("inconnu", 1)
    assert (card.measured, card.decision, card.summary.admitted) == (None, None, False)
    assert "Non mesuré" in card.summary.gate_reasons[0]
    page = Page(core.model_service.printable_card("inconnu", 1)).text
    assert UNKNOWN in page
    assert "Aire sous la courbe ROC" not in page
    assert UNKNOWN not in Page(core.model_service.printable_card("risque", 1)).text
    with pytest.raises(Conflict, match="contrôle de qualité"):
        core.model_service.activate("inconnu", 1, by="x", reason="essai")


def test_manifest__figures_without_known_unseen_rows_cannot_be_written(core: Core) -> None:
    known = json.loads(core.store.manifest("risque", 1).to_json())
    Manifest.model_validate(known)
    for change in ({"unseen": None}, {"data": {**known["data"], "unseen_rows": 1500}}):
        with pytest.raises(ValidationError, match="connues pour non vues"):
            Manifest.model_validate({**known, **change})


def test_card__costs_follow_the_policy_in_force(core: Core) -> None:
    before = core.model_service.card("risque", 1).decision
    assert before is not None
    with core.database.write() as connection:
        policy = RiskPolicy(cost_intervention_eur=2_000, cost_failure_eur=47_000)
        policies.add(connection, policy, by="essai", reason="essai", now=core.settings.now())
    after = core.model_service.card("risque", 1).decision
    assert after is not None
    chosen = [row for row in after.table if row.chosen]
    assert [row.threshold for row in chosen] == [2_000 / 47_000]
    assert after.policy_version == before.policy_version + 1
    for row in after.table:
        alerts = row.true_positives + row.false_positives
        assert row.cost_eur.value == 2_000 * alerts + 47_000 * row.false_negatives
        assert row.cost_eur.low is not None
    assert after.never_eur == 47_000 * (chosen[0].true_positives + chosen[0].false_negatives)


def test_card__history_tells_when_who_why_and_until_when(core: Core) -> None:
    service = core.model_service
    service.activate("risque", 1, by="compte:3", reason="premier essai")
    service.activate("inconnu", 1, by="compte:4", reason="comparer", admit=True)
    service.rollback("inconnu", by="compte:3", reason="moins bon")
    history = service.card("risque", 1).activations
    assert [change.reason for change in history] == ["moins bon", "premier essai"]
    assert history[0].replaced_at is None
    other = service.card("inconnu", 1).activations
    assert (other[0].admitted_by, other[0].replaced_at) == ("compte:4", history[0].activated_at)
    assert history[1].replaced_at == other[0].activated_at
    labels = {summary.name: summary.label for summary in service.all()}
    assert labels["inconnu"] == "inconnu v1 (admis : comparer)"
    assert labels["risque"] == "risque v1"
    page = Page(service.printable_card("inconnu", 1)).text
    assert "comparer (admis sans passer le contrôle de qualité, par compte n°\u00a04)" in page


@pytest.mark.parametrize("name", ["risque", "delai", "inconnu"])
def test_printable_card__stands_alone_and_shows_what_people_typed_as_text(core: Core, name: str) -> None:
    html = core.model_service.printable_card(name, 1)
    page = Page(html)
    assert page.open == []
    assert page.addresses == []
    assert not page.tags & {"script", "link", "img", "iframe", "b"}
    assert "<b>Zoé</b>" in page.text
    assert not re.search(r"https?://|url\(|@import", html)
    assert "size: A4" in html
    assert '<html lang="fr">' in html
    for title in ("À quoi il ne doit pas servir", "Limites connues", "Données", "Mises en service"):
        assert title in page.text


def test_card__altered_rows_are_refused(core: Core) -> None:
    path = core.store.folder("risque", 1) / "unseen_scores.json"
    kept = path.read_bytes()
    path.write_bytes(kept.replace(b"1", b"0", 1))
    try:
        with pytest.raises(ModelUnavailable, match="unseen_scores"):
            core.model_service.card("risque", 1)
    finally:
        path.write_bytes(kept)


def test_activation__what_explains_is_ready_before_the_version_answers(core: Core) -> None:
    core.model_service.activate("risque", 1, by="essai", reason="essai")
    served = core.models.current().require()
    assert served.model._explainer is not None
    core.model_service.activate("delai", 1, by="essai", reason="essai")
    core.models._checked_at = 0.0
    again = core.models.current()
    assert again.regressor is not None
    assert again.regressor.model._explainer is not None
    # The other task's model was not loaded a second time.
    assert again.require().model is served.model
