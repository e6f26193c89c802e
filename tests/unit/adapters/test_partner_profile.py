"""A partner's profile: laid over the shipped one, shown with its places, refused exactly."""

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.provincial import profile as province
from adapters.town_center import profile as town
from adapters.wire.profile import Means, Profile, ProfileBroken
from adapters.wire.profile.kinds import duration, shown
from adapters.wire.profile.show import rows
from hub.texts import Language, use_language
from tests.support.network.certificates import Authority


def written(folder: Path, text: str) -> Path:
    """Return a profile file with this text."""
    file = folder / "own.toml"
    file.write_text(text, encoding="utf-8")
    return file


def read(folder: Path, text: str) -> Profile:
    """Return the province's profile with a file of this text."""
    return province.load(written(folder, text)).profile


def refused(folder: Path, text: str) -> list[str]:
    """Return with which lines a file is refused, without its name."""
    file = written(folder, text)
    with pytest.raises(ProfileBroken) as caught:
        province.load(file)
    return [line.removeprefix(f"{file}:") for line in str(caught.value).splitlines()]


def test_the_shipped_profiles_are_sound() -> None:
    """Both are read, and say what the contracts say."""
    assert province.shipped().codes["0"].means is Means.DONE
    assert town.shipped().codes["12"].statuses == (200, 403)
    assert province.shipped().echo.header == town.shipped().echo.header == "X-Request-Id"


def test_a_key_of_the_own_file_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    """And nothing else of its section changes."""
    found = read(tmp_path, '[session]\nstatuses = [401]\n[lookup]\nlag = "15s"\n')
    assert found.session.statuses == (401,)
    assert found.session.words == province.shipped().session.words
    assert found.lookup.lag == timedelta(seconds=15)


def test_codes_and_addresses_are_laid_over_entry_by_entry(tmp_path: Path) -> None:
    """A code that is changed is changed as a whole; the others stay, a new one is added."""
    found = read(
        tmp_path,
        '[codes."-1"]\nmeans = "busy"\n[codes."77"]\nmeans = "refused"\nstatuses = [400]\n'
        '[addresses.rest]\nLayThuTuc = "/tt"\n[addresses.soap]\nevery = "/dvc/Service.asmx"\n',
    )
    before = province.shipped().codes
    assert found.codes["-1"].words == ()
    assert found.codes["77"].means is Means.REFUSED
    assert {k: v for k, v in found.codes.items() if k not in {"-1", "77"}} == {
        k: v for k, v in before.items() if k != "-1"
    }
    assert found.addresses.rest == province.shipped().addresses.rest | {"LayThuTuc": "/tt"}
    assert found.addresses.soap == {"every": "/dvc/Service.asmx"}


def test_a_file_that_extends_nothing_leaves_the_cautious_defaults(tmp_path: Path) -> None:
    """No code of the shipped file, no echo, no word."""
    found = read(tmp_path, 'extends = false\n[codes."00"]\nmeans = "done"\n')
    assert found == Profile(codes=found.codes)
    assert list(found.codes) == ["00"]
    assert found.echo.header == ""


def test_files_are_named_from_the_folder_of_the_profile(tmp_path: Path) -> None:
    """A profile can be moved with what belongs to it."""
    root = Authority(tmp_path / "office").root
    found = read(tmp_path, '[tls]\nca_file = "office/root.pem"\n')
    assert found.tls.ca_file == str(root)


