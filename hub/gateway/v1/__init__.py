"""The operations over REST, `/v1`, from `schemas/hub/openapi.yaml`."""
