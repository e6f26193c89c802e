"""The runbook's way to a hub at boot, typed with the machine's places under a folder of its own."""

from pathlib import Path

from tests.support.documents.commands import RUNBOOK, block, lines
from tests.support.documents.typed import make_tree, shell

LEFT_OUT = ("adduser ", "chown ", "systemctl ", "journalctl ")
"""They need the user hub, or a systemd that runs; `runuser` is taken off its command."""


def test_runbook_puts_settings_and_secrets_in_place_and_the_doctor_reads_them(
    tmp_path: Path,
) -> None:
    """Typed twice it keeps what a person filled in; the hub's commands take the same settings."""
    tree, etc = make_tree(tmp_path / "one-stop-hub"), tmp_path / "etc"
    (etc / "systemd" / "system").mkdir(parents=True)
    own = {"/opt/one-stop-hub": str(tree), "/etc/": f"{etc}/", "/var/lib/hub": f"{tmp_path}/data"}
    put = [it for it in lines(block(RUNBOOK, "adduser")) if not it.startswith(LEFT_OUT)]
    (doctor,) = [
        it for it in lines(block(RUNBOOK, "runuser -u hub --")) if not it.startswith(LEFT_OUT)
    ]
    doctor = doctor.removeprefix("runuser -u hub -- ")

    def in_place(text: str) -> str:
        for written, meant in own.items():
            text = text.replace(written, meant)
        return text

    shell(in_place("\n".join(put)), tree)
    place = etc / "one-stop-hub"
    assert (place / "secrets").stat().st_mode & 0o777 == 0o700
    assert (etc / "systemd" / "system" / "one-stop-hub.service").exists()
    filled = in_place((place / "settings").read_text(encoding="utf-8"))
    (place / "settings").write_text(without_partners(filled), encoding="utf-8")
    shell(in_place("\n".join(put)), tree)
    assert without_partners(filled) == (place / "settings").read_text(encoding="utf-8")
    shell(in_place(doctor.replace("hub doctor", "hub migrate")), tree)
    assert "✓" in shell(in_place(doctor), tree)
    assert (tmp_path / "data" / "hub.db").exists()


def without_partners(settings: str) -> str:
    """Return the settings of a ward that has no partner and no broker yet."""
    kept = ("HUB_DATA_DIR", "HUB_FILE_TOKEN", "HUB_INTAKE_TOKEN")
    return "".join(f"{line}\n" for line in settings.splitlines() if line.startswith(kept))
