#!/usr/bin/env bash
# Goal: the Dockerfile builds, passes the tests and serves on Debian 12 and 13, where io_uring is
# allowed and where it is refused. Method: no daemon and no registry; buildah over a base that
# debootstrap makes, everything in a scratch directory, one RUN of the finished image per profile.
#
#   JACKDAW_DOCKER_TESTS=1 tests/docker/docker_build_test.sh [bookworm|trixie ...]
#
# Takes many minutes, so it runs only if asked, and skips (77) loudly where it cannot.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd -P)

skip() {
  printf '\n*** SKIPPED: the Dockerfile was NOT tested. %s\n\n' "$*"
  exit 77
}
say() { printf '\n=== %s\n' "$*"; }
fail() {
  printf '\n*** FAILED: %s\n' "$*" >&2
  exit 1
}

[[ ${JACKDAW_DOCKER_TESTS:-} == 1 ]] ||
  skip "It takes many minutes; set JACKDAW_DOCKER_TESTS=1 to run it."
[[ $(id -u) -eq 0 ]] || skip "buildah and debootstrap need root here."
for tool in buildah debootstrap tar; do
  command -v "$tool" >/dev/null || skip "Missing: $tool (apt-get install buildah debootstrap)."
done

releases=("$@")
[[ ${#releases[@]} -gt 0 ]] || releases=(bookworm trixie)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/jackdaw-docker-test.XXXXXX")

clean_up() {
  pot rm --all >/dev/null 2>&1 || true
  pot umount --all >/dev/null 2>&1 || true
  # Should a mount have survived, nothing behind it is ours to remove.
  rm -rf --one-file-system "$scratch"
}
trap clean_up EXIT

# buildah with its whole state in the scratch directory.
pot() {
  buildah --root "$scratch/storage" --runroot "$scratch/run" --storage-driver "$driver" "$@"
}
# overlay is quick, vfs copies everything but works on every file system.
driver=overlay
pot info >/dev/null 2>&1 || { driver=vfs; rm -rf "$scratch/storage" "$scratch/run"; }

# Whatever this machine needs to reach its packages, the base needs too: the mirror, proxies, pins.
mirror=$(sed -nE 's|^(URIs:\|deb( \[[^]]*\])?) +(https?://[^ ]*/debian)/?( .*)?$|\3|p' \
  /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1) || true
proxies=()
for name in http_proxy https_proxy no_proxy; do
  [[ -z ${!name:-} ]] || proxies+=(--build-arg "$name=${!name}")
done

# make_base RELEASE: the image base-RELEASE, as debian:RELEASE-slim would be.
make_base() {
  local release=$1 context=$scratch/$1-base
  say "$release: making the base with debootstrap"
  mkdir -p "$context"
  debootstrap --variant=minbase "$release" "$context/rootfs" ${mirror:+"$mirror"} \
    >"$scratch/$release-debootstrap.log" 2>&1 ||
    { tail -n 20 "$scratch/$release-debootstrap.log"; fail "debootstrap $release"; }
  rm -rf "$context/rootfs/var/cache/apt/archives/"*.deb "$context/rootfs/var/lib/apt/lists/"*
  apt-config dump | grep -E '^Acquire::(https?::Proxy|https::CAInfo|ForceIPv4|Retries)' \
    >"$context/rootfs/etc/apt/apt.conf.d/50host" || true
  tar -C "$context/rootfs" -cf "$context/rootfs.tar" .
  rm -rf "$context/rootfs"
  printf 'FROM scratch\nADD rootfs.tar /\n' >"$context/Dockerfile"
  pot bud --isolation chroot -t "base-$release" "$context" >/dev/null
  rm -rf "$context"
}

# build RELEASE STAGE OPTIONS...: the image STAGE-RELEASE.
build() {
  local release=$1 stage=$2
  shift 2
  say "$release: building stage $stage ($*)"
  pot bud --isolation chroot --format docker --layers "$@" "${proxies[@]}" \
    --build-arg "BASE=localhost/base-$release" --target "$stage" -t "$stage-$release" "$root"
}

# serves RELEASE NAME BACKEND OPTIONS...: inside, under the given profile, the server answers on /,
# runs on that backend, passes the health check and ends on SIGTERM.
serves() {
  local release=$1 name=$2 backend=$3 context=$scratch/serves
  shift 3
  say "$release: serving, $name: expecting $backend"
  mkdir -p "$context"
  cat >"$context/Dockerfile" <<END
FROM localhost/runtime-$release
COPY try_server.sh /
RUN bash /try_server.sh $backend
END
  cp "$root/tests/docker/try_server.sh" "$context/"
  pot bud --isolation chroot --no-cache "$@" -t "serves-$release" "$context" ||
    fail "$release under $name"
}

# A container image carries its promises in its configuration.
promises() {
  local release=$1 configuration
  say "$release: looking at the image"
  configuration=$(pot inspect --type image --format \
    '{{.Docker.Config.User}} {{.Docker.Config.StopSignal}} {{.Docker.Config.Healthcheck}} {{.Docker.Config.Cmd}}' \
    "localhost/runtime-$release")
  echo "$configuration"
  [[ $configuration == 10001:10001\ SIGTERM\ *load*--check*serve* ]] ||
    fail "$release: user, stop signal, health check or command differ"
}

for release in "${releases[@]}"; do
  make_base "$release"
  build "$release" runtime
  promises "$release"
  # buildah's stock profile refuses with ENOSYS, as podman's and CRI-O's do.
  serves "$release" "the stock profile" epoll
  serves "$release" "no profile" io_uring --security-opt seccomp=unconfined
  serves "$release" "the shipped profile" io_uring \
    --security-opt "seccomp=$root/deploy/seccomp-io_uring.json"
  # Docker's refuses with EPERM: that is the shipped one without its io_uring entry.
  python3 - "$root/deploy/seccomp-io_uring.json" "$scratch/docker.json" <<'END'
import json
import sys

source, target = sys.argv[1:]
with open(source) as file:
    profile = json.load(file)
profile["syscalls"] = [e for e in profile["syscalls"] if "io_uring_setup" not in e["names"]]
with open(target, "w") as file:
    json.dump(profile, file)
END
  serves "$release" "Docker's profile" epoll --security-opt "seccomp=$scratch/docker.json"
  # The suite is run while the image is built, under the stock profile, and once more without one.
  build "$release" test
  say "$release: the tests again, with io_uring"
  printf 'FROM localhost/test-%s\nRUN scripts/test\n' "$release" >"$scratch/Dockerfile"
  pot bud --isolation chroot --no-cache --security-opt seccomp=unconfined -t "again-$release" \
    -f "$scratch/Dockerfile" "$scratch" || fail "$release: the tests with io_uring"
done
say "PASSED on: ${releases[*]}"
