"""The text of a TOML file that an operator wrote."""

from pathlib import Path

from hub.rules.toml.reading import TomlFileWrong


def toml_text(file: str) -> str:
    """Return the text of a file. Raises TomlFileWrong for one that cannot be read."""
    try:
        return Path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise TomlFileWrong.whole(file, "no_file", why=why) from None
    except UnicodeDecodeError:
        raise TomlFileWrong.whole(file, "not_utf8") from None
