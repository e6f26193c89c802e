"""The settings: one frozen record, read from the environment by `hub.environment`.

There is no default password; a partner without an address is simply not connected. What holds a
password, an address with one too, is in no repr.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta

from hub.messages.partners import BY_SHORT

Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Secret = Annotated[str, Meta(description="secret")]
Port = Annotated[int, Meta(ge=0, le=65_535)]

WORKING_ROLES = ("gateway", "receive", "relay", "deliver", "reconcile", "timer", "sources")
"""The roles that together do the hub's work."""
CONSOLE = "console"
"""The role of the operators' pages; the others never wait for it."""
COUNTER = "counter"
"""The role of the pages of the hall: kiosk and information display; one process has it."""
PAGES = frozenset({CONSOLE, COUNTER})
"""Roles that only serve pages."""
ROLES = (*WORKING_ROLES, CONSOLE, COUNTER)
AT_THE_BROKER = frozenset({"receive", "relay", "deliver"})
"""Roles that can do nothing without a broker; the others need only the store."""
OF_PROFILE = "profile"
"""A setting of this value leaves it to the partner's profile."""
DELIVERING = frozenset({"deliver", "reconcile"})
"""Roles that call partners about deliveries. Others call them, too: the gateway fetches the town's
result files, the timer reads the partners' contracts.
"""


