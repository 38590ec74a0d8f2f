"""What every page is made of: header, error and waiting states, live blocks, level chips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar

import pandas as pd
import streamlit as st
from plotly.graph_objects import Figure

from api.schemas.charts import Chart
from api.schemas.common import Notice
from api.schemas.park import LevelCounts
from api.schemas.vocabulary import RiskLevel
from ui.client.api_error import ApiError
from ui.shared import auth, charts, french_numbers, links, park_facts
from ui.shared import table as tables
from ui.shared.figures import Palette, palette
from ui.shared.templates import template

Result = TypeVar("Result")
RETRY_S = 4
OWN_ACCOUNT = "mon-compte"
_GATE, _PAGES, _ACTED = "_gate", "_pages", "_acted"
_ASSETS = Path(__file__).resolve().parent.parent / "assets"
LOGO, ICON = _ASSETS / "logo.svg", _ASSETS / "icon.png"
_OWN_STYLE = (_ASSETS / "style.css").read_text(encoding="utf-8")
STYLE = f"<style>{_OWN_STYLE}{template('shared/table.css').render()}</style>"
# Any: a template's macros are known only at run time.
_BLOCKS: Any = template("shared/blocks.html").module


def colours() -> Palette:
    """Return the palette of the theme that the browser shows."""
    return palette(st.context.theme.type)


def declare(name: str, page: st.Page) -> None:
    """Make a page known to :func:`go` for this run."""
    st.session_state.setdefault(_PAGES, {})[name] = page


def go(name: str, **query: str) -> None:
    """Open a page; what follows the call is not run."""
    st.switch_page(st.session_state[_PAGES][name], query_params=query)


def remember(gate: auth.Gate) -> None:
    """Keep the gate, whose logout button the header of this run draws."""
    st.session_state[_GATE] = gate


def redraw() -> NoReturn:
    """Run the page anew; where the person has just asked for another page, that one opens.

    Of two requests Streamlit keeps the last, which here would name the page that is being left. Whatever is
    drawn lets the person's request pass first.
    """
    st.empty()
    st.rerun()


def service_state() -> bool:
    """Show that the API is away, as long as it is; return whether it answers."""
    alive = auth.client().alive()
    if not alive:
        st.error(
            "**Service injoignable.** Le service du cockpit ne répond pas. "
            "Cette page se rétablira d’elle-même dès son retour."
        )
        st.button("Réessayer", key="reessayer_service")
    return alive


def header(title: str, beside: Callable[[], None] | None = None) -> None:
    """Draw the page's title, what the page puts beside it; at its right, simulated data and the account."""
    st.session_state.pop(_ACTED, None)  # the whole page is being drawn
    with st.container(horizontal=True, vertical_alignment="center", key="entete"):
        st.title(plain(title), anchor=False, width="content")
        if beside is not None:
            beside()
        user = auth.current_user()
        if user is not None:
            with st.container(horizontal=True, vertical_alignment="center", width="content", key="coin"):
                if park_facts.simulated(user.username):
                    st.badge("Données simulées", color="orange")
                with st.popover(user.display_name, width="content", key="compte"):
                    st.markdown(f"**{plain(user.display_name)}**  \n{plain(user.role_name)}")
                    if st.button("Mon compte", key="ouvrir_mon_compte", width="stretch"):
                        go(OWN_ACCOUNT)
                    st.session_state[_GATE].logout_button()


def fetched(call: Callable[[], Result], where: str) -> Result | None:
    """Return the result of a call to the API; None once its refusal is shown, ``where`` on the page."""
    try:
        return call()
    except ApiError as error:
        check_session(error)
        show_error(error, where)
        return None


def check_session(error: ApiError) -> None:
    """Go back to the login form when the session has ended."""
    if error.session_over:
        auth.end_session("Votre session a expiré : connectez-vous de nouveau.")


def show_error(error: ApiError, where: str = "page") -> None:
    """Show an error: what went wrong, what to do, and the reference to quote."""
    reference = f"  \nRéférence à citer au support : `{plain(error.request_id)}`" if error.request_id else ""
    st.error(f"**{plain(error.title)}.** {sentence(error.detail)}{reference}")
    st.button("Réessayer", key=f"reessayer_{where}")


def acted() -> None:
    """Draw the whole page after an act in a live block: its outcome and the menu's count stand outside it."""
    st.session_state[_ACTED] = True


