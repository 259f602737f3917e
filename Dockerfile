# syntax=docker/dockerfile:1
# The container image of code-pipeline-mcp: a locked release build on a small Debian, run as a user without rights.
#
# Without AUTH_PROVIDER the server refuses to listen beyond the loopback interface, so name one (docs/authentication.md), or
#   docker run --network host -e API_BASE_URL=... -e API_TOKEN code-pipeline-mcp
#     (the container shares the host's loopback: only programs on that host can connect), or, for reads only,
#   docker run -p 127.0.0.1:8080:8080 -e HOST=0.0.0.0 -e ALLOW_UNAUTHENTICATED=i-understand -e POLICY_ANONYMOUS_READS=true -e API_BASE_URL=... -e API_TOKEN code-pipeline-mcp
#     (clients that use another name than 127.0.0.1 or localhost need it in ALLOWED_HOSTS).

ARG RUST_IMAGE=rust:1.95-slim-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim

# The workspace with its manifests as they are and every crate empty. Its content changes only when a manifest or the lock file
# does, and so the layer that builds the dependencies below is used again for any other change.
FROM ${RUST_IMAGE} AS manifests
WORKDIR /workspace
COPY . .
RUN find . -type f \
        ! -name Cargo.toml ! -name Cargo.lock ! -path '*/src/lib.rs' ! -path '*/src/main.rs' ! -name build.rs -delete \
    && find . -name '*.rs' -print0 | xargs -0 sh -c 'echo "fn main() {}" | tee "$@" > /dev/null' sh \
    && find . -type d -empty -delete

FROM ${RUST_IMAGE} AS build
WORKDIR /workspace
ENV CARGO_TARGET_DIR=/target
COPY --from=manifests /workspace .
RUN cargo build --release --locked --bin code-pipeline-mcp
COPY . .
# Cargo compares times, and the sources may be older than the empty crates that were built just now.
RUN find . -type f -exec touch {} + \
    && cargo build --release --locked --bin code-pipeline-mcp \
    && cp /target/release/code-pipeline-mcp /code-pipeline-mcp

FROM ${RUNTIME_IMAGE} AS runtime
# The base may bring the certificates with it; then nothing is downloaded.
RUN test -e /etc/ssl/certs/ca-certificates.crt \
    || { apt-get update && apt-get install --yes --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*; }
COPY --from=build --chown=0:0 --chmod=755 /code-pipeline-mcp /usr/local/bin/code-pipeline-mcp
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
