// What a province keeps, for the two Node.js provinces: dossiers, steps, logins. Written from the
// contracts in schemas/provincial alone. Adding a step again adds it again; the ledger shows it.
'use strict';
const crypto = require('node:crypto');

const SESSION_CALLS = 150; // a login is good for so many calls

function openProvince(ledger, { username, password }) {
  const dossiers = new Map();
  const sessions = new Map();

  function keep(entry) {
    if (entry.what === 'step') {
      dossiers.get(entry.number).steps.push(entry.record);
    } else {
      const before = dossiers.get(entry.number);
      dossiers.set(entry.number, { record: entry.record, steps: before ? before.steps : [] });
    }
  }
  ledger.known.forEach(keep);

  function done(what, record) {
    const entry = { what, number: record.MaHoSo, record };
    keep(entry);
    ledger.append(entry);
    return { MaHoSo: record.MaHoSo, MaThamChieu: 'T' + crypto.randomInt(1e9) };
  }

  return {
    logIn(user, word) {
      if (user !== username || word !== password) return null;
      const session = crypto.randomUUID();
      sessions.set(session, SESSION_CALLS);
      return session;
    },
    admits(session) {
      const left = sessions.get(session) || 0;
      if (left <= 0) return false;
      sessions.set(session, left - 1);
      return true;
    },
    find: (number) => dossiers.get(number),
    register(records, updating) {
      for (const record of records) {
        if (updating && !dossiers.has(record.MaHoSo)) return { code: -2, words: 'Hồ sơ không tồn tại' };
        if (!updating && dossiers.has(record.MaHoSo)) return { code: 3, words: 'Hồ sơ đã tồn tại' };
      }
      const what = updating ? 'update' : 'register';
      return { code: 0, words: 'Thành công', results: records.map((record) => done(what, record)) };
    },
    addSteps(records) {
      const missing = records.some((record) => !dossiers.has(record.MaHoSo));
      if (missing) return { code: -2, words: 'Hồ sơ không tồn tại' };
      return { code: 0, words: 'Thành công', results: records.map((record) => done('step', record)) };
    },
  };
}

module.exports = { openProvince };
