"""The partner guide's examples, as the hub serves them, do what the guide says they do."""

import json
from pathlib import Path
from typing import Any

import pytest
import urllib3
from lxml import etree, html

from hub.exchange.housekeeping.change_feed import ChangeFeed
from hub.store.clients.key_file import KeyFile
from tests.foreign.programs import php_with_soap
from tests.support.documents.guide_examples import examples, outputs
from tests.support.gateway.clients import add_client
from tests.support.gateway.partner_door import open_door
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


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_guides_examples_print_what_it_shows(tmp_path: Path, language: str) -> None:
    """By copy and paste, from the top to the bottom, with a key in a file."""
    php_with_soap()
    with open_door(tmp_path / "hub") as door:
        feed = ChangeFeed(door.ward.store, clock=now)

        def handle() -> None:
            door.ward.settle()
            feed.run_once()

        folder = tmp_path / "partner"
        folder.mkdir()
        ws_keys = KeyFile(tmp_path / "hub" / "ws.key")
        ws_keys.make()
        key = add_client(door.ward.store, "sandbox", ws_keys=ws_keys, now=now())
        (folder / "partner.key").write_text(f"{key.text}\n", encoding="utf-8")
        chosen = examples(f"{door.url}/docs/{language}")
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
    with open_door(tmp_path) as door:
        texts = [f"{door.url}/docs/{language}" for language in ("vi", "en")]
        assert examples(texts[0]) == examples(texts[1])
        ids = [
            html.fromstring(urllib3.request("GET", it).data.decode()).xpath("//h2/@id")
            for it in texts
        ]
    assert ids[0] == ids[1]
    assert ids[0]
