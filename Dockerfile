# syntax=docker/dockerfile:1
# One image for the server and for workers: the command decides which of the two it is.
# make image names the two of Python by their digests, so that what is built can be told, and built again.
ARG PYTHON=python:3.12
ARG PYTHON_SLIM=python:3.12-slim

# The full image has the C compiler that makes the kernels; the slim one, which runs them, has none.
FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
# Without pip: nobody installs anything into an image that runs. The pip of this stage works on it from outside.
RUN python -m venv --without-pip /opt/logsweep
WORKDIR /src
# What changes seldom comes first: an image of changed code downloads and installs nothing else again.
COPY requirements/image.lock requirements/
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m pip --python /opt/logsweep install --require-hashes --requirement requirements/image.lock
COPY pyproject.toml README.md LICENSE ./
COPY client client
COPY engine engine
COPY app app
RUN python -m pip --python /opt/logsweep install --no-deps --no-build-isolation ./client . \
 && /opt/logsweep/bin/python -P -m engine.kernels

FROM ${PYTHON_SLIM}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="logsweep" \
      org.opencontainers.image.description="A hyperparameter search service that trains its own networks, many at a time." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# /data is the folder that a volume is mounted on: without one the user could not write there. It is no VOLUME, as each
# worker would then be given an empty one of its own that stays behind.
RUN useradd --create-home --uid 10001 logsweep \
 && install --directory --owner=logsweep --group=logsweep /data /keys
COPY --from=build /opt/logsweep /opt/logsweep
ENV PATH=/opt/logsweep/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# A server that others can reach needs a key: the first start makes one. docker exec NAME cat /data/admin.key
ENV LOGSWEEP_FIRST_ADMIN_KEY=/data/admin.key
USER logsweep
EXPOSE 8000
# One process that serves and trains; docker-compose.yml splits it into a server and workers. It may take 30 s to stop in
# order: docker run --stop-timeout 30. A backup needs logsweep.db of the volume, not cache/.
CMD ["logsweep", "serve", "--host", "0.0.0.0", "--port", "8000", "--data", "/data"]
