# The dashboard. Of the service it receives the shared schemas and nothing else: no rule, no SQL, no model.
# Built from the repository's root: docker build -f deploy/ui.Dockerfile .

FROM python:3.11-slim-bookworm AS build
RUN python -m venv /opt/venv
# Only this file stands before the installation, so that a change of code reuses the layer.
COPY requirements-ui.txt /build/
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: \
        -r /build/requirements-ui.txt

FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONUTF8=1 \
    PYTHONPATH=/app
RUN groupadd --gid 10001 cockpit \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin cockpit
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY .streamlit/ .streamlit/
COPY api/__init__.py api/
COPY api/schemas/ api/schemas/
COPY ui/ ui/
# The help page shows it.
COPY docs/glossaire.md docs/
# The file system is read-only at run time: the bytecode is made here or at every start.
RUN python -m compileall -q api ui
ARG COCKPIT_VERSION=0.0.0
ENV COCKPIT_VERSION=${COCKPIT_VERSION}
LABEL org.opencontainers.image.title="cockpit-ui" \
      org.opencontainers.image.version="${COCKPIT_VERSION}"
USER 10001:10001
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=3)"]
CMD ["python", "-m", "streamlit", "run", "ui/serve.py", "--server.address", "0.0.0.0", "--server.port", "8501"]
