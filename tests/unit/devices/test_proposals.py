"""What is proposed for devices that answered a search, whatever they say of themselves."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.devices.proposals import MOST, FoundDevice, address_of, as_toml, proposals
from hub.rules.devices.reading import CAMERA, ESCL_SCANNER, KINDS, PHOTOCOPIER, PRINTER, parse

words = st.text(max_size=200) | st.sampled_from(
    [
        '"\n[evil]\nkind = "printer"',
        "\x1b]0;x\x07",
        "'''",
        '"""',
        "\u202e",
        "#",
        "\\",
        "\r",
        ":bomb:",
    ]
)


def printer(
    *, scheme: str = "ipp", host: str = "192.0.2.20", port: int = 631, place: str = ""
) -> FoundDevice:
    """Return a printer that announced itself."""
    address = address_of(scheme, host, port, "/ipp/print")
    return FoundDevice(kind=PRINTER, address=address, how="_ipp._tcp", place=place)


@given(
    kind=st.sampled_from([PRINTER, ESCL_SCANNER, PHOTOCOPIER, CAMERA]),
    scheme=st.sampled_from(["ipp", "ipps", "http", "https", "snmp"]),
    host=words | st.ip_addresses().map(str),
    port=st.integers(-1, 70_000),
    path=words | st.just("/a"),
    told=st.tuples(words, words, words),
)
def test_the_tables_are_toml_with_the_proposed_values_and_nothing_else(
    kind: str, scheme: str, host: str, port: int, path: str, told: tuple[str, str, str]
) -> None:
    """No word of a device makes a key, a table or a control sequence."""
    model, place, how = told
    one = FoundDevice(
        kind=kind, address=address_of(scheme, host, port, path), model=model, place=place, how=how
    )
    raw = FoundDevice(kind=kind, address=path, model=model, place=place, how=how)
    found = proposals([one, raw], [])
    printed = "\n".join(as_toml(it) for it in found)
    assert tomllib.loads(printed) == {it.name: it.values for it in found}
    assert all(it.isprintable() or it == "\n" for it in printed)
    for it in found:
        KINDS[it.device.kind].keys["address"](it.device.address)


def test_a_filled_in_table_is_one_of_the_file_of_devices() -> None:
    """The officer copies it; of a camera the comments have what is missing."""
    scanner = FoundDevice(
        kind=ESCL_SCANNER, address=address_of("http", "192.0.2.21", 80, "eSCL"), how="_uscan._tcp"
    )
    camera = FoundDevice(
        kind=CAMERA, address="http://192.0.2.23/onvif/device_service", how="WS-Discovery"
    )
    file = "\n".join(
        as_toml(it) for it in proposals([printer(place="quầy 1"), scanner, camera], [])
    )
    filled = file.replace("# user", "user").replace("# password_file", "password_file")
    assert [it.values["address"] for it in parse(filled, "x.toml")] == [
        "ipp://192.0.2.20/ipp/print",
        "http://192.0.2.21/eSCL",
        "http://192.0.2.23/onvif/device_service",
    ]


def test_a_device_with_a_table_is_marked_and_gets_no_second_one() -> None:
    """By kind, host and port: the path of a printer has many spellings."""
    known = parse('[mong-cai]\nkind = "printer"\naddress = "ipp://192.0.2.20/ipp"\n', "x.toml")
    first, second = proposals([printer(host="192.0.2.30"), printer()], known)
    assert (first.name, first.is_known) == ("mong-cai", True)
    assert tomllib.loads(as_toml(first)) == {}
    assert "mong-cai" in as_toml(first)
    assert (second.name, second.is_known) == ("printer-1", False)


def test_one_device_by_two_ways_is_one_table() -> None:
    """Without TLS first, which needs the file of roots; a guess gives way to what was told."""
    by_tls = printer(scheme="ipps")
    guessed = FoundDevice(
        kind=PRINTER, address="ipp://192.0.2.20/ipp/print", how="WS-Discovery", is_guess=True
    )
    (only,) = proposals([guessed, by_tls, printer()], [])
    assert only.values["address"] == "ipp://192.0.2.20/ipp/print"
    assert only.also == ("ipps://192.0.2.20/ipp/print",)
    assert not only.device.is_guess
    two = proposals([printer(), printer(port=8631)], [])
    assert [it.name for it in two] == ["printer-1", "printer-2"]


def test_an_address_is_one_of_the_inside() -> None:
    """A name, an address outside or a strange path may be anybody's."""
    outside = [("1.1.1.1", "/ipp"), ("printer.example", "/ipp"), ("0.0.0.0", "/ipp")]  # noqa: S104
    strange = [("192.0.2.1", "/a b"), ("192.0.2.1", "/%41"), ("192.0.2.1", "/../x")]
    strange += [("224.0.0.1", "/ipp"), ("192.0.2.1", "//host/ipp"), ("192.0.2.1", "/ipp?x")]
    assert [address_of("ipp", host, 631, path) for host, path in outside + strange] == [""] * 9
    assert address_of("ipp", "fe80::1", 631, "/ipp") == "ipp://[fe80::1]/ipp"


def test_a_liar_fills_no_screen() -> None:
    """A search ends with so many devices."""
    found = (printer(host=f"192.0.2.{n % 250 + 1}", port=1000 + n) for n in range(3 * MOST))
    assert len(proposals(found, [])) == MOST
