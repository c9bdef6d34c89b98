# The brain with a model of the present data. Built from the top of the checkout:
#   docker build -f deploy/brain.Dockerfile -t omotenashi-brain .
FROM python:3.10-slim-bookworm AS packages
RUN apt-get update && apt-get install -y --no-install-recommends build-essential \
  && rm -rf /var/lib/apt/lists/*
COPY requirements/brain.txt /tmp/
# Every package by its hash, from the lock file, and nothing that it only asks for (left_out.in).
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/brain.txt

FROM packages AS model
WORKDIR /app
COPY config.yml domain.yml endpoints.yml credentials.yml ./
COPY data data
COPY encoders encoders
COPY brain brain
ENV RASA_TELEMETRY_ENABLED=false
# Its name begins with the moment of training: of two brains the newer model's is asked.
RUN /venv/bin/python -m brain train --out models --name "$(date -u +%Y%m%d-%H%M%S)-image"

FROM python:3.10-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home omotenashi
WORKDIR /app
COPY --from=packages /venv /venv
COPY --from=model /app/models models
COPY config.yml domain.yml endpoints.yml credentials.yml ./
COPY encoders encoders
COPY brain brain
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
  RASA_TELEMETRY_ENABLED=false HOME=/tmp MPLCONFIGDIR=/tmp
USER 10001
EXPOSE 5055
# Any answer will do: whether the model is loaded, the servers ask with their secret.
HEALTHCHECK --interval=5s --timeout=3s --start-period=120s --retries=3 \
  CMD ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 5055), 2)"]
STOPSIGNAL SIGTERM
CMD ["python", "-m", "brain", "serve", "--model", "models", "--host", "0.0.0.0", "--port", "5055"]
