"""Login: streamlit-authenticator draws the form, reads the cookie; only the API knows passwords and rights.

The cookie carries the API's opaque session, so that logging out or ending it at the API ends it everywhere.
Two classes of the library are replaced before it builds anything; nothing else of it is changed. Our own
script sets the cookie: the library's component sends an answer, which Streamlit lets undo a change of page.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import jwt
import streamlit as st
import streamlit_authenticator as stauth
import streamlit_authenticator.controllers.authentication_controller as _authentication
import streamlit_authenticator.controllers.cookie_controller as _cookies
from streamlit_authenticator.models import AuthenticationModel, CookieModel
from streamlit_authenticator.utilities import LoginError

from api.schemas.auth import User
from api.schemas.vocabulary import Right
from ui.client.api_error import UNAUTHORIZED, ApiError
from ui.client.client import ApiClient
from ui.shared.security_headers import COOKIE_SCRIPT
from ui.shared.settings import UiSettings

COOKIE = "cockpit_session"
_PAST = datetime(1970, 1, 1, tzinfo=UTC)
_CLIENT, _CREDENTIALS, _TRIED = "_client", "_credentials", "_cookie_tried"
_WAITING, _DROP, _MESSAGE = "_waiting_for_api", "_drop_cookie", "_login_message"
_FIELDS = {
    "Form name": "Connexion",
    "Username": "Identifiant",
    "Password": "Mot de passe",
    "Login": "Se connecter",
}


def client() -> ApiClient:
    """Return the API client of this browser session."""
    held: ApiClient = st.session_state[_CLIENT]
    return held


def current_user() -> User | None:
    """Return the person logged in."""
    held = st.session_state.get(_CLIENT)
    return held.session.user if held is not None and held.session is not None else None


def may(right: Right) -> bool:
    """Tell whether the person logged in has this right. Comfort only: the API checks it again."""
    user = current_user()
    return user is not None and user.may(right)


class _ApiAuthenticationModel(AuthenticationModel):  # type: ignore[misc]
    """Credentials that the API checks, instead of hashes compared here."""

    def check_credentials(self, username: str, password: str) -> bool:
        """Tell whether the API opens a session; the form shows any other answer."""
        if not password:
            return False
        try:
            user = client().login(username, password)
        except ApiError as error:
            if error.status == UNAUTHORIZED:
                return False
            raise LoginError(error.detail) from error
        _adopt(username, user)
        return True

    def logout(self, callback: Any = None) -> None:
        """End the session at the API and forget the person here, even if the API is away."""
        try:
            client().logout()
            message = "Vous êtes déconnecté."
        except ApiError:
            message = "Vous êtes déconnecté de ce navigateur ; le service n’a pas pu en être prévenu."
        super().logout(callback)
        _forget(message)


class _ApiCookieModel(CookieModel):  # type: ignore[misc]
    """The cookie that carries the API's session from one visit to the next."""

    def __init__(
        self, cookie_name: str, cookie_key: str, cookie_expiry_days: float, path: None = None
    ) -> None:
        self.cookie_name, self.cookie_key = cookie_name, cookie_key
        self.cookie_expiry_days, self.path = cookie_expiry_days, path

    def _held(self) -> str | None:
        """Return the session in the cookie that the browser sent with the page; None without one."""
        try:
            held = jwt.decode(
                st.context.cookies.get(self.cookie_name) or "", self.cookie_key, algorithms=["HS256"]
            )
        except jwt.PyJWTError:
            return None
        return str(held.get("session", ""))

    def get_cookie(self) -> dict[str, Any] | None:
        """Take up the session of the browser's cookie; return None where there is none that holds."""
        if st.session_state.get("logout") or st.session_state.get(_TRIED):
            return None
        held = self._held()
        if held is None:
            st.session_state[_TRIED] = True
            return None
        try:
            user = client().resume(held)
        except ApiError as error:
            st.session_state[_WAITING] = error.unreachable
            st.session_state[_TRIED] = not error.unreachable
            if not error.unreachable:
                st.session_state[_MESSAGE] = "Votre session a expiré : connectez-vous de nouveau."
                st.session_state[_DROP] = True
            return None
        st.session_state[_WAITING] = False
        _adopt(user.username, user)
        return {"username": user.username}

    def set_cookie(self) -> None:
        """Do nothing yet: see :meth:`draw`."""

    def delete_cookie(self) -> None:
        """Do nothing yet: see :meth:`draw`."""

    def draw(self, *, secure: bool) -> None:
        """Set or remove the browser's cookie.

        The same element is drawn at the end of every run: a rerun may cut a run short before the cookie is
        set, and an unchanged element is not drawn anew. Nothing is drawn when the browser holds the cookie.
        """
        session = client().session
        if session is not None and session.refresh_token != self._held():
            content = {"session": session.refresh_token, "exp": int(session.ends_at.timestamp())}
            token = jwt.encode(content, self.cookie_key, algorithm="HS256")
            self._write(token, session.ends_at, secure=secure)
        elif st.session_state.get(_DROP):
            self._write("", _PAST, secure=secure)

    def _write(self, value: str, expires: datetime, *, secure: bool) -> None:
        """Write the cookie as RFC 6265 asks; neither its name nor a signed token needs escaping."""
        until = format_datetime(expires.astimezone(UTC), usegmt=True)
        cookie = f"{self.cookie_name}={value}; Path=/; Expires={until}; SameSite=Strict{'; Secure' * secure}"
        st.html(f'<i data-cockpit-cookie="{cookie}"></i>{COOKIE_SCRIPT}', unsafe_allow_javascript=True)


