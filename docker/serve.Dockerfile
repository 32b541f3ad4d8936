# The serving image: one Bento, the packages that its model was proven with, and nothing else.
#
# The build context is the Bento's folder, which a run that passed leaves in its workspace:
#
#   docker build --file docker/serve.Dockerfile --tag medimage-serve:VERSION .medimage/bentoml/bentos/NAME/VERSION
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --publish 127.0.0.1:3000:3000 \
#     --env MEDIMAGE_SERVE_TOKENS_FILE=/run/tokens --volume "$PWD/tokens:/run/tokens:ro" medimage-serve:VERSION
#
# Behind a package index of your own, add `--secret id=pip.conf,src=FILE`, and `--secret id=ca.pem,src=FILE` where it has
# certificates of its own (then say `cert = /run/secrets/ca.pem` in pip.conf). Neither gets into the image.

# Any image with Python (3.11 to 3.13, the same as in the Bento's env/docker/Dockerfile), pip and venv.
ARG BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE} AS packages
# The exact packages with their hashes. A Bento has none where it was built with other packages than the project's lock
# names: then the build ends here.
COPY src/medimage/serving/requirements.lock /build/
# Wheels only, so that nothing is compiled; the environment itself gets no pip.
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf --mount=type=secret,id=ca.pem \
    python3 -m venv --without-pip /opt/venv \
    && python3 -m pip --python /opt/venv/bin/python --disable-pip-version-check install --no-cache-dir --no-deps \
       --only-binary :all: --require-hashes --requirement /build/requirements.lock
COPY . /opt/bento
# Nothing can be written when it runs, so the sources are compiled here. Permissions are set too, because a folder that
# its owner alone can read would be closed to the user below.
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/bento/src \
    && chmod -R u=rwX,go=rX /opt/bento

FROM ${BASE}
# The owner of the prediction log; the number matters to volumes, the name to nobody.
RUN groupadd --gid 10001 medimage \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin medimage \
    && install --directory --owner 10001 --group 10001 --mode 0750 /var/log/medimage
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /opt/bento /opt/bento
# BentoML writes its metrics and sockets below /tmp, the only folder that must be writable. No variable here lets anybody
# in: without tokens the service says so and ends.
ENV PATH=/opt/venv/bin:$PATH \
    BENTOML_HOME=/tmp/bentoml \
    BENTOML_HOST=0.0.0.0 \
    BENTOML_PORT=3000 \
    BENTOML_DO_NOT_TRACK=True \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# A number, because Kubernetes' runAsNonRoot cannot know what a name stands for.
USER 10001:10001
WORKDIR /tmp
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['BENTOML_PORT'] + '/readyz', timeout=3)"]
ENTRYPOINT ["bentoml", "serve", "/opt/bento"]
