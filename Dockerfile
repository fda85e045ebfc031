# The base is one argument, so that a mirror of it, or another build of Node, can be named.
ARG NODE_IMAGE=docker.io/library/node:24-slim

# On the builder's own platform, whatever the image is for: nothing that comes out of it is native.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS build
# The bill of materials takes its name from the folder.
WORKDIR /pullable
COPY package.json package-lock.json .npmrc ./
# The secret "ca" holds the authorities of whatever stands between here and the packages, if something does; no layer has it.
# Its own Node is not needed: the base is one. So no install script runs.
RUN --mount=type=secret,id=ca \
    if [ -e /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi; \
    npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY scripts/sbom.ts scripts/
# Without the optional packages: what a kubeconfig's plugins need is two thirds of all, and a pod has no plugins.
# Types and source maps are for those who change the program; what npm keeps for itself is for npm.
RUN npm run build && \
    npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && \
    npm pkg delete devDependencies optionalDependencies && \
    node scripts/sbom.ts > sbom.cdx.json && \
    rm -r node_modules/.bin node_modules/.package-lock.json && \
    find node_modules -type f '(' -name '*.map' -o -name '*.ts' -o -name '*.cts' -o -name '*.mts' ')' -exec rm -f {} + && \
    mkdir certs

# Said, though it goes without saying: an older buildah would go on with the builder's platform.
FROM --platform=$TARGETPLATFORM ${NODE_IMAGE}
ARG NODE_IMAGE
LABEL org.opencontainers.image.title="pullable" \
      org.opencontainers.image.description="A Kubernetes admission webhook that refuses pods whose images cannot be pulled" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.base.name="${NODE_IMAGE}"
WORKDIR /app
ENV NODE_ENV=production
COPY LICENSE ./
COPY --from=build /pullable/node_modules node_modules
COPY --from=build /pullable/package.json /pullable/sbom.cdx.json ./
COPY --from=build /pullable/dist dist
# What `demo` shows.
COPY docs/examples docs/examples
# Node complains where there is none, and authorities can be mounted there.
COPY --from=build /pullable/certs /etc/ssl/certs
# By number, so that runAsNonRoot can be checked.
USER 65532:65532
EXPOSE 8443 8080
# A small young generation keeps the process small. As an argument: NODE_OPTIONS is left to whoever runs it.
ENTRYPOINT ["node", "--max-semi-space-size=4", "/app/dist/main.js"]
CMD ["serve"]
