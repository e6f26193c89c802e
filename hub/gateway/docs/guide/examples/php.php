<?php
$key = trim(file_get_contents('partner.key'));
$client = new SoapClient(getenv('HUB') . '/soap?wsdl', [
    'stream_context' => stream_context_create(
        ['http' => ['header' => "Authorization: Bearer $key"]]
    ),
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,  // a list of one stays a list
]);
$found = $client->TraCuuHoSo(['maHoSo' => getenv('MA_HO_SO')]);
var_dump($found->hoSo->maHoSo === getenv('MA_HO_SO'));
