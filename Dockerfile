# One image for the server and for workers: the command decides which of the two it is.
# The full image has the C compiler that makes the kernels; the slim one, which runs them, has none.
FROM python:3.12 AS build
WORKDIR /src
COPY pyproject.toml README.md ./
COPY app app
COPY engine engine
COPY client client
RUN python -m venv /opt/logsweep \
 && /opt/logsweep/bin/python -m pip install --no-cache-dir ./client '.[onnx,parquet]' \
 && /opt/logsweep/bin/python -P -m engine.kernels

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 logsweep \
 && install --directory --owner=logsweep --group=logsweep /data /keys
COPY --from=build /opt/logsweep /opt/logsweep
ENV PATH=/opt/logsweep/bin:$PATH PYTHONUNBUFFERED=1
# A server that others can reach needs a key: the first start makes one. docker exec NAME cat /data/admin.key
ENV LOGSWEEP_FIRST_ADMIN_KEY=/data/admin.key
USER logsweep
VOLUME /data
EXPOSE 8000
# One process that serves and trains; docker-compose.yml splits it into a server and workers. It may take 30 s to stop in
# order: docker run --stop-timeout 30. A backup needs logsweep.db of the volume, not cache/.
CMD ["logsweep", "serve", "--host", "0.0.0.0", "--port", "8000", "--data", "/data"]
