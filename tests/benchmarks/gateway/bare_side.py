"""The bare route: FastAPI, a `def` route, one durable SQLite insert a call, nothing checked.

What a developer writes first: `bare_side FOLDER PORT`. Each thread of the pool has its connection,
with WAL and synchronous=FULL as in the hub's store, so that an answer means the same.
"""

import sys

import uvicorn
from fastapi import FastAPI

from tests.benchmarks.gateway.insert import insert, prepare

app = FastAPI()


@app.post("/v1/dossiers", status_code=202)
def submit(body: dict[str, object]) -> dict[str, object]:
    """Store one dossier."""
    return {"id": insert(str(body)), "maHoSo": body["maHoSo"]}


def main() -> None:
    """Serve until told to stop."""
    prepare()
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error", access_log=False)


if __name__ == "__main__":
    main()
