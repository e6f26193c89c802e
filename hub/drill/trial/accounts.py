"""Who works at a drill: an operator and the head, each with password, device and key in files.

A person needs nothing but these files to sign in, so they are there for their owner only. The
password is the person's own from the start: a drill shows the console, not how to change a
password. A client for a partner's developer is made here, too.
"""

import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from hub.drill.sandbox.files import write_private
from hub.operations.clients import issuing
from hub.operations.signed_by import SignedBy
from hub.operations.users import accounts
from hub.rules.clients.client import ANY, Client
from hub.rules.users import passwords
from hub.rules.users.one_time_codes import STEP_SECONDS
from hub.rules.users.rights import UserRole
from hub.rules.users.user import User
from hub.store.clients import registry
from hub.store.clients.key_file import KeyFile
from hub.store.engine.store import Store
from hub.store.users import accounts as kept_accounts
from hub.texts import Language

PERSONS = {
    "operator": ("Trần Thị Vận Hành", UserRole.OPERATOR),
    "head": ("Nguyễn Văn Chủ Tịch", UserRole.HEAD),
}
"""Each account with its made-up person; the first one manages accounts."""
_CLIENT = "sandbox"
_CLIENT_LASTS = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What one person signs in with, now."""

    name: str
    role: UserRole
    password: str
    code: str
    """What the person's device shows."""
    seconds: int
    """How long it shows that."""


def make(store: Store, directory: Path, *, key_file: KeyFile, language: str, now: datetime) -> None:
    """Make the accounts that are not there yet; `directory` gets a file and a key for each."""
    by = _signed(now)
    key_file.make()
    place = directory / "accounts"
    place.mkdir(mode=0o700, exist_ok=True)
    for name, (full_name, role) in PERSONS.items():
        with store.read() as tx:
            is_there = kept_accounts.named(tx, name) is not None
        if not is_there:
            user = User(name=name, full_name=full_name, role=role, language=Language(language))
            _add(store, user, place, code_key=key_file.content() or b"", by=by)


def command_line(directory: Path) -> Mapping[str, str]:
    """Return the settings by which a terminal acts as the operator; none without accounts."""
    name = next(iter(PERSONS))
    key_file = directory / "accounts" / f"{name}.key"
    if not key_file.exists():
        return {}
    return {"HUB_OPERATOR_ACCOUNT": name, "HUB_OPERATOR_KEY_FILE": str(key_file)}


def make_client(store: Store, directory: Path, *, key_file: KeyFile, now: datetime) -> None:
    """Make the client of a partner's developer unless it is there: `directory` gets its key."""
    with store.read() as tx:
        if any(it.client.id == _CLIENT for it in registry.all_of(tx)):
            return
    key_file.make()
    anything, by = frozenset({ANY}), _signed(now)
    client = Client(id=_CLIENT, operations=anything, agencies=anything)
    issued = issuing.add(store, client, lasts=_CLIENT_LASTS, ws_keys=key_file, by=by)
    if issued.key is not None:
        write_private(directory / "partner.key", f"{issued.key.text}\n")


def _signed(now: datetime) -> SignedBy:
    return {"actor": "script drill", "reason": "a drill", "now": now}


def _add(store: Store, user: User, place: Path, *, code_key: bytes, by: SignedBy) -> None:
    made = accounts.add(store, user, code_key=code_key, with_key=True, by=by)
    with store.write() as tx:
        kept = passwords.hashed(made.password)
        kept_accounts.set_password(tx, user.name, kept, given=False, now=by["now"])
    secret = parse_qs(urlsplit(made.code_address).query)["secret"][0]
    codes = ", ".join(f'"{code}"' for code in made.recovery_codes)
    lines = [
        f'name = "{user.name}"',
        f'password = "{made.password}"',
        f'totp_secret = "{secret}"',
        f"recovery_codes = [{codes}]",
    ]
    write_private(place / f"{user.name}.key", f"{made.key}\n")
    write_private(place / f"{user.name}.toml", "\n".join([*lines, ""]))


def sign_ins(directory: Path) -> Iterator[SignIn]:
    """Yield what each person signs in with; raises FileNotFoundError before the first start."""
    import pyotp  # a drill that starts need not know codes

    for name, (_, role) in PERSONS.items():
        found = tomllib.loads((directory / "accounts" / f"{name}.toml").read_text(encoding="utf-8"))
        moment = time.time()
        yield SignIn(
            name=name,
            role=role,
            password=found["password"],
            code=pyotp.TOTP(found["totp_secret"]).at(moment),
            seconds=STEP_SECONDS - int(moment) % STEP_SECONDS,
        )
