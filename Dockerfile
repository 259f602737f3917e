# syntax=docker/dockerfile:1
# The container image of code-pipeline-mcp: the program, the libraries that it is linked with, certificates and a list of what is in
# it; no shell and no package manager. It needs no right, and no place to write but the volume of the journal.
#
# Without AUTH_PROVIDER the server refuses to listen beyond the loopback interface, so name one (docs/authentication.md), or
#   docker run --read-only --network host -e API_BASE_URL=... -e API_TOKEN code-pipeline-mcp
#     (the container shares the host's loopback: only programs on that host can connect), or, for reads only,
#   docker run --read-only -p 127.0.0.1:8080:8080 -e HOST=0.0.0.0 -e ALLOW_UNAUTHENTICATED=i-understand -e POLICY_ANONYMOUS_READS=true -e API_BASE_URL=... -e API_TOKEN code-pipeline-mcp
#     (clients that use another name than 127.0.0.1 or localhost need it in ALLOWED_HOSTS).

ARG RUST_IMAGE=rust:1.95-slim-bookworm
ARG SYSTEM_IMAGE=debian:bookworm-slim
# Which stage or image has the programs; scripts/image names another one for programs that were built before.
ARG PROGRAMS=build

FROM ${RUST_IMAGE} AS build
WORKDIR /workspace
# Reads what a program has counted: a part of the toolchain where rustup brought that, else of the system.
RUN rustup component add llvm-tools 2>/dev/null \
    || { apt-get update && apt-get install --yes --no-install-recommends "llvm-$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')"; }
# Neither the folders of this build nor names that only a debugger reads are in the program, so that it does not differ by them.
ENV CARGO_TARGET_DIR=/target \
    CARGO_PROFILE_DIST_STRIP=symbols \
    RUSTFLAGS="--remap-path-prefix=/workspace=/source --remap-path-prefix=/usr/local/cargo=/cargo"
COPY . .
# When the sources were written, for the list of what is in the image: `git log -1 --format=%ct`.
ARG SOURCE_DATE_EPOCH
# How the programs are built: `--untrained` takes half the time, and a third more for each call ever after.
ARG DIST=
# What was built on the way is not carried into the stages below.
RUN scripts/dist ${DIST} \
    && mkdir /programs && cp /target/dist/code-pipeline-mcp /target/dist/ces-simulator /programs \
    && scripts/sbom > /programs/code-pipeline-mcp.cdx.json \
    && rm -rf /target

FROM ${PROGRAMS} AS programs

# What the programs need of a system, and nothing else of it. The package manager's words on each part go along, for scanners.
FROM ${SYSTEM_IMAGE} AS system
COPY --from=programs /programs /programs
# The base may bring the certificates with it; then nothing is downloaded.
RUN test -e /etc/ssl/certs/ca-certificates.crt \
    || { apt-get update && apt-get install --yes --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*; }
RUN set -eu; mkdir -p /image/etc/ssl/certs /image/var/lib/dpkg/status.d /image/var/lib/code-pipeline-mcp; \
    for program in /programs/code-pipeline-mcp /programs/ces-simulator; do ldd "$program"; done > /libraries; \
    if grep 'not found' /libraries; then exit 1; fi; \
    sed -n 's/.* => \(\/[^ ]*\).*/\1/p; s/^[[:space:]]*\(\/[^ ]*ld-linux[^ ]*\).*/\1/p' /libraries | sort -u \
        | xargs cp --parents --dereference --target-directory=/image; \
    cp --dereference /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/; \
    cp --dereference /etc/os-release /image/etc/; \
    echo 'hosts: files dns' > /image/etc/nsswitch.conf; \
    echo 'mcp:x:10001:10001::/nonexistent:/nonexistent' > /image/etc/passwd; \
    echo 'mcp:x:10001:' > /image/etc/group; \
    for package in base-files ca-certificates libc6 libgcc-s1; do \
        dpkg-query --status "$package" > "/image/var/lib/dpkg/status.d/$package"; \
    done; \
    chmod -R u=rwX,go=rX /image

# The stand-in for the REST API, for compose.yaml. It keeps nothing.
FROM scratch AS simulator
COPY --from=system /image /
COPY --from=programs --chown=0:0 --chmod=755 /programs/ces-simulator /usr/local/bin/ces-simulator
USER 10001:10001
EXPOSE 8081
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/ces-simulator"]
CMD ["0.0.0.0:8081"]

FROM scratch AS runtime
COPY --from=system /image /
# A volume that is mounted here for the journal begins with its owner.
COPY --from=system --chown=10001:10001 /image/var/lib/code-pipeline-mcp /var/lib/code-pipeline-mcp
COPY --from=programs --chown=0:0 --chmod=644 /programs/code-pipeline-mcp.cdx.json /usr/share/sbom/code-pipeline-mcp.cdx.json
COPY --from=programs --chown=0:0 --chmod=755 /programs/code-pipeline-mcp /usr/local/bin/code-pipeline-mcp
ENV PATH=/usr/local/bin
LABEL org.opencontainers.image.title="code-pipeline-mcp" \
      org.opencontainers.image.description="A typed, hardened MCP server for BMC AMI DevX Code Pipeline, compiled from its OpenAPI document" \
      org.opencontainers.image.licenses="Apache-2.0"
# A number, so that Kubernetes can see for itself that it is not root.
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=5s --retries=3 CMD ["/usr/local/bin/code-pipeline-mcp", "health"]
ENTRYPOINT ["/usr/local/bin/code-pipeline-mcp"]
CMD ["serve"]
