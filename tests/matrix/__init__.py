"""The hub on the versions of its services that it claims to work with: `script/test matrix`."""
