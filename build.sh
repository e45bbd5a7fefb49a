#!/usr/bin/env bash
# Runs build.ps1 with the user's pwsh, 7.6 or later; where there is none, with the one that .config/dotnet-tools.json pins.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 POWERSHELL_TELEMETRY_OPTOUT=1

if ! command -v dotnet >/dev/null; then
  echo "build.sh: 'dotnet' is not on PATH. Install the .NET SDK 10.0: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
  exit 1
fi

usable_pwsh() {
  command -v pwsh >/dev/null && [ "$(printf '7.6\n%s\n' "$(pwsh --version | sed 's/^PowerShell //')" | sort -V | head -n 1)" = 7.6 ]
}
if usable_pwsh; then
  exec pwsh -NoProfile -File "$root/build.ps1" "$@"
fi

# Run by its file: 'dotnet tool run' starts three processes, one after the other, and passes no signal on.
version=$(sed -n 's/.*"version": "\(.*\..*\)".*/\1/p' "$root/.config/dotnet-tools.json")
tool=${NUGET_PACKAGES:-$HOME/.nuget/packages}/powershell/$version/tools/net10.0/any/unix/pwsh.dll
if [ ! -e "$tool" ]; then
  (cd "$root" && dotnet tool restore >&2)
fi
exec dotnet exec "$tool" -NoProfile -File "$root/build.ps1" "$@"
