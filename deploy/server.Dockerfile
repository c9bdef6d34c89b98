# The server and the actions: one image, two commands. Built from the top of the checkout:
#   docker build -f deploy/server.Dockerfile -t omotenashi-server .
FROM python:3.12-slim-bookworm AS packages
RUN apt-get update && apt-get install -y --no-install-recommends build-essential \
  && rm -rf /var/lib/apt/lists/*
COPY requirements/server.txt /tmp/
# Every package by its hash, from the lock file, and nothing that it only asks for (left_out.in).
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/server.txt

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home omotenashi
WORKDIR /app
COPY --from=packages /venv /venv
COPY data data
COPY encoders encoders
COPY support support
COPY web web
COPY channels channels
COPY desk desk
COPY help help
COPY demo demo
COPY actions actions
COPY omotenashi omotenashi
COPY config.yml domain.yml endpoints.yml credentials.yml ./
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
  OMOTENASHI_HOST=0.0.0.0 OMOTENASHI_DATA_DIR=/data
# The root file system is mounted read-only (compose.yml); this is what may change.
RUN mkdir /data && chown 10001 /data
VOLUME /data
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
STOPSIGNAL SIGTERM
CMD ["python", "-m", "omotenashi", "serve"]
