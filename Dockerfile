# Multi-stage: compile with everything, run with what is needed. Not Alpine: the embedded PostgreSQL needs glibc, and one
# image serves both. The service runs as an ordinary user and expects a real database (DATABASE_URL).
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional && npm cache clean --force
COPY --from=build /app/dist ./dist
# What a volume mounted there takes over: the service writes evidence files as an ordinary user.
RUN mkdir /evidence && chown node:node /evidence
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT ?? 3000) + '/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Most of what a command makes is garbage when it is answered: a larger nursery lets less of it grow old.
CMD ["node", "--max-semi-space-size=32", "--heap-growing-percent=60", "--no-flush-bytecode", "dist/src/server.js"]
