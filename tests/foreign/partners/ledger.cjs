// The ledger of a foreign partner: a file that only grows, one JSON line an effect. A partner that is
// killed and started again knows what is in it, and nothing else.
'use strict';
const fs = require('node:fs');

function open(path) {
  const lines = fs.existsSync(path) ? fs.readFileSync(path, 'utf8').split('\n') : [];
  const known = lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line));
  const handle = fs.openSync(path, 'a', 0o600);
  return {
    known,
    // Written before the caller is answered.
    append(entry) {
      fs.writeSync(handle, JSON.stringify(entry) + '\n');
      fs.fsyncSync(handle);
    },
  };
}

module.exports = { open };
