"""What ``streamlit run`` starts: the pages of ``streamlit_app.py`` behind the security headers.

The documents are read from the packages as installed, at each start: their scripts change with every release.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from ui.security_headers import LANGUAGE_SCRIPT, SecurityHeaders, content_security_policy

STREAMLIT_PAGE = Path("streamlit", "static", "index.html")
COOKIE_PAGE = Path("extra_streamlit_components", "CookieManager", "frontend", "build", "index.html")


def installed(document: Path) -> str:
    """A document of an installed package.

    The package is found, not imported: a component registers itself once, at import, with a server that does
    not run yet here.

    Raises:
        FileNotFoundError: this release of the package keeps it elsewhere.
    """
    spec = find_spec(document.parts[0])
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"Le paquet « {document.parts[0]} » n’est pas installé.")
    return (Path(spec.origin).parent.parent / document).read_text(encoding="utf-8")


POLICY = content_security_policy([installed(STREAMLIT_PAGE), installed(COOKIE_PAGE), LANGUAGE_SCRIPT])
# Streamlit's command finds the server by reading this very assignment.
app = st.App("streamlit_app.py", middleware=[Middleware(SecurityHeaders, policy=POLICY)])
