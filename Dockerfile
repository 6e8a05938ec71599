# One image with all programs: the service says which one runs.

# The libraries that the pages embed.
FROM node:22.21.1-bookworm-slim AS web
WORKDIR /src
COPY tools/web/package.json tools/web/package-lock.json tools/web/.npmrc ./
RUN npm ci --ignore-scripts --omit=dev

FROM golang:1.26.8-bookworm AS build
WORKDIR /src
# The toolchain is the image's, never a downloaded one.
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=web /src/node_modules/htmx.org/dist/htmx.min.js /src/node_modules/@picocss/pico/css/pico.min.css internal/pages/assets/npm/
RUN go build -trimpath -buildvcs=false -ldflags="-s -w" -tags=timetzdata -o /out/ ./worker ./starter ./sandbox
# The sandbox's settings know the stand-ins by their names in docker-compose.yml,
# and a browser by what is published there.
RUN /out/sandbox settings --browser-host=127.0.0.1 \
      --cartum-url=http://cartum:8081 --roapp-url=http://roapp:8082 \
      --cartum-ua-url=http://cartum-ua:8083 --roapp-ua-url=http://roapp-ua:8084 > /out/sandbox.yaml

FROM scratch
# Health checks run inside the container and need a program that asks.
COPY --from=busybox:1.37.0-musl /bin/busybox /wget
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/sandbox.yaml /etc/cartumsync/
COPY --from=build /out/worker /out/starter /out/sandbox /
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
CMD ["/worker"]
