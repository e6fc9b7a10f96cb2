#!/bin/sh
# Writes requirements/*.txt from pyproject.toml: hash-pinned, without the address of any registry.
# The files of deployables are for Lambda's Python and platform, the others for any of ours.
set -eu
compile="${UV:-uv} pip compile pyproject.toml --generate-hashes --no-emit-index-url --no-header --quiet"
lambda="--python-version 3.12 --python-platform x86_64-manylinux_2_28"
any="--python-version 3.11 --universal"

$compile $lambda -o requirements/core.txt
$compile $lambda --extra documents -o requirements/documents.txt
$compile $lambda --extra documents --extra exports -o requirements/exports.txt
$compile $lambda --extra chat -o requirements/chat.txt
$compile $lambda --extra documents --extra ocr -o requirements/ocr-page.txt
$compile $any --extra documents --extra exports --extra chat --extra ocr --extra local -o requirements/local.txt
$compile $any --extra documents --extra exports --extra chat --extra ocr --extra local --group dev --group bench -o requirements/dev.txt
# The peers of `make bench`, each alone.
for peer in rapidocr rapidocr-onnxruntime tesseract onnxtr pymupdf4llm; do
    ${UV:-uv} pip compile --group pyproject.toml:peer-$peer --generate-hashes --no-emit-index-url --no-header --quiet $any -o benchmarks/peers/$peer.txt
done
