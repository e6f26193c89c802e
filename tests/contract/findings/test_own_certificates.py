"""The hub's own certificates: a task and a line of the doctor before one ends; both databases."""

from datetime import timedelta
from pathlib import Path

from hub.bootstrap.partners.destinations import own_certificates
from hub.operations.watchers.ending_certificates import KIND, EndingCertificates
from hub.preflight.own_certificates import certificates
from hub.settings import Settings
from hub.store.engine.store import Store
from hub.store.repair import tasks
from tests.support.network.certificates import Authority, Pair
from tests.support.works import now


def pair(place: Path, *, days: int) -> Pair:
    """Return a certificate that ends in so many days; the same files each time."""
    return Authority(place).pair("own", ends=timedelta(days=days))


def open_subjects(store: Store) -> list[str]:
    """Return what the open tasks are about."""
    with store.read() as tx:
        return [task.subject for task in tasks.open_of_kind(tx, KIND)]


def test_a_certificate_that_ends_soon_is_one_task_until_its_file_is_renewed(
    store: Store, tmp_path: Path
) -> None:
    """14 days before its end, once; for each certificate of its own."""
    first = pair(tmp_path / "a", days=13)
    files = {
        "gateway": first.certificate,
        "provincial": pair(tmp_path / "b", days=15).certificate,
    }
    watch = EndingCertificates(store=store, files=files)
    assert [watch.check(now()) for _ in range(2)] == [1, 0]
    assert open_subjects(store) == ["gateway"]
    assert watch.check(now() + timedelta(days=2)) == 1
    assert sorted(open_subjects(store)) == ["gateway", "provincial"]
    pair(tmp_path / "a", days=300)
    assert watch.check(now() + timedelta(days=2)) == 0
    assert open_subjects(store) == ["provincial"]


def test_a_file_that_cannot_be_read_leaves_its_task_as_it_is(store: Store, tmp_path: Path) -> None:
    """Half a file is no renewed certificate."""
    own = pair(tmp_path, days=3)
    watch = EndingCertificates(store=store, files={"gateway": own.certificate})
    assert watch.check(now()) == 1
    own.certificate.write_text("half")
    assert watch.check(now()) == 0
    assert open_subjects(store) == ["gateway"]


def test_the_doctor_names_each_certificate_and_its_end(tmp_path: Path) -> None:
    """The gateway's and that for a partner; good, near its end, and without a file that reads."""
    own = pair(tmp_path, days=20)
    settings = Settings(
        data_dir=str(tmp_path),
        http_certificate_file=str(own.certificate),
        http_key_file=str(own.key),
        province_url="https://province.example",
        province_password="word",
        province_certificate_file=str(own.certificate),
        province_key_file=str(own.key),
    )
    assert own_certificates(settings) == {
        "gateway": own.certificate,
        "provincial": own.certificate,
    }
    found = {it.subject: it for it in certificates(settings, now=now())}
    assert {name: it.ok for name, it in found.items()} == {
        "gateway certificate": True,
        "provincial certificate": True,
    }
    later = list(certificates(settings, now=now() + timedelta(days=7)))
    assert [it.ok for it in later] == [False, False]
    assert all(it.fix for it in later)
    alone = Settings(
        data_dir=str(tmp_path),
        http_certificate_file=str(tmp_path / "nowhere"),
        http_key_file=str(own.key),
    )
    (lost,) = certificates(alone, now=now())
    assert not lost.ok
    assert "nowhere" in lost.detail
