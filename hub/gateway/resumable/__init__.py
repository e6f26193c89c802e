"""Resumable uploads: tus 1.0 at `/v1/uploads`, for files over lines that break."""
