"""A camera without a lens that answers probes of WS-Discovery, on the loopback network only."""

import contextlib
import re
import select
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import Final, Self

from adapters.devices.discovery.probing import GROUP, PORT
from adapters.devices.discovery.ws_messages import ONVIF, SOAP, WSA, WSD

_HERE: Final = "127.0.0.1"
_ID: Final = re.compile(rb"<a:MessageID>([^<]{1,100})</a:MessageID>")
_SCOPES: Final = (
    "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/Hub%20camera"
    " onvif://www.onvif.org/location/qu%E1%BA%A7y%201"
)


@dataclass
class ProbedCamera:
    """One camera; `with` answers on this machine."""

    address: str
    """That of its device service."""
    answer: bytes = b""
    """What it answers in place of the truth; `%ID%` stands for the id of the probe."""
    probes: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((GROUP, PORT))  # of the group alone: nothing else of this port
        joined = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(_HERE))
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
        self._stopped, self._stop = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="probed camera")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.send(b"\n")
        self._thread.join()
        for it in (self._socket, self._stopped, self._stop):
            it.close()

    def _run(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as answering:
            answering.bind((_HERE, 0))
            while self._stopped not in select.select([self._socket, self._stopped], [], [])[0]:
                packet, sender = self._socket.recvfrom(65_536)
                self.probes.append(packet)
                found = _ID.search(packet)
                if found and b"NetworkVideoTransmitter" in packet:
                    with contextlib.suppress(OSError):  # who asked from another network
                        answering.sendto(self._answer(found[1]), sender)

    def _answer(self, message_id: bytes) -> bytes:
        if self.answer:
            return self.answer.replace(b"%ID%", message_id)
        return (
            f'<s:Envelope xmlns:s="{SOAP}" xmlns:a="{WSA}" xmlns:d="{WSD}"><s:Header>'
            f"<a:RelatesTo>{message_id.decode()}</a:RelatesTo>"
            f"<a:Action>{WSD}/ProbeMatches</a:Action></s:Header><s:Body><d:ProbeMatches>"
            "<d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:00000000-0000-4000-8000-"
            "000000000002</a:Address></a:EndpointReference>"
            f'<d:Types xmlns:t="{ONVIF}">t:NetworkVideoTransmitter</d:Types>'
            f"<d:Scopes>{_SCOPES}</d:Scopes><d:XAddrs>{self.address}</d:XAddrs>"
            "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
        ).encode()
