# Builds, tests and runs jackdaw. Debian 12 and 13 both do:
#
#   docker build -t jackdaw .                                   # the server, small
#   docker build -t jackdaw --build-arg BASE=debian:13-slim .
#   docker build --target test .                                # the test suite
#   docker run -p 8080:8080 jackdaw                             # on epoll, under the stock profile
#   docker run -p 8080:8080 --security-opt seccomp=deploy/seccomp-io_uring.json jackdaw
ARG BASE=debian:12-slim

# -- build: the compiler and the command ------------------------------------------------------------
FROM ${BASE} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /src
# Alone, so that a change of the sources does not install the packages again.
COPY scripts/_setup.sh scripts/
RUN source scripts/_setup.sh && install_packages "${packages_build[@]}"
COPY . .
RUN source scripts/_setup.sh && build_preset release "$(nproc)" jackdaw && \
    cmake --install build/release --prefix /opt/jackdaw --component tools --strip
# The shared libraries it needs have other package names in each Debian: ask for their owners.
RUN ldd /opt/jackdaw/bin/jackdaw | awk '/=> \//{print $3}' | xargs realpath > /tmp/libraries && \
    { xargs dpkg-query --search < /tmp/libraries 2>/dev/null || true; } | cut -d: -f1 | sort -u \
      > /opt/jackdaw/packages

# -- test: the release suite; fails the build if a test fails ---------------------------------------
FROM build AS test
RUN scripts/test --with-servers

# -- runtime: the command and its libraries, no compiler --------------------------------------------
FROM ${BASE} AS runtime
COPY --from=build /opt/jackdaw/packages /tmp/packages
RUN apt-get update && \
    DEBIAN_FRONTEND=noninteractive xargs apt-get install -y --no-install-recommends < /tmp/packages && \
    rm -rf /var/lib/apt/lists/* /tmp/packages && \
    useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin jackdaw
COPY --from=build /opt/jackdaw/bin/jackdaw /usr/local/bin/jackdaw
USER 10001:10001
EXPOSE 8080
# The server drains on SIGTERM: accepted requests finish.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["jackdaw", "load", "--check", "http://127.0.0.1:8080/"]
CMD ["jackdaw", "serve", "--http", "0.0.0.0:8080"]
