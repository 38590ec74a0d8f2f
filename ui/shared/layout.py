"""What every page is made of: header, error and waiting states, live blocks, level chips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import pandas as pd
import streamlit as st
from plotly.graph_objects import Figure

from api.schemas.charts import Chart
from api.schemas.common import Notice
from api.schemas.park import LevelCounts, Turbine
from api.schemas.vocabulary import RiskLevel
from ui.client.api_error import ApiError
from ui.shared import auth, charts, french_numbers
from ui.shared.figures import Palette, palette
from ui.shared.templates import template

Result = TypeVar("Result")
RETRY_S = 4
OWN_ACCOUNT = "mon-compte"
_GATE, _PAGES = "_gate", "_pages"
_ASSETS = Path(__file__).resolve().parent.parent / "assets"
LOGO, ICON, STYLE = _ASSETS / "logo.svg", _ASSETS / "icon.png", _ASSETS / "style.css"
# Any: the macros of a template are known at run time alone.
_BLOCKS: Any = template("shared/blocks.html").module


def colours() -> Palette:
    """The palette of the theme that the browser shows."""
    return palette(st.context.theme.type)


def declare(name: str, page: st.Page) -> None:
    """Makes a page known to :func:`go` for this run."""
    st.session_state.setdefault(_PAGES, {})[name] = page


def go(name: str, **query: str) -> None:
    """Opens a page; what follows the call is not run."""
    st.switch_page(st.session_state[_PAGES][name], query_params=query)


def remember(gate: auth.Gate) -> None:
    """Keeps the way out for the header of this run."""
    st.session_state[_GATE] = gate


def service_state() -> bool:
    """Says that the API does not answer, as long as it does not."""
    alive = auth.client().alive()
    if not alive:
        st.error(
            "**Service injoignable.** Le service du cockpit ne répond pas. "
            "Cette page se rétablira d’elle-même dès son retour."
        )
        st.button("Réessayer", key="reessayer_service")
    return alive


def header(title: str, beside: Callable[[], None] | None = None) -> None:
    """The page's title, what the page puts beside it, and the account at its right."""
    with st.container(horizontal=True, vertical_alignment="center", key="entete"):
        st.title(plain(title), anchor=False, width="content")
        if beside is not None:
            beside()
        user = auth.current_user()
        if user is not None:
            with st.popover(user.display_name, width="content", key="compte"):
                st.markdown(f"**{plain(user.display_name)}**  \n{plain(user.role_name)}")
                if st.button("Mon compte", key="ouvrir_mon_compte", width="stretch"):
                    go(OWN_ACCOUNT)
                st.session_state[_GATE].logout_button()


def fetched(call: Callable[[], Result], where: str) -> Result | None:
    """The result of a call to the API; None once its refusal has been shown, ``where`` on the page."""
    try:
        return call()
    except ApiError as error:
        check_session(error)
        show_error(error, where)
        return None


def check_session(error: ApiError) -> None:
    """Goes back to the login form when the session has ended."""
    if error.session_over:
        auth.end_session("Votre session a expiré : connectez-vous de nouveau.")


def turbines() -> list[Turbine]:
    """Every turbine of the park, asked for every other minute at most.

    Raises:
        ApiError: the API refused or could not be reached.
    """
    user = auth.current_user()
    return _turbines(user.username if user else "")


@st.cache_data(ttl=120, max_entries=2, show_spinner=False, scope="session")
def _turbines(username: str) -> list[Turbine]:  # the argument keeps one person's answer from the next
    return auth.client().turbines.all()


def show_error(error: ApiError, where: str = "page") -> None:
    """What went wrong, what to do, and the reference to quote."""
    reference = f"  \nRéférence à citer au support : `{plain(error.request_id)}`" if error.request_id else ""
    st.error(f"**{plain(error.title)}.** {plain(error.detail)}{reference}")
    st.button("Réessayer", key=f"reessayer_{where}")


def live(name: str, draw: Callable[[], bool], every_s: float | None = None) -> None:
    """A block that refreshes alone: each ``every_s`` seconds, and each few seconds while the API is away.

    Args:
        name: of the block, unique on its page.
        draw: draws the block; False when the API could not be reached.
        every_s: None to leave it still while all is well.
    """
    flag = f"_away_{name}"

    def block() -> None:
        away = not draw()
        if away != st.session_state.get(flag, False):
            st.session_state[flag] = away
            st.rerun()  # the whole page: a block's pace is set by the run that starts it

    st.fragment(block, run_every=RETRY_S if st.session_state.get(flag) else every_s, key=name)()


