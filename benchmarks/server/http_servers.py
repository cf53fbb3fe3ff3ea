"""The HTTP servers that measure_servers.py --http asks, each on a port of its own, with what the client needs to know.

A server is a command that prints its port, or a line with its address; or, of those that print nothing, a command
with a port that was free a moment ago. Their files go into a directory that the caller removes.
"""

import pathlib
import shutil
import socket
import subprocess
import sys

MEBIBYTE = 1 << 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def nginx_command(where, workers):
    """Without a log, and with as many requests per connection as are asked."""
    port = free_port()
    processes = "master_process off;" if workers == 1 else f"worker_processes {workers};"
    reuse = " reuseport" if workers > 1 else ""
    settings = where / "nginx.conf"
    settings.write_text(f"""daemon off; {processes} pid {where}/nginx.pid; error_log stderr crit;
worker_rlimit_nofile 20000;
events {{ worker_connections 12000; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path {where}; proxy_temp_path {where}; fastcgi_temp_path {where};
  uwsgi_temp_path {where}; scgi_temp_path {where};
  open_file_cache max=16;
  server {{
    listen 127.0.0.1:{port} backlog=4096{reuse};
    location = / {{ default_type text/plain; return 200 "Hello, World!\\n"; }}
    location / {{ root {where}/files; }}
  }}
}}
""")
    return ["nginx", "-p", where, "-c", settings], port


def haproxy_command(where, workers):
    port = free_port()
    settings = where / "haproxy.cfg"
    settings.write_text(f"""global
  nbthread {workers}
  maxconn 9000
defaults
  mode http
  timeout client 600s
  timeout http-keep-alive 600s
frontend all
  bind 127.0.0.1:{port} backlog 4096
  http-request return status 200 content-type text/plain string "Hello, World!\\n"
""")
    return ["haproxy", "-db", "-q", "-f", settings], port


def go_command(where):
    source = pathlib.Path(__file__).parent / "peers" / "go_http.go"
    try:
        subprocess.run(["go", "build", "-o", where / "go_http", source], check=True, capture_output=True,
                       timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"Go is left out: {getattr(error, 'stderr', None) or error}", file=sys.stderr)
        return None
    return [where / "go_http"]


def http_servers(programs, workers, where, peers, bulk):
    """Name: (command, port). The port is None where the command tells it. `bulk`: those that serve /mebibyte."""
    (where / "files").mkdir(parents=True, exist_ok=True)
    (where / "files" / "mebibyte").write_bytes(bytes(MEBIBYTE))
    serve = [programs / "jackdaw", "serve", "--http", "127.0.0.1:0", "--workers", str(workers),
             "--idle-timeout-s", "600", *(["--root", where / "files"] if bulk else [])]
    table = {}
    if not bulk:
        table["floor io_uring"] = ([programs / "floor_uring_echo", str(workers), "http"], None)
        table["floor epoll"] = ([programs / "floor_epoll_echo", str(workers), "http"], None)
    table["jackdaw io_uring"] = ([*serve, "--backend", "io_uring"], None)
    table["jackdaw epoll"] = ([*serve, "--backend", "epoll"], None)
    if peers:
        makers = {"nginx": nginx_command} | ({} if bulk else {"haproxy": haproxy_command})
        for name, make in makers.items():
            if shutil.which(name):
                table[name] = make(where, workers)
            else:
                print(f"{name} is left out: it is not installed", file=sys.stderr)
        if command := go_command(where):
            table["Go net/http"] = (command, None)
    return table
