// A town administrative centre on plain node:http, written from schemas/town_center/openapi.yaml, as
// such services are mostly written. Where the contract is open it has codes of its own: a token that
// is over is 401 with code "12". It pulls a dossier's files, then tells its steps until each is
// acknowledged. PORT, LEDGER, CLIENT, CLIENT_SECRET, CALLBACK_SECRET, FILE_TOKEN and HUB come from the
// environment.
'use strict';
const crypto = require('node:crypto');
const http = require('node:http');
const { open } = require('./ledger.cjs');

const { PORT, LEDGER, CLIENT, CLIENT_SECRET, CALLBACK_SECRET, FILE_TOKEN, HUB } = process.env;
const TOKEN_CALLS = 60; // a token is good for so many calls
const AGAIN = 200; // milliseconds until a step is told again

const ledger = open(LEDGER);
const dossiers = new Map();
const tokens = new Map();
const results = new Map();

function keep(entry) {
  if (entry.what === 'transfer') {
    dossiers.set(entry.number, { transfer: entry.body, calls: [entry], told: 0 });
  } else if (entry.what === 'told') {
    dossiers.get(entry.number).told = entry.step;
  } else {
    dossiers.get(entry.number).calls.push(entry);
  }
}
ledger.known.forEach(keep);

function record(entry) {
  keep(entry);
  ledger.append(entry);
}

// ---- what the hub calls

const outcome = (code, message) => ({
  success: code === '00',
  code,
  type: code === '00' ? 'success' : 'error',
  time: new Date().toISOString(),
  message,
});
const refused = (status, code, message) => [status, { data: 0, status: outcome(code, message) }];

function reply(number, code, message) {
  const done = code === '00' ? 1 : 0;
  return [200, { data: done, SoBienNhan: number, MaHoSoThiXa: 'TX-' + number, status: outcome(code, message) }];
}

function handOver(body, messageId) {
  const number = body.SoBienNhan;
  if (dossiers.has(number)) return reply(number, '03', 'Hồ sơ đã tồn tại');
  record({ what: 'transfer', number, messageId, at: new Date().toISOString(), body });
  work(number);
  return reply(number, '00', 'Tiếp nhận thành công');
}

function take(what, body, messageId) {
  const number = body.SoBienNhan;
  if (!dossiers.has(number)) return refused(404, '20', 'Không có hồ sơ này');
  record({ what, number, messageId, at: new Date().toISOString(), body });
  return reply(number, '00', 'Thành công');
}

function recorded(dossier, what) {
  const calls = dossier.calls.filter((call) => call.what === what);
  return calls.map((call) => ({
    maThongDiep: call.messageId,
    PhienBan: call.body.PhienBan,
    luc: call.at,
  }));
}

function filesOf(body) {
  const papers = body.DanhSachGiayToDinhKem || body.DanhSachGiayToBoSung || [];
  return papers.flatMap((paper) => paper.TapTin).concat(body.DanhSachTepDinhKemKhac || []);
}

function look(number) {
  const dossier = dossiers.get(number);
  if (!dossier) return [404, { data: null, status: outcome('20', 'Không có hồ sơ này') }];
  const { transfer } = dossier;
  const held = {
    SoBienNhan: number,
    MaHoSoThiXa: 'TX-' + number,
    TrangThai: dossier.told === 0 ? 'moi' : STEPS[dossier.told - 1],
    MaQuyTrinh: transfer.ThongTinQuyTrinh.MaQuyTrinh,
    NgayTiepNhan: new Date(transfer.NgayTiepNhan).toISOString(),
    NgayHenTra: new Date(transfer.NgayHenTra).toISOString(),
    tiepNhan: recorded(dossier, 'transfer'),
    boSung: recorded(dossier, 'supplement'),
    traKetQua: recorded(dossier, 'returned'),
    TapTin: dossier.calls.flatMap((call) => filesOf(call.body)).map((file) => ({
      name: file.name,
      sha256: file.sha256,
      size: file.size,
      xacMinh: 'da-xac-minh',
    })),
  };
  return [200, { data: held, status: outcome('00', 'Có hồ sơ') }];
}

function admitted(request) {
  const token = (request.headers.authorization || '').replace(/^Bearer /i, '');
  const left = tokens.get(token) || 0;
  if (left > 0) tokens.set(token, left - 1);
  return left > 0;
}