def number_field(
    label: str,
    key: str,
    *,
    low: float | None = None,
    help: str | None = None,
    placeholder: str | None = None,
    disabled: bool = False,
    width: int | Literal["stretch"] = "stretch",
    persist_state: Literal["page", "session"] | None = None,
) -> float | None:
    """A number with a French decimal comma: Streamlit's own field only knows the point.

    What was typed stays under ``key`` as text, with the reason at the field where it cannot be read;
    :func:`number` reads it where the field is not at hand. ``st-key-nombre_*`` calls the keypad of phones.

    Returns:
        The number; None where the field is empty or cannot be read.
    """
    with st.container(key=f"nombre_{key}", width=width, gap="xxsmall"):
        text = st.text_input(
            label,
            key=key,
            help=help,
            placeholder=placeholder,
            disabled=disabled,
            autocomplete="off",
            persist_state=persist_state,
        )
        try:
            return french_numbers.read(text, low)
        except french_numbers.NotANumber as error:
            st.markdown(f":red[**↑ {plain(str(error))}**]")
            return None


def number(key: str, low: float | None = None) -> float | None:
    """The number typed in the field ``key``; None where it is empty.

    Raises:
        NotANumber: it cannot be read; the field says why once drawn.
    """
    return french_numbers.read(st.session_state.get(key), low)


def readable(*keys: str) -> bool:
    """Whether each of these number fields can be read: nothing is sent before."""
    try:
        for key in keys:
            number(key)
    except french_numbers.NotANumber:
        return False
    return True


def notices(items: Sequence[Notice]) -> None:
    """What the API says must be known before using its answer."""
    for item in items:
        st.markdown(f":gray-badge[À savoir] {plain(item.message)}")


def levels_strip(
    counts: LevelCounts, differences: Mapping[RiskLevel, str] | None = None, elapsed: str = ""
) -> None:
    """Turbines per level: sign, number, word, meaning, and the difference with the ranking before.

    Args:
        counts: of the ranking shown.
        differences: signed, per level; None where there is nothing to compare with.
        elapsed: how long the differences took.
    """
    st.html(_BLOCKS.levels(counts, colours(), differences, elapsed))


def facts(cells: Sequence[tuple[str, str, str]]) -> None:
    """Figures side by side: name, value, what it is compared with."""
    st.html(_BLOCKS.facts(cells))


def banner(
    headline: str, *, good: bool, more: str = "", aside: str = "", notices: Sequence[Notice] = ()
) -> None:
    """What must be known first, and whether it is good.

    Args:
        headline: in bold.
        good: else it asks for attention.
        more: after the headline.
        aside: after it, where the window is wide.
        notices: below, one a line.
    """
    st.html(_BLOCKS.banner(headline, good, more, aside, notices))


def on_phones(text: str) -> None:
    """What a banner leaves out where the window is narrow."""
    st.html(_BLOCKS.narrow(text))


def verdict(levels: Sequence[RiskLevel], words: str, *, name: str = "", advice: str = "") -> None:
    """Where something stands: its level, or the way from one to another, then what it means."""
    st.html(_BLOCKS.verdict(levels, name, words, advice))


def line(level: RiskLevel | None, name: str, words: str, lines: Sequence[str] = ()) -> None:
    """One thing among others: its level, its name, what is to be known of it."""
    st.html(_BLOCKS.line(level, name, words, lines))


def table(frame: pd.DataFrame, alt: str | None = None) -> None:
    """A table whose texts are read whole and shown as they are, whatever people typed in them."""
    st.table(frame.map(plain), hide_index=True, alt=alt)


def plot(figure: Figure, key: str, alt: str) -> None:
    """A figure in the page's own colours; ``alt`` is for those who do not see it."""
    config = {"displayModeBar": False, "scrollZoom": False}
    st.plotly_chart(figure, key=key, alt=alt, theme=None, config=config)


def chart(described: Chart, key: str) -> None:
    """A chart that the API describes."""
    plot(charts.drawn(described, colours()), key, f"{described.title}. {described.note}")


def plain(text: str) -> str:
    """``text`` shown as it is where Markdown is read: the API's sentences may quote what people typed."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()#+-!|<>~$:" else c for c in text)
