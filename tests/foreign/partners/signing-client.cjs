// A partner's program on npm `soap` that signs its calls by X.509 and sends them by MTOM.
// Prints one JSON object: the answer to a call whose file stands in the signed envelope, and the
// code of the fault for one whose signature covers only the reference to the file.
"use strict";
const fs = require("fs");
const soap = require("soap");

const { HUB, PRIVATE_KEY, CERTIFICATE, NUMBER, PROCEDURE, COMPONENTS } = process.env;
const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";

function security() {
  const options = { hasTimeStamp: true, signatureTransformations: [EXCLUSIVE] };
  return new soap.WSSecurityCert(
    fs.readFileSync(PRIVATE_KEY), fs.readFileSync(CERTIFICATE), "", options,
  );
}

function dossier(name, content) {
  return {
    maYeuCau: name, maHoSo: NUMBER, maTTHC: PROCEDURE,
    chuHoSo: { hoTen: "Nguyễn Văn Mẫu", soGiayTo: "000000000001" },
    ngayNop: "2018-08-06T08:30:00+07:00",
    thanhPhanHoSo: JSON.parse(COMPONENTS).map((code) => ({ maThanhPhan: code, tenThanhPhan: code })),
    tepDinhKem: [{ tenTep: "don.pdf", loaiTep: "application/pdf", noiDung: content }],
  };
}

async function main() {
  const client = await soap.createClientAsync(`${HUB}/soap?wsdl`);
  const call = async (said, options) => {
    client.setSecurity(security()); // one signs one call
    return (await client.TiepNhanHoSoTrucTuyenAsync(said, { forceMTOM: true, ...options }))[0];
  };
  const file = Buffer.from("%PDF-1.4 goi ky so");
  const given = { taken: await call(dossier("node-signed", file.toString("base64"))) };

  const include = {
    "xop:Include": {
      attributes: { "xmlns:xop": "http://www.w3.org/2004/08/xop/include", href: "cid:file-1" },
    },
  };
  const part = { mimetype: "application/pdf", contentId: "file-1", name: "don.pdf", body: file };
  try {
    await call(dossier("node-referred", include), { attachments: [part] });
  } catch (error) {
    given.fault = error.root.Envelope.Body.Fault.detail.Loi;
  }
  process.stdout.write(JSON.stringify(given));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n${error.body || ""}\n`);
  process.exit(1);
});
