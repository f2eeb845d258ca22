# The model package that ships with the project: `docker buildx bake --file deploy/images/docker-bake.json osum-nano`.
# As an init container it copies the package to the folder in its argument; as an image volume it is mounted as it is.
ARG NODE_IMAGE
FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY . .
RUN npm ci --no-audit --no-fund \
    && npx tsc --build deploy/images
RUN mkdir /image \
    && node deploy/images/dist/main.js system /image

FROM scratch
ARG VERSION
LABEL org.opencontainers.image.title="osum-nano" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /image /
COPY deploy/images/copy-package.mjs /copy-package.mjs
COPY models/osum-nano /osum-nano
USER 65532:65532
WORKDIR /tmp
ENTRYPOINT ["/bin/node", "/copy-package.mjs", "/osum-nano"]
