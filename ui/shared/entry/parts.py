"""Parts of pages with a script of ours: a file of this server, as the content policy wants."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

_UI = Path(__file__).resolve().parent.parent.parent
_FOLDER = "assets/parts"


def part(name: str) -> Callable[..., Any]:
    """Return what draws the part ``name``, whose script and style are files of ``assets/parts``."""
    # The digest is in the script's address: browsers keep the file, and must not keep the one before.
    digest = hashlib.sha256(_text(f"{name}.js").encode()).hexdigest()[:12]
    owner = f"cockpit-{digest}"
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(f"{owner}.{name}") is None:
        config = ComponentConfig(name, asset_dir=_FOLDER)
        manager.register_from_manifest(ComponentManifest(owner, "1", [config]), _UI)
    return _component(f"{owner}.{name}", name)


@cache
def _component(full_name: str, name: str) -> Callable[..., Any]:
    style = _text(f"{name}.css") or None
    drawn: Callable[..., Any] = st.components.v2.component(full_name, css=style, js=f"{name}.js")
    return drawn


@cache
def _text(file: str) -> str:
    path = _UI / _FOLDER / file
    return path.read_text(encoding="utf-8") if path.is_file() else ""
