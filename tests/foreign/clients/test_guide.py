"""The partner guide's examples, as the hub serves them, do what the guide says they do."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
from lxml import etree, html

from hub.bootstrap.webhooks import make_webhooks
from hub.exchange.housekeeping.change_feed import ChangeFeed
from hub.gateway.connections.tls import ServerContext, TlsFiles
from hub.gateway.serve import WebRole
from hub.settings import Settings
from hub.store.clients.key_file import KeyFile
from tests.foreign.programs import php_with_soap, xmlsec
from tests.support.documents.guide_examples import examples, outputs
from tests.support.gateway.clients import add_client
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.works import now

pytestmark = pytest.mark.timeout(120)


def agrees(shown: Any, printed: Any) -> bool:
    """Return whether a value is what the guide shows; `…` stands for any."""
    if isinstance(shown, dict) and isinstance(printed, dict):
        return shown.keys() == printed.keys() and all(
            agrees(shown[name], printed[name]) for name in shown
        )
    if isinstance(shown, list) and isinstance(printed, list):
        return len(shown) == len(printed) and all(map(agrees, shown, printed))
    return bool(shown in ("…", printed))


def same(shown: etree._Element, printed: etree._Element) -> bool:
    """Return whether an element is what the guide shows; `…` stands for any text."""
    text, found = (shown.text or "").strip(), (printed.text or "").strip()
    if shown.tag != printed.tag or len(shown) != len(printed) or text not in ("…", found):
        return False
    return all(map(same, shown, printed))


@contextmanager
def gateway_with_tls(gateway: PartnerGateway, folder: Path) -> Iterator[None]:
    """Serve the gateway by TLS, too, and write the `settings` that `script/drill` writes."""
    own, key, clients = (folder / name for name in ("hub.pem", "hub-key.pem", "clients-ca.pem"))
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(own)]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run([*made, *subject, *files], check=True, capture_output=True)
    clients.write_bytes(own.read_bytes())
    context = ServerContext(TlsFiles(own, key, clients), each=0)
    web = WebRole(gateway.app, name="gateway-tls", host="127.0.0.1", port=0, tls=context)
    settings = {
        "DATA_DIR": folder.parent / "hub",
        "HTTPS_PORT": web.port,
        "HTTP_CERTIFICATE_FILE": own,
        "HTTP_KEY_FILE": key,
        "HTTP_CLIENT_CA_FILE": clients,
    }
    lines = [f"export HUB_{name}={value}\n" for name, value in settings.items()]
    (folder / "settings").write_text("".join(lines), encoding="utf-8")
    web.start()
    try:
        yield
    finally:
        web.stop()


def test_the_guides_examples_print_what_it_shows(tmp_path: Path) -> None:
    """By copy and paste, from the top to the bottom, with a key in a file.

    Those of the Vietnamese guide; the English one has the same, see the test below.
    """
    php_with_soap()
    xmlsec()
    with open_partner_gateway(tmp_path / "hub") as gateway:
        feed = ChangeFeed(gateway.ward.store, clock=now)
        settings = Settings(data_dir=str(tmp_path / "hub"), webhook_private_addresses="127.0.0.0/8")
        webhooks = make_webhooks(settings, gateway.ward.store, clock=now)

        def handle() -> None:
            gateway.ward.settle()
            feed.run_once()
            webhooks.run_once()

        folder = tmp_path / "partner"
        folder.mkdir()
        ws_keys = KeyFile(tmp_path / "hub" / "ws.key")
        ws_keys.make()
        key = add_client(gateway.ward.store, "sandbox", ws_keys=ws_keys, now=now())
        (folder / "partner.key").write_text(f"{key.text}\n", encoding="utf-8")
        chosen = examples(f"{gateway.url}/docs/vi")
        with gateway_with_tls(gateway, folder):
            printed = outputs(chosen, folder, between=handle)
    assert len(chosen) > 15
    for example, said in zip(chosen, printed, strict=True):
        shown = example.shown.strip()
        if shown.startswith("{"):
            assert agrees(json.loads(shown), json.loads(said)), (example.text, said)
        elif shown.startswith("<"):
            texts = (shown.encode(), said.strip().encode())
            assert same(*map(etree.fromstring, texts)), (example.text, said)
        elif shown:
            assert said.strip() == shown, example.text


def test_both_languages_have_the_same_examples(tmp_path: Path) -> None:
    """And the same headings, so that the switch of the language keeps the place."""
    with open_partner_gateway(tmp_path) as gateway:
        texts = [f"{gateway.url}/docs/{language}" for language in ("vi", "en")]
        assert examples(texts[0]) == examples(texts[1])
        ids = [
            html.fromstring(urllib3.request("GET", it).data.decode()).xpath("//h2/@id")
            for it in texts
        ]
    assert ids[0] == ids[1]
    assert ids[0]
