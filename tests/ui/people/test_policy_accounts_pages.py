"""Policy, accounts, keys, audit and one's own account in the dashboard, against the real API."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from api.schemas import french
from api.schemas.vocabulary import Role
from tests.support.servers import PASSWORD, api_server, free_port, prepare
from tests.ui.conftest import RunningApi, enter, follow, open_at, tables, text_of, type_text, typed_text
from ui.client.api_error import ApiError
from ui.client.client import ApiClient
from ui.policy import views as policy_views

COST = "politique_cost_intervention_eur"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    """An installation of its own: these pages change who may enter and what a level means."""
    home = tmp_path_factory.mktemp("politique")
    prepare(home)
    port = free_port()
    server = api_server(home, port).start()
    try:
        yield RunningApi(f"http://127.0.0.1:{port}", home)
    finally:
        server.stop()


Open = Callable[..., AppTest]


@pytest.fixture
def open_page(dashboard: Callable[[str], AppTest], api: RunningApi) -> Open:
    def opened(username: str, page: str, password: str = PASSWORD) -> AppTest:
        return enter(dashboard(api.url), username, page, password)

    return opened


@pytest.fixture
def manager(api: RunningApi) -> Iterator[ApiClient]:
    client = api.client("manager")
    yield client
    client.close()


@pytest.fixture
def admin(api: RunningApi) -> Iterator[ApiClient]:
    client = api.client("admin")
    yield client
    client.close()


def said(at: AppTest) -> str:
    told = [element.value for element in (*at.success, *at.error, *at.warning)]
    return "\n".join([text_of(at), *told]).replace("\\", "")


def keys(at: AppTest) -> set[str]:
    found = (*at.button, *at.text_input, *at.selectbox)
    return {element.key for element in found if element.key}


def test_policy__effect_before_saving_is_the_api_s(open_page: Open, manager: ApiClient) -> None:
    at = open_page("manager", "politique")
    assert "Changez une valeur" in said(at)
    assert "enregistrer" not in keys(at)

    at.text_input(key=COST).set_value("1 500").run()

    policy = manager.policy.versions()
    wanted = policy_views.values_of(policy.in_force.parameters) | {"cost_intervention_eur": 1_500.0}
    told = manager.policy.preview(wanted, 200)
    page = said(at)
    assert told.changed > 0
    assert policy_views.effect_words(told) in page
    listed = next(frame.value for frame in tables(at) if "Jours restants" in frame.value.columns)
    assert list(listed["Turbine"]) == [shift.turbine_id for shift in told.turbines]
    costs = next(table.value for table in tables(at) if "Pannes annoncées" in table.value.columns)
    assert told.decision is not None
    chosen = next(row for row in told.decision.table if row.chosen)
    assert costs["Seuil"].iloc[1] == f"Proposé : {french.threshold(chosen.threshold)}"
    assert costs["Manquées"].iloc[1] == str(chosen.false_negatives)
    assert manager.policy.versions().in_force.version == policy.in_force.version
    assert not at.exception


def test_policy__refused_values_stay_with_the_message_at_the_field(open_page: Open) -> None:
    at = open_page("manager", "politique")
    at.text_input(key="politique_cost_failure_eur").set_value("2000,0").run()
    assert at.text_input(key="politique_cost_failure_eur").value == "2000,0"
    assert any(":red[✕ une panne manquée doit coûter plus" in element.value for element in at.markdown)
    assert "enregistrer" not in keys(at)
    at.text_input(key="politique_cost_failure_eur").set_value("60000").run()
    assert ":red[" not in said(at)
    assert "enregistrer" in keys(at)
    at.button(key="reprendre").click().run()
    assert at.text_input(key="politique_cost_failure_eur").value == french.typed(50_000)


@pytest.mark.parametrize(
    ("text", "words"), [("cher", "n’est pas un nombre"), ("", "Une valeur est attendue")]
)
def test_policy__no_effect_is_shown_of_what_is_no_number(open_page: Open, text: str, words: str) -> None:
    at = open_page("manager", "politique")
    at.text_input(key=COST).set_value(text).run()
    assert words in said(at)
    assert "Corrigez la valeur signalée" in said(at)
    assert at.text_input(key=COST).value == text
    assert "enregistrer" not in keys(at)


def test_policy__saved_with_a_reason_then_gone_back_to(open_page: Open, manager: ApiClient) -> None:
    start = manager.policy.versions().in_force
    at = open_page("manager", "politique")
    at.text_input(key=COST).set_value("2500").run()
    at.button(key="enregistrer").click().run()
    assert "Un motif est attendu" in said(at)
    assert at.text_input(key=COST).value == "2500"

    type_text(at, "motif_politique", "nouveau contrat de maintenance")
    at.button(key="enregistrer").click().run()
    now = manager.policy.versions().in_force
    assert (now.version, now.parameters.cost_intervention_eur) == (start.version + 1, 2_500.0)
    page = said(at)
    assert f"Version {now.version} enregistrée" in page
    assert "le prochain calcul du parc utilisera la version" in page
    assert {"calculer", "retablir"} <= keys(at)
    versions = tables(at)[-1].value
    assert "nouveau contrat de maintenance" in list(versions["Motif"])
    assert "Responsable maintenance (démonstration)" in versions["Par"].iloc[0].replace("\\", "")

    at.selectbox(key="version_voulue").set_value(start.version)
    type_text(at, "motif_retour", "contrat refusé")
    at.button(key="retablir").click().run()
    back = manager.policy.versions().in_force
    assert (back.version, back.parameters) == (start.version + 2, start.parameters)
    assert at.text_input(key=COST).value == french.typed(start.parameters.cost_intervention_eur)


def test_policy__somebody_else_saved_in_between(open_page: Open, manager: ApiClient) -> None:
    at = open_page("manager", "politique")
    at.text_input(key="politique_urgent_days").set_value("9").run()
    type_text(at, "motif_politique", "trop tard")
    present = manager.policy.versions().in_force
    other = policy_views.values_of(present.parameters) | {"urgent_days": 8.0}
    manager.policy.save(present.version, other, "entre-temps")
    at.button(key="enregistrer").click().run()
    assert "Modifié entre-temps : " in said(at)
    assert "(délai urgent 7" in said(at)
    assert "« entre-temps »" in said(at)
    assert at.text_input(key="politique_urgent_days").value == "9"
    assert typed_text(at, "motif_politique") == "trop tard"
    assert manager.policy.versions().in_force.reason == "entre-temps"
    manager.policy.restore(present.version, present.version + 1, "fin de l’essai")


@pytest.mark.parametrize("username", ["technicien", "ingenieur", "admin"])
def test_policy__others_read(open_page: Open, username: str) -> None:
    at = open_page(username, "politique")
    assert "Le responsable maintenance modifie ces valeurs." in said(at)
    assert not [field for field in at.text_input if (field.key or "").startswith("politique_")]
    assert not keys(at) & {"enregistrer", "retablir", "calculer"}


@pytest.mark.parametrize("username", ["technicien", "manager", "ingenieur"])
@pytest.mark.parametrize("page", ["comptes", "audit"])
def test_accounts__closed_to_others(open_page: Open, username: str, page: str) -> None:
    assert "Votre rôle n’ouvre pas cette page" in said(open_page(username, page))


def opening(at: AppTest, caption: str, name: str) -> str:
    """What the row of that name opens."""
    table = next(table for table in tables(at) if table.caption == caption)
    return next(href for row, href in zip(table.rows, table.opens, strict=True) if row[0] == name)


def test_accounts__made_changed_and_shut_out(open_page: Open, admin: ApiClient, api: RunningApi) -> None:
    at = open_page("admin", "comptes")
    at.text_input(key="compte_identifiant").set_value("lea")
    at.text_input(key="compte_nom").set_value("Léa Martin")
    at.text_input(key="compte_mot_de_passe").set_value("court")
    at.button(key="compte_creer").click().run()
    assert any(":red[✕ 12\u00a0caractères" in element.value for element in at.markdown)
    assert at.text_input(key="compte_identifiant").value == "lea"

    at.text_input(key="compte_mot_de_passe").set_value("")
    at.button(key="compte_creer").click().run()
    assert "Compte lea créé." in said(at)
    assert "Compte lea créé." in said(at.run())  # a redraw right after takes nothing away
    password = at.code[0].value
    assert ApiClient(api.url).login("lea", password).role is Role.TECHNICIEN
    at.button(key="secret_copie").click().run()
    assert not at.code

    lea = next(account for account in admin.people.accounts() if account.username == "lea")
    follow(at, opening(at, "Comptes", "lea"))
    at.selectbox(key=f"role_de_{lea.id}").set_value(Role.INGENIEUR)
    at.button(key="compte_enregistrer").click().run()
    at.button(key="compte_reinitialiser").click().run()
    assert at.code[0].value != password
    at.button(key="compte_activation").click().run()
    assert "Compte lea désactivé." in said(at)
    now = next(account for account in admin.people.accounts() if account.username == "lea")
    assert (now.role, now.active, now.sessions) == (Role.INGENIEUR, False, 0)
    assert not at.exception


def test_accounts__somebody_else_changed_it_in_between(open_page: Open, admin: ApiClient) -> None:
    made = admin.people.create_account("noe", "Noé", Role.TECHNICIEN, None).account
    at = open_page("admin", "comptes")
    follow(at, opening(at, "Comptes", "noe"))
    admin.people.change_account(made.id, made.version, role=Role.MANAGER.value)
    at.text_input(key=f"nom_de_{made.id}").set_value("Noé Petit")
    at.button(key="compte_enregistrer").click().run()
    assert "Modifié entre-temps : " in said(at)
    assert "(rôle Technicien → Responsable maintenance)" in said(at)
    assert at.text_input(key=f"nom_de_{made.id}").value == "Noé Petit"
    at.button(key="compte_enregistrer").click().run()
    now = next(account for account in admin.people.accounts() if account.username == "noe")
    assert (now.display_name, now.role) == ("Noé Petit", Role.MANAGER)


def test_accounts__the_last_administrator_stays(open_page: Open, admin: ApiClient) -> None:
    at = open_page("admin", "comptes")
    assert "compte_activation" not in keys(at), "no account is chosen for the person, least of all their own"
    follow(at, opening(at, "Comptes", "admin"))
    at.button(key="compte_activation").click().run()
    assert "On ne désactive pas son propre compte" in said(at)
    assert next(account for account in admin.people.accounts() if account.username == "admin").active


def test_keys__made_shown_once_and_revoked(open_page: Open, admin: ApiClient) -> None:
    at = open_page("admin", "comptes")
    at.text_input(key="cle_nom").set_value("scada nord")
    at.button(key="cle_creer").click().run()
    assert any(":red[✕ portées possibles" in element.value for element in at.markdown)
    at.checkbox(key="cle_read").check()
    at.button(key="cle_creer").click().run()
    assert at.code[0].value.startswith("ck_")
    assert next(key for key in admin.people.api_keys() if key.name == "scada nord").scopes == ("read",)
    follow(at, opening(at, "Clés d’API", "scada nord"))
    at.button(key="cle_revoquer").click().run()
    assert "Clé « scada nord » révoquée." in said(at)
    assert not at.code
    assert next(key for key in admin.people.api_keys() if key.name == "scada nord").revoked_at is not None


def test_audit__listed_filtered_and_verified(open_page: Open, admin: ApiClient) -> None:
    at = open_page("admin", "audit")
    trail = admin.people.audit(limit=100)
    assert list(tables(at)[0].value["N°"]) == [str(entry.id) for entry in trail.items]
    at.selectbox(key="audit_acte").set_value("compte_cree").run()
    made = admin.people.audit(limit=100, action="compte_cree")
    assert list(tables(at)[0].value["N°"]) == [str(entry.id) for entry in made.items]
    at.button(key="verifier").click().run()
    assert f"{french.counted(trail.total, 'entrée relue')} :" in said(at)
    assert at.code[0].value == trail.items[0].hash


def test_own_password__changed_and_the_person_stays(
    open_page: Open, admin: ApiClient, api: RunningApi
) -> None:
    first = admin.people.create_account("paul", "Paul", Role.TECHNICIEN, None).password
    assert first is not None
    at = open_page("paul", "mon-compte", first)
    new = "une phrase bien assez longue"
    for key, value in (("mdp_actuel", "faux"), ("mdp_nouveau", new), ("mdp_encore", new)):
        at.text_input(key=key).set_value(value)
    at.button(key="mdp_changer").click().run()
    assert any(":red[✕ mot de passe actuel incorrect" in element.value for element in at.markdown)
    at.text_input(key="mdp_actuel").set_value(first)
    at.button(key="mdp_changer").click().run()
    assert "Mot de passe changé" in said(at)
    assert "identifiant paul" in said(open_at(at, "mon-compte"))
    with pytest.raises(ApiError):
        ApiClient(api.url).login("paul", first)
    assert ApiClient(api.url).login("paul", new).username == "paul"

    at.button(key="partout_confirmer").click().run()
    assert "Vous êtes déconnecté partout." in said(at)
