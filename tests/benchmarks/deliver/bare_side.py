"""The bare loop: 8 threads, each with a zeep client of its own over zeep's own transport.

Nothing is stored, nothing is retried, and the records to be sent are there before it begins.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from zeep import Client
from zeep.transports import Transport

from adapters.provincial import mapping
from adapters.provincial.mapping import Fields
from hub.messages.envelope import decode
from tests.benchmarks.deliver.order import AGENCY, EXAMPLE, THREADS, Order, given
from tests.benchmarks.stamps import stamp


def service(order: Order) -> tuple[Any, str]:
    """Return a client's service at the simulator's address, and a session."""
    province = order.province
    transport = Transport(timeout=30, operation_timeout=30)  # type: ignore[no-untyped-call]
    client: Any = Client(str(province.wsdl), transport=transport)  # type: ignore[no-untyped-call]
    (binding,) = client.wsdl.bindings
    made = client.create_service(str(binding), province.address("DangNhap"))
    login = made.DangNhap(username=order.username, password=order.password, madonvi=AGENCY)
    return made, login.session


def deliver(order: Order, records: list[Fields]) -> None:
    """Register the dossiers one after the other."""
    made, session = service(order)
    for record in records:
        answer = made.DongBoHoSoMC(
            session=session, madonvi=AGENCY, isUpdating="False", data=[record]
        )
        if str(answer.error_code) not in {"0", "00"}:
            raise RuntimeError(f"refused: {answer.error_code} {answer.message}")
        stamp(order.stamps)


def main() -> None:
    """Deliver everything."""
    order = given()
    files, base = decode(EXAMPLE.read_bytes()).attachments, order.province.file_base_url
    records = [mapping.dossier_fields(d, files, file_base_url=base) for d in order.dossiers()]
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(deliver, order, records[n::THREADS]) for n in range(THREADS)]:
            done.result()


if __name__ == "__main__":
    main()
