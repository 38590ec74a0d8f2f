"""Shapes, types and units of what the API takes and gives.

Pydantic only: the dashboard imports this package without FastAPI.
"""
