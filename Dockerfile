# biowire, both modes in one image: `run` (default) is the embedded mode; `connect`, `worker` and `provision` are
# the distributed one. Built in one stage, run in another that holds no build tools. docs/operations.md says how.
ARG PYTHON=3.11.14-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
RUN python -m venv /opt/biowire
COPY pyproject.toml README.md LICENSE ./
COPY connectors connectors
COPY streams streams
COPY dashboards dashboards
COPY seeds seeds
RUN /opt/biowire/bin/pip install ".[distributed]" \
    && /opt/biowire/bin/pip uninstall --yes pip setuptools

FROM python:${PYTHON}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="biowire" \
      org.opencontainers.image.description="Monitors biometrics news: feeds in, flagged and searchable stories out." \
      org.opencontainers.image.source="https://github.com/biowire/biowire" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# The same number as in the images of Kafka and Elasticsearch, so that all of them can read the same secret files.
RUN groupadd --gid 1000 biowire \
    && useradd --uid 1000 --gid 1000 --no-create-home --home-dir /var/lib/biowire --shell /usr/sbin/nologin biowire \
    && install --directory --owner=1000 --group=1000 --mode=0700 /var/lib/biowire
COPY --from=build /opt/biowire /opt/biowire
ENV PATH=/opt/biowire/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BIOWIRE_HOME=/var/lib/biowire \
    BIOWIRE_METRICS_PORT=9464
USER 1000:1000
WORKDIR /var/lib/biowire
VOLUME /var/lib/biowire
EXPOSE 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['BIOWIRE_METRICS_PORT'] + '/healthz', timeout=4)"]
ENTRYPOINT ["biowire"]
CMD ["run"]
