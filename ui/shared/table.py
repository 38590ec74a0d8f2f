"""The table of every page: real HTML, sorted and paged through the page's address. No Streamlit, no HTTP.

A row opens by a link that covers it, a header sorts by a link, a turbine's number is a link to its page:
``assets/links.js`` follows them inside the session, and without it they still lead to the right address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

import pandas as pd

from api.schemas import french
from api.schemas.vocabulary import RiskLevel, folded
from ui.shared.links import NAMED, turbine_href
from ui.shared.table_order import are_figures, missing, order_of
from ui.shared.templates import template

PAGE_ROWS = 100
WIDE_COLUMNS, NARROW_COLUMNS = 8, 4
SHORT = 16  # characters of a cell that stays on one line
TURBINE = "Turbine"
# Any: a template's macros are known only at run time.
_TEMPLATE: Any = template("shared/table.html").module


@dataclass(frozen=True)
class Column:
    """How a column is written.

    Attributes:
        words: French wording of a value, which stays what is sorted; by default numbers are written in
            French, the rest as it is.
        help: what the header means.
        narrow: where a narrow window puts the cell: on the first line of its row, below with its name, below
            without it, or nowhere on a phone; « spare » is left out of rows that would be too full as well.
    """

    words: Callable[[Any], str] | None = None
    help: str = ""
    narrow: Literal["first", "named", "bare", "rare", "spare"] = "named"


PLAIN = Column()


@dataclass(frozen=True)
class Address:
    """Where a table keeps its order and its page: two parameters of the page's address.

    Attributes:
        query: the whole query of the address.
        names: columns that sort, with their names in the address.
        order: parameter of the order; a leading « - » for the descending one.
        page: parameter of the page of rows, from 1.
        usual: the name of the column that sorts where the address names none.
    """

    query: Mapping[str, str]
    names: Mapping[str, str]
    order: str = "tri"
    page: str = "page"
    usual: str = ""

    @property
    def number(self) -> int:
        """The page of rows that the address asks for."""
        asked = self.query.get(self.page, "")
        return max(int(asked), 1) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1

    @property
    def sorted_by(self) -> tuple[str, bool]:
        """The name of the column that sorts, and whether it descends."""
        asked = self.query.get(self.order, "") or self.usual
        return asked.removeprefix("-"), asked.startswith("-")

    def to_page(self, number: int) -> str:
        """Return the address of a page of rows."""
        return self._with({self.page: "" if number == 1 else str(number)})

    def to_order(self, name: str) -> str:
        """Return the address of the table sorted by a column, the other way where it is already."""
        now, falling = self.sorted_by
        order = f"-{name}" if name == now and not falling else name
        return self._with({self.order: "" if order == self.usual else order, self.page: ""})

    def _with(self, changed: Mapping[str, str]) -> str:
        kept = {name: value for name, value in {**self.query, **changed}.items() if value}
        return f"?{urlencode(kept)}"


@dataclass(frozen=True)
class Head:
    """A header as the template draws it."""

    text: str
    column: Column
    href: str
    sort: str
    figures: bool


@dataclass(frozen=True)
class Cell:
    """A cell as the template draws it; ``covers`` where its link opens the whole row."""

    text: str
    href: str
    covers: bool
    level: RiskLevel | None

    @property
    def short(self) -> bool:
        """Whether the text stays on one line."""
        return len(self.text) <= SHORT

    @property
    def named(self) -> bool:
        """Whether the text may name a turbine; most cells do not, and a page has thousands."""
        return NAMED in self.text


def local_address(frame: pd.DataFrame, key: str, query: Mapping[str, str]) -> Address:
    """Return the address of a table whose rows are all there: every column sorts, under its own name."""
    names = {name: re.sub(r"\W+", "_", folded(name)).strip("_") for name in map(str, frame.columns)}
    return Address(query, {name: word for name, word in names.items() if word}, f"tri_{key}", f"page_{key}")


def arranged(frame: pd.DataFrame, address: Address) -> pd.DataFrame:
    """Sort the rows as the address asks, each keeping its index; what is missing stays last."""
    name, falling = address.sorted_by
    column = next((column for column, word in address.names.items() if word == name), None)
    if column is None:
        return frame
    cells = frame[column].tolist()
    filled = [row for row, cell in enumerate(cells) if not missing(cell)]
    absent = [row for row, cell in enumerate(cells) if missing(cell)]
    filled.sort(key=lambda row: order_of(cells[row]), reverse=falling)
    return frame.iloc[[*filled, *absent]]


def page_of(frame: pd.DataFrame, address: Address) -> pd.DataFrame:
    """Return the rows of the page that the address asks for; those of the last page beyond it."""
    last = max(-(-len(frame) // PAGE_ROWS), 1)
    first = (min(address.number, last) - 1) * PAGE_ROWS
    return frame.iloc[first : first + PAGE_ROWS]


def within(target: str, query: Mapping[str, str]) -> str:
    """Return the address of what a row opens: « ?n=3 » stays on the page, with the rest of its query."""
    return f"?{urlencode({**query, **dict(parse_qsl(target[1:]))})}" if target.startswith("?") else target


def whole(
    frame: pd.DataFrame,
    caption: str,
    query: Mapping[str, str],
    *,
    key: str | None = None,
    columns: Mapping[str, Column] | None = None,
    opens: Sequence[str] | None = None,
) -> str:
    """Write a table whose rows are all in ``frame``; ``query`` is the address's.

    Args:
        frame, caption, columns: as for :func:`html`.
        query: of the page's address.
        key: unique on its page; the table then sorts, and a long one has pages.
        opens: what each row opens, an address each.
    """
    rows = frame.reset_index(drop=True)
    links = None if opens is None else {row: within(to, query) for row, to in enumerate(opens)}
    address = None
    if key is not None:
        address = local_address(rows, key, query)
        rows = page_of(arranged(rows, address), address)
    return html(
        rows,
        caption,
        columns=columns,
        address=address,
        opens=links,
        total=len(frame),
        chosen=within("?", query),
    )


def html(
    frame: pd.DataFrame,
    caption: str,
    *,
    columns: Mapping[str, Column] | None = None,
    address: Address | None = None,
    opens: Mapping[int, str] | None = None,
    total: int | None = None,
    chosen: str = "",
) -> str:
    """Write a table.

    Args:
        frame: the rows of one page, in their order; texts, or values that ``columns`` words.
        caption: what the table holds, for readers of a screen.
        columns: how columns are written, those that need it.
        address: where order and page are kept; None for a table that does not sort.
        opens: by index of the frame, what the row opens; by default the page of its turbine.
        total: rows of all pages; None where ``frame`` holds them all.
        chosen: the address of ``opens`` that is open now.
    """
    known = columns or {}
    names = [str(name) for name in frame.columns]
    kinds = [known.get(name, PLAIN) for name in names]
    values = [frame[name].tolist() for name in frame.columns]
    texts = [[_text(value, kind) for value in cells] for cells, kind in zip(values, kinds, strict=True)]
    heads = [
        _head(name, kind, address, figures=are_figures(cells))
        for name, kind, cells in zip(names, kinds, texts, strict=True)
    ]
    covering = names.index(TURBINE) if opens is None and TURBINE in names else 0
    rows: list[tuple[bool, list[tuple[Head, Cell]]]] = []
    for place, index in enumerate(frame.index):
        target = None if opens is None else opens.get(int(index), "")
        cells = [
            _cell(names[n], values[n][place], texts[n][place], target, covers=n == covering)
            for n in range(len(names))
        ]
        rows.append((bool(target) and target == chosen, list(zip(heads, cells, strict=True))))
    breadth = "large" if len(names) >= WIDE_COLUMNS else "simple" if len(names) <= NARROW_COLUMNS else ""
    pages = None if address is None or total is None else _pages(address, total)
    return str(_TEMPLATE.table(caption, breadth, heads, rows, pages))


def _pages(address: Address, total: int) -> dict[str, Any] | None:
    last = -(-total // PAGE_ROWS)
    if last < 2:
        return None
    now = min(address.number, last)
    first = (now - 1) * PAGE_ROWS
    near = sorted({1, last, *range(max(now - 1, 1), min(now + 1, last) + 1)})
    return {
        "now": now,
        "links": [(number, address.to_page(number)) for number in near],
        "before": address.to_page(now - 1) if now > 1 else "",
        "after": address.to_page(now + 1) if now < last else "",
        "words": f"{french.number(first + 1)} à {french.number(min(first + PAGE_ROWS, total))} "
        f"sur {french.number(total)}",
    }


def _head(name: str, column: Column, address: Address | None, *, figures: bool) -> Head:
    word = "" if address is None else address.names.get(name, "")
    if address is None or not word:
        return Head(name, column, "", "", figures)
    now, falling = address.sorted_by
    sort = ("descending" if falling else "ascending") if word == now else "none"
    return Head(name, column, address.to_order(word), sort, figures)


def _cell(name: str, value: Any, text: str, target: str | None, *, covers: bool) -> Cell:
    level = value if isinstance(value, RiskLevel) else None
    own = turbine_href(text) if name == TURBINE and text != french.NOTHING else ""
    if covers and target is not None:
        return Cell(text, target or own, bool(target), level)
    return Cell(text, own, covers and target is None and bool(own), level)


def _text(value: Any, column: Column) -> str:
    if missing(value):
        return french.NOTHING
    if column.words:
        return column.words(value)
    return french.trimmed(value) if isinstance(value, int | float) else str(value)
