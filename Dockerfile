# The product, worker and starter, in one image: the service says which one runs.
# The stage "sandbox" adds what shows it without the real services. Needs
# BuildKit, which Docker has used since version 23.

# The libraries that the pages embed.
FROM node:22.21.1-bookworm-slim@sha256:25b3eb23a00590b7499f2a2ce939322727fcce1b15fdd69754fcd09536a3ae2c AS web
WORKDIR /src
COPY tools/web/package.json tools/web/package-lock.json tools/web/.npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --omit=dev

FROM golang:1.26.8-bookworm@sha256:a688600ca24f8a4d3ca77f95b0dd40704a9fc787c826660eb7ba0b641b8b175d AS build
WORKDIR /src
# The toolchain is the image's, never a downloaded one.
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
COPY . .
COPY --from=web /src/node_modules/htmx.org/dist/htmx.min.js /src/node_modules/@picocss/pico/css/pico.min.css pages/assets/npm/
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -trimpath -buildvcs=false -ldflags="-s -w" -tags=timetzdata -o /out/ ./worker ./starter ./sandbox

FROM busybox:1.37.0-musl@sha256:222ad6d973c0d198014546a65cd02c5fdedcc172123c5b4c2bf0af636550bd94 AS busybox

FROM temporalio/admin-tools:1.29.1-tctl-1.18.4-cli-1.5.0 AS temporal

FROM busybox AS sandbox
COPY --from=temporal /usr/local/bin/temporal /bin/
COPY --from=build /out/worker /out/starter /out/sandbox /
# Temporal looks up the name of its user and does not start without.
RUN echo "sandbox:x:65532:65532::/tmp:/bin/false" >>/etc/passwd
USER 65532:65532
ENTRYPOINT ["/sandbox"]

FROM scratch AS product
# Health checks run inside the container and need a program that asks.
COPY --from=busybox /bin/busybox /wget
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/worker /out/starter /
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
CMD ["/worker"]