# Before any Authenticate is built: its controllers look these names up when they start.
_authentication.AuthenticationModel = _ApiAuthenticationModel
_cookies.CookieModel = _ApiCookieModel


class Gate:
    """The way in and out of the dashboard, for one run of the page."""

    def __init__(self, settings: UiSettings) -> None:
        self._settings = settings
        st.session_state.setdefault(_CLIENT, ApiClient(settings.api_url))
        credentials = st.session_state.setdefault(_CREDENTIALS, {"usernames": {}})
        self._authenticator = stauth.Authenticate(
            credentials, COOKIE, settings.cookie_key, auto_hash=False, login_sleep_time=0
        )

    def user(self) -> User | None:
        """Return the person logged in; the browser's cookie counts too."""
        if current_user() is None and st.session_state.get("authentication_status"):
            end_session("Votre session a expiré : connectez-vous de nouveau.")
        self._authenticator.login(location="unrendered")
        return current_user()

    @property
    def waiting(self) -> bool:
        """True when a known session cannot be taken up because the API does not answer."""
        return bool(st.session_state.get(_WAITING))

    def form(self) -> None:
        """Draw the login form, with the error of the last attempt."""
        message = st.session_state.get(_MESSAGE)
        if message:
            st.info(message)
        problem = None
        try:
            self._authenticator.login(location="main", fields=_FIELDS, key="connexion")
        except LoginError as error:
            problem = str(error)
        if current_user() is not None:
            for name in (_MESSAGE, _DROP, "logout"):
                st.session_state.pop(name, None)
            st.rerun()
        if problem:
            st.error(problem)
        elif st.session_state.get("authentication_status") is False:
            st.error("Identifiant ou mot de passe incorrect.")

    def logout_button(self) -> None:
        """Draw the button that ends the session, here and at the API."""
        self._authenticator.logout(
            "Se déconnecter", location="main", key="deconnexion", use_container_width=True
        )
        if current_user() is None:
            st.rerun()

    def draw_cookie(self) -> None:
        """Draw the cookie's script; call it at the end of every complete run."""
        self._authenticator.cookie_controller.cookie_model.draw(secure=self._settings.cookie_secure)


def end_session(message: str) -> None:
    """Forget the person and go back to the form; the address stays, so login leads back to it."""
    held = client()
    held.forget()
    _forget(message)
    st.rerun()


def _adopt(username: str, user: User) -> None:
    """Give the library the person that the API names; no hash ever enters the dashboard."""
    known = {"name": user.display_name, "roles": [user.role.value], "email": "", "password": ""}
    st.session_state[_CREDENTIALS]["usernames"][username] = known


def _forget(message: str) -> None:
    """Erase the person from this browser session."""
    held = client()
    for name in list(st.session_state):
        del st.session_state[name]
    st.session_state[_CLIENT] = held
    st.session_state["logout"] = True
    st.session_state["authentication_status"] = None
    st.session_state[_DROP] = True
    st.session_state[_MESSAGE] = message
