"""The files of the settings that say which certificates of clients are trusted."""

from pathlib import Path

from hub.gateway.clients.certificate_trust import CertificateTrust, TrustFiles
from hub.rules.failures.error_summary import describe_error
from hub.settings import Settings, SettingsError


def trust_files(settings: Settings) -> TrustFiles:
    """Return the files."""
    return TrustFiles(
        signers=_file(settings.signer_ca_file),
        connections=_file(settings.http_client_ca_file),
        revoked=_file(settings.client_crl_file),
    )


def make_trust(settings: Settings) -> CertificateTrust:
    """Return what the gateway asks; raises SettingsError for files that cannot be used."""
    try:
        return CertificateTrust(trust_files(settings))
    except (OSError, ValueError) as error:
        names = "HUB_SIGNER_CA_FILE, HUB_CLIENT_CRL_FILE"
        raise SettingsError(f"{names}: {describe_error(error)}") from None


def _file(name: str) -> Path | None:
    return Path(name) if name else None
