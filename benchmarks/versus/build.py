"""Builds the programs into one directory: C++ by CMake, Rust by cargo from Debian's crates, Go by go.

What cannot be built is left out and said, so that a machine with fewer peers still measures the others.
"""

import os
import pathlib
import shutil
import subprocess

import program

ROOT = program.HERE.parent.parent
CRATES = pathlib.Path("/usr/share/cargo/registry")
BOOST = "libboost1.81-dev"  # Debian 12's newest. Its default, 1.74, has no channels.
CHANNEL = "boost/asio/experimental/channel.hpp"

FLAGS = {
    "C++": "-O3 -DNDEBUG -march=native",  # And link-time optimisation, as Rust has it: see build_cpp().
    "Rust": "opt-level=3 lto=fat codegen-units=1 panic=abort target-cpu=native",
    "Go": "go build",
}


def say(text):
    print(f"versus: {text}", flush=True)


def call(command, **more):
    return subprocess.run([str(part) for part in command], check=True, **more)


def quietly(command, log, **more):
    """Calls it with its output in a file. False, and the file's end is shown, if it fails."""
    with open(log, "w", encoding="utf-8") as output:
        done = subprocess.run([str(part) for part in command], stdout=output, stderr=subprocess.STDOUT,
                              check=False, **more)
    if done.returncode != 0:
        say(f"FAILED, see {log}:\n" + "".join(pathlib.Path(log).read_text("utf-8").splitlines(True)[-15:]))
    return done.returncode == 0


# -- C++ -------------------------------------------------------------------------------------------

def boost_directory(build):
    """Where a Boost with channels is; unpacked if the one that is installed has none.

    Debian 12 has two Boosts that cannot be installed together, and other packages need the old one.
    """
    unpacked = build / "boost"
    include = unpacked / "usr/include"
    if pathlib.Path("/usr/include", CHANNEL).exists():
        return None
    if not (include / CHANNEL).exists() and program.tool("apt-get"):
        build.mkdir(parents=True, exist_ok=True)
        if quietly(["apt-get", "download", BOOST], build / "boost.log", cwd=build):
            for package in build.glob(f"{BOOST}_*.deb"):
                call(["dpkg-deb", "-x", package, unpacked])
    return include if (include / CHANNEL).exists() else None


def build_cpp(build, jobs, compiler):
    """jackdaw itself with the same flags, and all programs in C++."""
    directory = build / "cpp"
    configure = ["cmake", "-S", program.HERE, "-B", directory, "-G", "Ninja",
                 f"-DCMAKE_CXX_COMPILER={compiler}", "-DCMAKE_BUILD_TYPE=Release",
                 f"-DCMAKE_CXX_FLAGS_RELEASE={FLAGS['C++']}",
                 # Most programs share what is to be optimised at the link: jackdaw itself.
                 "-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON",
                 f"-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld -Wl,--thinlto-cache-dir={build / 'thinlto'}",
                 f"-DVERSUS_INCLUDE_DIRS={boost_directory(build) or ''}"]
    if program.tool("ccache"):
        configure.append("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
    directory.mkdir(parents=True, exist_ok=True)
    if not quietly(configure, build / "cpp-configure.log"):
        return
    for line in (build / "cpp-configure.log").read_text("utf-8").splitlines():
        if "LEFT OUT" in line:
            say(line.split("versus: ", 1)[1])
    # -k 0: one peer that does not compile takes no other with it.
    quietly(["ninja", "-C", directory, "-j", jobs, "-k", "0", "versus"], build / "cpp.log")


# -- Rust ------------------------------------------------------------------------------------------

MANIFEST = """[package]
name = "versus"
version = "0.0.0"
edition = "2021"

[features]
tokio = ["dep:tokio"]
rayon = ["dep:rayon"]

[dependencies]
libc = "0.2"
tokio = {{ version = "1", features = ["rt-multi-thread", "sync", "time", "macros", "net"], optional = true }}
rayon = {{ version = "1", optional = true }}

[profile.release]
opt-level = 3
lto = "fat"
codegen-units = 1
panic = "abort"
{programs}"""

REGISTRY = """[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "{crates}"
"""

PROGRAM = """
[[bin]]
name = "{name}"
path = "{source}"
required-features = ["{library}"]
"""


def build_rust(build, binaries, jobs, programs):
    """One package with a binary per program. Debian's crates are a directory, which cargo takes as a registry."""
    if not program.tool("cargo"):
        say("LEFT OUT all programs in Rust: there is no cargo")
        return
    package = build / "rust"
    (package / ".cargo").mkdir(parents=True, exist_ok=True)
    (package / ".cargo/config.toml").write_text(REGISTRY.format(crates=CRATES), "utf-8")
    libraries = [name for name in ("tokio", "rayon") if list(CRATES.glob(f"{name}-[0-9]*"))]
    for name in {"tokio", "rayon"} - set(libraries):
        say(f"LEFT OUT {name}: there is no {CRATES}/{name}-*; install librust-{name}-dev")
    chosen = [each for each in programs if each.library in libraries]
    listed = "".join(PROGRAM.format(name=f"{each.directory}-{each.library}", source=each.source,
                                    library=each.library) for each in chosen)
    manifest = MANIFEST.format(programs=listed)
    if not (package / "Cargo.toml").exists() or (package / "Cargo.toml").read_text("utf-8") != manifest:
        (package / "Cargo.toml").write_text(manifest, "utf-8")
    environment = dict(os.environ, RUSTFLAGS="-C target-cpu=native")
    quietly(["cargo", "build", "--release", "--offline", "--jobs", jobs, "--bins", "--features",
             ",".join(libraries)], build / "rust.log", cwd=package, env=environment)
    for each in chosen:
        built = package / f"target/release/{each.directory}-{each.library}"
        if built.exists():
            put(built, each.executable(binaries))


def put(built, executable):
    executable.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(built, executable)


# -- Go --------------------------------------------------------------------------------------------

def build_go(build, binaries, programs):
    """A package of two files per program: Go wants them in one directory."""
    if not program.tool("go"):
        say("LEFT OUT all programs in Go: there is no go")
        return
    shared = program.HERE / "support/versus.go"
    environment = dict(os.environ, GO111MODULE="off", GOFLAGS="", GOCACHE=str(build / "go/cache"))
    for each in programs:
        executable = each.executable(binaries)
        newest = max(each.source.stat().st_mtime, shared.stat().st_mtime)
        if executable.exists() and executable.stat().st_mtime > newest:
            continue
        package = build / "go" / each.directory
        package.mkdir(parents=True, exist_ok=True)
        shutil.copy(shared, package / "versus.go")
        shutil.copy(each.source, package / "main.go")
        executable.parent.mkdir(parents=True, exist_ok=True)
        quietly(["go", "build", "-o", executable, "main.go", "versus.go"], build / "go.log",
                cwd=package, env=environment)


def build_all(options, programs):
    """All that `programs` need; returns the directory that then has them."""
    build = options.build
    binaries = build / "cpp/bin/versus"
    languages = {each.language for each in programs}
    if "C++" in languages:
        say("building C++ (jackdaw with the same flags)")
        build_cpp(build, options.jobs, options.compiler)
    if "Rust" in languages:
        say("building Rust")
        build_rust(build, binaries, options.jobs, [each for each in program.find_programs()
                                                   if each.language == "Rust"])
    if "Go" in languages:
        say("building Go")
        build_go(build, binaries, [each for each in programs if each.language == "Go"])
    return binaries
