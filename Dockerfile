# funcorr on the CPU, weights inside:
#   docker build -t funcorr .
#   docker run --rm -v "$PWD:/work" -u "$(id -u)" funcorr match a.png b.png --function pour-with
FROM python:3.11-slim
ARG TORCH=torch==2.13.0
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore FUNCORR_CACHE=/weights HOME=/tmp
RUN pip install --index-url "$TORCH_INDEX" "$TORCH"
WORKDIR /source
COPY pyproject.toml README.md LICENSE CHANGELOG.md CITATION.cff ./
COPY src src
COPY forge forge
RUN pip install . ./forge \
 && funcorr weights fetch efficientnet-lite2 dinov2-small-focus minilm \
 && chmod -R a+rX /weights
WORKDIR /work
ENTRYPOINT ["funcorr"]
CMD ["--help"]
