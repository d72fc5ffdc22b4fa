# make run: the demo company on http://127.0.0.1:8000    make test: everything, browser included
# make check: lint, types, floors                        make bench: the benchmark table
# make fuzz: random orders through both price brains    make mutants: is every rule of theirs proven?
# make lock: refresh the lock files after changing pyproject.toml
.PHONY: run test check bench lock ready browser fuzz mutants
PORT ?= 8000
PYTHON ?= python3
# Without uv on the machine, one is put into .build/ so that nothing of the system is touched.
UV := $(shell command -v uv || echo .build/uv/bin/uv)
BIN := .venv/bin
export UV_PROJECT_ENVIRONMENT = .venv

run: ready
	$(BIN)/tuyen demo --port $(PORT)

test: ready browser
	$(BIN)/python hatch_build.py --test
	$(BIN)/python -m pytest -n 2 --dist loadgroup --ignore tests/browser
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/browser  # a browser keeps a loop of its own running, so it gets processes of its own

check: ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python hatch_build.py --check

bench: ready
	$(BIN)/python -m bench

# Twenty thousand random orders through both price brains, byte for byte; FUZZ="--from 20000 --cases 50000" for others.
fuzz: ready
	$(BIN)/python -m tests.pricing.fuzzing $(FUZZ)

# One small change to the price brain at a time, 300 of each language: do the shared cases notice? MUTANTS="--sample 0" for all.
mutants: ready
	$(BIN)/python -m tests.pricing.proving mutants $(MUTANTS)

lock: $(UV)
	$(UV) pip compile -q --universal --generate-hashes --group dev pyproject.toml -o requirements.lock \
	  --no-emit-index-url --custom-compile-command "make lock"
	$(UV) pip compile -q --universal --generate-hashes --group pyproject.toml:node -o requirements-node.lock \
	  --no-deps --no-emit-index-url --custom-compile-command "make lock"

.build/uv/bin/uv:
	$(PYTHON) -m venv .build/uv
	.build/uv/bin/python -m pip install -q --disable-pip-version-check uv

# The locked packages, our own package (which builds the phone app on the way), each only when its inputs changed.
.venv/locked: requirements.lock requirements-node.lock pyproject.toml | $(UV)
	[ -x $(BIN)/python ] || $(UV) venv -q .venv --python "$(PYTHON)"
	$(UV) pip sync -q --python $(BIN)/python --require-hashes requirements.lock
	@node --version 2>/dev/null | grep -qE '^v(2[0-9]|[3-9][0-9])\.' || \
	  $(UV) pip install -q --python $(BIN)/python --require-hashes -r requirements-node.lock
	$(UV) pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

ready: .venv/locked
	@$(BIN)/python hatch_build.py

# Browser tests drive the system's Chromium; where there is none and we may install, we do.
browser:
	@command -v chromium >/dev/null || [ -n "$$TUYEN_CHROMIUM" ] || \
	  { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq chromium; } || \
	  { echo "make test needs Chromium: install the package 'chromium' or set TUYEN_CHROMIUM" >&2; exit 1; }
	@command -v pdftotext >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get install -y -qq poppler-utils; } || \
	  { echo "make test needs pdftotext: install the package 'poppler-utils'" >&2; exit 1; }

# Sync until it breaks: SEEDS random histories of phones, writers and people (MINUTES=30 ends earlier), then KILLS kills
# of a real server at named and at random points and as many of PostgreSQL as CRASHES says, then LINES phones behind a bad
# line. Prints what was done; a failing seed is printed with its steps.
.PHONY: soak seeded
SEEDS ?= 10000
MINUTES ?= 0
KILLS ?= 200
CRASHES ?= 100
LINES ?= 20
soak: ready
	$(BIN)/python -m tests.sync.soak $(SEEDS) --minutes $(MINUTES)
	$(BIN)/python -m tests.sync.killing $(KILLS) --postgresql $(CRASHES)
	$(BIN)/python -m tests.sync.tangled $(LINES)

# Bugs sown into sync one at a time, and which test kills which.
seeded: ready
	$(BIN)/python -m tests.sync.seeding
