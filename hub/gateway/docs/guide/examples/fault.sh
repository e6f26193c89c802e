curl -sS "$HUB/v1/faults/idempotency_key_reused"