class SettingsError(Exception):
    """The environment cannot be used; the text lists every problem, one a line."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that differs between installations."""

    data_dir: str = "var/hub"
    """Where the database (SQLite), files and hot folder are."""
    database_url: Secret = ""
    """SQLAlchemy address; empty means SQLite in `data_dir`."""
    broker_url: Secret = ""
    """amqp://...; empty means the in-process broker."""
    broker_management_url: Secret = ""
    """http://user:password@host:15672, for policies and preflight."""
    broker_policies: Literal["checked", "trusted"] = "checked"
    """Whether the hub may start without having seen the broker's policies."""
    roles: str = ",".join(WORKING_ROLES)
    http_host: str = "127.0.0.1"
    http_port: Port = 8080
    public_url: str = ""
    """Address under which partners reach this hub; empty means http_host:http_port."""
    file_token: Secret = ""
    """Bearer token with which partners pull files."""
    intake_token: Secret = ""
    """Bearer token with which devices and counters hand messages in."""
    http_certificate_file: str = ""
    """PEM file of the gateway's certificate with its chain; with it the gateway speaks TLS only."""
    https_port: Port = 0
    """Where the gateway speaks TLS while http_port stays without, for devices; 0: at http_port."""
    http_key_file: str = ""
    """PEM file of that certificate's private key, mode 0600."""
    http_client_ca_file: str = ""
    """PEM file of the authorities that sign clients' certificates; empty: none are asked for."""
    proxy_addresses: str = ""
    """Networks of the reverse proxies in front of the gateway, with commas; empty: none."""
    proxy_secret: Secret = ""
    """What a reverse proxy sends in X-Hub-Proxy-Secret; only then its headers are believed."""
    ws_key_file: str = ""
    """File that keys with a WS-Security digest are derived from; empty means `data_dir`/ws.key."""
    signer_ca_file: str = ""
    """PEM file of the authorities of certificates that sign calls; empty: only certificates that
    are registered by their key sign."""
    client_crl_file: str = ""
    """File of the revoked certificates of clients (CRL), PEM or DER; empty: none."""
    signing_certificate_file: str = ""
    """PEM file of the certificate that signs replies by SOAP; empty: none is signed."""
    signing_key_file: str = ""
    """PEM file of its key, mode 0600."""
    health_host: str = "127.0.0.1"
    health_port: Port = 0
    """Where the process tells whether it works, and its figures to Prometheus; 0: nowhere."""
    metrics_token: Secret = ""
    """Bearer token with which another machine reads /metrics; empty: only this machine does."""
    traces_url: Secret = ""
    """Where traces are sent by OTLP over HTTP; empty: none are made."""
    console_host: str = "127.0.0.1"
    console_port: Port = 8081
    oidc_issuer: str = ""
    """Provider of identities by which persons sign in to the console (OIDC); empty: none."""
    oidc_client_id: str = ""
    oidc_client_secret: Secret = ""
    """What the provider knows this hub by; without it the hub is a public client with PKCE."""
    oidc_claim: str = "sub"
    """The claim of its tokens that names a person, as accounts are linked to it."""
    oidc_second_factors: str = ""
    """Values of `amr` or `acr`, with spaces, after which no one-time code is asked; empty: it is
    asked each time."""
    oidc_button: str = ""
    oidc_ca_file: str = ""
    oidc_proxy: str = "environment"
    """`off`, `environment`, or http://host:port."""
    oidc_sign_out: Literal["on", "off"] = "off"
    """Whether a person who signs out of the console is offered to sign out at the provider, too."""
    console_url: str = ""
    """Address under which persons open the console, which the provider sends them back to."""
    counter_host: str = "127.0.0.1"
    counter_port: Port = 8090
    reader_prefix: str = ""
    """What a barcode reader that types puts before a code."""
    reader_suffix: Literal["Enter", "Tab"] = "Enter"
    """The key that it presses after a code."""
    file_limit_mb: Annotated[int, Meta(ge=1, le=4096)] = 200
    file_check: Literal["on", "off"] = "on"
    """Whether a file must prove its type by its content before the hub keeps it."""
    file_active: Literal["refuse", "clean"] = "refuse"
    """What happens to a PDF with scripts, launch actions or files in it; a signed one is refused
    in any case."""
    virus_scanner_url: str = ""
    """ClamAV daemon that sees every file, `unix:/path` or `tcp://host:port`; empty: none."""
    virus_scanner_away: Literal["refuse", "keep"] = "refuse"
    """What happens to files while it does not answer; `keep`: they are scanned later."""
    upload_hours: Annotated[int, Meta(ge=1, le=720)] = 24
    """Hours after its last part until a resumable upload that is not whole is removed."""
    uploads_open: Annotated[int, Meta(ge=1, le=10_000)] = 50
    """Resumable uploads that one client may have open at once."""
    uploads_open_mb: Annotated[int, Meta(ge=1, le=1_048_576)] = 4096
    """Their size together."""
    hot_folder: str = ""
    """Where the scanner puts its files; empty means `data_dir`/scans."""
    hot_folder_poll: Seconds = 1.0
    hot_folder_rest: Annotated[float, Meta(ge=0, le=86_400)] = 10.0
    """Seconds for which nothing of a scan may have changed before it is taken."""
    barcode_device: str = ""
    """Serial device of the barcode reader at the return desk, e.g. /dev/serial/by-id/usb-X; empty:
    none."""
    devices_file: str = ""
    """TOML file of the devices at the counter, one table a device; empty: only the hot folder and
    the barcode reader above."""
    counter_file: str = ""
    """TOML file of the desks and the categories of tickets; empty: the packaged one."""
    province_url: str = ""
    province_mode: Literal["soap", "rest"] = "soap"
    province_username: str = ""
    province_password: Secret = ""
    province_agency: str = "000.99.01.H57"
    province_ws_certificate_file: str = ""
    """PEM file of the certificate that signs the calls to the province by SOAP."""
    province_ws_key_file: str = ""
    """PEM file of its key."""
    province_ws_username: str = ""
    """User of a WS-Security UsernameToken in the calls by SOAP; empty: none is sent."""
    province_ws_password: Secret = ""
    province_ws_password_form: Literal["digest", "text"] = "digest"  # noqa: S105 - no secret
    province_ca_file: str = ""
    """Roots that sign the province's certificate; empty means what the profile says."""
    province_certificate_file: str = ""
    """PEM file of the hub's own certificate for the province; empty means what the profile says."""
    province_key_file: str = ""
    """PEM file of that certificate's private key, mode 0600."""
    province_proxy: Secret = OF_PROFILE
    """http://host:port of the proxy to the province, `off`, `environment`, or `profile`."""
    province_proxy_password_file: str = ""
    """File with the password of the user in the address of that proxy."""
    province_request_id: str = OF_PROFILE
    """Header that the province sends back with each reply; empty where it does not."""
    province_profile: str = ""
    """TOML file that is laid over the shipped profile of the province; empty means none."""
    town_url: str = ""
    town_ca_file: str = ""
    """Roots that sign the town's certificate; empty means what the profile says."""
    town_certificate_file: str = ""
    """PEM file of the hub's own certificate for the town; empty means what the profile says."""
    town_key_file: str = ""
    """PEM file of that certificate's private key, mode 0600."""
    town_proxy: Secret = OF_PROFILE
    """http://host:port of the proxy to the town, `off`, `environment`, or `profile`."""
    town_proxy_password_file: str = ""
    """File with the password of the user in the address of that proxy."""
    town_profile: str = ""
    """TOML file that is laid over the shipped profile of the town; empty means none."""
    town_client_id: str = ""
    town_client_secret: Secret = ""
    town_callback_secret: Secret = ""
    connect_timeout: Seconds = 5.0
    reply_timeout: Seconds = 30.0
    concurrency: Annotated[int, Meta(ge=1, le=64)] = 8
    pin_cpu: Literal["on", "off"] = "on"
    """Whether the threads of this process stay on one CPU, see
    hub/runtime/process/cpu_affinity.py."""
    retry_min_delay: Seconds = 5.0
    retry_max_delay: Seconds = 1800.0
    retry_attempts: Annotated[int, Meta(ge=1, le=10_000)] = 400
    """With the longest wait of half an hour, 400 outlast the days of Tết."""
    circuit_failures: Annotated[int, Meta(ge=1, le=1_000)] = 5
    """Failures of a partner's line in a row after which nothing is sent there for a while."""
    circuit_min_open: Seconds = 5.0
    circuit_max_open: Seconds = 300.0
    call_limits_file: str = ""
    """File with the partners' maintenance windows and quotas; empty: the packaged one."""
    reconcile_delay: Seconds = 10.0
    reconcile_interval: Seconds = 30.0
    sweep_interval: Seconds = 60.0
    alerts_file: str = ""
    """TOML file of alerts: rules, channels, quiet hours, escalation; empty: the packaged rules and
    no channel."""
    heartbeat_url: Secret = ""
    """Address outside that the timer's process calls each minute while the hub makes progress;
    empty: none."""
    alert_hours: Annotated[float, Meta(ge=0, le=400)] = 8.0
    """Office hours before a dossier's due date from which an alert is raised; 0: never."""
    operator: str = ""
    """Full name of the person who decides at this command line; `--actor` says another."""
    operator_account: str = ""
    """Account that this command line acts as, where there are accounts; `--as` names another."""
    operator_key_file: str = ""
    """File with the command-line key of that account; `--key-file` names another."""
    archive: Literal["on", "off"] = "off"
    """Whether the timer archives by itself; `hub archive run` does it in any case."""
    archive_dir: str = ""
    """Where archive files are; empty means `data_dir`/archive."""
    archive_after_days: Annotated[int, Meta(ge=0, le=36_500)] = 365
    """Days from the end of a dossier until it leaves the database."""
    personal_days: Annotated[int, Meta(ge=1, le=36_500)] = 3650
    """Days from the end of a dossier until its personal data is erased, here and in the archive."""
    archive_every: Seconds = 3600.0
    """Seconds between two looks of the timer for what is old enough."""
    contract_every: Annotated[float, Meta(ge=0, le=31_536_000)] = 86_400.0
    """Seconds between two looks at the contract that a partner serves; 0: never."""
    webhook_private_addresses: str = ""
    """Networks inside that webhooks may be sent to, with commas; empty: none."""
    webhook_ca_file: str = ""
    """Roots that sign the certificates of webhooks' receivers; empty: the system's."""
    scans_days: Annotated[int, Meta(ge=1, le=36_500)] = 30
    """Days for which the scanner's folder keeps its own copies of what was taken."""
    snapshot_days: Annotated[int, Meta(ge=1, le=3_650)] = 7
    """Days for which pictures of cameras are kept."""
    language: Literal["vi", "en"] = "vi"
    """The language of what a person reads, see hub/texts; the entry point reads it, too."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    drill: Literal["on", "off"] = "off"
    """Whether this hub exists to be damaged; never where people work."""
    drill_clock: str = ""
    """A file with the seconds by which the clock of a drill goes wrong."""
    drill_points: str = ""
    """A file that says while a drill runs where to strike, as `failpoints` does at the start."""
    failpoints: str = ""
    """Where a drill strikes, see hub/runtime/failpoints.py."""

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"Settings({shown})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        values, secrets = msgspec.structs.asdict(self), _secrets()
        return [(k, "***" if value and k in secrets else value) for k, value in values.items()]

    @property
    def database(self) -> str:
        """The database's address."""
        return self.database_url or f"sqlite:///{Path(self.data_dir).absolute()}/hub.db"

    @property
    def role_names(self) -> tuple[str, ...]:
        """The roles of this process."""
        return tuple(name.strip() for name in self.roles.split(",") if name.strip())

    @property
    def needs_broker(self) -> bool:
        """Whether a role of this process can do nothing without the broker."""
        return not AT_THE_BROKER.isdisjoint(self.role_names)

    def partner_url(self, partner: str) -> str:
        """Return the address of a partner, by its short name; "" where it is not connected."""
        url: str = getattr(self, f"{partner}_url")
        return url

    def partner_profile(self, partner: str) -> str:
        """Return the file of a partner's profile, by its short name; "" where it has none."""
        file: str = getattr(self, f"{partner}_profile")
        return file

    @property
    def scans(self) -> Path:
        """The scanner's hot folder."""
        return Path(self.hot_folder) if self.hot_folder else Path(self.data_dir) / "scans"

    @property
    def snapshots(self) -> Path:
        """Where pictures of cameras are."""
        return Path(self.data_dir) / "snapshots"

    @property
    def derivation_key(self) -> Path:
        """The file that keys with a WS-Security digest are derived from."""
        return Path(self.ws_key_file) if self.ws_key_file else Path(self.data_dir) / "ws.key"

    @property
    def archive_folder(self) -> Path:
        """Where archive files are."""
        return Path(self.archive_dir) if self.archive_dir else Path(self.data_dir) / "archive"

    @property
    def http_port_has_tls(self) -> bool:
        """Whether the gateway speaks TLS at http_port."""
        return bool(self.http_certificate_file) and not self.https_port

    @property
    def own_url(self) -> str:
        """The address that partners call."""
        scheme = "https" if self.http_port_has_tls else "http"
        return self.public_url or f"{scheme}://{in_url(self.http_host)}:{self.http_port}"


def _secrets() -> frozenset[str]:
    hints = get_type_hints(Settings, include_extras=True)
    return frozenset(name for name, hint in hints.items() if hint == Secret)


def secret_files(environment: Mapping[str, str]) -> dict[str, Path]:
    """Return the files that secrets are read from, by the name of the setting."""
    names = [f"HUB_{field.upper()}_FILE" for field in sorted(_secrets())]
    names += [f"HUB_{partner}_PROXY_PASSWORD_FILE" for partner in map(str.upper, BY_SHORT)]
    return {name: Path(environment[name]) for name in names if environment.get(name)}


def in_url(host: str) -> str:
    """Return a host as it stands in an address: an IPv6 address in brackets."""
    return f"[{host.strip('[]')}]" if ":" in host else host


def seconds(value: float) -> timedelta:
    """Return a setting in seconds as a duration."""
    return timedelta(seconds=value)
