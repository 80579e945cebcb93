# evenhand in an empty image: one static binary and the root certificates that it verifies servers with.
#
#   docker build --build-arg COMMIT="$(git rev-parse HEAD)" --tag evenhand .
#   docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/work" evenhand judge …

FROM docker.io/library/rust:1.95-alpine AS build
# This image has the C compiler that SQLite, TLS and the allocator need, and root certificates.
WORKDIR /build
COPY . .
# The repository is not in the image's context, so the commit is given.
ARG COMMIT=""
RUN EVENHAND_COMMIT="$COMMIT" cargo install --locked --path . --root /out \
    && mkdir /work

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/bin/evenhand /usr/local/bin/evenhand
COPY --from=build --chown=65532:65532 /work /work
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/evenhand"]
CMD ["--help"]