def test_every_value_is_shown_with_its_place(tmp_path: Path) -> None:
    """File and line of what was written, or the name of a setting."""
    file = written(tmp_path, '\n[lookup]\nlag = "2h"\n[codes."5"]\nmeans = "refused"\n')
    over: dict[tuple[str, ...], tuple[str, object]] = {
        ("echo", "header"): ("HUB_PROVINCE_REQUEST_ID", "")
    }
    shown_rows = {it.key: it for it in rows(province.load(file, settings=over))}
    assert (shown_rows["lookup.lag"].value, shown_rows["lookup.lag"].source) == (
        '"2h"',
        f"{file}:3",
    )
    assert shown_rows['codes."5"'].source == f"{file}:4"
    assert shown_rows["echo.header"].source == "HUB_PROVINCE_REQUEST_ID"
    place, _, line = shown_rows["dates.zone"].source.partition(":")
    lines = province.SHIPPED.read_text(encoding="utf-8").splitlines()
    assert place == "shipped"
    assert lines[int(line) - 1] == 'zone = "Asia/Ho_Chi_Minh"'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[lookup]\n\nlagg = 1\n", "3: lookup.lagg: read lagg; allowed: keys of [lookup]: lag, "),
        ("[lokup]\n", "1: lokup: read lokup; allowed: sections: addresses, echo, "),
        ('[lookup]\nlag = "15"\n', "2: lookup.lag: read '15'; allowed: duration: "),
        ("[lookup]\nlag = 15\n", "2: lookup.lag: read 15; allowed: duration: "),
        ("[lookup]\nfirst_steps = -1\n", "2: lookup.first_steps: read -1; allowed: 0 and more"),
        (
            "[lookup]\nlast_steps = 10\nfirst_steps = 5\n",
            "3: lookup.first_steps: read 5; allowed: 0 with lookup.last_steps",
        ),
        (
            "[lookup]\nlongest_list = 12\nfirst_steps = 10\n",
            "2: lookup.longest_list: read 12; allowed: at most lookup.first_steps, 10",
        ),
        ("[lookup]\nlast_steps = -1\n", "2: lookup.last_steps: read -1; allowed: 0 and more"),
        ("[tls]\nminimum = 1.2\n", "2: tls.minimum: read 1.2; allowed: 1.2 | 1.3"),
        ('[tls]\nminimum = "1.0"\n', "2: tls.minimum: read '1.0'; allowed: 1.2 | 1.3"),
        ('[codes."7"]\nmeans = "fine"\n', "2: codes.\"7\".means: read 'fine'; allowed: done | "),
        ('[codes."7"]\nstatuses = [200]\n', '1: codes."7".means: read nothing; allowed: done | '),
        ("codes = 5\n", "1: codes: read 5; allowed: a table [codes]"),
        ('[codes]\n"7" = 5\n', '2: codes."7": read 5; allowed: a table with means, words, '),
        ('extends = "no"\n', "1: extends: read 'no'; allowed: true | false"),
        ("[session]\nwords = [\n  'a',\n  1,\n]\n", "2: session.words: read ['a', 1]; allowed: "),
        ('[dates]\nzone = "Asia/Hue"\n', "2: dates.zone: read 'Asia/Hue'; allowed: a zone"),
        ('[dates]\nforms = ["%H%M"]\n', "2: dates.forms: read '%H%M'; allowed: \"iso\", or a form"),
        ('[encodings]\ncharset = "hex"\n', "2: encodings.charset: read 'hex'; allowed: an enc"),
        ('[echo]\nheader = "Host"\n', "2: echo.header: read 'Host'; allowed: a header field that"),
        ('[echo]\nheader = "X Id"\n', "2: echo.header: read 'X Id'; allowed: a header field that"),
        ('[unsupported]\noperations = ["Xoa"]\n', "2: unsupported.operations: read 'Xoa'; allowed"),
        ('[addresses.soap]\nXoa = "/x"\n', "2: addresses.soap.Xoa: read Xoa; allowed: every, "),
        ('[addresses.soap]\nevery = "ftp://h/x"\n', "2: addresses.soap.every: read 'ftp://h/x'"),
        ('[addresses.soap]\nevery = "http://u:p@h/"\n', "2: addresses.soap.every: read 'http:"),
        ('[tls]\nca_file = "gone.pem"\n', "2: tls.ca_file: read "),
        ("[contract]\nwsdl = 5\n", "2: contract.wsdl: read 5; allowed: address; "),
        ('[contract]\nwsdl = "ftp://h/x"\n', "2: contract.wsdl: read 'ftp://h/x'; allowed: http"),
        ('[contract]\nopenapi = "?x"\n', "2: contract.openapi: read '?x'; allowed: an address"),
        ('[contract]\nopenapi = "http://u:p@h/"\n', "2: contract.openapi: read 'http://u:p@h/'"),
        ('[contract]\nwsld = ""\n', "2: contract.wsld: read wsld; allowed: keys of [contract]: w"),
    ],
)
def test_a_wrong_key_is_refused_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    """Line, key, what was read, what is allowed; what to do stands behind it."""
    (line,) = refused(tmp_path, text)
    assert line.startswith(told)
    assert line.endswith((".", "?"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[codes."0"]\nmeans = "done"\nstatuses = [200, 500]\n', '3: codes."0".statuses: read 500'),
        ('[codes."0"]\nmeans = "done"\nstatuses = [404]\n', '3: codes."0".statuses: read 404'),
        ('[codes."9"]\nmeans = "refused"\nstatuses = [502]\n', '3: codes."9".statuses: read 502'),
        ('[codes."9"]\nmeans = "refused"\nstatuses = [401]\n', '3: codes."9".statuses: read 401'),
        ('[codes."9"]\nmeans = "refused"\nstatuses = []\n', '3: codes."9".statuses: read []'),
        (
            '[codes."9"]\nmeans = "done"\nwords = ["Xong"]\nnever = ["xong"]\n',
            "4: codes.\"9\".never: read 'xong'; allowed: no word of `words`",
        ),
        (
            '[codes."9"]\nmeans = "refused"\nwords = ["Có LỖI  nhỏ"]\nnever = ["lỗi "]\n',
            "4: codes.\"9\".never: read 'lỗi'; allowed: no word of `words`",
        ),
        (
            '[codes."9"]\nmeans = "done"\nwords = ["thất bại"]\n',
            "3: codes.\"9\".words: read 'thất bại'; allowed: no words of failure",
        ),
        (
            '[codes."00"]\nmeans = "refused"\n',
            "2: codes.\"00\".means: read the code of '0' as well; allowed: one row",
        ),
        (
            '[codes."-01"]\nmeans = "done"\n',
            "2: codes.\"-01\".means: read the code of '-1' as well",
        ),
        ('[codes."0.0"]\nmeans = "already"\n', '2: codes."0.0".means: read the code of'),
        ('[codes."0"]\nmeans = "done"\nusual = [" "]\n', '3: codes."0".usual: read an empty'),
        ('[encodings]\ncharset = "koi8-r"\n', "2: encodings.charset: read 'koi8-r'; allowed: an"),
        ('[encodings]\ncharset = "utf-7"\n', "2: encodings.charset: read 'utf-7'"),
        ('[echo]\nheader = "Connection"\n', "2: echo.header: read 'Connection'; allowed: a head"),
        ('[echo]\nheader = "Transfer-Encoding"\n', "2: echo.header: read 'Transfer-Encoding'"),
        ('[echo]\nheader = "accept-encoding"\n', "2: echo.header: read 'accept-encoding'"),
        (
            '[dates]\nforms = ["%d/%m/%Y", "%m/%d/%Y"]\n',
            "2: dates.forms: read '%d/%m/%Y' and '%m/%d/%Y'; allowed: one order",
        ),
        (
            'extends = false\n[codes."9"]\nmeans = "busy"\n',
            "2: codes: read no code that means done",
        ),
        ("[session]\nstatuses = [200]\n", "2: session.statuses: read 200; allowed: statuses from"),
        ("[session]\nwords = []\n", "2: session.words: read []; allowed: at least one"),
        ("[session]\nhints = ['']\n", "2: session.hints: read an empty text; allowed: texts"),
        (
            "extends = false\n[session]\nhints = ['x']\n[codes.'0']\nmeans = 'done'\n",
            "3: session.hints: read 'x'; allowed: hints only with session.fault_codes",
        ),
        ('[session]\npage_marks = [" "]\n', "2: session.page_marks: read an empty text"),
        ('[retry_after]\npause_from = "8d"\n', "2: retry_after.pause_from: read 8d; allowed: at "),
        ('[proxy]\nurl = "https://p:1"\n', "2: proxy.url: read another address; allowed: env"),
        ('[proxy]\nurl = "http://u:geheim@p:1"\n', "2: proxy.url: read a password; allowed: no"),
        ('[proxy]\nurl = "http://u@p:1"\n', "2: proxy.url: read only one of user and password"),
        ('[resolution]\ntime = "0s"\n', "2: resolution.time: read 0s; allowed: longer than 0s"),
        (
            '[unsupported]\noperations = ["LayThuTuc"]\n[addresses.rest]\nLayThuTuc = "/x"\n',
            "4: addresses.rest.LayThuTuc: read /x; allowed: no address of an unsupported",
        ),
        (
            '[unsupported]\noperations = ["TraCuuHoSo"]\n[lookup]\nlast_steps = 10\n',
            "4: lookup.last_steps: read 10; allowed: 0 where there is no look-up",
        ),
    ],
)
def test_a_profile_that_contradicts_itself_is_refused(tmp_path: Path, text: str, told: str) -> None:
    """With the line and the key of one of the two; a secret is never repeated."""
    (line,) = refused(tmp_path, text)
    assert told in line
    assert "geheim" not in line


