"""The servers that are treated badly: how each is started, what it uses, how it is ended. By process id only."""

import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time

HZ = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_served(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Subject:
    """A server that runs. header_timeout in seconds; delay_ms: a limit of the wait, where there is one, or 0; files: serves where/files."""

    def __init__(self, kind, where, header_timeout=10, delay_ms=0, descriptors=None, workers=1,
                 files=False):
        self.kind = kind
        self.port = free_port()
        self.command = kind.command(where, self.port, header_timeout, delay_ms, workers, files)
        self.descriptors = descriptors
        self.start()

    def start(self):
        def limit():
            if self.descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptors, self.descriptors))
            else:
                hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
                resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        began = time.monotonic()
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, preexec_fn=limit)
        while not is_served(self.port):
            if self.process.poll() is not None or time.monotonic() - began > 10:
                raise RuntimeError(f"{self.kind.name} does not listen on port {self.port}")
            time.sleep(0.0005)
        self.start_ms = (time.monotonic() - began) * 1000

    def successors(self):
        """Those with the same arguments, the port among them. Once their predecessor has ended they are nobody's children."""
        arguments = [os.fsencode(str(word)) for word in self.command[1:]]
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if (process / "cmdline").read_bytes().split(b"\0")[1:-1] == arguments:
                    found.append(int(process.name))
            except OSError:
                pass
        return [pid for pid in found if pid != self.process.pid]

    def pids(self):
        """The process, those that replaced it, and their workers."""
        found = [self.process.pid, *self.successors()]
        for pid in found:
            try:
                for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                    children = map(int, (task / "children").read_text().split())
                    found += [child for child in children if child not in found]
            except OSError:
                pass
        return found

    def cpu_seconds(self):
        total = 0
        for pid in self.pids():
            try:
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                total += (int(fields[11]) + int(fields[12])) / HZ
            except OSError:
                pass
        return total

    def resident_bytes(self):
        total = 0
        for pid in self.pids():
            try:
                for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) * 1024
            except OSError:
                pass
        return total

    def open_descriptors(self):
        total = 0
        for pid in self.pids():
            try:
                total += len(os.listdir(f"/proc/{pid}/fd"))
            except OSError:
                pass
        return total

    def switches(self):
        """Voluntary context switches of all threads: how often somebody woke up."""
        total = 0
        for pid in self.pids():
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                for line in (task / "status").read_text().splitlines():
                    if line.startswith("voluntary_ctxt_switches"):
                        total += int(line.split()[1])
        return total

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        pids = self.pids()
        for pid in pids:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            pass
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()


class Jackdaw:
    name = "jackdaw"
    restart = signal.SIGUSR2  # It starts its own successor, which gets the socket, and drains.

    def __init__(self, program):
        self.program = program

    def command(self, where, port, header_timeout, delay_ms, workers, files):
        more = ["--max-delay-s", str(delay_ms / 1000)] if delay_ms else []
        more += ["--root", where / "files"] if files else []
        return [self.program, "serve", "--http", f"127.0.0.1:{port}", "--workers", str(workers),
                "--header-timeout-s", str(header_timeout), *more]


class Nginx:
    name = "nginx"
    restart = signal.SIGHUP  # New workers, the same listening socket, the old ones drain.

    def command(self, where, port, header_timeout, delay_ms, workers, files):
        settings = where / f"nginx-{port}.conf"
        settings.write_text(f"""daemon off; worker_processes {workers}; pid {where}/nginx-{port}.pid;
error_log /dev/null crit;
events {{ worker_connections 12000; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000000; keepalive_timeout 60s;
  client_header_timeout {header_timeout}s; reset_timedout_connection on;
  client_body_temp_path {where}; proxy_temp_path {where}; fastcgi_temp_path {where};
  uwsgi_temp_path {where}; scgi_temp_path {where};
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location = / {{ default_type text/plain; return 200 "Hello, World!\\n"; }}
    location / {{ root {where}/files; }}
  }}
}}
""")
        return ["nginx", "-p", where, "-c", settings]


class Go:
    name = "Go net/http"
    restart = None

    def __init__(self, program):
        self.program = program

    def command(self, where, port, header_timeout, delay_ms, workers, files):
        return ["env", f"GOMAXPROCS={workers}", self.program, "-address", f"127.0.0.1:{port}", "-root",
                where / "files", "-header-timeout", f"{header_timeout}s"]


def kinds(jackdaw, where, names):
    found = [Jackdaw(jackdaw)]
    if shutil.which("nginx"):
        found.append(Nginx())
    else:
        print("nginx is left out: it is not installed", file=sys.stderr)
    if shutil.which("go") and (not names or "go" in names):
        source = pathlib.Path(__file__).parent / "go.go"
        subprocess.run(["go", "build", "-o", where / "go-server", source], check=True, timeout=300)
        found.append(Go(where / "go-server"))
    return [kind for kind in found if not names or kind.name.split()[0].lower() in names]
