# Installs what build_windows.py made, runs the self-test and uninstalls it again, on Windows itself.
# Toile must not be installed for this user.
$ErrorActionPreference = "Stop"
$dist = Join-Path (Split-Path $PSScriptRoot) "dist"
$folder = Join-Path $env:LOCALAPPDATA "Programs\Toile"
$report = Join-Path ([IO.Path]::GetTempPath()) "toile-selftest.json"
if (Test-Path $folder) { throw "Toile is installed already: $folder" }

function Invoke-Program($path, $words) {
    $ended = Start-Process -FilePath $path -ArgumentList $words -Wait -PassThru
    if ($ended.ExitCode -ne 0) { throw "$path ended with $($ended.ExitCode)" }
}

foreach ($line in Get-Content (Join-Path $dist "SHA256SUMS")) {
    $sum, $name = $line -split "\s+", 2
    $found = (Get-FileHash -Algorithm SHA256 (Join-Path $dist $name)).Hash
    if ($found -ne $sum) { throw "$name is not what SHA256SUMS says" }
}
Invoke-Program (Get-ChildItem $dist -Filter "Toile-*-setup.exe").FullName "/S"
try {
    Invoke-Program (Join-Path $folder "Toile.exe") @("--selftest", "`"$report`"", "--device", "cpu")
} finally {
    if (Test-Path $report) { Get-Content $report }
}
Invoke-Program (Join-Path $folder "Uninstall.exe") "/S"
foreach ($second in 1..60) {
    if (-not (Test-Path $folder)) { break }
    Start-Sleep -Seconds 1
}
if (Test-Path $folder) { throw "The uninstall left $folder" }
