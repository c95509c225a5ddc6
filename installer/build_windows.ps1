# Makes the Windows program, its installer and the portable zip from a clean clone:
#   powershell -ExecutionPolicy Bypass -File installer\build_windows.ps1
# Needs 64-bit Python 3.11 and NSIS; options are those of build_windows.py, which does the work.
$ErrorActionPreference = "Stop"
$script = Join-Path $PSScriptRoot "build_windows.py"
if (Get-Command py -ErrorAction SilentlyContinue) {
    & py -3.11 $script @args
} elseif (Get-Command python -ErrorAction SilentlyContinue) {
    & python $script @args
} else {
    Write-Error "Python 3.11 is missing: winget install Python.Python.3.11"
}
exit $LASTEXITCODE
