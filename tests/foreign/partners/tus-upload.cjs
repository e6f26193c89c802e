// A partner's program on tus-js-client: uploads a file, goes on by itself where the line was cut.
// Prints one JSON object: the upload's address, and the hub's SHA-256 of the stored file.
"use strict";
const fs = require("fs");
const tus = require("tus-js-client");

const { HUB, KEY, FILE, CHUNK } = process.env;
const upload = new tus.Upload(fs.createReadStream(FILE), {
  endpoint: `${HUB}/v1/uploads`,
  headers: { Authorization: `Bearer ${KEY}` },
  chunkSize: CHUNK ? Number(CHUNK) : Infinity,
  uploadDataDuringCreation: process.env.AT_ONCE === "1",
  retryDelays: [0, 50, 100, 200, 400, 800],
  metadata: { filename: "đơn.pdf", filetype: "application/pdf" },
  onError(error) {
    console.error(String(error));
    process.exit(1);
  },
  onSuccess({ lastResponse }) {
    console.log(JSON.stringify({ url: upload.url, sha256: lastResponse.getHeader("X-Sha256") }));
  },
});
upload.start();
