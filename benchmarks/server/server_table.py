"""The servers of measure_servers.py: how each is built and started, and what it can be asked for.

Kinds: "echo" and "udp" send back what came; "http" answers `GET /` with 14 bytes and `GET /m` with a MiB;
"streams" is echo as asyncio's users would write it; "https" and "bulk-tls" are "http" and "bulk" over TLS 1.3. Of
those with a parser, nginx, Go, haproxy and hyper do what `jackdaw serve` does: parse the whole head and tell the
date. The others look for a blank line, and are floors.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
CRATES = pathlib.Path("/usr/share/cargo/registry")
PYTHON = pathlib.Path("/usr/bin/python3")  # Debian's packages are for this one.
MIB = 1 << 20

NGINX = """
daemon off; worker_processes {workers}; pid {where}/nginx.pid; error_log {where}/nginx-error.log crit;
events {{ worker_connections 16384; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000000; keepalive_timeout 600s;
  open_file_cache max=16 inactive=600s; default_type text/plain;
  client_body_temp_path {where}/t; proxy_temp_path {where}/t; fastcgi_temp_path {where}/t;
  uwsgi_temp_path {where}/t; scgi_temp_path {where}/t;
  server {{
    listen 127.0.0.1:{port} backlog=4096 {how};
    {tls}
    location = / {{ return 200 "Hello, World!\\n"; }}
    location = /m {{ root {where}; }}
  }}
}}
"""

HAPROXY = """
global
  nbthread {workers}
  maxconn 9000
defaults
  mode http
  timeout client 600s
  timeout http-keep-alive 600s
  timeout http-request 600s
frontend here
  bind 127.0.0.1:{port} backlog 4096 {tls}
  http-request return status 200 content-type text/plain string "Hello, World!\\n"
"""

CARGO = """[package]
name = "peers"
version = "0.0.0"
edition = "2021"

[dependencies]
tokio = {{ version = "1", features = ["rt-multi-thread", "net", "io-util"] }}
{hyper}

[profile.release]
opt-level = 3
lto = "fat"
codegen-units = 1
panic = "abort"
{programs}"""

PROGRAM = """
[[bin]]
name = "{name}"
path = "{source}"
"""

REGISTRY = f"""[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "{CRATES}"
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Entry:
    """A server that prints its port; with a port of its own, `port`, one that is asked there."""

    def __init__(self, name, command, port=None, port_file=None, forks=False, environment=None):
        self.name = name
        self.command = [str(part) for part in command]
        self.port = port
        self.port_file = port_file
        self.forks = forks  # Its children do the work.
        self.environment = environment or {}

    def exists(self):
        return shutil.which(self.command[0]) is not None


# -- Building --------------------------------------------------------------------------------------

def attempt(name, command, **more):
    try:
        subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=900, **more)
    except (OSError, subprocess.SubprocessError) as error:
        told = getattr(error, "stderr", None) or error
        print(f"{name} is left out: {told.decode()[-800:] if isinstance(told, bytes) else told}", file=sys.stderr)


def build_rust(where):
    package = where / "rust"
    (package / ".cargo").mkdir(parents=True, exist_ok=True)
    programs = [name for name in ("tokio", "hyper") if list(CRATES.glob(f"{name}-[0-9]*"))]
    if "tokio" not in programs:
        print("tokio is left out: install librust-tokio-dev", file=sys.stderr)
        return
    if "hyper" not in programs:
        print("hyper is left out: install librust-hyper-dev", file=sys.stderr)
    (package / ".cargo/config.toml").write_text(REGISTRY, "utf-8")
    listed = "".join(PROGRAM.format(name=f"{name}-peer", source=HERE / f"peers/{name}.rs") for name in programs)
    hyper = 'hyper = { version = "0.14", features = ["http1", "server", "tcp"] }' if "hyper" in programs else ""
    manifest = CARGO.format(programs=listed, hyper=hyper)
    if not (package / "Cargo.toml").exists() or (package / "Cargo.toml").read_text("utf-8") != manifest:
        (package / "Cargo.toml").write_text(manifest, "utf-8")
    attempt("what is in Rust", ["cargo", "build", "--release", "--offline", "--bins"], cwd=package,
            env=dict(os.environ, RUSTFLAGS="-C target-cpu=native"))


