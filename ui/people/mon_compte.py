"""One's own account: change the password, sign out everywhere."""

from __future__ import annotations

import streamlit as st

from ui.client.api_error import ApiError
from ui.shared import auth, layout, outcome

_PAGE, _ERRORS = "mon_compte", "_mon_compte_erreurs"
_TYPED = ("mdp_actuel", "mdp_nouveau", "mdp_encore")


def page() -> None:
    """Draw the page."""
    layout.header("Mon compte")
    user = auth.current_user()
    if user is None:
        return
    st.markdown(
        f"**{layout.plain(user.display_name)}**, {user.role_name.lower()}, "
        f"identifiant {layout.plain(user.username)}."
    )
    outcome.show(_PAGE)
    _password()
    _sessions()


def _password() -> None:
    st.subheader("Changer mon mot de passe", anchor=False)
    errors = st.session_state.get(_ERRORS, {})
    with st.container(width=440):
        st.text_input(
            "Mot de passe actuel", key="mdp_actuel", type="password", autocomplete="current-password"
        )
        _wrong(errors, "current_password")
        st.text_input(
            "Nouveau mot de passe", key="mdp_nouveau", type="password", autocomplete="new-password",
            help="12 caractères au moins ; une phrase convient.",
        )  # fmt: skip
        _wrong(errors, "new_password")
        st.text_input("Encore une fois", key="mdp_encore", type="password", autocomplete="new-password")
        _wrong(errors, "encore")
        st.button("Changer le mot de passe", key="mdp_changer", type="primary", on_click=_change)
    st.caption("Vos autres sessions seront closes ; celle-ci continue.")


def _change() -> None:
    current, new, again = (st.session_state[key] for key in _TYPED)
    st.session_state.pop(_ERRORS, None)
    if new != again:
        st.session_state[_ERRORS] = {"encore": "les deux saisies diffèrent."}
        return
    try:
        auth.client().people.change_own_password(current, new)
    except ApiError as error:
        st.session_state[_ERRORS] = {each.field: each.message for each in error.errors}
        outcome.tell(_PAGE, f"{error.title}. {error.detail}", done=False)
        return
    for key in _TYPED:
        st.session_state[key] = ""
    outcome.tell(_PAGE, "Mot de passe changé ; vos autres sessions sont closes.")


def _sessions() -> None:
    st.subheader("Sessions", anchor=False)
    with st.popover("Me déconnecter partout…", width="content", key="partout"):
        st.markdown("Sur tous vos appareils, celui-ci compris.")
        out = st.button("Me déconnecter partout", key="partout_confirmer", type="primary")
    if out:
        try:
            auth.client().people.sign_out_everywhere()
        except ApiError as error:
            layout.check_session(error)
            layout.show_error(error, "partout")
            return
        auth.end_session("Vous êtes déconnecté partout.")


def _wrong(errors: dict[str, str], field: str) -> None:
    if field in errors:
        st.markdown(f":red[✕ {layout.plain(errors[field])}]")
