"""Files that a person writes beside the settings: secrets, and TOML."""
