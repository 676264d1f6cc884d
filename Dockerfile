# The one image of every Kubeflow and Vertex step, and of Beam workers.
#
#   docker build --build-arg CORALLINE_GIT_COMMIT="$(git rev-parse HEAD)" --tag coralline .

# The packages: they change seldom, take most of the time, and one of them (pyfarmhash) comes as C++ source alone.
FROM python:3.10-slim AS packages
RUN apt-get update && apt-get install --yes --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
COPY requirements.lock ./
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes --requirement requirements.lock

FROM python:3.10-slim
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 TF_CPP_MIN_LOG_LEVEL=1
WORKDIR /opt/coralline

# Editable, so that the lock lies beside the code: its hash is recorded with every artifact.
COPY setup.py pyproject.toml README.md LICENSE requirements.lock ./
COPY src src
COPY components components
COPY pipeline pipeline
COPY deployment deployment
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable .

# There is no git in the image; what commit it was built from is recorded with every artifact.
ARG CORALLINE_GIT_COMMIT=unknown
ENV CORALLINE_GIT_COMMIT=${CORALLINE_GIT_COMMIT}

# Steps name their own command; without one, the image answers as the command line.
CMD ["coralline", "--help"]