def build_peers(where):
    """The programs under peers/, made in the directory `where`; what cannot be made here is told and left out."""
    where.mkdir(parents=True, exist_ok=True)
    sources = HERE / "peers"
    cxx = [shutil.which("clang++-19") or "c++", "-std=c++20", "-O3", "-DNDEBUG", "-march=native"]
    sys.path.insert(0, str(HERE.parent / "versus"))
    import build  # Knows how to have Debian's newest Boost beside its default one.
    boost = build.boost_directory(where)
    asio = [*cxx, *(["-isystem", boost] if boost else [])]
    builds = {
        "asio": [*asio, sources / "asio.cpp", "-o", where / "asio", "-lpthread"],
        "libuv": [*cxx, sources / "libuv.cpp", "-o", where / "libuv", "-luv"],
        "go": ["go", "build", "-o", where / "go", sources / "go.go"],
    }
    for name, command in builds.items():
        source = next(part for part in command if isinstance(part, pathlib.Path) and part.parent == sources)
        built = where / name
        if not built.exists() or built.stat().st_mtime < source.stat().st_mtime:
            attempt(name, command)
    build_rust(where)


def secret_of(where):
    """A certificate and its key in one file, as haproxy wants it: ECDSA on P-256, nobody's but this benchmark's."""
    secret = where / "secret.pem"
    if not secret.exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=localhost", "-days", "3650", "-keyout", secret,
                        "-out", where / "certificate.pem"],
                       check=True, capture_output=True)
        secret.write_bytes((where / "certificate.pem").read_bytes() + secret.read_bytes())
    return secret


# -- The table -------------------------------------------------------------------------------------

def jackdaw_serve(programs, where, workers, backend, mode="multi"):
    port_file = where / f"port-{mode}-{backend}-{workers}"
    return Entry(f"jackdaw {backend}" if mode == "multi" else f"{mode} {backend}",
                 [programs / "jackdaw", "serve", "--http", "127.0.0.1:0", "--workers", workers, "--mode", mode,
                  "--backend", backend, "--port-file", port_file], port_file=port_file)


def nginx(where, workers, secret=None):
    port = free_port()
    configuration = where / f"nginx-{workers}{'-tls' if secret else ''}.conf"
    how = ("reuseport " if workers > 1 else "") + ("ssl" if secret else "")
    tls = f"ssl_protocols TLSv1.3; ssl_certificate {secret}; ssl_certificate_key {secret};" if secret else ""
    configuration.write_text(NGINX.format(workers=workers, where=where, port=port, how=how, tls=tls), "utf-8")
    return Entry("nginx", [shutil.which("nginx") or "/usr/sbin/nginx", "-c", configuration, "-p", where],
                 port=port, forks=True)


def haproxy(where, workers, secret=None):
    port = free_port()
    configuration = where / f"haproxy-{workers}{'-tls' if secret else ''}.conf"
    tls = f"ssl crt {secret}" if secret else ""
    configuration.write_text(HAPROXY.format(workers=workers, port=port, tls=tls), "utf-8")
    return Entry("haproxy", [shutil.which("haproxy") or "/usr/sbin/haproxy", "-q", "-db", "-f", configuration],
                 port=port)


def in_rust(name, where, workers, *more):
    return Entry(name, [where / f"rust/target/release/{name}-peer", workers, *more])


def echo_servers(programs, where, workers):
    echo = [programs / "bench_echo", "--workers", workers]
    yield Entry("floor io_uring", [programs / "floor_uring_echo", workers])
    yield Entry("floor epoll", [programs / "floor_epoll_echo", workers])
    for backend in ("io_uring", "epoll"):
        yield Entry(f"jackdaw {backend}", [*echo, "--backend", backend])
    yield Entry("jackdaw io_uring reader", [*echo, "--backend", "io_uring", "--reader"])
    yield in_rust("tokio", where, workers)
    yield Entry("Go", [where / "go"])
    if workers == 1:
        yield Entry("Boost.Asio", [where / "asio"])
        yield Entry("libuv", [where / "libuv"])


