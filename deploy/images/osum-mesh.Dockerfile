# Every service on CPUs: `docker buildx bake --file deploy/images/docker-bake.json osum-mesh`.
ARG NODE_IMAGE
FROM ${NODE_IMAGE} AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends cmake g++ make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN npm ci --no-audit --no-fund \
    && node native/build.mjs \
    && npm run --silent --workspace @osum/proto generate \
    && npx tsc --build packages/cli deploy/images
RUN node deploy/images/dist/main.js app /image/app \
    && node deploy/images/dist/main.js system /image

# No shell and no package manager: Node, the libraries that it and ours load, and the services.
FROM scratch
ARG VERSION
LABEL org.opencontainers.image.title="osum-mesh" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /image /
ENV NODE_ENV=production
USER 65532:65532
WORKDIR /tmp
ENTRYPOINT ["/bin/node", "/app/packages/cli/dist/main.js"]
