# The API, the worker and the one-shot preparation: one image, three commands (see compose.yaml).
# Built from the repository's root: docker build -f deploy/api.Dockerfile .

FROM python:3.11-slim-bookworm AS build
RUN python -m venv /opt/venv
# Only this file stands before the installation, so that a change of code reuses the layer.
COPY requirements-api.txt /build/
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: \
        -r /build/requirements-api.txt

FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONUTF8=1 \
    PYTHONPATH=/app \
    COCKPIT_HOME=/var/lib/cockpit \
    COCKPIT_API_HOST=0.0.0.0
# A named volume takes the owner of the folder that it covers: state must be writable by this user, code must not.
RUN groupadd --gid 10001 cockpit \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin cockpit \
    && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/cockpit
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY model_store/ model_store/
COPY data/ data/
COPY api/ api/
# The file system is read-only at run time: the bytecode is made here or at every start.
RUN python -m compileall -q api data
ARG COCKPIT_VERSION=0.0.0
ENV COCKPIT_VERSION=${COCKPIT_VERSION}
LABEL org.opencontainers.image.title="cockpit-api" \
      org.opencontainers.image.version="${COCKPIT_VERSION}"
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=3)"]
CMD ["python", "-m", "uvicorn", "--factory", "api.main:create_app_from_env", "--no-access-log", \
     "--host", "0.0.0.0", "--port", "8000", "--timeout-graceful-shutdown", "5"]
