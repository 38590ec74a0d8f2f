"""What ``streamlit run`` starts: the pages of ``streamlit_app.py`` behind the security headers.

Each start reads Streamlit's own document from the installed package: its script changes with every release.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from ui.shared.security_headers import (
    ANSWERS_SCRIPT,
    COOKIE_SCRIPT,
    LANGUAGE_SCRIPT,
    LINKS_SCRIPT,
    SecurityHeaders,
    content_security_policy,
)

STREAMLIT_PAGE = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
OWN_SCRIPTS = (LANGUAGE_SCRIPT, LINKS_SCRIPT, ANSWERS_SCRIPT, COOKIE_SCRIPT)
POLICY = content_security_policy([STREAMLIT_PAGE, *OWN_SCRIPTS])
# Streamlit's command finds the server by reading this very assignment.
app = st.App("streamlit_app.py", middleware=[Middleware(SecurityHeaders, policy=POLICY)])
