<?php
// A partner's program on PHP's SoapClient: made of the hub's served WSDL, every operation called as
// such programs do. Prints one JSON object: what each call gave.
ini_set('soap.wsdl_cache_enabled', '0');
$hub = getenv('HUB');
$number = getenv('NUMBER');
$procedure = getenv('PROCEDURE');
$at = '2018-08-06T08:30:00+07:00';
$by = ['nguoiXuLy' => 'Lê Thị Thử', 'phongBanXuLy' => 'Sở Thử'];
$client = new SoapClient("$hub/soap?wsdl", [
    'soap_version' => getenv('VERSION') === '1.2' ? SOAP_1_2 : SOAP_1_1,
    'login' => 'provincial',
    'password' => getenv('KEY'),
    'exceptions' => true,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);
$file = fn ($name, $bytes) => ['tenTep' => $name, 'loaiTep' => 'application/pdf', 'noiDung' => $bytes];
$given = [];
$given['taken'] = $client->TiepNhanHoSoTrucTuyen([
    'maYeuCau' => 'php-1',
    'maHoSo' => $number,
    'maTTHC' => $procedure,
    'chuHoSo' => ['hoTen' => 'Nguyễn Văn Mẫu', 'soGiayTo' => '000000000001'],
    'ngayNop' => $at,
    'thanhPhanHoSo' => array_map(
        fn ($code) => ['maThanhPhan' => $code, 'tenThanhPhan' => $code],
        json_decode(getenv('COMPONENTS'))
    ),
    'tepDinhKem' => [$file('đơn.pdf', 'don')],
]);
$said = ['maHoSo' => $number] + $by;
$client->CapNhatTrangThaiHoSo($said + ['trangThai' => 2, 'thoiDiemXuLy' => $at]);
$client->ThongBaoNhapSaiThuTuc(
    $said + ['thoiDiemXuLy' => $at, 'maTTHCSai' => $procedure, 'maTTHCDung' => '1.000894']
);
$client->ThongBaoNghiaVuTaiChinh($said + [
    'ngayThongBao' => $at,
    'thongBaoThue' => [['soThongBao' => 'TB-1', 'loaiThue' => 'Lệ phí', 'soTien' => 50000]],
]);
$client->YeuCauBoSungHoSo([
    'maHoSo' => $number,
    'ngayYeuCau' => $at,
    'nguoiYeuCau' => $by['nguoiXuLy'],
    'phongBanXuLy' => $by['phongBanXuLy'],
    'giayToBoSung' => ['Giấy thứ nhất', 'Giấy thứ hai'],
    'noiDungBoSung' => 'Bản mờ',
]);
$result = $said + ['ngayKetThuc' => $at, 'tepDinhKem' => [$file('kq.pdf', 'ket qua')]];
$given['result'] = $client->TraKetQuaHoSo($result);
$given['again'] = $client->TraKetQuaHoSo($result);
// The hub handles what it took: asked until the last word stands in the timeline.
do {
    try {
        $given['found'] = $client->TraCuuHoSo(['maHoSo' => $number]);
    } catch (SoapFault $fault) {
        $given['found'] = null;
    }
} while (!$given['found'] || $given['found']->hoSo->trangThai !== 9);
foreach ($given['found']->tepDinhKem as $one) {
    if ($one->laKetQua) {
        $kept = $one->maBamTep;
    }
}
$fetched = $client->LayTepDinhKem(['maHoSo' => $number, 'maBamTep' => $kept]);
$fetched->noiDung = base64_encode($fetched->noiDung);
$given['file'] = $fetched;
$given['list'] = $client->LayDanhSachHoSo(['ngay' => '2018-08-06']);
try {
    $client->TraCuuHoSo(['maHoSo' => '000.99.01.H57-180806-9999']);
} catch (SoapFault $fault) {
    $given['fault'] = $fault->detail->Loi;
}
echo json_encode($given);
