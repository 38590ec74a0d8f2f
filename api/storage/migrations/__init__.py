"""Schema history (Alembic); applied by the launcher or the image's entry point only."""
