"""The smallest simulated partner: it takes `POST /<dossier>?<moment>` and says so. For tests."""

import argparse
from pathlib import Path

from adapters.simulation import serve
from adapters.simulation.ledger import Effect
from adapters.simulation.partner import Answer, Call, Partner


class EchoPartner(Partner):
    """Records every call as an event; its only session never matters."""

    name = "echo"
    sessions_ended = 0

    def operation(self, call: Call) -> str:
        return call.method

    async def answer(self, call: Call) -> Answer:
        number, moment = call.path.strip("/"), call.query.decode()
        effect = Effect(
            kind="event", operation=call.method, dossier=number, key=moment, moment=moment
        )
        await self.ledger.record([effect])
        return Answer(
            body=f'{{"number": "{number}", "message": "đã nhận"}}'.encode(), number=number
        )

    def refusal(self, call: Call) -> Answer:
        return Answer(status=400, body=b'{"refused": true}', number=call.path.strip("/"))

    def server_fault(self, call: Call) -> Answer:
        return Answer(status=500, body=b'{"fault": true}', number=call.path.strip("/"))

    def unknown_code(self, call: Call) -> Answer:
        return Answer(body=b'{"code": 42}', number=call.path.strip("/"))

    def expire_sessions(self) -> None:
        self.sessions_ended += 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    serve.run(EchoPartner, ledger=arguments.ledger, seed=arguments.seed)