function answer(request, text) {
  if (request.url === '/token') {
    const form = new URLSearchParams(text);
    if (form.get('client_id') !== CLIENT || form.get('client_secret') !== CLIENT_SECRET) {
      return refused(401, '12', 'Sai thông tin đăng nhập');
    }
    const token = crypto.randomUUID();
    tokens.set(token, TOKEN_CALLS);
    return [200, { access_token: token, expires_in: '3600', token_type: 'bearer' }];
  }
  if (!admitted(request)) return refused(401, '12', 'Token hết hạn');
  const messageId = request.headers['idempotency-key'] || '';
  const parts = request.url.split('/').slice(1).map(decodeURIComponent);
  if (request.method === 'GET' && parts[0] === 'suc-khoe') return reply('', '00', 'Sẵn sàng');
  if (request.method === 'GET' && parts[0] === 'ho-so') return look(parts[1]);
  if (request.method === 'POST' && parts[0] === 'ho-so') {
    const body = JSON.parse(text);
    if (parts.length === 1) return handOver(body, messageId);
    if (parts[2] === 'bo-sung') return take('supplement', body, messageId);
    if (parts[2] === 'tra-ket-qua') return take('returned', body, messageId);
  }
  return refused(404, '99', 'Không có dịch vụ này');
}

http.createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const echo = { 'X-Request-Id': request.headers['x-request-id'] || '' };
    const file = /^\/ket-qua\/([0-9a-f]{64})$/.exec(request.url);
    if (file && results.has(file[1])) {
      response.writeHead(200, { 'Content-Type': 'application/pdf', ...echo });
      response.end(results.get(file[1]));
      return;
    }
    const [status, body] = answer(request, Buffer.concat(pieces).toString('utf8'));
    response.writeHead(status, { 'Content-Type': 'application/json', ...echo });
    response.end(JSON.stringify(body));
  });
}).listen(Number(PORT), '127.0.0.1', () => {
  for (const number of dossiers.keys()) work(number);
});

// ---- what the town does by itself

const STEPS = ['da-tiep-nhan', 'luan-chuyen', 'ket-thuc'];
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function resultOf(number) {
  const bytes = Buffer.from('%PDF-1.4\n% ' + number + '\n%%EOF\n');
  const sha256 = crypto.createHash('sha256').update(bytes).digest('hex');
  results.set(sha256, bytes);
  return {
    MaGiayToKetQua: 'KQ',
    name: 'Giấy chứng nhận.pdf',
    mediaType: 'application/pdf',
    size: bytes.length,
    sha256,
    url: process.env.OWN_URL + '/ket-qua/' + sha256,
  };
}

function report(number, step) {
  const { transfer } = dossiers.get(number);
  const at = new Date(new Date(transfer.NgayChuyen).getTime() + step * 3_600_000);
  const body = {
    maSuKien: number + '/' + step,
    SoBienNhan: number,
    thuTu: step,
    buoc: STEPS[step - 1],
    thoiDiem: at.toISOString(),
    canBo: 'Hoàng Thị Mẫu',
  };
  if (step === STEPS.length) body.DanhSachGiayToKetQua = [resultOf(number)];
  return Buffer.from(JSON.stringify(body));
}

async function tell(body) {
  const stamp = String(Math.floor(Date.now() / 1000));
  const mac = crypto.createHmac('sha256', CALLBACK_SECRET).update(stamp + '.').update(body);
  const response = await fetch(HUB + '/town/callbacks', {
    method: 'POST',
    body,
    headers: {
      'Content-Type': 'application/json',
      'X-Town-Timestamp': stamp,
      'X-Town-Signature': 'sha256=' + mac.digest('hex'),
    },
  });
  return (await response.json()).Result === 1;
}

async function pull(file) {
  const response = await fetch(file.url, { headers: { Authorization: 'Bearer ' + FILE_TOKEN } });
  const bytes = Buffer.from(await response.arrayBuffer());
  return crypto.createHash('sha256').update(bytes).digest('hex') === file.sha256;
}

async function untilItIsDone(attempt) {
  for (;;) {
    try {
      if (await attempt()) return;
    } catch {
      // the hub is away; again
    }
    await pause(AGAIN);
  }
}

async function work(number) {
  const dossier = dossiers.get(number);
  for (const file of filesOf(dossier.transfer)) await untilItIsDone(() => pull(file));
  for (let step = 1; step <= STEPS.length; step += 1) {
    const body = report(number, step);
    if (step > dossier.told) {
      await untilItIsDone(() => tell(body));
      record({ what: 'told', number, step });
    }
  }
}
