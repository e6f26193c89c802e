<?php
$key = trim(file_get_contents('partner.key'));
$client = new SoapClient(getenv('HUB') . '/soap?wsdl', [
    'stream_context' => stream_context_create(
        ['http' => ['header' => "Authorization: Bearer $key"]]
    ),
]);
$found = $client->TraCuuHoSo(['maHoSo' => getenv('MA_HO_SO')]);
var_dump($found->hoSo->maHoSo === getenv('MA_HO_SO'));