def test_a_problem_is_told_in_the_language_of_the_operator(tmp_path: Path) -> None:
    """Also what is allowed for the key, and the key's meaning; no word of the other language."""
    use_language(Language.VI)
    assert refused(tmp_path, '[lookup]\nlag = "15"\nlast_step = 1\n') == [
        (
            '2: lookup.lag: đang là \'15\'; cho phép: khoảng thời gian: "90s", "5m", "2h", "1d".'
            " Ghi một giá trị được phép, hoặc bỏ khóa này để dùng giá trị có sẵn."
        ),
        (
            "3: lookup.last_step: không có khóa last_step; cho phép các khóa của [lookup]: lag,"
            " last_steps, first_steps, longest_list, omits_empty_lists."
            " Có phải ý bạn là last_steps?"
        ),
    ]
    meanings = {it.key: str(it.meaning) for it in rows(province.load(None))}
    assert meanings["tls.client_key"] == "Khóa riêng của chứng thư."


def test_every_file_that_cannot_be_read_is_listed(tmp_path: Path) -> None:
    """Beside a certificate without its key; a person fixes all of it at once."""
    found = refused(
        tmp_path,
        '[tls]\nca_file = "no-ca.pem"\nclient_certificate = "no.pem"\n'
        '[addresses]\nwsdl = "no.wsdl"\n',
    )
    wanted = ("no client_key", "no-ca.pem", "no.pem", "no.wsdl")
    for text in wanted:
        assert any(text in it for it in found), found


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    """So is a key that others can read."""
    office = Authority(tmp_path)
    hub, other = office.pair("hub"), office.pair("other")
    (alone,) = refused(tmp_path, '[tls]\nclient_certificate = "hub.pem"\n')
    assert "2: tls.client_certificate: read no client_key; allowed: both or none" in alone
    both = '[tls]\nclient_certificate = "hub.pem"\nclient_key = "hub-key.pem"\n'
    hub.key.chmod(0o644)
    (open_key,) = refused(tmp_path, both)
    assert "3: tls.client_key" in open_key
    assert "chmod 600" in open_key
    hub.key.chmod(0o600)
    assert read(tmp_path, both).tls.client_key == str(hub.key)
    (wrong,) = refused(tmp_path, both.replace("hub-key", other.key.stem))
    assert "2: tls.client_certificate: read KEY_VALUES_MISMATCH" in wrong


