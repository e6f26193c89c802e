// A partner's program on npm `soap`: a client made of the hub's served WSDL, every operation called
// as such programs do. Prints one JSON object: what each call gave.
"use strict";
const soap = require("soap");

const { HUB, KEY, NUMBER, PROCEDURE, COMPONENTS } = process.env;
const at = "2018-08-06T08:30:00+07:00";
const by = { nguoiXuLy: "Lê Thị Thử", phongBanXuLy: "Sở Thử" };
const file = (name, text) => ({
  tenTep: name, loaiTep: "application/pdf", noiDung: Buffer.from(text).toString("base64"),
});

async function main() {
  const options = { forceSoap12Headers: process.env.VERSION === "1.2" };
  const client = await soap.createClientAsync(`${HUB}/soap?wsdl`, options);
  client.setSecurity(new soap.BearerSecurity(KEY));
  const call = async (name, said) => (await client[`${name}Async`](said))[0];
  const given = {};

  given.taken = await call("TiepNhanHoSoTrucTuyen", {
    maYeuCau: "node-1", maHoSo: NUMBER, maTTHC: PROCEDURE,
    chuHoSo: { hoTen: "Nguyễn Văn Mẫu", soGiayTo: "000000000001" },
    ngayNop: at,
    thanhPhanHoSo: JSON.parse(COMPONENTS).map((code) => ({ maThanhPhan: code, tenThanhPhan: code })),
    tepDinhKem: [file("đơn.pdf", "don")],
  });
  const said = { maHoSo: NUMBER, thoiDiemXuLy: at, ...by };
  await call("CapNhatTrangThaiHoSo", { maHoSo: NUMBER, trangThai: 2, thoiDiemXuLy: at, ...by });
  await call("ThongBaoNhapSaiThuTuc", { ...said, maTTHCSai: PROCEDURE, maTTHCDung: "1.000894" });
  await call("ThongBaoNghiaVuTaiChinh", {
    maHoSo: NUMBER, ngayThongBao: at, ...by,
    thongBaoThue: [{ soThongBao: "TB-1", loaiThue: "Lệ phí", soTien: 50000 }],
  });
  await call("YeuCauBoSungHoSo", {
    maHoSo: NUMBER, ngayYeuCau: at, nguoiYeuCau: by.nguoiXuLy, phongBanXuLy: by.phongBanXuLy,
    giayToBoSung: ["Giấy thứ nhất", "Giấy thứ hai"], noiDungBoSung: "Bản mờ",
  });
  const result = { maHoSo: NUMBER, ngayKetThuc: at, ...by, tepDinhKem: [file("kq.pdf", "ket qua")] };
  given.result = await call("TraKetQuaHoSo", result);
  given.again = await call("TraKetQuaHoSo", result);
  // The hub handles what it took: asked until the last word stands in the timeline.
  do {
    given.found = await call("TraCuuHoSo", { maHoSo: NUMBER }).catch(() => null);
  } while (!given.found || given.found.hoSo.trangThai !== 9);
  const kept = given.found.tepDinhKem.find((one) => one.laKetQua);
  given.file = await call("LayTepDinhKem", { maHoSo: NUMBER, maBamTep: kept.maBamTep });
  given.list = await call("LayDanhSachHoSo", { ngay: "2018-08-06" });
  try {
    await call("TraCuuHoSo", { maHoSo: "000.99.01.H57-180806-9999" });
  } catch (error) {
    const fault = error.root.Envelope.Body.Fault;
    given.fault = (fault.detail || fault.Detail).Loi;
  }
  process.stdout.write(JSON.stringify(given));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n${error.body || ""}\n`);
  process.exit(1);
});
