"""Reads and sets what only RabbitMQ's management API tells: bindings, policies, effective policies.

Promises a snapshot of one virtual host, with time and size limits on every call. Knows nothing of
what it should be like; `hub.broker.admin.declare` compares.
"""

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import urllib3

from hub.broker.admin.compare import LiveExchange, LiveNode, LiveQueue, Snapshot
from hub.broker.topology import Binding
from hub.ports import BrokerUnavailable
from hub.rules.clock_skew import ahead_by_http

ANSWER_WITHIN = timedelta(seconds=10)
LARGEST_ANSWER = 16 * 1024 * 1024


class ManagementRefused(BrokerUnavailable):
    """The account may not see or do this; the text says what."""


class Management:
    """The management API of one broker, or of the nodes of a cluster, for one virtual host."""

    def __init__(self, url: str, vhost: str, *, within: timedelta = ANSWER_WITHIN) -> None:
        """`url` is one address, or several with commas: each tells of the whole cluster."""
        self._addresses = [_node(part.strip()) for part in re.split(r",(?=\s*https?://)", url)]
        self._vhost = quote(vhost, safe="")
        seconds = within.total_seconds()
        self._http = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=seconds, read=seconds),
            retries=False,
            num_pools=len(self._addresses),
        )
        self._ahead: timedelta | None = None

    def snapshot(self) -> Snapshot:
        """Return what is there now; raises BrokerUnavailable."""
        rules = self._rules()
        # Trap: what the API calls effective comes from statistics: five seconds old, or not there
        # at all where these are turned off. Without them the queue's policy is the present one.
        # Only an account that may not see the policies has to be content with the statistics.
        suffix = "" if rules is None else "?disable_stats=true"
        queues = self._get(f"/api/queues/{self._vhost}{suffix}")
        policies = rules.policies if rules else {}
        return Snapshot(
            version=self._get("/api/overview")["rabbitmq_version"],
            switched_off=frozenset(
                flag["name"]
                for flag in self._may_get("/api/feature-flags") or ()
                if flag["state"] == "disabled"
            ),
            exchanges={
                exchange["name"]: _exchange(exchange, policies)
                for exchange in self._get(f"/api/exchanges/{self._vhost}")
            },
            queues={queue["name"]: _queue(queue, rules) for queue in queues},
            bindings=frozenset(
                Binding(way["source"], way["destination"], way["routing_key"])
                for way in self._get(f"/api/bindings/{self._vhost}")
                if way["destination_type"] == "queue"
            ),
            nodes=tuple(self._nodes()),
            ahead=self._ahead,
        )

    def _rules(self) -> "_Rules | None":
        """Return the policies, None where the account (`management`, `monitoring`) sees none."""
        policies = self._may_get(f"/api/policies/{self._vhost}")
        operators = self._may_get(f"/api/operator-policies/{self._vhost}")
        if policies is None or operators is None:
            return None
        return _Rules({it["name"]: it["definition"] for it in policies}, operators)

    def _may_get(self, path: str) -> Any:
        """Return what the API says, None where the account may not see it."""
        try:
            return self._get(path)
        except ManagementRefused:
            return None

    def _nodes(self) -> Iterator[LiveNode]:
        nodes: list[Any] = []
        with contextlib.suppress(BrokerUnavailable):  # needs the tag `monitoring`
            nodes = self._get("/api/nodes")
        for node in nodes:
            alarms = {"disk": node.get("disk_free_alarm"), "memory": node.get("mem_alarm")}
            yield LiveNode(
                name=node["name"],
                # A word instead of a number where the node cannot tell.
                disk_free=_number(node.get("disk_free")),
                disk_limit=_number(node.get("disk_free_limit")),
                alarms=tuple(name for name, raised in alarms.items() if raised is True),
            )

    def queues(self) -> list[dict[str, Any]]:
        """Return the queues as the API writes them; raises BrokerUnavailable."""
        found: list[dict[str, Any]] = self._get(f"/api/queues/{self._vhost}")
        return found

    def alarms(self) -> list[str]:
        """Return which nodes take no message, and for want of what."""
        return [f"{node.name}: {alarm}" for node in self._nodes() for alarm in node.alarms]

    def peek(self, queue: str, count: int, *, length: int) -> list[dict[str, Any]]:
        """Return the first messages of a queue, which stay in it; raises BrokerUnavailable.

        `payload` is the first `length` bytes of each, in base 64.
        """
        path = f"/api/queues/{self._vhost}/{quote(queue, safe='')}/get"
        wanted = {
            "count": count,
            "ackmode": "ack_requeue_true",
            "encoding": "base64",
            "truncate": length,
        }
        found: list[dict[str, Any]] = json.loads(self._call("POST", path, wanted))
        return found

    def put_policy(self, name: str, policy: Mapping[str, Any]) -> None:
        """Set a policy; raises BrokerUnavailable with the broker's reason when it refuses."""
        self._call("PUT", f"/api/policies/{self._vhost}/{quote(name, safe='')}", policy)

    def remove_policy(self, name: str) -> None:
        """Remove a policy where there is one of that name; raises BrokerUnavailable."""
        if any(it["name"] == name for it in self._get(f"/api/policies/{self._vhost}")):
            self._call("DELETE", f"/api/policies/{self._vhost}/{quote(name, safe='')}")

    def make_vhost(self) -> None:
        """Make the virtual host itself; raises BrokerUnavailable."""
        self._call("PUT", f"/api/vhosts/{self._vhost}", {})

    def permit(self, user: str) -> None:
        """Let a user do everything in the virtual host; raises BrokerUnavailable."""
        everything = dict.fromkeys(("configure", "write", "read"), ".*")
        self._call("PUT", f"/api/permissions/{self._vhost}/{quote(user, safe='')}", everything)

    def remove_vhost(self) -> None:
        """Remove the virtual host with everything in it; raises BrokerUnavailable."""
        self._call("DELETE", f"/api/vhosts/{self._vhost}")

    def close(self) -> None:
        """Close the connections."""
        self._http.clear()

    def _get(self, path: str) -> Any:
        return json.loads(self._call("GET", path))

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> bytes:
        """Ask the first node that answers; what it refuses, the others would refuse too."""
        silent = []
        for node in list(self._addresses):
            status, answer = self._request_of(node, method, path, body)
            if 0 < status < 500:
                break
            silent.append(answer[:300].decode(errors="replace"))
            self._addresses.append(self._addresses.pop(0))  # next time the others first
        else:
            raise BrokerUnavailable(f"management API: {method} {path}: " + "; ".join(silent))
        # A wrong password is no lack of rights: nothing was seen at all.
        if status in (401, 403) and b"login failed" not in answer.lower():
            raise ManagementRefused(f"management API: the account may not {method} {path}")
        if status >= 300:
            reason = answer[:300].decode(errors="replace")
            raise BrokerUnavailable(f"management API: {method} {path}: {status} {reason}")
        if len(answer) > LARGEST_ANSWER:
            raise BrokerUnavailable(f"management API: {path}: the answer is too large")
        return answer

    def _request_of(
        self, node: "_Node", method: str, path: str, body: Mapping[str, Any] | None
    ) -> tuple[int, bytes]:
        """Return status and body; status 0 and the kind of failure where nobody answers."""
        sent = datetime.now(UTC)
        try:
            response = self._http.request(
                method,
                node.base + path,
                body=None if body is None else json.dumps(body).encode(),
                headers={**node.headers, "content-type": "application/json"},
                preload_content=False,
            )
            try:
                answer = response.read(LARGEST_ANSWER + 1)
            finally:
                response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            return 0, type(error).__name__.encode()
        received, date = datetime.now(UTC), response.headers.get("date", "")
        self._ahead = ahead_by_http(date, sent=sent, received=received)
        return response.status, answer


