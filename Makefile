# Set-up, tests and checks. `make help` lists what there is.
#
# A fresh clone needs Python >= 3.11 with pip, and make; uv is used where it is found.
#   make PYTHON=/path/to/python …   another interpreter
#   make UV= …                      pip, although uv is there
# It keeps to what GNU make 3.81 knows, which is what macOS brings.

VENV := .venv
BIN := $(VENV)/bin
WORKERS := 2

ifeq ($(origin UV),undefined)
UV := $(shell command -v uv 2>/dev/null)
endif
export UV PYTHON VENV

# The caller's own environment must not decide what we install, nor where.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE PYTHONOPTIMIZE
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV

# Each part tells how long it took: $(call timed,name,command).
timed = @start=$$(date +%s); $(2) || exit; echo "-- $(1): $$(($$(date +%s) - start)) s"

.PHONY: help set-up outside demo test check format lint types spelling rules proof bench record lock FORCE

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F'|' '{printf "make %-9s %s\n", $$1, $$2}'

demo: $(VENV)/.self ## the whole job on the embedded sandbox, no keys, no network
	@$(BIN)/eleva demo

test: $(VENV)/.dev $(VENV)/.outside ## every test but the long proofs
	$(call timed,test,$(BIN)/python -m pytest -m 'not proof' -n $(WORKERS) --dist worksteal)

check: format lint types spelling test ## all that CI asks for: style, types, rules, tests

format: $(VENV)/.dev
	$(call timed,format,$(BIN)/ruff format --check --quiet .)

lint: $(VENV)/.dev
	$(call timed,lint,$(BIN)/ruff check --quiet .)

types: $(VENV)/.dev
	$(call timed,types,$(BIN)/mypy && $(BIN)/mypy --python-version 3.14)

spelling: $(VENV)/.dev
	$(call timed,spelling,$(BIN)/codespell)

rules: $(VENV)/.dev ## the rules of layers, sizes, names, locks and secrets
	$(call timed,rules,$(BIN)/python -m pytest tests/rules)

proof: $(VENV)/.dev $(VENV)/.outside ## the long proofs in full; ELEVA_PROOF=short for the short form
	$(call timed,proof,ELEVA_PROOF=$(or $(ELEVA_PROOF),full) scripts/proof $(BIN)/python)

bench: $(VENV)/.dev ## the measurements
	@$(BIN)/python -m bench

record: $(VENV)/.dev $(VENV)/.outside ## record the cassettes anew; RECORD_REAL=1 from test modes, with their keys
	@$(BIN)/python -m tests.cassettes.record

lock: ## resolve again (needs uv): uv.lock, requirements.lock, requirements-dev.lock
	@[ -n "$(UV)" ] || { echo "error: make lock needs uv: https://docs.astral.sh/uv/" >&2; exit 1; }
	"$(UV)" lock
	"$(UV)" export --quiet --frozen --no-emit-project --no-default-groups --group build -o requirements.lock
	"$(UV)" export --quiet --frozen --no-emit-project -o requirements-dev.lock

set-up: $(VENV)/.dev ## only the set-up, in .venv

outside: $(VENV)/.dev $(VENV)/.outside ## others' artefacts that tests compare with (npm)

# The stamps lie inside the venv: one that was cut short has none, and is made again from nothing.
# So is one that was moved, or whose interpreter is gone.
ifneq ($(shell [ -x $(BIN)/python ] && cat $(VENV)/.made-in 2>/dev/null),$(CURDIR))
STALE := FORCE
endif
FORCE:

$(VENV)/.run: requirements.lock $(STALE)
	@scripts/set-up new
	@printf '%s\n' "$(CURDIR)" >$(VENV)/.made-in
	@touch $@

$(VENV)/.self: pyproject.toml $(VENV)/.run
	@scripts/set-up self
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.self
	@scripts/set-up dev
	@touch $@

# Without node, npm or its registry the script says so and leaves no stamp: asked again
# next time. OUTSIDE=required makes that an error.
$(VENV)/.outside: tests/outside/package-lock.json tests/outside/spec.mjs | $(VENV)/.dev
	@OUTSIDE="$(OUTSIDE)" scripts/outside
