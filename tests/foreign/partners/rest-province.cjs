// A province on plain node:http, written from schemas/provincial/openapi.yaml, as such services are
// mostly written: JSON.stringify drops what is undefined, replies are chunked, X-Request-Id is not
// given back, an ended session is a 401. PORT, LEDGER, ACCOUNT, PASSWORD come from the environment.
'use strict';
const http = require('node:http');
const { open } = require('./ledger.cjs');
const { openProvince } = require('./province.cjs');

const { PORT, LEDGER, ACCOUNT, PASSWORD } = process.env;
const province = openProvince(open(LEDGER), { username: ACCOUNT, password: PASSWORD });

const said = ({ code, words, results }) => ({
  error_code: code,
  message: code === 0 ? null : words,
  result: results || null,
  serverTime: new Date().toISOString(),
});

function logIn({ username, password }) {
  const session = province.logIn(username, password);
  if (session === null) return [200, { error_code: -6, message: 'Sai mật khẩu', session: null }];
  return [200, { error_code: 0, message: null, session }];
}

function answer(call) {
  if (!province.admits(call.session)) {
    return [401, { error_code: -1, message: 'Phiên làm việc đã hết hạn' }];
  }
  switch (call.service) {
    case 'TraCuuHoSo': {
      const found = province.find(call.mahoso);
      if (!found) return [200, said({ code: -2, words: 'Hồ sơ không tồn tại' })];
      return [200, said({ code: 0, results: [{ HoSo: found.record, TienDo: found.steps }] })];
    }
    case 'DongBoHoSoMC':
      return [200, said(province.register(call.data, call.isUpdating === 'True'))];
    case 'CapNhatTienDoHoSoMC':
      return [200, said(province.addSteps(call.data))];
    case 'LayThuTuc': {
      const known = { MATTHC: call.maTTHC, TENTTHC: 'Thủ tục ' + call.maTTHC };
      return [200, said({ code: 0, results: [known] })];
    }
    default:
      return [400, { error_code: -4, message: 'service?' }];
  }
}

http.createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    let status = 404;
    let body = { error_code: -4, message: 'Không có dịch vụ này' };
    const given = JSON.parse(Buffer.concat(pieces).toString('utf8') || '{}');
    if (request.url === '/mapi/login') [status, body] = logIn(given);
    if (request.url === '/mapi/g') [status, body] = answer(given);
    response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
    response.write(JSON.stringify(body));
    response.end();
  });
}).listen(Number(PORT), '127.0.0.1');
