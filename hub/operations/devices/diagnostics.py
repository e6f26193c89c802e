"""What engineers need of the devices of an installation, without secrets and persons, as data."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from hub.rules.devices.health import DeviceFinding
from hub.rules.devices.reading import DeviceSettings
from hub.rules.masking import MASK, masked
from hub.store.devices.states import KeptState

_PERSONS: Final = frozenset({"operator"})
"""Settings that hold a person's name."""
_SIGN_IN: Final = re.compile(r"(?<=//)[^/@\s]*@")


def redacted(value: object) -> str:
    """Return a value as text without sign-ins of addresses and what may be personal data."""
    return masked(_SIGN_IN.sub(f"{MASK}@", str(value)))


def settings_shown(values: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """Return settings, whose secrets are masked already, without persons."""
    return {name: MASK if value and name in _PERSONS else redacted(value) for name, value in values}


def device_shown(it: DeviceSettings, findings: Sequence[DeviceFinding]) -> Mapping[str, object]:
    """Return the table of a device and what its check finds now."""
    values = {name: redacted(value) for name, value in it.values.items()}
    return {
        "device": it.name,
        "kind": it.kind,
        "place": redacted(it.place),
        "settings": values,
        "findings": _findings(findings),
    }


def state_shown(it: KeptState) -> Mapping[str, object]:
    """Return what the hub's own checks left of a device."""
    return {
        "device": it.device,
        "kind": it.kind,
        "state": it.state.value,
        "since": it.since.isoformat(),
        "checked_at": it.checked_at.isoformat(),
        "findings": _findings(it.findings),
    }


def _findings(findings: Iterable[DeviceFinding]) -> list[Mapping[str, str]]:
    return [{"code": it.code, "evidence": redacted(it.evidence)} for it in findings]
