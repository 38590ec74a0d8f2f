"""Every sentence that the product can show: agreement, French words, French quotes.

``python cockpit.py texts`` lists them; here the whole list is read at each change.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from launcher.texts import HOLE, Sentence, of_markdown, of_source, of_template, sentences

ROOT = Path(__file__).resolve().parents[3]


@cache
def every_sentence() -> Sequence[Sentence]:
    """What the command lists: read once, and only where it is asked for."""
    return sentences(ROOT)


# The launcher may import nothing of the product: what it counts is never one.
BY_HAND = ("launcher/",)
# After a value, these end with s or x and are no plural that should agree with it.
NO_PLURAL = re.compile(
    r"alors|après|avec|cas|certains|closes|corrélations|dans|depuis|des|dont|dès|fois|hors|jamais|jours|les|leurs"
    r"|mais|mois|moins|nous|pas|plus|pour|pris|près|puis|sans|ses|sous|sur|tous|vers|vos|vous"
)
AFTER_VALUE = re.compile(r"\{[…a-z_]+\}[ \u00a0](?:(?:déjà|non) )?([^\W\d_]+[sx])\b")
ENGLISH = re.compile(
    r"about|all|allowed|and|any|are|be|browse|cancel|cannot|choose|close|delete|download|errors?|failed|found|from|has"
    r"|have|here|invalid|is|its|keys?|less|loading|many|missing|models?|more|must|name|new|no|not|of|off|old|open|or"
    r"|please|reload|rows?|run|save|search|select|settings|show|submit|that|the|this|to|too|unknown|upload|users?"
    r"|values?|wait|warning|was|were|will|with|without|yes|your",
    re.IGNORECASE,
)
# Letters that meet in English words and hardly ever in French ones.
UNLIKE_FRENCH = re.compile(
    r"\w*(ght|th(?!èm|è|é|m|e[mn]|erm|od|ent)|sh|wh|oo|ck(?!pit)|ing$|w|ee(?=\w))\w*", re.IGNORECASE
)
BORROWED = re.compile(
    r"Authorize|CatBoost|LightGBM|kW|Prometheus|Python|Shapley|Swagger|WebP|Wh|[Ww]ilson|Windows|logarithmique|parenthèses|pickle|rythme"
)
# Not words: code between back quotes or French quotes, options, addresses, names of files and of variables.
CODE = re.compile(
    r"`[^`]*`|« [^»]*»|--[\w-]+\S*|python3?(\.\d+)? (-m )?\S+[^:;.,»]*|Open Inference Protocol"
    r"|\S*[_=/\\.<>{}%\d\[\]|:]\S*(?<![ :.])|\b[A-Z]{2,}\S*"
)
MACHINE = {
    "api/commands/console.py": "what argparse writes, to be translated",
    "api/domain/measurements/mapping/names.py": "names of columns in the files of other systems",
    "api/inference/importing/child/graphs/operators.py": "names of operators",
    "api/inference/importing/child/graphs/widths.py": "names of operators",
    "api/inference/serving/allowlist.py": "names of classes",
    "api/observability/group_commit.py": "a line of the log",
    "api/openapi_errors.py": "a name that FastAPI gives",
    "api/storage/shared/database.py": "what SQLite and PostgreSQL write",
    "launcher/checks.py": "tools and their options",
    "launcher/commands.py": "commands and their options",
    "launcher/environment.py": "what pip writes, and a line of Python",
    "ui/shared/auth.py": "what streamlit-authenticator calls its form",
}


def listed(faults: list[tuple[Sentence, str]]) -> str:
    return "\n".join(f"{sentence}  ← {fault}" for sentence, fault in faults)


def unagreed(text: str) -> list[str]:
    """Plurals that follow a value by a fixed « s »."""
    return [word for word in AFTER_VALUE.findall(text) if not NO_PLURAL.fullmatch(word.lower())]


def english(text: str) -> list[str]:
    words = re.findall(r"[^\W\d_]+", CODE.sub(" ", text.replace(HOLE, "…")))
    return [
        word
        for word in words
        if ENGLISH.fullmatch(word) or (UNLIKE_FRENCH.fullmatch(word) and not BORROWED.fullmatch(word))
    ]


@pytest.mark.slow  # reads the whole product
def test_the_list_is_whole() -> None:
    assert len(every_sentence()) > 3_000
    assert {"api", "ui", "launcher", "cockpit.py"} <= {
        sentence.path.split("/")[0] for sentence in every_sentence()
    }


def test_counts__agree_through_the_one_writer() -> None:
    faults = [
        (s, word) for s in every_sentence() if not s.path.startswith(BY_HAND) for word in unagreed(s.text)
    ]

    assert not faults, f"count with french.counted or french.plural:\n{listed(faults)}"


def test_words__are_french() -> None:
    faults = [(s, word) for s in every_sentence() if s.path not in MACHINE for word in english(s.text)]

    assert not faults, listed(faults)


@pytest.mark.parametrize("path", sorted(MACHINE))
def test_exceptions__each_is_needed(path: str) -> None:
    assert any(english(s.text) for s in every_sentence() if s.path == path), (
        "no exception any more: take it off the list"
    )


EXAMPLE = re.compile(r"`[^`]*`|^\{\".*")


def test_alert__is_said_in_the_same_words_everywhere() -> None:
    said = [
        s
        for s in every_sentence()
        if re.search(r"élevé\w* (ou|et) critique", s.text) and "vocabulary" not in s.path
    ]

    assert not said, f"write it with vocabulary.ALERT:\n{listed([(s, '') for s in said])}"


QUOTES = {
    "an apostrophe is ’": re.compile(r"[a-zà-ÿ]'[a-zà-ÿ]"),
    "French quotes are « »": re.compile(r"(?<![=(\w])[\"“”][A-Za-zÀ-ÿ]"),
    "three dots are …": re.compile(r"\w\.\.\."),
    "a space follows « and stands before »": re.compile(r"«\S|[^\s]»"),
    "a space stands before : ; ! ? %": re.compile(r"[a-zà-ÿ»)](?:[;!?]|:(?=\s))(?:\s|$)|\d%"),
    "no space stands before , . )": re.compile(r"[a-zà-ÿ] [,.)](?!\w)(?!\.)"),
    "one space is enough": re.compile(r"[a-zà-ÿ,;:]  +[a-zà-ÿ]"),
}


@pytest.mark.parametrize("rule", QUOTES)
def test_signs__are_those_of_french(rule: str) -> None:
    faults = [
        (s, found[0])
        for s in every_sentence()
        if s.path not in MACHINE and (found := QUOTES[rule].search(EXAMPLE.sub("x", s.text)))
    ]

    assert not faults, f"{rule}:\n{listed(faults)}"


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ('st.error("Rien n’est parti.")', [(1, "Rien n’est parti.")]),
        ('say(f"{count} lignes " "lues")', [(1, "{…} lignes lues")]),
        ('a = "Début " + name + " fin"', [(1, "Début {…} fin")]),
        ("x = f\"{french.counted(1, 'ligne jamais vue')} déjà\"", [(1, "ligne jamais vue"), (1, "{…} déjà")]),
        ('"""A docstring."""\ndef f():\n    """Another one."""', []),
        ('@router.get("/x")\ndef f():\n    """Une page."""', [(3, "Une page.")]),
        ('_log.warning("row %s is lost", row)', []),
        ('raise ValueError("no such row")', []),
        ('rows.execute("SELECT a FROM b")', []),
        ('st.button("Envoyer", key="envoyer le formulaire")', [(1, "Envoyer")]),
        ('x: Annotated[int, Query(description="Appels rendus")]', [(1, "Appels rendus")]),
        ('{"state": "terminee", "Pas de panne": 1}', [(1, "Pas de panne")]),
        ('"a_key"; value["un nom"]; value == "un mot"', []),
    ],
)
def test_source__only_what_people_read(source: str, texts: list[tuple[int, str]]) -> None:
    assert of_source(source) == texts


def test_template__texts_and_read_attributes() -> None:
    source = (
        '<style>p { color: red }</style>\n<p class="x">Turbine <b>{{ name }}</b> :\n  rien à faire</p>\n'
        '{% if late %}<img alt="En retard">{% endif %}{# a note #}'
    )

    assert of_template(source) == [(2, "Turbine {…} : rien à faire"), (4, "En retard")]


def test_markdown__each_line_that_has_words() -> None:
    assert of_markdown("| Mot | Sens |\n|---|---|\n\nUne phrase.") == [
        (1, "| Mot | Sens |"),
        (4, "Une phrase."),
    ]


@pytest.mark.parametrize(
    "text", ["{…} turbines", "{n} scores écartés", "et {…} autres erreurs", "{…} déjà prises"]
)
def test_a_plural_by_hand__is_found(text: str) -> None:
    assert unagreed(text)


@pytest.mark.parametrize(
    "text", ["Page not found", "Uploading…", "Choose a file", "Le worker attend", "two weeks"]
)
def test_english__is_found(text: str) -> None:
    assert english(text)
