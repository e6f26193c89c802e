"""Cameras and printers that answer a probe of WS-Discovery: multicast out, answers to one socket.

Every network of this machine is asked. Time, answers and the size of each are bounded.
"""

import select
import socket
import struct
import time
import uuid
from contextlib import suppress
from datetime import timedelta
from typing import Final

from adapters.devices.discovery.answers import Answers, SearchUnavailable
from adapters.devices.discovery.ws_messages import LARGEST, NoAnswer, probe, read_answer
from hub.rules.devices.proposals import MOST, FoundDevice
from hub.rules.devices.reading import CAMERA, PRINTER
from hub.texts import both

GROUP, PORT = "239.255.255.250", 3702
_TWICE: Final = 2
"""Each probe is sent so often: a packet gets lost, and a device answers the same id once."""


def probe_network(within: timedelta) -> Answers:
    """Return what answers within a time. Raises SearchUnavailable."""
    kinds = {f"urn:uuid:{uuid.uuid4()}": kind for kind in (CAMERA, PRINTER)}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        own.bind(("", 0))
        if not _send(own, kinds):
            raise SearchUnavailable(both("discovery.no_multicast"))
        return _answers(own, kinds, time.monotonic() + within.total_seconds())


def _send(own: socket.socket, kinds: dict[str, str]) -> int:
    """Send the probes into every network; return into how many."""
    reached = 0
    for number, _ in socket.if_nameindex():
        with suppress(OSError):  # one without an address, or without multicast
            chosen = struct.pack("4s4si", b"\0" * 4, b"\0" * 4, number)
            own.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, chosen)
            for message_id, kind in [*kinds.items()] * _TWICE:
                own.sendto(probe(kind, message_id), (GROUP, PORT))
            reached += 1
    return reached


def _answers(own: socket.socket, kinds: dict[str, str], end: float) -> Answers:
    found: dict[FoundDevice, None] = {}
    unusable = packets = 0
    while (left := end - time.monotonic()) > 0 and packets < 10 * MOST and len(found) < MOST:
        if not select.select([own], [], [], left)[0]:
            break
        packet, (sender, _) = own.recvfrom(LARGEST + 1)
        packets += 1
        try:
            devices = read_answer(packet, sender, kinds=kinds)
        except NoAnswer:
            devices = []
        unusable += not devices
        found |= dict.fromkeys(devices)
    return Answers(found=list(found), unusable=unusable)
