# The training image: the project and exactly the packages of requirements.lock.
#
# The build context is the project's folder:
#
#   docker build --file docker/train.Dockerfile --tag medimage-train:0.1.0 .
#   docker run --volume medimage:/medimage medimage-train:0.1.0 --config configs/quickstart.yaml
#   docker run --volume medimage:/medimage --volume "$PWD/images:/images:ro" --gpus all --shm-size 2g \
#     medimage-train:0.1.0 --config configs/brain.yaml --data.source folder --data.path /images
#
# One image for machines with and without GPUs: on Linux the lock's torch is the one built for CUDA, which needs nothing
# of the host but NVIDIA's driver, and computes on processors as well. Its libraries are most of the image's size. Smaller
# builds for processors alone are other files with other hashes, which are not in the lock and so not in the evidence.
#
# Secrets for a package index of your own are those of serve.Dockerfile.

ARG BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE}
RUN groupadd --gid 10001 medimage \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin medimage \
    && install --directory --owner 10001 --group 10001 --mode 0750 /medimage \
    && install --directory --mode 0755 /app
# Wheels only, so that nothing is compiled; the environment itself gets no pip. Kubeflow's kfp-server-api has no wheel: it
# is Python alone, and is made into one with the setuptools of the lock, which is there before it.
COPY requirements.lock /opt/
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf --mount=type=secret,id=ca.pem \
    python3 -m venv --without-pip /opt/venv \
    && sed -n '/^setuptools==/,/[^\\]$/p' /opt/requirements.lock > /opt/setuptools.lock \
    && for lock in setuptools requirements; do \
         python3 -m pip --python /opt/venv/bin/python --disable-pip-version-check install --no-cache-dir --no-deps \
         --only-binary :all: --no-binary kfp-server-api --no-build-isolation --require-hashes \
         --requirement "/opt/$lock.lock" || exit 1; \
       done
# Last, so that a change of the code installs no package again. The code stays where the cache keys and the evidence of a
# run look for it; .dockerignore names what is left out.
COPY . /opt/medimage
RUN python3 -m pip --python /opt/venv/bin/python --disable-pip-version-check install --no-cache-dir --no-deps \
       --no-build-isolation --no-index --editable /opt/medimage \
    && python3 -m compileall -q /opt/medimage \
    && chmod -R u=rwX,go=rX /opt/medimage
# Everything that a run leaves behind lies in the volume; temporary files below /tmp. In a pod ZenML begins, which would
# look for the code that cache keys are made of beside itself, and its own settings in the home folder; it begins in /app,
# which the user may not make.
ENV PATH=/opt/venv/bin:$PATH \
    MEDIMAGE_HOME=/medimage \
    ZENML_CUSTOM_SOURCE_ROOT=/opt/medimage \
    ZENML_CONFIG_PATH=/medimage/zenml \
    ZENML_ANALYTICS_OPT_IN=false \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /opt/medimage
VOLUME /medimage
ENTRYPOINT ["python", "-m", "pipelines.train_pipeline"]
