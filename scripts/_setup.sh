# Shared by scripts/test, scripts/demo, scripts/bench and .ci/run; sourced, never run.
# Packages, configuration and build: what every command needs before it can do its own thing.
# The caller has set: set -euo pipefail.
# shellcheck shell=bash disable=SC2034  # Its variables are used by those who source it.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# -- Packages: this is the only list ---------------------------------------------------------------
# The same names on Debian 12 and 13.

packages_build=(
  cmake ninja-build ccache pkg-config g++ clang-19
  liburing-dev libtbb-dev libssl-dev
  libcli11-dev libfmt-dev nlohmann-json3-dev libhttp-parser-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  python3
)
packages_test=(curl wrk git openssl)
# Without one of them its adapter is left out.
packages_adapters=(libcurl4-openssl-dev libhiredis-dev libpq-dev libboost-dev)
# Without them the tests of their adapters skip. Debian starts a server when it installs one: that is left to
# those who ask for it (scripts/test --with-servers). The tests start their own.
packages_servers=(redis-server postgresql)
packages_peers=(python3-uvloop)  # What jackdaw is compared with.
packages_versus=(
  libboost-dev libuv1-dev golang-go librust-tokio-dev librust-rayon-dev
  lld-19 llvm-19  # C++ is linked as Rust is: with optimisation.
  libtcmalloc-minimal4 libbenchmark-tools python3-matplotlib python3-scipy
)
# nginx and haproxy take part if they are installed: their packages start a service.
packages_web=(
  librust-hyper-dev librust-tokio-dev libboost-dev libuv1-dev golang-go linux-perf
)
packages_sanitizer=(libclang-rt-19-dev llvm-19)  # The latter names functions in reports.

# -- Messages --------------------------------------------------------------------------------------

command_name=scripts/$(basename "$0")
if [[ -t 1 ]]; then bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else bold='' green='' red='' plain=''; fi

say() { printf '%s\n' "${bold}${command_name}:${plain} $*"; }
fail() {
  printf '%s\n' "${bold}${command_name}:${plain} ${red}$*${plain}" >&2
  exit 1
}
usage_error() {
  printf '%s\n' "$command_name: $*" "Try '$command_name --help'." >&2
  exit 2
}

# An option's argument: needs_value "$@" stops with a clear line if there is none.
needs_value() { [[ $# -ge 2 && -n $2 ]] || usage_error "$1 needs a value"; }
needs_number() {
  needs_value "$@"
  [[ $2 =~ ^[1-9][0-9]*$ ]] || usage_error "$1 needs a positive whole number, not '$2'"
}

# -- Steps -----------------------------------------------------------------------------------------

# Prints those of the given packages that are not installed.
missing_packages() {
  comm -13 <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
    sed -n 's/^installed //p' | sort -u) <(printf '%s\n' "$@" | sort -u)
}

# Installs what is missing of the given packages. Quick, and silent to apt, if nothing is.
install_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "This is no Debian: make sure that you have what these packages hold: $*"
    return
  fi
  local missing as_root=()
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} -gt 0 ]] || return 0
  say "These packages are missing and will be installed: ${missing[*]}"

  if [[ $(id -u) -ne 0 ]]; then
    # sudo may ask for a password, but only where somebody can answer.
    if command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
      as_root=(sudo)
    else
      fail "Only root can install them. Run this, then start again:" \
        "apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    fi
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive)
  "${as_root[@]}" apt-get update -q ||
    fail "apt-get update failed (see above): is the network up?"
  "${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}" ||
    fail "apt-get install failed (see above)."
}

# Installs what it takes to build and test one preset.
install_packages_for() {
  local packages=("${packages_build[@]}" "${packages_test[@]}")
  case $1 in *san*) packages+=("${packages_sanitizer[@]}") ;; esac
  install_packages "${packages[@]}"
  (install_packages "${packages_adapters[@]}") || say "Going on without the adapters that need them."
}

# Configures, with what is in configuration, and builds: build_preset PRESET JOBS [TARGET...]
configuration=()
build_preset() {
  local preset=$1 jobs=$2 log=$root/build/$1/configure.log
  shift 2
  local targets=()
  [[ $# -eq 0 ]] || targets=(--target "$@")
  mkdir -p "$(dirname "$log")"
  cd "$root" || exit
  say "Configuring $preset"
  if ! cmake --preset "$preset" "${configuration[@]}" >"$log" 2>&1; then
    cat "$log" >&2
    fail "Configuring $preset failed, see above and $log"
  fi
  say "Building $preset with $jobs jobs in build/$preset"
  # On a terminal ninja keeps this on one line.
  NINJA_STATUS='[%f/%t, %es] ' cmake --build --preset "$preset" --parallel "$jobs" "${targets[@]}" ||
    fail "Building $preset failed, see above."
}
