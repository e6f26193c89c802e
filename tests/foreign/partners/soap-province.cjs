// A province on the npm package `soap`, served from our WSDL, in the habits of that package.
// PORT, LEDGER, WSDL, ACCOUNT, PASSWORD come from the environment.
'use strict';
const fs = require('node:fs');
const http = require('node:http');
const soap = require('soap');
const { open } = require('./ledger.cjs');
const { openProvince } = require('./province.cjs');

const { PORT, LEDGER, WSDL, ACCOUNT, PASSWORD } = process.env;
const province = openProvince(open(LEDGER), { username: ACCOUNT, password: PASSWORD });

const listOf = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

function admitted(work) {
  return (call) => {
    if (!province.admits(call.session)) {
      const reason = 'Phiên làm việc đã kết thúc, vui lòng đăng nhập lại';
      throw { Fault: { faultcode: 'soap:Client', faultstring: reason, statusCode: 500 } };
    }
    return work(call);
  };
}

const said = ({ code, words, results }) => ({ error_code: code, message: words, result: results });

const operations = {
  DangNhap({ username, password }) {
    const session = province.logIn(username, password);
    if (session === null) return { error_code: -6, message: 'Sai mật khẩu', session: '' };
    return { error_code: 0, message: 'Thành công', session };
  },
  TraCuuHoSo: admitted(({ mahoso }) => {
    const found = province.find(mahoso);
    if (!found) return { error_code: -2, message: 'Hồ sơ không tồn tại' };
    return { error_code: 0, message: 'Thành công', HoSo: found.record, TienDo: found.steps };
  }),
  DongBoHoSoMC: admitted(({ isUpdating, data }) =>
    said(province.register(listOf(data), isUpdating === 'True'))),
  CapNhatTienDoHoSoMC: admitted(({ data }) => said(province.addSteps(listOf(data)))),
  LayThuTuc: admitted(({ maTTHC }) => ({
    error_code: 0,
    message: 'Thành công',
    result: { MATTHC: maTTHC, TENTTHC: 'Thủ tục ' + maTTHC },
  })),
};

const server = http.createServer((request, response) => {
  response.statusCode = 404;
  response.end();
});
server.listen(Number(PORT), '127.0.0.1', () => {
  soap.listen(server, {
    path: process.env.SERVICE_PATH,
    services: { HoSoDienTu: { HoSoDienTuSoap: operations } },
    xml: fs.readFileSync(WSDL, 'utf8'),
    uri: WSDL,
  });
});
