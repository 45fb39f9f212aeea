# The central node: review, follow-up, reports and sync at the ombudsman's office. How to run it: docs/docker.md

FROM python:3.12-slim-bookworm AS builder
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/baqylau
COPY requirements-build.lock requirements.lock ./
# Two environments: what builds stays in /tools, what runs is /venv. Wheels only: nothing is compiled here.
RUN python -m venv /tools \
    && /tools/bin/pip install --only-binary :all: --require-hashes -r requirements-build.lock \
    && python -m venv --without-pip /venv \
    && /tools/bin/pip --python /venv/bin/python install --only-binary :all: --require-hashes -r requirements.lock
# Baqylau itself: the command, and one line that names this folder (it is at the same path below).
COPY pyproject.toml LICENSE ./
COPY app/__init__.py app/
RUN /tools/bin/hatchling build --target wheel:editable --directory /tmp/wheel \
    && /tools/bin/pip --python /venv/bin/python install --no-index --no-deps /tmp/wheel/*.whl

FROM python:3.12-slim-bookworm
RUN useradd --uid 10001 --user-group --no-log-init --no-create-home --home-dir /data --shell /usr/sbin/nologin baqylau \
    && install --directory --owner baqylau --group baqylau --mode 0700 /data
WORKDIR /srv/baqylau
COPY --from=builder /venv /venv
COPY pyproject.toml LICENSE ./
COPY migrations migrations
COPY checklists checklists
COPY static static
COPY templates templates
COPY app app
RUN ["python", "-m", "compileall", "-q", "app", "migrations"]

# Nothing is written outside /data and /tmp: the root may be read-only.
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BAQYLAU_DATA_DIR=/data \
    BAQYLAU_PORT=8001
USER 10001:10001
VOLUME /data
EXPOSE 8001
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8001/health', timeout=4)"]
CMD ["baqylau", "central", "--host", "0.0.0.0"]
