"""What the doctor says of private keys, secrets and revoked certificates; a task for a list."""

from datetime import timedelta
from pathlib import Path

from hub.operations.watchers.ending_certificates import KIND, LIST, EndingCertificates
from hub.preflight.check import Check
from hub.preflight.private_files import private_files
from hub.preflight.revoked_certificates import revoked_certificates
from hub.rules.clients import issuers, revocation
from hub.settings import Settings
from hub.store.clients.key_file import KeyFile
from hub.store.engine.store import Store
from hub.store.repair import tasks
from tests.support.network.certificates import Authority, Pair
from tests.support.works import now


def of_pair(tmp_path: Path, pair: Pair, key: Path | None = None) -> Settings:
    """Return settings with one pair of files."""
    return Settings(
        data_dir=str(tmp_path),
        signing_certificate_file=str(pair.certificate),
        signing_key_file=str(key or pair.key),
    )


def key_line(tmp_path: Path, pair: Pair, key: Path | None = None) -> Check:
    """Return the line of the one key."""
    (found,) = private_files(of_pair(tmp_path, pair, key), environment={})
    assert found.subject == "replies key"
    return found


def test_each_private_key_has_a_line(tmp_path: Path) -> None:
    """Good; open to others; of another certificate; not there; no key."""
    authority = Authority(tmp_path)
    pair, other = authority.pair("own"), authority.pair("other")
    pair.key.chmod(0o600)
    assert key_line(tmp_path, pair).ok
    pair.key.chmod(0o640)
    assert key_line(tmp_path, pair).ok
    pair.key.chmod(0o644)
    opened = key_line(tmp_path, pair)
    assert (opened.ok, opened.fix) == (False, f"chmod 600 {pair.key}")
    for key in (other.key, tmp_path / "nowhere", pair.certificate):
        found = key_line(tmp_path, pair, key)
        assert (found.ok, bool(found.fix), key.name in found.detail) == (False, True, True)


def test_the_key_file_of_ws_security_is_looked_at(tmp_path: Path) -> None:
    """Where there is one, or the settings name one; too short, open to others, good."""
    plain = Settings(data_dir=str(tmp_path))
    assert list(private_files(plain, environment={})) == []
    place = tmp_path / "elsewhere.key"
    named = Settings(data_dir=str(tmp_path), ws_key_file=str(place))
    for text in (None, "short"):
        if text is not None:
            place.write_text(text)
        (found,) = private_files(named, environment={})
        assert (found.subject, found.ok) == ("ws.key", False)
        assert found.fix
    place.unlink()
    KeyFile(place).make()
    assert next(private_files(named, environment={})).ok
    place.chmod(0o604)
    assert next(private_files(named, environment={})).fix == f"chmod 600 {place}"


def test_the_files_of_secrets_are_looked_at(tmp_path: Path) -> None:
    """All in one line: one that is not there, one that others may read, good ones."""
    settings = Settings(data_dir=str(tmp_path))
    files = {"HUB_INTAKE_TOKEN_FILE": tmp_path / "intake", "HUB_FILE_TOKEN_FILE": tmp_path / "file"}
    environment = {name: str(file) for name, file in files.items()}
    for file in files.values():
        file.touch(mode=0o600)
    (good,) = private_files(settings, environment=environment)
    assert good.ok
    files["HUB_FILE_TOKEN_FILE"].chmod(0o644)
    (opened,) = private_files(settings, environment=environment)
    assert opened.fix == f"chmod 600 {tmp_path / 'file'}"
    files["HUB_INTAKE_TOKEN_FILE"].unlink()
    (missing,) = private_files(settings, environment=environment)
    assert not missing.ok
    assert "HUB_INTAKE_TOKEN_FILE" in missing.detail


def test_the_doctor_says_until_when_a_list_is_good(tmp_path: Path) -> None:
    """Good, over, and not to be read."""
    authority = Authority(tmp_path)
    crl = tmp_path / "revoked.crl"
    crl.write_bytes(authority.revoked(authority.pair("lost")))
    settings = Settings(
        data_dir=str(tmp_path),
        signer_ca_file=str(authority.root),
        client_crl_file=str(crl),
    )
    assert [it.ok for it in revoked_certificates(settings, now=now())] == [True, True]
    later = now() + timedelta(days=8)
    *_, over = revoked_certificates(settings, now=later)
    assert (over.ok, bool(over.fix)) == (False, True)
    crl.write_bytes(b"half")
    *_, broken = revoked_certificates(settings, now=now())
    assert (broken.subject, broken.ok) == ("revocation list", False)
    assert list(revoked_certificates(Settings(data_dir=str(tmp_path)), now=now())) == []


def test_a_list_that_is_over_is_a_task_until_it_is_renewed(store: Store, tmp_path: Path) -> None:
    """Not before its end: lists last for days; a file that cannot be read keeps the task."""
    authority = Authority(tmp_path)
    authorities = issuers.read(authority.root.read_bytes())
    crl = tmp_path / "revoked.crl"
    crl.write_bytes(authority.revoked())
    watch = EndingCertificates(
        store=store,
        files={},
        revoked=crl,
        revoked_until=lambda: revocation.ends_of(revocation.read(crl.read_bytes(), authorities)),
    )

    def subjects() -> list[str]:
        with store.read() as tx:
            return [task.subject for task in tasks.open_of_kind(tx, KIND)]

    assert (watch.check(now()), subjects()) == (0, [])
    later = now() + timedelta(days=8)
    assert [watch.check(later) for _ in range(2)] == [1, 0]
    assert subjects() == [LIST]
    crl.write_bytes(b"half")
    assert (watch.check(later), subjects()) == (0, [LIST])
    crl.write_bytes(authority.revoked(ends=timedelta(days=20)))
    assert (watch.check(later), subjects()) == (0, [])
