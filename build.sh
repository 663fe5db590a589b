#!/usr/bin/env bash
# One entry for everyone:  ./build.sh demo [CLIP]   ./build.sh test   ./build.sh pack
# Needs the .NET SDK 10 and nothing else: a missing system library is installed, or the line to run is printed.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# OpenMP threads that wait by spinning slow each other down when tests or several processes share the cores.
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE}

usage() {
  cat <<'TEXT'
usage: ./build.sh VERB
  demo [CLIP]   make phantom clips, pretrain a small ViT on them, compare, draw; with CLIP embed a real clip too
  test          build and run every test that this machine can run
  pack          build the NuGet packages into artifacts/packages
TEXT
}

require_sdk() {
  if ! command -v dotnet >/dev/null 2>&1; then
    echo "The .NET SDK 10 is not installed. Get it from https://dotnet.microsoft.com/download/dotnet/10.0" >&2
    exit 1
  fi
}

# OpenCV's native library needs GTK 3 on Linux.
has_library() { { ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null; } | grep -qF "$1"; }

require_native_libraries() {
  [ "$(uname -s)" = Linux ] || return 0
  if has_library libgtk-3.so.0 && has_library libgdk-3.so.0; then return 0; fi
  local install
  if command -v apt-get >/dev/null 2>&1; then install="apt-get install -y --no-install-recommends libgtk-3-0"
  elif command -v dnf >/dev/null 2>&1; then install="dnf install -y gtk3"
  elif command -v zypper >/dev/null 2>&1; then install="zypper --non-interactive install libgtk-3-0"
  elif command -v pacman >/dev/null 2>&1; then install="pacman -S --noconfirm gtk3"
  else
    echo "OpenCV needs libgtk-3.so.0 (GTK 3): install it with this system's package manager, then run the command again." >&2
    exit 1
  fi
  local elevate=""
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then elevate="sudo "; else
      echo "OpenCV needs GTK 3. Run this line, then the command again:" >&2
      echo "  sudo $install" >&2
      exit 1
    fi
  fi
  echo "Installing GTK 3 for OpenCV: $elevate$install"
  case "$install" in apt-get*) ${elevate}apt-get update -qq ;; esac
  DEBIAN_FRONTEND=noninteractive $elevate$install >/dev/null
}

cli() { dotnet "$root/src/EchoApex.Cli/bin/Release/net10.0/echoapex.dll" "$@"; }

verb=${1:-}
[ $# -gt 0 ] && shift
case "$verb" in
  demo)
    require_sdk; require_native_libraries
    dotnet build "$root/src/EchoApex.Cli" -c Release -v quiet
    if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then set -- --clip "$@"; fi
    cli demo "$@"
    ;;
  test)
    require_sdk; require_native_libraries
    cd "$root"
    dotnet test EchoApex.sln -c Release "$@"
    ;;
  pack)
    require_sdk
    cd "$root"
    dotnet pack EchoApex.sln -c Release -o artifacts/packages "$@"
    ;;
  *) usage; [ "$verb" = help ] || [ "$verb" = --help ] || exit 64 ;;
esac