def http_servers(programs, where, workers):
    yield Entry("floor io_uring", [programs / "floor_uring_http", workers])
    yield Entry("floor epoll", [programs / "floor_epoll_echo", workers, "http"])
    for backend in ("io_uring", "epoll"):
        yield jackdaw_serve(programs, where, workers, backend)
    if workers == 1:
        yield jackdaw_serve(programs, where, workers, "io_uring", "asyncio")
    yield nginx(where, workers)
    yield in_rust("hyper", where, workers)
    yield Entry("Go", [where / "go", "http"])
    yield haproxy(where, workers)
    if workers == 1:
        yield Entry("Boost.Asio", [where / "asio", "http"])
        yield Entry("libuv", [where / "libuv", "http"])
        yield Entry("asyncio protocol", [PYTHON, HERE / "peers/python.py", "http"])
        yield Entry("uvloop protocol", [PYTHON, HERE / "peers/python.py", "uvloop", "http"])


def with_files(entries, where):
    """Those of them that have a MiB to send."""
    for entry in entries:
        if entry.name.startswith("jackdaw "):
            entry.command += ["--root", str(where)]
        if entry.name in ("floor io_uring", "nginx", "Go", "hyper") or entry.name.startswith("jackdaw "):
            yield entry


def bulk_servers(programs, where, workers):
    return with_files(http_servers(programs, where, workers), where)


def https_servers(programs, where, workers):
    secret = secret_of(where)
    for backend in ("io_uring", "epoll"):
        entry = jackdaw_serve(programs, where, workers, backend)
        entry.command += ["--tls-cert", str(secret), "--tls-key", str(secret)]
        yield entry
    yield nginx(where, workers, secret)
    yield Entry("Go", [where / "go", "https", secret])
    yield haproxy(where, workers, secret)


def bulk_tls_servers(programs, where, workers):
    return with_files(https_servers(programs, where, workers), where)


def stream_servers(programs, where, workers):
    asyncio = [programs / "bench_echo", "--mode", "asyncio", "--backend"]
    python = [PYTHON, HERE / "peers/python.py"]
    yield Entry("floor io_uring", [programs / "floor_uring_echo", workers])
    for backend in ("io_uring", "epoll"):
        yield Entry(f"streams {backend}", [*asyncio, backend, "--streams"])
    for backend in ("io_uring", "epoll"):
        yield Entry(f"tcp_stream {backend}", [*asyncio, backend])
    yield Entry("asyncio protocol", python)
    yield Entry("asyncio streams", [*python, "streams"])
    yield Entry("uvloop protocol", [*python, "uvloop"])
    yield Entry("uvloop streams", [*python, "uvloop", "streams"])


def udp_servers(programs, where, workers):
    yield Entry("floor recvfrom", [programs / "floor_udp"])
    for backend in ("io_uring", "epoll"):
        yield Entry(f"jackdaw {backend}", [programs / "bench_echo", "--backend", backend, "--udp"])
    yield in_rust("tokio", where, workers, "udp")
    yield Entry("Go", [where / "go", "udp"])
    yield Entry("asyncio protocol", [PYTHON, HERE / "peers/python.py", "udp"])
    yield Entry("uvloop protocol", [PYTHON, HERE / "peers/python.py", "uvloop", "udp"])


KINDS = {"echo": echo_servers, "http": http_servers, "bulk": bulk_servers, "streams": stream_servers,
         "udp": udp_servers, "https": https_servers, "bulk-tls": bulk_tls_servers}


def servers(kind, programs, where, workers):
    """Those that are here."""
    where.mkdir(parents=True, exist_ok=True)
    bulk = where / "m"
    if not bulk.exists() or bulk.stat().st_size != MIB:
        bulk.write_bytes(b"x" * MIB)
    has_uvloop = subprocess.run([PYTHON, "-c", "import uvloop"], capture_output=True, check=False).returncode == 0
    return [entry for entry in KINDS[kind](programs, where, workers)
            if entry.exists() and (has_uvloop or not entry.name.startswith("uvloop"))]
