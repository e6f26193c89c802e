"""The programs that foreign partners run on; `script/setup dev` installs them."""

import shutil
import subprocess
from pathlib import Path

from hub.drill.sandbox.programs import MissingProgram

PARTNERS = Path(__file__).with_name("partners")
MODULES = Path(__file__).parents[2] / "var/foreign/node_modules"


def node() -> str:
    """Return the path of Node.js; raises MissingProgram."""
    found = shutil.which("node")
    if not found:
        raise MissingProgram("node", "nodejs")
    return found


def npm_package(name: str) -> str:
    """Return where Node.js finds an npm package; raises MissingProgram."""
    if not (MODULES / name / "package.json").is_file():
        raise MissingProgram(f"the npm package {name}", "npm, then script/setup dev")
    return str(MODULES)


def npm_soap() -> str:
    """Return where Node.js finds the package `soap`; raises MissingProgram."""
    return npm_package("soap")


def xmlsec() -> str:
    """Return the path of xmlsec1; raises MissingProgram."""
    found = shutil.which("xmlsec1")
    if not found:
        raise MissingProgram("xmlsec1", "xmlsec1")
    return found


def php_with_soap() -> str:
    """Return the path of a PHP that has SoapServer; raises MissingProgram."""
    found = shutil.which("php")
    if not found:
        raise MissingProgram("php", "php-cli")
    modules = subprocess.run([found, "-m"], capture_output=True, text=True, check=False).stdout
    if "soap" not in modules.split():
        raise MissingProgram("PHP's SoapServer", "php-soap")
    return found
