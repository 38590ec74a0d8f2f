"""Shapes, types and units of the API's requests and answers.

Pydantic only, because the dashboard imports this package without FastAPI.
"""
