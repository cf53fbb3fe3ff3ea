"""What the figures depend on: machine, compilers, flags, versions, commit, load."""

import datetime
import os
import pathlib
import platform
import re
import shlex
import subprocess
import sys

import build
import program

VERSIONS = {
    "C++": lambda options: [options.compiler, "--version"],
    "Rust": lambda options: ["rustc", "--version"],
    "Go": lambda options: ["go", "version"],
    "Python": lambda options: [program.PYTHON, "--version"],
}
PACKAGES = ("libtbb-dev", "libuv1-dev", "librust-tokio-dev", "librust-rayon-dev", "python3-uvloop", "golang-go",
            "libtcmalloc-minimal4")


def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.strip().splitlines()[0]
    except (OSError, subprocess.SubprocessError, IndexError):
        return "not there"


def package_version(name):
    return first_line(["dpkg-query", "-W", "-f", "${Version}\n", name])


def boost_version(options):
    for base in (options.build / "boost/usr/include", pathlib.Path("/usr/include")):
        header = base / "boost/version.hpp"
        if header.exists():
            return re.search(r'BOOST_LIB_VERSION "(.*)"', header.read_text("utf-8")).group(1).replace("_", ".")
    return "not there"


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def write(options, programs):
    languages = sorted({each.language for each in programs})
    result = {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": shlex.join(["scripts/bench", "versus", *sys.argv[1:]]),
        "machine": f"{processor()}, {os.cpu_count()} processors",
        "system": f"{platform.system()} {platform.release()}",
        "commit": first_line(["git", "-C", str(program.HERE), "describe", "--always", "--dirty"]),
        "allocator": options.allocator or "each language's own",
        "nice": os.nice(0),
        "rounds": options.rounds,
        "load before": " ".join(f"{each:.2f}" for each in os.getloadavg()),
    }
    for language in languages:
        if language in VERSIONS:
            flags = build.FLAGS.get(language)
            result[language] = first_line(VERSIONS[language](options)) + (f", {flags}" if flags else "")
    result["Boost"] = boost_version(options)
    for name in PACKAGES:
        result[name] = package_version(name)
    return result
