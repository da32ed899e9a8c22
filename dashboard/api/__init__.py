"""The HTTP API (OpenAPI at /api/docs)."""
