# Every service on Ascend NPUs. CANN_IMAGE is an image of CANN by digest, of the version that the cluster's driver fits:
# `CANN_IMAGE=... docker buildx bake --file deploy/images/docker-bake.json osum-mesh-npu`.
ARG NODE_IMAGE
ARG CANN_IMAGE
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
RUN node deploy/images/dist/main.js app /image/app

# CANN brings a system of its own, which stays as it is.
FROM ${CANN_IMAGE}
ARG VERSION
LABEL org.opencontainers.image.title="osum-mesh-npu" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /usr/local/bin/node /bin/node
COPY --from=build /image /
# What CANN's set_env.sh sets for a shell; the driver's folders are mounted by Ascend Docker Runtime.
ENV NODE_ENV=production \
    ASCEND_HOME_PATH=/usr/local/Ascend/ascend-toolkit/latest \
    ASCEND_TOOLKIT_HOME=/usr/local/Ascend/ascend-toolkit/latest \
    ASCEND_OPP_PATH=/usr/local/Ascend/ascend-toolkit/latest/opp \
    LD_LIBRARY_PATH=/usr/local/Ascend/ascend-toolkit/latest/lib64:/usr/local/Ascend/ascend-toolkit/latest/lib64/plugin/opskernel:/usr/local/Ascend/ascend-toolkit/latest/lib64/plugin/nnengine:/usr/local/Ascend/driver/lib64:/usr/local/Ascend/driver/lib64/common:/usr/local/Ascend/driver/lib64/driver
USER 65532:65532
WORKDIR /tmp
ENTRYPOINT ["/bin/node", "/app/packages/cli/dist/main.js"]
