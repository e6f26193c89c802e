"""Reads the settings from the environment, and reports every problem of them at once.

Each field is `HUB_<FIELD>`; a secret may instead come from the file named by `HUB_<FIELD>_FILE`.
An unknown `HUB_*` name is a problem too: a mistyped setting must not be ignored.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

import msgspec
import msgspec.inspect

from hub.former_settings import by_present_names
from hub.rules import virus_scanner_address
from hub.rules.clients.client import networks
from hub.runtime import failpoints
from hub.settings import PAGES, ROLES, WORKING_ROLES, Settings, SettingsError
from hub.texts import text

SANDBOX_SETTINGS = frozenset({"HUB_SANDBOX_RABBITMQ", "HUB_SANDBOX_POSTGRESQL"})
"""Settings of the private nodes of demo and tests; a hub that works beside them ignores them."""


def load(environment: Mapping[str, str]) -> Settings:
    """Return the settings in `environment`; raises SettingsError with every problem."""
    problems: list[str] = []
    environment = by_present_names(environment, problems)
    values: dict[str, Any] = {}
    for name, value in environment.items():
        if not name.startswith("HUB_") or name in SANDBOX_SETTINGS:
            continue
        field, is_file = _field_of(name)
        if field is None:
            problems.append(_problem(name, "unknown"))
            continue
        if is_file and _name(field.name) in environment:
            problems.append(_problem(name, "set_twice", other=_name(field.name)))
        try:
            values[field.name] = _value(field, _text_in(value) if is_file else value)
        except _Unusable as problem:
            problems.append(f"{name}: {problem}")
    settings = Settings(**values)
    problems += _contradictions(settings)
    if problems:
        raise SettingsError("\n".join(sorted(problems)))
    return settings


class _Unusable(Exception):
    """A value cannot be used; the text says why, without the setting's name."""


def _field_of(name: str) -> tuple[msgspec.structs.FieldInfo | None, bool]:
    """Return the field of a name, and whether its value is in a file."""
    fields = _fields()
    if name in fields:
        return fields[name], False
    return fields.get(name.removesuffix("_FILE")), True


@cache
def _fields() -> Mapping[str, msgspec.structs.FieldInfo]:
    """Return each field by its name in the environment."""
    return {_name(field.name): field for field in msgspec.structs.fields(Settings)}


def _text_in(file: str) -> str:
    """Return what a file of a setting holds."""
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        why = text("settings_problems.no_file", file=file, why=error.strerror)
        raise _Unusable(why) from None
    except UnicodeDecodeError:
        raise _Unusable(text("settings_problems.not_utf8", file=file)) from None


def _value(field: msgspec.structs.FieldInfo, value: str) -> Any:
    """Return a value as its setting takes it."""
    try:
        return msgspec.convert(value, field.type, strict=False)
    except msgspec.ValidationError:
        raise _Unusable(_misfit(field, value)) from None


def _problem(setting: str, id: str, **values: object) -> str:
    """Return the line of a problem: the name of its setting, and the sentence."""
    return f"{setting}: {text(f'settings_problems.{id}', **values)}"


def _misfit(field: msgspec.structs.FieldInfo, value: str) -> str:
    """Return the problem of a value that its setting does not take: a choice or a number."""
    shown = repr(value[:40])
    if get_origin(field.type) is Literal:
        choices = ", ".join(get_args(field.type))
        return text("settings_problems.not_a_choice", value=shown, choices=choices)
    number: Any = msgspec.inspect.type_info(field.type)
    whole = isinstance(number, msgspec.inspect.IntType)
    kind = text("settings_problems.whole_number" if whole else "settings_problems.number")
    bounds = (("above", number.gt), ("from", number.ge), ("to", number.le))
    range_of = " ".join(
        text(f"settings_problems.range_{word}", bound=f"{bound:g}")
        for word, bound in bounds
        if bound is not None
    )
    return text("settings_problems.not_a_number", value=shown, kind=kind, range=range_of)


_WEB = ("http://", "https://")
_ADDRESSES = {
    "database_url": ("postgresql+psycopg://", "sqlite:///"),
    "broker_url": ("amqp://", "amqps://"),
    "broker_management_url": _WEB,
    "public_url": _WEB,
    "province_url": _WEB,
    "town_url": _WEB,
    "traces_url": _WEB,
}
"""With what each address begins."""
_CALLED = ("public_url", "province_url", "town_url")
"""Addresses to which the hub or a partner adds paths."""


def _address_problems(settings: Settings) -> Iterator[str]:
    """Yield what is wrong with addresses, without what may be a password in them."""
    for field, starts in _ADDRESSES.items():
        url: str = getattr(settings, field)
        if not url:
            continue
        if not url.startswith(starts):
            either = f" {text('settings_problems.or')} ".join(starts)
            scheme, found, _ = url.partition("://")
            if found:
                shown = repr(scheme[:20] + found)
                yield _problem(_name(field), "address_begins", starts=either, found=shown)
            else:
                yield _problem(_name(field), "address_no_scheme", starts=either)
        elif field in _CALLED and not _can_be_called(url):
            yield _problem(_name(field), "address_form")


