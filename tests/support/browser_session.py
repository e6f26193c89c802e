"""A browser at the console for tests: keeps cookies as a browser does on its own machine.

A client of Python sends no `Secure` cookie over http, not even to its own machine.
"""

import re
from collections.abc import Mapping
from html import unescape
from http.cookies import SimpleCookie
from typing import NamedTuple

import httpx


class BrowserSession:
    """One browser; `headers` are those of a page of the console, unless a test says others."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.cookies: dict[str, str] = {}
        self.headers = {"sec-fetch-site": "same-origin"}

    def get(self, path: str) -> httpx.Response:
        """Fetch a page."""
        return self._keep(self.client.get(path, headers=self._sent()))

    def post(self, path: str, fields: Mapping[str, str]) -> httpx.Response:
        """Send a form."""
        return self._keep(self.client.post(path, data=dict(fields), headers=self._sent()))

    def _sent(self) -> dict[str, str]:
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {**self.headers, **({"cookie": kept} if kept else {})}

    def _keep(self, answer: httpx.Response) -> httpx.Response:
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return answer


def hidden(answer: httpx.Response, name: str) -> str:
    """Return the value of a hidden field in a page."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', answer.text)
    assert found, f"{name}: {answer.text}"
    return unescape(found[1])


class Form(NamedTuple):
    """A form of a page: where it goes to, and its hidden fields."""

    path: str
    hidden: dict[str, str]

    def filled(self, **typed: str) -> dict[str, str]:
        """Return what a browser sends."""
        return {**self.hidden, **typed}


def forms_of(page: httpx.Response) -> dict[str, Form]:
    """Return the forms of a page by the last part of their address."""
    found = {}
    for action, body in re.findall(
        r'<form [^>]*action="([^"]+)">(.*?)</form>', page.text, re.DOTALL
    ):
        pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', body)
        name = action.rpartition("/")[2]
        found[name] = Form(action, {name: unescape(value) for name, value in pairs})
    return found
