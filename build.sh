#!/usr/bin/env bash
# Runs build.ps1 with pwsh 7.6 or later; where there is none, with the stand-in host of eng/PwshHost, which is built first.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 POWERSHELL_TELEMETRY_OPTOUT=1

if ! command -v dotnet >/dev/null; then
  echo "build.sh: 'dotnet' is not on PATH. Install the .NET SDK 10.0: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
  exit 1
fi

usable_pwsh() {
  command -v pwsh >/dev/null && pwsh -NoProfile -Command 'exit [int]($PSVersionTable.PSVersion -lt [version]"7.6")'
}
if usable_pwsh; then
  exec pwsh -NoProfile -File "$root/build.ps1" "$@"
fi

host=$root/eng/PwshHost/bin/Release/net10.0/ShoreGuard.PwshHost.dll
# Asking MSBuild whether anything changed takes seconds; asking the file system does not.
stamp=$root/eng/PwshHost/bin/Release/.built
if [ ! -e "$host" ] || [ ! -e "$stamp" ] || [ -n "$(find "$root"/eng/PwshHost/*.cs "$root"/eng/PwshHost/*.csproj "$root"/Directory.*.props \
    "$root"/.editorconfig "$root"/global.json "$root"/ShoreGuard.Rollback.psd1 -newer "$stamp" -print -quit)" ]; then
  dotnet msbuild "$root/eng/PwshHost" -restore -property:Configuration=Release -verbosity:quiet -nologo >&2
  touch "$stamp"
fi
exec dotnet exec "$host" -NoProfile -File "$root/build.ps1" "$@"
