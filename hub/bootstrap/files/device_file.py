"""What the operator's file of devices says, read by the settings."""

from hub.bootstrap.files.toml_file import toml_text
from hub.rules.devices import reading
from hub.rules.devices.reading import DeviceSettings
from hub.rules.toml.reading import TomlFileWrong
from hub.settings import Settings, SettingsError


def devices_of(file: str) -> list[DeviceSettings]:
    """Return the devices of a file, "" for none. Raises TomlFileWrong."""
    return reading.parse(toml_text(file), file) if file else []


def devices_of_settings(settings: Settings) -> list[DeviceSettings]:
    """Return the devices of the file that the settings name. Raises SettingsError."""
    try:
        return devices_of(settings.devices_file)
    except TomlFileWrong as error:
        raise SettingsError(f"HUB_DEVICES_FILE:\n{error}") from None