@pytest.mark.parametrize("content", ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAA==\n"])
def test_a_file_of_roots_that_holds_none_is_refused(tmp_path: Path, content: str) -> None:
    """At the start, not at the first call."""
    (tmp_path / "roots.pem").write_text(content)
    (line,) = refused(tmp_path, '[tls]\nca_file = "roots.pem"\n')
    assert line.startswith("2: tls.ca_file: read ")


def test_a_key_that_does_not_concern_the_partner_is_refused(tmp_path: Path) -> None:
    """A person who sets it would wait for an effect."""
    file = written(
        tmp_path,
        '[lookup]\nlast_steps = 5\n[addresses.soap]\nevery = "/x"\n[contract]\nwsdl = ""\n',
    )
    with pytest.raises(ProfileBroken) as caught:
        town.load(file)
    lines = str(caught.value).splitlines()
    assert [line.removeprefix(f"{file}:").split(";")[0] for line in lines] == [
        "2: lookup.last_steps: read last_steps",
        "4: addresses.soap.every: read every",
        "6: contract.wsdl: read wsdl",
    ]
    (line,) = refused(tmp_path, '[files]\nhub_pulls_with = "login"\n')
    assert "not for this partner" in line


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """Nobody corrects a file five times."""
    text = '[lookup]\nlag = 1\n[tls]\nminimum = 2\n[codes."7"]\nmeans = 1\n'
    assert len(refused(tmp_path, text)) == 3


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[lookup\n", "at line 1, column 8"),
        ("[lookup]\n# \u0111\n".encode("utf-16"), "no UTF-8 from byte 0 on"),
        (None, "No such file or directory"),
    ],
)
def test_a_file_that_is_no_toml_is_refused(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    """With its name and the reason."""
    file = tmp_path / "own.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ProfileBroken) as caught:
        province.load(file)
    assert str(caught.value).startswith(f"{file}: read ")
    assert told in str(caught.value)


@pytest.mark.parametrize("text", ["0s", "500ms", "90s", "5m", "2h", "1d", "7d"])
def test_a_duration_is_shown_as_it_is_written(text: str) -> None:
    """In the largest unit that fits."""
    assert shown(duration(text)) == text


@pytest.mark.parametrize("text", ["", "5", "5 min", "-5s", "1.5h", "999999999d", 5, None])
def test_what_is_no_duration_is_refused(text: object) -> None:
    """A number without a unit has several readings."""
    with pytest.raises(ValueError, match=r"no duration|longer than a year"):
        duration(text)


def test_rows_of_one_code_with_other_words_are_no_contradiction(tmp_path: Path) -> None:
    """One number may mean two things, if its words tell which."""
    found = read(
        tmp_path,
        '[codes."00"]\nmeans = "already"\nwords = ["hồ sơ cũ"]\n'
        '[codes."0"]\nmeans = "done"\nwords = ["thành công"]\n',
    )
    assert found.codes["00"].means is Means.ALREADY
