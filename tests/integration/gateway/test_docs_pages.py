"""The pages at /docs: complete, in two languages, for anybody, no script, no outside asset."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
import yaml
from lxml import html

from hub.broker.topology import TOPOLOGY
from hub.gateway.clients.proxies import Proxies
from hub.gateway.docs import contracts
from hub.gateway.docs.pages import NAMES, address
from hub.gateway.partner_calls.operations import OPERATIONS
from hub.messages.catalog import CATALOG
from hub.rules.clients.client import networks
from hub.rules.failures import fault_catalog
from hub.texts.catalog import Language
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway

PAGES = [(language, name) for language in Language for name in NAMES]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PartnerGateway]:
    """A gateway behind a proxy that it believes."""
    proxies = Proxies(networks("127.0.0.0/8"), "proxy-secret")
    with open_partner_gateway(tmp_path_factory.mktemp("hub"), proxies=proxies) as opened:
        yield opened


def fetched(gateway: PartnerGateway, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
    """Return an answer to a caller without a key."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return urllib3.request("GET", gateway.url + path, headers=fields, redirect=False, retries=False)


def page(gateway: PartnerGateway, language: Language, name: str) -> Any:
    """Return a page, parsed."""
    reply = fetched(gateway, address(language, name))
    assert reply.status == 200
    return html.fromstring(reply.data.decode())


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_a_page_needs_no_key_and_has_no_script_and_no_outside_asset(
    gateway: PartnerGateway, language: Language, name: str
) -> None:
    """The browser would load none either: the policy forbids it."""
    found = page(gateway, language, name)
    assert found.get("lang") == language
    assert not found.xpath("//script | //@style | //style | //iframe | //form | //img")
    assert not found.xpath("//@*[starts-with(name(), 'on')]")
    assert found.xpath("//link/@href") == ["/docs/style.css"]
    policy = fetched(gateway, address(language, name)).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_every_link_of_a_page_leads_somewhere(
    gateway: PartnerGateway, language: Language, name: str
) -> None:
    """To a place of the page, or to an address of the hub that answers."""
    found = page(gateway, language, name)
    ids = found.xpath("//@id")
    assert len(ids) == len(set(ids))
    for link in set(found.xpath("//a/@href")):
        parts = urlsplit(link)
        assert parts.netloc in ("", urlsplit(gateway.url).netloc), link
        if parts.path:
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            assert fetched(gateway, path).status == 200, link
        else:
            assert parts.fragment in ids, link


@pytest.mark.parametrize("name", ["rest", "soap", "queues"])
def test_what_a_contract_says_of_itself_is_vietnamese_on_vietnamese_pages(
    gateway: PartnerGateway, name: str
) -> None:
    """Descriptions of single fields stay as the contract has them."""
    shown = page(gateway, Language.VI, name).xpath("//main/p")
    assert len(shown) > 2
    assert all(re.search("[ăâđêôơưạảấầếềệộớờừự]", it.text_content()) for it in shown)


@pytest.mark.parametrize("name", NAMES)
def test_no_page_shows_a_backtick(gateway: PartnerGateway, name: str) -> None:
    """What stands in backticks in a text is shown as code."""
    for language in Language:
        body = page(gateway, language, name)
        for code in body.xpath("//code"):
            code.drop_tree()
        assert "`" not in body.text_content()


@pytest.mark.parametrize("language", Language)
def test_the_pages_name_all_that_there_is(gateway: PartnerGateway, language: Language) -> None:
    """Operations by REST and SOAP, queues, message types, fault codes; each once as a heading."""
    expected = {
        "rest": yaml.safe_load(contracts.text("openapi.yaml"))["paths"],
        "soap": [operation.name for operation in OPERATIONS],
        "queues": [*(it.name for it in TOPOLOGY.queues), *(it.routing_key for it in CATALOG)],
        "faults": [own.code for own in fault_catalog.load({})],
    }
    for name, things in expected.items():
        headings = [it.text_content() for it in page(gateway, language, name).xpath("//h2|//h3")]
        text = "\n".join(headings)
        assert [thing for thing in things if thing not in text] == []


def test_the_pages_and_files_have_the_address_that_the_caller_used(gateway: PartnerGateway) -> None:
    """Also behind a reverse proxy; a stranger's headers change nothing."""
    forwarded = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "hub.example.vn"}
    believed = forwarded | {"X_Hub_Proxy_Secret": "proxy-secret"}
    for path in ("/docs/vi", "/docs/en", "/docs/openapi.yaml"):
        told = fetched(gateway, path, **believed).data.decode()
        assert "https://hub.example.vn" in told
        assert contracts.PLACE not in told
        assert "hub.example.vn" not in fetched(gateway, path, **forwarded).data.decode()


@pytest.mark.parametrize("accepted", ["", "en-US,en;q=0.9,vi;q=0.8", "fr"])
def test_the_first_page_is_vietnamese_whatever_the_browser_says(
    gateway: PartnerGateway, accepted: str
) -> None:
    """Many browsers in Vietnam say English; the switch decides."""
    for typed in ("/docs", "/docs/"):
        reply = fetched(gateway, typed, Accept_Language=accepted)
        assert reply.headers["location"] == "/docs/vi"


@pytest.mark.parametrize(("language", "name"), PAGES)
def test_a_page_has_a_switch_to_the_same_page_in_the_other_language(
    gateway: PartnerGateway, language: Language, name: str
) -> None:
    """Named in its own language; the present one is marked."""
    switch = page(gateway, language, name).xpath("//*[@class='languages']/a")
    assert [(it.get("href"), it.get("lang")) for it in switch] == [
        (address(each, name), each.value) for each in Language
    ]
    assert [it.get("lang") for it in switch if it.get("aria-current")] == [language.value]


def test_a_page_that_the_reader_has_is_not_sent_again(gateway: PartnerGateway) -> None:
    """By its tag."""
    tag = fetched(gateway, "/docs/vi").headers["etag"]
    assert fetched(gateway, "/docs/vi", If_None_Match=tag).status == 304


def test_the_examples_paper_is_served(gateway: PartnerGateway) -> None:
    """The guide's first file."""
    assert fetched(gateway, "/docs/examples/TP-01.pdf").data == Path(contracts.EXAMPLE).read_bytes()
