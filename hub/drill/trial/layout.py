"""Where a drill keeps what it has, at which ports it listens, and the settings of its hub.

Every port follows from the first one, so a drill beside another one needs a single number. Of a
person's own settings only the language is taken over: a drill never points at a real partner.
"""

import shlex
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.drill.sandbox import loopback
from hub.drill.sandbox.files import write_private
from hub.environment import SANDBOX_SETTINGS
from hub.settings import ROLES

_PROFILE = Path(__file__).parents[1] / "pilot" / "profile.toml"
"""What differs between simulated partners and real ones."""
_SOON = {
    "HUB_REPLY_TIMEOUT": "5",
    "HUB_RECONCILE_DELAY": "2",
    "HUB_RECONCILE_INTERVAL": "5",
    "HUB_SWEEP_INTERVAL": "5",
    "HUB_RETRY_MAX_DELAY": "30",
    "HUB_CIRCUIT_MAX_OPEN": "20",
}
"""Short, so that a person sees within minutes what else takes half a day."""
_PORTS = (
    "hub",
    "province",
    "province_control",
    "town",
    "town_control",
    "https",
    "console",
    "broker",
    "management",
    "counter",
)
"""One after the other, from the first one on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One drill: its directory, the directory of its secrets, and its first port."""

    directory: Path
    secrets: Path
    """Holds the files of `script/secrets`."""
    first_port: int
    language: str

    @property
    def ports(self) -> Mapping[str, int]:
        """Return each port by its name."""
        return {name: self.first_port + n for n, name in enumerate(_PORTS)}

    def address(self, name: str) -> str:
        """Return the address of a port, by its name."""
        return f"http://{loopback.HOST}:{self.ports[name]}"

    def secret(self, name: str) -> str:
        """Return the file of a secret."""
        return str(self.secrets / name)

    @property
    def accounts(self) -> Path:
        """The directory with what the drill's two persons sign in with."""
        return self.directory / "accounts"

    def settings(
        self, broker: Mapping[str, str], devices: Mapping[str, str] | None = None
    ) -> Mapping[str, str]:
        """Return the hub's settings; `broker`: those of the broker, none for the in-process one;
        `devices`: those of the counter's devices, none without them.
        """
        place = self.directory
        return {
            **_SOON,
            "HUB_DATA_DIR": str(place / "hub"),
            "HUB_ROLES": ",".join(ROLES),
            "HUB_LANGUAGE": self.language,
            "HUB_HTTP_PORT": str(self.ports["hub"]),
            "HUB_CONSOLE_PORT": str(self.ports["console"]),
            "HUB_COUNTER_PORT": str(self.ports["counter"]),
            "HUB_HTTPS_PORT": str(self.ports["https"]),
            "HUB_HTTP_CERTIFICATE_FILE": str(place / "hub.pem"),
            "HUB_HTTP_KEY_FILE": str(place / "hub-key.pem"),
            "HUB_HTTP_CLIENT_CA_FILE": str(place / "clients-ca.pem"),
            "HUB_WEBHOOK_PRIVATE_ADDRESSES": "127.0.0.0/8",
            "HUB_HOT_FOLDER_REST": "1",
            "HUB_FILE_TOKEN_FILE": self.secret("file_token"),
            "HUB_INTAKE_TOKEN_FILE": self.secret("intake_token"),
            "HUB_PROVINCE_URL": self.address("province"),
            "HUB_PROVINCE_USERNAME": "ward",
            "HUB_PROVINCE_PASSWORD_FILE": self.secret("province_password"),
            "HUB_PROVINCE_PROFILE": str(_PROFILE),
            "HUB_TOWN_URL": self.address("town"),
            "HUB_TOWN_CLIENT_ID": "ward",
            "HUB_TOWN_CLIENT_SECRET_FILE": self.secret("town_client_secret"),
            "HUB_TOWN_CALLBACK_SECRET_FILE": self.secret("town_callback_secret"),
            "HUB_TOWN_PROFILE": str(_PROFILE),
            **broker,
            **(devices or {}),
        }

    def write_settings(self, settings: Mapping[str, str]) -> None:
        """Write `settings`, which points the command `hub` of another terminal at this hub."""
        programs = shlex.quote(str(Path(sys.executable).parent))
        lines = [f"export PATH={programs}:$PATH"]
        lines += [f"export {name}={shlex.quote(value)}" for name, value in settings.items()]
        write_private(self.directory / "settings", "\n".join([*lines, ""]))

    def taken_ports(self) -> Iterable[int]:
        """Return the ports at which another program listens."""
        return [port for port in self.ports.values() if not loopback.is_free(port)]


def environment(own: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process of the drill: `own` without a person's own settings."""
    kept = {
        name: value
        for name, value in own.items()
        if not name.startswith("HUB_") or name in SANDBOX_SETTINGS
    }
    return {**kept, **settings}