def live(name: str, draw: Callable[[], bool], every_s: float | None = None) -> None:
    """Draw a block that refreshes alone: every ``every_s`` seconds, faster while the API is away.

    Args:
        name: of the block, unique on its page.
        draw: draws the block; False when the API could not be reached.
        every_s: seconds between two draws; None for no refresh while the API answers.
    """
    flag = f"_away_{name}"

    def block() -> None:
        if st.session_state.pop(_ACTED, False):
            redraw()
        away = not draw()
        if away != st.session_state.get(flag, False):
            st.session_state[flag] = away
            redraw()  # the whole page: a block's interval is set only by a full run

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
    """Draw a field for a number with a French decimal comma; Streamlit's own only knows the point.

    The typed text stays under ``key``; the field shows why it cannot be read. :func:`number` reads it
    elsewhere. ``st-key-nombre_*`` opens the keypad of phones.

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
    """Return the number typed in the field ``key``; None where it is empty.

    Raises:
        NotANumber: the text cannot be read; the field, once drawn, says why.
    """
    return french_numbers.read(st.session_state.get(key), low)


def readable(*keys: str) -> bool:
    """Tell whether each of these number fields can be read; nothing is sent before."""
    try:
        for key in keys:
            number(key)
    except french_numbers.NotANumber:
        return False
    return True


def notices(items: Sequence[Notice]) -> None:
    """Show the API's warnings about its answer."""
    for item in items:
        st.markdown(f":gray-badge[À savoir] {sentence(item.message)}")


def levels_strip(
    counts: LevelCounts, differences: Mapping[RiskLevel, str] | None = None, elapsed: str = ""
) -> None:
    """Draw the turbines per level: sign, number, word, meaning, and the change since the ranking before.

    Args:
        counts: of the displayed ranking.
        differences: signed, per level; None where there is nothing to compare with.
        elapsed: how long the differences took.
    """
    st.html(_BLOCKS.levels(counts, colours(), differences, elapsed))


def facts(cells: Sequence[tuple[str, str, str]]) -> None:
    """Draw figures side by side: name, value, what it is compared with."""
    st.html(_BLOCKS.facts(cells))


def banner(
    headline: str, *, good: bool, more: str = "", aside: str = "", notices: Sequence[Notice] = ()
) -> None:
    """Draw what must be known first, and whether it is good.

    Args:
        headline: in bold.
        good: False where it asks for attention.
        more: after the headline.
        aside: after it, where the window is wide.
        notices: below, one a line.
    """
    st.html(_BLOCKS.banner(headline, good, more, aside, notices))


def on_phones(text: str) -> None:
    """Show on a narrow window what a banner leaves out there."""
    st.html(_BLOCKS.narrow(text))


def verdict(
    levels: Sequence[RiskLevel], words: str, *, name: str = "", advice: str = "", href: str = ""
) -> None:
    """Draw a level, or the way from one level to another, then what it means; ``href`` links the name."""
    st.html(_BLOCKS.verdict(levels, name, words, advice, href))


def line(
    level: RiskLevel | None, name: str, words: str, lines: Sequence[str] = (), *, href: str = ""
) -> None:
    """Draw one item of a list: its level, its name, which may be a link, what is to be known of it."""
    st.html(_BLOCKS.line(level, name, words, lines, href))


def table(
    frame: pd.DataFrame,
    caption: str,
    *,
    key: str | None = None,
    columns: Mapping[str, tables.Column] | None = None,
    opens: Sequence[str] | None = None,
) -> None:
    """Draw a table whose rows are all there.

    Args:
        frame: texts, or values that ``columns`` words; a turbine's number leads to its page.
        caption: what the table holds, for readers of a screen.
        key: unique on its page; the table then sorts, and a long one has pages. Both stay in the address.
        columns: how columns are written, those that need it.
        opens: what each row opens, an address each.
    """
    query = st.query_params.to_dict()
    st.html(tables.whole(frame, caption, query, key=key, columns=columns, opens=opens))


def plot(figure: Figure, key: str, alt: str) -> None:
    """Draw a figure in the page's own colours; ``alt`` is for those who do not see it."""
    config = {"displayModeBar": False, "scrollZoom": False}
    st.plotly_chart(figure, key=key, alt=alt, theme=None, config=config)


def chart(described: Chart, key: str) -> None:
    """Draw a chart that the API describes."""
    plot(charts.drawn(described, colours()), key, f"{described.title}. {described.note}")


def sentence(text: str) -> str:
    """Write a sentence in Markdown, as :func:`plain` does, each turbine that it names a link to its page."""
    return "".join(
        f"[{plain(piece)}]({href})" if href else plain(piece) for piece, href in links.pieces(text)
    )


def plain(text: str) -> str:
    """Escape ``text`` for Markdown: the API's sentences may quote what people typed."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()#+-!|<>~$:" else c for c in text)
