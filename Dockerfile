# The one image of every Kubeflow and Vertex step, and of Beam workers.
#
#   docker build --build-arg CORALLINE_GIT_COMMIT="$(git rev-parse HEAD)" --tag coralline .
FROM python:3.10-slim

ENV PYTHONUNBUFFERED=1 TF_CPP_MIN_LOG_LEVEL=1
WORKDIR /opt/coralline

# The packages first: they change seldom, and take most of the time.
COPY requirements.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement requirements.lock

# Editable, so that the lock lies beside the code: its hash is recorded with every artifact.
COPY setup.py pyproject.toml README.md LICENSE ./
COPY components components
COPY pipeline pipeline
COPY deployment deployment
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable . && python -m compileall -q components pipeline deployment

# There is no git in the image; what commit it was built from is recorded with every artifact.
ARG CORALLINE_GIT_COMMIT=unknown
ENV CORALLINE_GIT_COMMIT=${CORALLINE_GIT_COMMIT}

# Steps name their own command; without one, the image answers as the command line.
CMD ["coralline", "--help"]
