"""Accounts and keys: who can sign in, which machines may call. The administrator's page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from api.schemas.accounts import Account, ApiKey
from api.schemas.vocabulary import Role, Scope
from ui.client.api_error import ApiError
from ui.people import views
from ui.shared import auth, layout, outcome
from ui.shared.entry import typed

_PAGE, _SECRET, _ERRORS = "comptes", "_comptes_secret", "_comptes_erreurs"
_ACCOUNT, _API_KEY = "compte", "cle"  # of the rows that are open, in the address


@dataclass(frozen=True)
class _Secret:
    """What is shown once: for whom, and the secret itself."""

    words: str
    value: str


def page() -> None:
    """Draw the page."""
    layout.header("Comptes et clés")
    accounts = layout.fetched(auth.client().people.accounts, "comptes")
    keys = layout.fetched(auth.client().people.api_keys, "cles")
    if accounts is None or keys is None:
        return
    _show_outcome()
    st.subheader("Comptes", anchor=False)
    layout.table(
        views.accounts_frame(accounts),
        "Comptes",
        key="comptes",
        opens=[f"?{_ACCOUNT}={account.id}" for account in accounts],
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _new_account()
        chosen = next((account for account in accounts if str(account.id) == _asked(_ACCOUNT)), None)
        if chosen is None:
            st.caption("Une ligne choisit le compte à modifier.")
    if chosen is not None:
        with st.container(border=True, key="compte_ouvert"):
            _account_menu(chosen)
    st.subheader("Clés d’API", anchor=False)
    keys = views.in_force_first(keys)
    if keys:
        opens = ["" if key.revoked_at else f"?{_API_KEY}={key.id}" for key in keys]
        layout.table(views.keys_frame(keys), "Clés d’API", key="cles", opens=opens)
    else:
        st.markdown("Aucune clé : chaque machine qui appelle le service a besoin de la sienne.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _new_key()
        living = [key for key in keys if key.revoked_at is None]
        if living and not _revocation(next((key for key in living if str(key.id) == _asked(_API_KEY)), None)):
            st.caption("Une ligne choisit la clé à révoquer.")


def _asked(name: str) -> str:
    """Return what the address opens: the row of that number."""
    return st.query_params.get(name, "")


def _show_outcome() -> None:
    """Show the outcome of the last act, and a secret until somebody says that it is copied."""
    outcome.show(_PAGE)
    secret: _Secret | None = st.session_state.get(_SECRET)
    with st.container():  # stays when empty, so that the page does not move
        if secret is None:
            return
        with st.container(border=True, key="secret"):
            st.markdown(layout.plain(secret.words))
            st.code(secret.value, language=None)
            st.button("C’est copié, ne plus l’afficher", key="secret_copie", on_click=_hide)


def _hide() -> None:
    st.session_state.pop(_SECRET, None)


def _form(key: str) -> DeltaGenerator:
    """Group fields sent together: a redraw at each of them would lose a quick click."""
    return st.form(key, border=False, enter_to_submit=False)


def _new_account() -> None:
    errors = st.session_state.get(_ERRORS, {})
    with outcome.menu(_PAGE, "Créer un compte…", "creer_compte"), _form("formulaire_compte"):
        st.text_input("Identifiant", key="compte_identifiant")
        _wrong(errors, "username")
        st.text_input("Nom affiché", key="compte_nom")
        _wrong(errors, "display_name")
        st.selectbox("Rôle", list(Role), format_func=lambda role: role.words, key="compte_role")
        st.text_input(
            "Mot de passe (vide : tiré au hasard)", key="compte_mot_de_passe", type="password",
            autocomplete="new-password",
        )  # fmt: skip
        _wrong(errors, "password")
        st.form_submit_button("Créer le compte", key="compte_creer", type="primary", on_click=_create_account)


def _create_account() -> None:
    fields = st.session_state

    def make() -> str:
        made = auth.client().people.create_account(
            fields["compte_identifiant"],
            fields["compte_nom"],
            fields["compte_role"],
            fields["compte_mot_de_passe"] or None,
        )
        _keep_secret(f"Mot de passe provisoire de {made.account.username}", made.password)
        return f"Compte {made.account.username} créé."

    _act(make, clear=("compte_identifiant", "compte_nom", "compte_mot_de_passe"))


def _account_menu(chosen: Account) -> None:
    """Draw what can be done with the account of the row that is open."""
    me = auth.current_user()
    own = " (le vôtre)" if me is not None and me.username == chosen.username else ""
    st.markdown(f"**{layout.plain(chosen.username)}**{own} · {layout.plain(chosen.role.words)}")
    with st.container(horizontal=True, key="compte_actes"):
        _account_acts(chosen)


def _account_acts(chosen: Account) -> None:
    with outcome.menu(_PAGE, "Modifier…", "modifier_compte"), _form("formulaire_modifier"):
        _change(chosen)
    with outcome.menu(_PAGE, "Mot de passe…", "reinitialiser_compte"):
        st.markdown(
            layout.plain(f"Un mot de passe provisoire remplace celui de {chosen.username}, ses sessions ")
            + "sont closes et le compte est débloqué."
        )
        st.button(
            "Réinitialiser", key="compte_reinitialiser", type="primary", on_click=_reset, args=(chosen,)
        )
    with outcome.menu(_PAGE, "Sessions…", "clore_compte"):
        st.markdown(layout.plain(f"{chosen.username} devra se reconnecter sur tous ses appareils."))
        st.button("Clore ses sessions", key="compte_clore", on_click=_end_sessions, args=(chosen,))
    label = "Désactiver…" if chosen.active else "Réactiver…"
    with outcome.menu(_PAGE, label, "activation_compte"):
        words = "ne pourra plus se connecter ; ses sessions sont closes." if chosen.active else (
            "pourra de nouveau se connecter."
        )  # fmt: skip
        st.markdown(layout.plain(f"{chosen.username} {words}"))
        confirm = "Désactiver le compte" if chosen.active else "Réactiver le compte"
        st.button(confirm, key="compte_activation", type="primary", on_click=_switch, args=(chosen,))


def _change(chosen: Account) -> None:
    errors = st.session_state.get(_ERRORS, {})
    name, role = f"nom_de_{chosen.id}", f"role_de_{chosen.id}"
    typed.follow(f"compte_{chosen.id}", {name: chosen.display_name, role: chosen.role})
    st.text_input("Nom affiché", key=name)
    _wrong(errors, "display_name")
    st.selectbox("Rôle", list(Role), format_func=lambda role: role.words, key=role)
    st.caption("Changer de rôle clôt ses sessions.")
    st.form_submit_button(
        "Enregistrer", key="compte_enregistrer", type="primary", on_click=_update, args=(chosen,)
    )


def _update(chosen: Account) -> None:
    typed_name, typed_role = st.session_state[f"nom_de_{chosen.id}"], st.session_state[f"role_de_{chosen.id}"]
    news = {"display_name": typed_name} if typed_name != chosen.display_name else {}
    news |= {"role": typed_role.value} if typed_role is not chosen.role else {}
    if not news:
        outcome.tell(_PAGE, "Rien n’a été changé.", done=False)
        return

    def change() -> str:
        changed = auth.client().people.change_account(chosen.id, chosen.version, **news)
        return f"Compte {changed.username} modifié."

    _act(change)


def _reset(chosen: Account) -> None:
    def reset() -> str:
        made = auth.client().people.reset_password(chosen.id, None)
        _keep_secret(f"Mot de passe provisoire de {chosen.username}", made.password)
        return f"Mot de passe de {chosen.username} réinitialisé ; ses sessions sont closes."

    _act(reset)


def _end_sessions(chosen: Account) -> None:
    def end() -> str:
        auth.client().people.end_sessions(chosen.id)
        return f"Sessions de {chosen.username} closes."

    _act(end)


def _switch(chosen: Account) -> None:
    def switch() -> str:
        account = auth.client().people.change_account(chosen.id, chosen.version, active=not chosen.active)
        return f"Compte {account.username} {'réactivé' if account.active else 'désactivé'}."

    _act(switch)


def _new_key() -> None:
    errors = st.session_state.get(_ERRORS, {})
    with outcome.menu(_PAGE, "Créer une clé…", "creer_cle"), _form("formulaire_cle"):
        st.text_input("Nom de la machine", key="cle_nom")
        _wrong(errors, "name")
        st.markdown("Ce qu’elle pourra faire")
        for scope in Scope:
            st.checkbox(f"{scope} : {scope.words}", key=f"cle_{scope}")
        _wrong(errors, "scopes")
        st.form_submit_button("Créer la clé", key="cle_creer", type="primary", on_click=_create_key)


def _create_key() -> None:
    fields = st.session_state
    scopes = [scope for scope in Scope if fields[f"cle_{scope}"]]

    def make() -> str:
        made = auth.client().people.create_key(fields["cle_nom"], scopes)
        _keep_secret(f"Clé « {made.key.name} », à mettre dans l’en-tête X-API-Key", made.secret)
        return f"Clé « {made.key.name} » créée."

    _act(make, clear=("cle_nom",))


def _revocation(chosen: ApiKey | None) -> bool:
    """Draw the revocation of the key of the row that is open; False where none is."""
    if chosen is None:
        return False
    with outcome.menu(_PAGE, f"Révoquer « {layout.plain(chosen.name)} »…", "revoquer_cle"):
        st.markdown(
            layout.plain(f"« {chosen.name} » sera refusée partout en quelques secondes, définitivement.")
        )
        st.button("Révoquer la clé", key="cle_revoquer", type="primary", on_click=_revoke, args=(chosen,))
    return True


def _revoke(chosen: ApiKey) -> None:
    def revoke() -> str:
        auth.client().people.revoke_key(chosen.id)
        return f"Clé « {chosen.name} » révoquée."

    _act(revoke)


def _keep_secret(words: str, value: str | None) -> None:
    if value is not None:
        st.session_state[_SECRET] = _Secret(f"{words} (affiché cette seule fois) :", value)


def _act(act: Callable[[], str], clear: tuple[str, ...] = ()) -> None:
    """Do the act and say so; where the API refuses, keep what was typed and show why at the field."""
    st.session_state.pop(_SECRET, None)
    try:
        done = act()
    except ApiError as error:
        st.session_state[_ERRORS] = {each.field.rsplit(".", 1)[-1]: each.message for each in error.errors}
        outcome.tell(_PAGE, _refusal(error), done=False)
        return
    st.session_state.pop(_ERRORS, None)
    for key in clear:
        st.session_state[key] = ""
    outcome.tell(_PAGE, done)


def _refusal(error: ApiError) -> str:
    if error.superseded:
        return typed.superseded_words(error, lambda c: views.change_words(c.field, c.before, c.after))
    return f"{error.title}. {error.detail}"


def _wrong(errors: dict[str, str], field: str) -> None:
    if field in errors:
        st.markdown(f":red[✕ {layout.plain(errors[field])}]")
