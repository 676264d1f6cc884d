# The one image of every Kubeflow and Vertex step, and of Beam workers.
#
#   docker build --build-arg CORALLINE_GIT_COMMIT="$(git rev-parse HEAD)" --tag coralline .
#
# Arguments, each of which may be left out (docs/weekly-retraining.md has examples):
#   VARIANT                  cpu, or gpu: with CUDA and cuDNN
#   BASE, BASE_DIGEST        the base from another registry; its digest, sha256:...
#   CORALLINE_GIT_COMMIT     recorded with every artifact
#   EDGETPU_COMPILER         URL or path below deployment/image/ of Coral's package edgetpu-compiler, to be installed
#   EDGETPU_COMPILER_SHA256  that package's checksum
ARG BASE=python:3.10.22-slim-bookworm
ARG BASE_DIGEST=
ARG VARIANT=cpu

FROM ${BASE}${BASE_DIGEST:+@${BASE_DIGEST}} AS base
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /build

# The packages: they change seldom and take most of the time. One of them, pyfarmhash, comes as C++ source alone.
FROM base AS packages
RUN apt-get update && apt-get install --yes --no-install-recommends g++ tini
COPY deployment/image/tools.lock ./
RUN python -m venv /tools && /tools/bin/pip install --no-cache-dir --no-deps --require-hashes --requirement tools.lock
ARG VARIANT
COPY deployment/image/${VARIANT}.lock packages.lock
COPY deployment/image/link_cuda.sh deployment/image/trim.sh ./
# Two packages are compiled, in a folder whose name is another each time: it is not to be recorded.
ENV CFLAGS=-g0 LDFLAGS="-Wl,--build-id=none -s"
RUN /tools/bin/uv venv --quiet --python /usr/local/bin/python3.10 /opt/venv \
    && /tools/bin/uv pip sync --quiet --python /opt/venv/bin/python --no-cache --require-hashes \
        --build-constraints tools.lock packages.lock \
    && sh link_cuda.sh /opt/venv \
    && sh trim.sh /opt/venv \
    && find /opt -exec touch --no-dereference --date=@315532800 {} +

# The project. Editable, so that the lock lies beside the code: its hash is recorded with every artifact. uv notes when
# the sources were written, which is another time in each clone.
FROM packages AS project
WORKDIR /opt/coralline
COPY setup.py pyproject.toml README.md LICENSE requirements.lock ./
COPY src src
COPY components components
COPY pipeline pipeline
COPY deployment deployment
RUN /tools/bin/uv pip install --quiet --python /opt/venv/bin/python --no-cache --no-deps --no-build-isolation \
        --prefix /installed --editable . \
    && rm /installed/lib/python3.10/site-packages/coralline-*.dist-info/uv_cache.json \
    && sed -i '/uv_cache\.json/d' /installed/lib/python3.10/site-packages/coralline-*.dist-info/RECORD \
    && mv deployment/image/sitecustomize.py /installed/lib/python3.10/site-packages/ \
    && find deployment/image -type f ! -name entrypoint.sh -delete \
    && PYTHONHASHSEED=0 python -m compileall -q --invalidation-mode unchecked-hash src components pipeline deployment \
    && echo 'coralline:x:10001:10001:Coralline:/tmp:/usr/sbin/nologin' >>/etc/passwd \
    && echo 'coralline:x:10001:' >>/etc/group \
    && find . /installed /etc/passwd /etc/group /usr/bin/tini -exec touch --no-dereference --date=@315532800 {} +

# The Edge TPU compiler, or an empty folder.
FROM base AS compiler
COPY deployment/image deployment/image
ARG EDGETPU_COMPILER=
ARG EDGETPU_COMPILER_SHA256=
RUN python deployment/image/get_compiler.py "${EDGETPU_COMPILER}" "${EDGETPU_COMPILER_SHA256}" /compiler \
    && find /compiler -exec touch --no-dereference --date=@315532800 {} +

FROM ${BASE}${BASE_DIGEST:+@${BASE_DIGEST}} AS cpu

# What NVIDIA's container runtime and GKE look for: which parts of the driver to lend, and where GKE mounts them.
FROM ${BASE}${BASE_DIGEST:+@${BASE_DIGEST}} AS gpu
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    LD_LIBRARY_PATH=/usr/local/nvidia/lib:/usr/local/nvidia/lib64 \
    XLA_FLAGS=--xla_gpu_cuda_data_dir=/opt/venv/lib/python3.10/site-packages/nvidia/cuda_nvcc

# Nothing but copies and metadata from here on: nothing in it depends on when it was built.
FROM ${VARIANT}
COPY --from=packages /opt/venv /opt/venv
COPY --from=project /etc/passwd /etc/group /etc/
COPY --from=project /usr/bin/tini /usr/bin/tini
COPY --from=project /opt/coralline /opt/coralline
COPY --from=project /installed/ /opt/venv/
# Often empty, and so the last: Docker's older builder fails at a copy after an empty one (moby/moby#37965).
COPY --from=compiler /compiler/ /

# Any user may run it, without an entry in /etc/passwd, and the root may be read-only: what is written goes to /tmp.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TF_CPP_MIN_LOG_LEVEL=1 \
    USER=coralline \
    HOME=/tmp \
    XDG_CACHE_HOME=/tmp/.cache \
    XDG_CONFIG_HOME=/tmp/.config \
    MPLCONFIGDIR=/tmp/.config/matplotlib
WORKDIR /tmp
USER 10001:10001
# Steps name their own command.
ENTRYPOINT ["/usr/bin/tini", "--", "/opt/coralline/deployment/image/entrypoint.sh"]
CMD ["--help"]

# There is no git in the image; what commit it was built from is recorded with every artifact.
ARG BASE
ARG BASE_DIGEST
ARG VARIANT
ARG EDGETPU_COMPILER_SHA256=
ARG CORALLINE_GIT_COMMIT=unknown
ENV CORALLINE_GIT_COMMIT=${CORALLINE_GIT_COMMIT}
LABEL org.opencontainers.image.title="Coralline" \
      org.opencontainers.image.description="From a folder of annotated images to an 8-bit TFLite detector for the Coral Edge TPU" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${CORALLINE_GIT_COMMIT}" \
      org.opencontainers.image.base.name="${BASE}" \
      org.opencontainers.image.base.digest="${BASE_DIGEST}" \
      coralline.variant="${VARIANT}" \
      coralline.edgetpu-compiler="${EDGETPU_COMPILER_SHA256}"