def _can_be_called(url: str) -> bool:
    """Return whether an address names a host and nothing that belongs to one call or one user."""
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return usable and not (parts.query or parts.fragment or "@" in parts.netloc)


def _contradictions(settings: Settings) -> list[str]:
    problems = [
        _problem("HUB_ROLES", "no_role", role=repr(name), roles=", ".join(ROLES))
        for name in settings.role_names
        if name not in ROLES
    ]
    problems += _drill_problems(settings)
    problems += [*_address_problems(settings), *_proxy_problems(settings), *_tls_problems(settings)]
    problems += [*_scanner_problems(settings), *_identity_problems(settings)]
    if settings.province_url and not settings.province_password:
        problems.append(
            _problem("HUB_PROVINCE_PASSWORD_FILE", "needed_with", other="HUB_PROVINCE_URL")
        )
    if settings.town_url:
        needed = ("town_client_id", "town_client_secret", "town_callback_secret", "file_token")
        problems += [
            _problem(_name(field), "needed_with", other="HUB_TOWN_URL")
            for field in needed
            if not getattr(settings, field)
        ]
    working = set(settings.role_names) - PAGES
    several = bool(working) and working != set(WORKING_ROLES)
    if several and not settings.broker_url:
        problems.append(_problem("HUB_BROKER_URL", "broker_for_several"))
    if several and settings.database.startswith("sqlite"):
        problems.append(_problem("HUB_DATABASE_URL", "postgresql_for_several"))
    return problems


def _name(field: str) -> str:
    """Return the name that a field has in the environment."""
    return f"HUB_{field.upper()}"


def _drill_problems(settings: Settings) -> list[str]:
    problems = []
    if problem := failpoints.check(settings.failpoints):
        problems.append(f"HUB_FAILPOINTS: {problem}")
    if settings.drill != "on":
        problems += [
            _problem(_name(field), "only_in_a_drill")
            for field in ("failpoints", "drill_clock", "drill_points")
            if getattr(settings, field)
        ]
    return problems


_TOGETHER = {
    "http_certificate_file": "http_key_file",
    "http_key_file": "http_certificate_file",
    "http_client_ca_file": "http_certificate_file",
    "signing_certificate_file": "signing_key_file",
    "signing_key_file": "signing_certificate_file",
    "https_port": "http_certificate_file",
    "province_certificate_file": "province_key_file",
    "province_key_file": "province_certificate_file",
    "province_ws_certificate_file": "province_ws_key_file",
    "province_ws_key_file": "province_ws_certificate_file",
    "province_ws_username": "province_ws_password",
    "province_ws_password": "province_ws_username",
    "town_certificate_file": "town_key_file",
    "town_key_file": "town_certificate_file",
}
"""What needs another setting beside itself: a certificate its key, a user the password."""


def _tls_problems(settings: Settings) -> list[str]:
    problems = []
    if settings.client_crl_file and not (settings.signer_ca_file or settings.http_client_ca_file):
        other = "HUB_CLIENT_CRL_FILE"
        problems.append(_problem("HUB_SIGNER_CA_FILE", "needed_with", other=other))
    return problems + [
        _problem(_name(needed), "needed_with", other=_name(field))
        for field, needed in _TOGETHER.items()
        if getattr(settings, field) and not getattr(settings, needed)
    ]


def _scanner_problems(settings: Settings) -> list[str]:
    if not settings.virus_scanner_url:
        return []
    problems = []
    if settings.file_check == "off":
        problems.append(_problem("HUB_VIRUS_SCANNER_URL", "only_with", other="HUB_FILE_CHECK=on"))
    try:
        virus_scanner_address.parse(settings.virus_scanner_url)
    except ValueError as error:
        problems.append(_problem("HUB_VIRUS_SCANNER_URL", "has_form", form=error))
    return problems


def _identity_problems(settings: Settings) -> list[str]:
    """Check what the sign-in by a provider needs."""
    if not settings.oidc_issuer:
        return []
    problems = [
        _problem(_name(field), "needed_with", other="HUB_OIDC_ISSUER")
        for field in ("oidc_client_id", "console_url")
        if not getattr(settings, field)
    ]
    for field in ("oidc_issuer", "console_url"):
        address = urlsplit(getattr(settings, field))
        here = address.hostname in _THIS_MACHINE
        if address.scheme and address.scheme != "https" and not (address.scheme == "http" and here):
            problems.append(_problem(_name(field), "has_form", form="https://..."))
    return problems


_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


def _proxy_problems(settings: Settings) -> list[str]:
    problems = []
    if settings.proxy_addresses and not settings.proxy_secret:
        problems.append(
            _problem("HUB_PROXY_SECRET_FILE", "needed_with", other="HUB_PROXY_ADDRESSES")
        )
    for part in filter(None, map(str.strip, settings.proxy_addresses.split(","))):
        try:
            networks(part)
        except ValueError:
            problems.append(_problem("HUB_PROXY_ADDRESSES", "not_a_network", value=repr(part)))
    return problems
