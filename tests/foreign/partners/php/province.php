<?php
// A province on PHP's SoapServer, served from our WSDL, in the habits of that class: one request a
// process life, nothing but files between them. PORT is the server's; LEDGER, WSDL, ACCOUNT and
// PASSWORD come from the environment.
declare(strict_types=1);
ini_set('soap.wsdl_cache_enabled', '0');
ini_set('display_errors', 'stderr');

const SESSION_CALLS = 150; // a login is good for so many calls

final class Province
{
    private array $dossiers = [];

    public function __construct(private string $ledger, private string $sessions)
    {
        $lines = is_file($ledger) ? file($ledger, FILE_IGNORE_NEW_LINES | FILE_SKIP_EMPTY_LINES) : [];
        foreach ($lines as $line) {
            $this->keep(json_decode($line, true, 512, JSON_THROW_ON_ERROR));
        }
    }

    private function keep(array $entry): void
    {
        $number = $entry['number'];
        if ($entry['what'] === 'step') {
            $this->dossiers[$number]['steps'][] = $entry['record'];
        } else {
            $this->dossiers[$number]['record'] = $entry['record'];
            $this->dossiers[$number]['steps'] ??= [];
        }
    }

    private function write(string $what, object $record): array
    {
        $entry = ['what' => $what, 'number' => $record->MaHoSo, 'record' => $record];
        $line = json_encode($entry, JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR) . "\n";
        file_put_contents($this->ledger, $line, FILE_APPEND | LOCK_EX);
        $this->keep(json_decode($line, true));
        return ['MaHoSo' => $record->MaHoSo, 'MaThamChieu' => uniqid('T')];
    }

    private function admit(string $session): void
    {
        $file = $this->sessions . '/' . hash('sha256', $session);
        $left = is_file($file) ? (int) file_get_contents($file) : 0;
        if ($left <= 0) {
            throw new SoapFault('Client', 'Phiên làm việc đã kết thúc, vui lòng đăng nhập lại');
        }
        file_put_contents($file, (string) ($left - 1));
    }

    public function DangNhap(object $call): array
    {
        $known = [getenv('ACCOUNT'), getenv('PASSWORD')];
        if ([$call->username, $call->password] !== $known) {
            return ['error_code' => '-6', 'message' => 'Sai mật khẩu', 'session' => ''];
        }
        $session = bin2hex(random_bytes(16));
        file_put_contents($this->sessions . '/' . hash('sha256', $session), (string) SESSION_CALLS);
        return ['error_code' => '0', 'message' => 'Thành công', 'session' => $session];
    }

    public function TraCuuHoSo(object $call): array
    {
        $this->admit($call->session);
        $found = $this->dossiers[$call->mahoso] ?? null;
        if ($found === null) {
            return ['error_code' => '-2', 'message' => 'Hồ sơ không tồn tại'];
        }
        return [
            'error_code' => '0',
            'message' => 'Thành công',
            'HoSo' => $found['record'],
            'TienDo' => $found['steps'],
        ];
    }

    public function DongBoHoSoMC(object $call): array
    {
        $this->admit($call->session);
        $updating = $call->isUpdating === 'True';
        foreach ($this->listOf($call->data) as $record) {
            $there = isset($this->dossiers[$record->MaHoSo]);
            if ($updating && !$there) {
                return ['error_code' => '-2', 'message' => 'Hồ sơ không tồn tại'];
            }
            if (!$updating && $there) {
                return ['error_code' => '3', 'message' => 'Hồ sơ đã tồn tại'];
            }
        }
        return $this->done($updating ? 'update' : 'register', $call->data);
    }

    public function CapNhatTienDoHoSoMC(object $call): array
    {
        $this->admit($call->session);
        foreach ($this->listOf($call->data) as $record) {
            if (!isset($this->dossiers[$record->MaHoSo])) {
                return ['error_code' => '-2', 'message' => 'Hồ sơ không tồn tại'];
            }
        }
        return $this->done('step', $call->data);
    }

    public function LayThuTuc(object $call): array
    {
        $this->admit($call->session);
        $known = ['MATTHC' => $call->maTTHC, 'TENTTHC' => 'Thủ tục ' . $call->maTTHC];
        return ['error_code' => '0', 'message' => 'Thành công', 'result' => $known];
    }

    private function done(string $what, mixed $data): array
    {
        $results = [];
        foreach ($this->listOf($data) as $record) {
            $results[] = $this->write($what, $record);
        }
        return ['error_code' => '0', 'message' => 'Thành công', 'result' => $results];
    }

    private function listOf(mixed $value): array
    {
        return is_array($value) ? $value : [$value];
    }
}

$asks_for_wsdl = strcasecmp($_SERVER['QUERY_STRING'] ?? '', 'wsdl') === 0;
if ($_SERVER['REQUEST_METHOD'] !== 'POST' && !$asks_for_wsdl) {
    http_response_code(405);
    exit;
}
$server = new SoapServer(getenv('WSDL'), ['cache_wsdl' => WSDL_CACHE_NONE]);
$server->setObject(new Province(getenv('LEDGER'), getenv('SESSIONS')));
$server->handle();
