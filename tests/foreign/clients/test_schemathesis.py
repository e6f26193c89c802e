"""schemathesis calls `/v1` by the served contract, with all its checks, and finds nothing."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.ward import BIRTH, LAND, NUMBER, reception

ROOT = Path(__file__).parents[3]
FILE = (ROOT / "schemas/examples/files/TP-01.pdf").read_bytes()
CONFIG = Path(__file__).with_name("schemathesis.toml")
MANY = 5000
"""Uploads that one client may have open: a run begins more than a client needs."""
SEED = "20261128"


def run(gateway: PartnerGateway, folder: Path, *, examples: int, seed: str) -> tuple[int, str]:
    """Let schemathesis call every operation below `/v1`; return its status and what it said."""
    component = reception().components[0].code
    gateway.ward.accept(reception(), gateway.ward.file(FILE, component))
    assert gateway.call("POST", "/v1/files", FILE).status == 201
    command = [
        *(str(Path(sys.executable).with_name("st")), "--config-file", str(CONFIG)),
        *("run", f"{gateway.url}/docs/openapi.yaml"),
        *("--header", f"Authorization: Bearer {gateway.key}"),
        *("--include-path-regex", "^/v1/", "--checks", "all", "--mode", "all"),
        *("--phases", "examples,coverage,fuzzing,stateful", "--continue-on-failure"),
        *("--seed", seed, "--max-examples", str(examples), "--no-color"),
        # it counts what it throws away while it makes a time of two rules, not what the hub does
        *("--suppress-health-check", "filter_too_much"),
    ]
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "SCHEMATHESIS_HOOKS": "tests.foreign.clients.schemathesis_hooks",
        "HUB_NUMBERS": json.dumps([NUMBER, f"{NUMBER[:-1]}2"]),
        "HUB_PROCEDURES": json.dumps([BIRTH, LAND]),
        "HUB_FILE": FILE.hex(),
        "HUB_URL": gateway.url,
        "HUB_KEY": gateway.key,
    }
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, check=False, text=True
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_no_call_of_schemathesis_meets_a_broken_promise(tmp_path: Path) -> None:
    """Right and wrong calls of every operation, also in rows that follow the contract's links."""
    with open_partner_gateway(tmp_path, uploads_at_once=MANY) as gateway:
        status, said = run(gateway, tmp_path, examples=4, seed=SEED)
    assert status == 0, said


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_no_call_of_a_long_run_meets_a_broken_promise(tmp_path: Path) -> None:
    """With another seed each time; a failing run says it."""
    with open_partner_gateway(tmp_path, uploads_at_once=MANY) as gateway:
        status, said = run(gateway, tmp_path, examples=100, seed=str(secrets.randbelow(10**9)))
    assert status == 0, said
