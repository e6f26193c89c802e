# Two stages: the first has pip and the project's tree, the second only what runs.
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/hub
# The packages first: this layer is made anew only when the lock changes. As in script/lib/venv.sh the
# lock is taken as it is, nothing is left to resolve.
# LOCK=traces adds the packages of the extra, for HUB_TRACES_URL; LOCK=chat those for channels of
# the kind apprise.
ARG LOCK=runtime
COPY requirements/runtime.txt requirements/traces.txt requirements/chat.txt requirements/discover.txt requirements/
RUN /opt/hub/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --no-deps --require-hashes --requirement requirements/$LOCK.txt \
    && /opt/hub/bin/python -m pip --disable-pip-version-check check
COPY pyproject.toml ./
COPY hub hub
COPY adapters adapters
COPY schemas schemas
RUN /opt/hub/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --no-deps --no-build-isolation .

FROM python:3.13-slim-bookworm
# A number that no user of the base image has; the data directory is the only place it may write.
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /var/lib/hub hub \
    && install -d -o hub -g hub -m 0700 /var/lib/hub
COPY --from=build /opt/hub /opt/hub
ENV PATH=/opt/hub/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HUB_DATA_DIR=/var/lib/hub
USER 10001:10001
WORKDIR /var/lib/hub
VOLUME /var/lib/hub
ENTRYPOINT ["hub"]
CMD ["run"]
