"""A partner's program on tuspy: uploads a file in chunks, goes on where the line was cut.

Prints one JSON object: the upload's address.
"""

import json
import os
import sys

from tusclient.client import TusClient

key, address = os.environ["KEY"], os.environ["HUB"]
client = TusClient(f"{address}/v1/uploads", headers={"Authorization": f"Bearer {key}"})
uploader = client.uploader(
    os.environ["FILE"],
    chunk_size=int(os.environ["CHUNK"]),
    metadata={"filename": "don.pdf"},
    retries=8,
    retry_delay=0.05,
    upload_checksum=True,
)
uploader.upload()
sys.stdout.write(json.dumps({"url": uploader.url}))
