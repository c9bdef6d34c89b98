# `make run` and `make test` are all a newcomer needs; both set up what is missing first.
.PHONY: run test check setup setup-tests train bench chaos lock

PYTHON ?= python3
SERVER := .venv/bin/python
BRAIN := .venv-rasa/bin/python
# Programs of the environment first: node and npm are there where the system has none.
TOOLS := PATH="$(CURDIR)/.venv/bin:$$PATH"
QUIET_RASA := RASA_TELEMETRY_ENABLED=false TF_CPP_MIN_LOG_LEVEL=3 SQLALCHEMY_SILENCE_UBER_WARNING=1

# They start hundreds of processes, each of which would compile our code anew.
unexport PYTHONDONTWRITEBYTECODE

# The tests wait nearly as long as they compute.
WORKERS := $(shell expr $$(nproc) + 1)

run: setup
	@exec $(SERVER) -m omotenashi run

test: setup-tests
	$(SERVER) -m omotenashi check
	$(SERVER) -m omotenashi train
	@log=$$(mktemp); $(QUIET_RASA) $(BRAIN) -m rasa data validate >$$log 2>&1 & validating=$$!; \
	  $(QUIET_RASA) $(BRAIN) -m pytest tests/brain; tested=$$?; \
	  wait $$validating && echo "The training data is valid." || { cat $$log; exit 1; }; \
	  rm -f $$log; exit $$tested
	$(TOOLS) $(SERVER) -m slipcover --silent -m pytest -p tests.measured -n $(WORKERS) --dist loadfile --no-loadscope-reorder --ignore=tests/brain

check: setup-tests
	$(SERVER) -m ruff check .
	$(SERVER) -m ruff format --check .
	$(SERVER) -m ruff check --target-version py310 brain encoders tests/brain
	$(SERVER) -m ruff format --check --target-version py310 brain encoders tests/brain
	$(SERVER) -m mypy
	$(SERVER) -m mypy --strict scripts
	$(TOOLS) npm --prefix widget run --silent check

setup:
	@$(PYTHON) -m scripts.set_up

setup-tests:
	@$(PYTHON) -m scripts.set_up --tests

train: setup
	@$(SERVER) -m omotenashi train

bench: setup-tests train
	@set -e; for file in benchmarks/*.py; do \
	  name=$$(basename $$file .py); [ $$name = __init__ ] && continue; \
	  echo "== $$name"; $(TOOLS) $(SERVER) -m benchmarks.$$name; done

# Five thousand faults against the whole product with the real brain: an hour or so. FAULTS and SEED
# may be given; a seed is the same plan of faults again.
FAULTS ?= 5000
chaos: setup-tests train
	$(SERVER) -m tests.chaos.storm --real-brain --faults $(FAULTS) $(if $(SEED),--seed $(SEED))

# New pins only where a .in file asks for them; all the newest with `make lock LOCK=--upgrade`.
LOCK ?=
COMPILE := .venv/bin/uv pip compile --quiet --no-header --generate-hashes --no-annotate \
  --no-emit-index-url --no-emit-find-links --excludes requirements/left_out.in $(LOCK)
lock: setup-tests
	$(COMPILE) --universal --python-version 3.11 requirements/dev.in -o requirements/dev.txt
	$(COMPILE) --universal --python-version 3.11 -c requirements/dev.txt requirements/server.in -o requirements/server.txt
	$(COMPILE) --universal --python-version 3.11 -c requirements/dev.txt requirements/uv.in -o requirements/uv.txt
	$(COMPILE) --python-version 3.10 requirements/brain.in -o requirements/brain.txt