@dataclass(frozen=True, slots=True)
class _Node:
    base: str
    headers: Mapping[str, str] = field(repr=False)


def _node(url: str) -> _Node:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("the management address must begin with http:// or https://")
    place = parts.netloc.rpartition("@")[2]  # as it was written: an IPv6 address has brackets
    base = urlunsplit((parts.scheme, place, parts.path.rstrip("/"), "", ""))
    login = f"{unquote(parts.username or 'guest')}:{unquote(parts.password or 'guest')}"
    return _Node(base, urllib3.make_headers(basic_auth=login))


@dataclass(frozen=True, slots=True)
class _Rules:
    """Policies by name, and operator policies."""

    policies: Mapping[str, Any]
    operators: Iterable[Mapping[str, Any]]


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _exchange(exchange: Mapping[str, Any], policies: Mapping[str, Any]) -> LiveExchange:
    policy = policies.get(exchange.get("policy", ""), {})
    return LiveExchange(
        type=exchange["type"],
        durable=exchange["durable"],
        alternate=exchange["arguments"].get("alternate-exchange")
        or policy.get("alternate-exchange", ""),
    )


def _queue(queue: Mapping[str, Any], rules: _Rules | None) -> LiveQueue:
    name = queue.get("policy") or ""
    if rules is None:
        effective = queue.get("effective_policy_definition")
    else:
        operator = _operator_policy(queue["name"], rules.operators)
        effective = _merge(rules.policies.get(name, {}), operator)
    return LiveQueue(
        type=queue.get("type", "classic"),
        durable=queue["durable"],
        arguments=dict(queue["arguments"]),
        policy=name,
        effective=effective,
    )


def _operator_policy(queue: str, operators: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    matching = [
        it
        for it in operators
        if it["apply-to"] != "exchanges" and re.search(it["pattern"], queue) is not None
    ]
    best = max(matching, key=lambda it: int(it["priority"]), default=None)
    return best["definition"] if best else {}


def _merge(policy: Mapping[str, Any], operator: Mapping[str, Any]) -> dict[str, Any]:
    """Of two numbers the smaller holds, of anything else the operator's word."""
    merged = {**policy, **operator}
    for word in policy.keys() & operator.keys():
        if isinstance(policy[word], int) and isinstance(operator[word], int):
            merged[word] = min(policy[word], operator[word])
    return merged
