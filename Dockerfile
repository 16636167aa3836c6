# An image with framecheck, frame-server, frame-client and python3. docs/install.md tells how to use it.
#   docker build --tag framecheck .
FROM rust:1-slim-bookworm AS build
WORKDIR /framecheck
COPY . .
RUN cargo build --locked --profile dist --package framecheck --package frame-server --package frame-client

FROM debian:bookworm-slim
# Peers may need more than python3: add it in an image of your own, with this one after its FROM.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /framecheck/target/dist/framecheck /framecheck/target/dist/frame-server \
    /framecheck/target/dist/frame-client /usr/local/bin/
COPY LICENSE-APACHE LICENSE-MIT /usr/local/share/doc/framecheck/
RUN useradd --create-home --uid 1000 framecheck && install --directory --owner framecheck /work
# The user framecheck
USER 1000:1000
WORKDIR /work
ENTRYPOINT ["framecheck"]
