"""A model's card for people: the same sentences, tables and charts on the page and in print."""

from __future__ import annotations

from collections.abc import Iterable

from api.inference.serving.manifest import Manifest
from api.schemas import french
from api.schemas.common import principal_words
from api.schemas.model_card import Description, Part, Section, State, Table
from api.schemas.models import TASKS, Activation, ModelFacts, ModelSummary
from api.services.models.card import words
from api.services.models.card.quality import quality_sections

_EXPLAINED = {
    "exacte": "Facteurs exacts : toutes les combinaisons de variables sont comptées (valeurs de Shapley).",
    "estimee": "Facteurs estimés en tirant des ordres de variables ; leur somme reste exacte.",
    "aucune": "Pas de facteurs : aucune mesure étiquetée n’a été donnée à l’import.",
}


def describe(facts: ModelFacts, manifest: Manifest) -> Description:
    """Describe one version for its card.

    Args:
        facts: of the version, with the names of people if the reader may know them.
        manifest: of the version.
    """
    summary = facts.summary
    who = principal_words(summary.imported_by, summary.imported_by_name)
    return Description(
        title=f"{summary.name} v{summary.version} : {TASKS[summary.task].lower()}",
        states=[
            State(words="En service", good=True)
            if summary.active
            else State(words="Pas en service", good=None),
            _gate_state(summary),
        ],
        sentences=[f"Importé le {french.date(summary.created_at)} par {who}.", *_admission(summary)],
        sections=[
            *quality_sections(facts, manifest),
            Section(
                title="Usage et limites",
                parts=[
                    _listed("À quoi il sert", facts.authorised_use),
                    _listed("À quoi il ne doit pas servir", facts.prohibited_use),
                    _listed("Limites connues", facts.limits),
                ],
            ),
            Section(
                title="Données et vérifications",
                parts=[
                    _features(facts),
                    _listed("Données", _data(manifest)),
                    _listed("Moteur et vérifications", _runtime(facts, manifest)),
                ],
            ),
            Section(title="Historique", parts=[_history(facts.activations)]),
        ],
    )


def _gate_state(summary: ModelSummary) -> State:
    if summary.admission is not None:
        return State(words="Admis sans passer le contrôle de qualité", good=None)
    return State(words="Admis", good=True) if summary.admitted else State(words="Non admis", good=False)


def _admission(summary: ModelSummary) -> list[str]:
    if (admission := summary.admission) is None:
        return []
    who = principal_words(admission.by, admission.by_name)
    return [f"N’a pas passé le contrôle de qualité ; admis par {who}, motif : {admission.reason}"]


def _listed(title: str, lines: Iterable[str]) -> Part:
    bullets = list(lines)
    return Part(title=title, bullets=bullets, sentences=[] if bullets else ["Rien n’est précisé."])


def _features(facts: ModelFacts) -> Part:
    rows = [
        [
            f"{each.label} ({each.name})",
            each.unit or french.NOTHING,
            words.span(each.training_minimum, each.training_maximum),
            words.span(each.minimum, each.maximum),
            "indice, pas une cause" if each.marker else "mesure",
        ]
        for each in facts.features
    ]
    header = ["Variable, dans l’ordre du modèle", "Unité", "Vu à l’entraînement", "Possible", "Rôle"]
    return Part(
        title="Ce qu’il lit",
        tables=[Table(title="Variables", header=header, rows=rows)],
        sentences=[f"{each.label} : {each.note}" for each in facts.features if each.note],
    )


def _data(manifest: Manifest) -> Iterable[str]:
    data = manifest.data
    yield f"Cible : {manifest.target}."
    if manifest.classes:
        classes = ", ".join(str(label) for label in manifest.classes)
        yield f"Classes : {classes} ; la panne est « {manifest.positive_class} »."
    if data.source:
        yield f"Fichier : {data.source}, {french.counted(data.rows or 0, 'ligne')}."
        first, last = french.date(data.first_day), french.date(data.last_day)
        yield f"Période : du {first} au {last}." if data.first_day else f"Dernier jour : {last}."
        yield f"Empreinte SHA-256 des données : {data.sha256}."
    if data.training_rows is not None:
        yield (
            f"Lignes pour l’ajuster : {french.number(data.training_rows)} ; jamais vues : "
            f"{french.number(data.unseen_rows)} ; ni l’un ni l’autre : {french.number(data.left_out)}."
        )
    yield f"Lignes jamais vues : {data.split}"


def _runtime(facts: ModelFacts, manifest: Manifest) -> Iterable[str]:
    runtime, golden = manifest.runtime, manifest.golden
    yield f"Estimateur : {manifest.estimator}."
    if manifest.own_threshold is not None:
        yield (
            f"Seuil que son auteur y a réglé : {french.number(manifest.own_threshold, 2)}. Il n’est pas "
            "appliqué : le cockpit décide au seuil de la politique."
        )
    yield f"Moteur : {runtime.engine}. {runtime.reason}"
    compared = (
        "entre une ligne seule et parmi d’autres" if manifest.served_as_it_came else "avec scikit-learn"
    )
    yield (
        f"Plus grand écart {compared} : {words.difference(runtime.largest_difference)}, sur "
        f"{french.counted(runtime.rows_compared, 'ligne comparée')}."
    )
    if golden is not None and manifest.served_as_it_came:
        yield (
            f"Sorties enregistrées à l’export ({french.counted(golden.rows, 'ligne')}) : retrouvées ici "
            f"(écart {words.difference(golden.largest_difference)})."
        )
    elif golden is None:
        yield "Sorties enregistrées ailleurs (--golden) : aucune n’a été jointe ni n’était nécessaire."
    else:
        yield (
            f"Écrit par scikit-learn {golden.written_by} : ses sorties enregistrées là-bas "
            f"({french.counted(golden.rows, 'ligne')}) sont retrouvées ici "
            f"(écart {words.difference(golden.largest_difference)})."
        )
    yield _EXPLAINED[facts.explained]
    yield "Bibliothèques : " + ", ".join(f"{n} {v}" for n, v in sorted(manifest.libraries.items())) + "."
    yield (
        f"Empreinte SHA-256 de l’artefact : {manifest.sha256} "
        f"({french.number(manifest.size_bytes / 1e6, 2)}{french.NBSP}Mo)."
    )


def _history(activations: list[Activation]) -> Part:
    rows = [
        [
            french.date(change.activated_at),
            "en service" if change.replaced_at is None else french.date(change.replaced_at),
            principal_words(change.activated_by, change.activated_by_name),
            change.reason + _admitted(change),
        ]
        for change in activations
    ]
    table = Table(title="Du plus récent au plus ancien", header=["Du", "Au", "Par", "Motif"], rows=rows)
    return Part(
        title="Mises en service",
        tables=[table] if rows else [],
        sentences=[] if rows else ["Cette version n’a jamais été mise en service."],
    )


def _admitted(change: Activation) -> str:
    if change.admitted_by is None:
        return ""
    who = principal_words(change.admitted_by, change.admitted_by_name)
    return f" (admis sans passer le contrôle de qualité, par {who})"
