# Recognize actions in video. The first command that needs them installs the packages into .venv: 2 to 5 minutes, 3.6 GB.
#
# make demo              recognize the actions in five sample clips: half a minute, the first time with a download of 47 MB
# make demo VIDEO=f.mp4  recognize the actions in your own video
# make lab               copy the notebooks to my/ and open them in JupyterLab: make lab ARGS="--no-browser --port 8889"
# make web               gather the web page that recognizes actions in the browser in build/web, and serve it on this computer
# make student           write notebooks without solutions and outputs to student/
# make classroom         gather what a class needs to work offline in build/classroom, and serve it
# make html              make a site of the executed notebooks, the guides, and the API of helpers: build/html/index.html
# make site              the same together with the page of make web, in build/site, for any web server
# make check             check that this computer has what the tutorial needs
#
# make test              run the quick tests and the tests with I3D, and execute and compare every notebook
# make test-quick        run the quick tests: make test-quick ROOM=learn runs those of one folder of helpers/
# make test-browser      open and run the notebooks in JupyterLab in Chromium
# make test-environments test new Python environments, Colab's packages, and an offline classroom
# make test-long         test 10,000 mutated clips (MUTATIONS=500 for fewer), killed processes, stored logits, and real clips
# make test-all          run all of these tests
# make notebooks         execute every notebook and store its outputs (RECOMPUTE=1: also recompute notebook 05's logits)
# make real-clips        measure I3D on real clips (half an hour): make real-clips REAL_CLIPS=folder REAL_ACTIONS=folder
# make views             measure I3D on 30 views of each of 24 real clips (half an hour): make views REAL_CLIPS=folder
# make learned-clips     learn from real clips with three networks (eight minutes): make learned-clips REAL_ACTIONS=folder
# make bench             measure speed and memory, and write benchmarks/RESULTS.md
# make drift             run make test with the oldest and the newest packages that requirements.txt allows; the oldest need
#                        an old Python: make drift PYTHON=python3.10
# make lint              run ruff and mypy, and oxlint and oxfmt on JavaScript
# make chromium          check whether make test-browser can find a browser

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MUTATIONS ?= 10000
# Two processes, for tests that mostly wait. With I3D, one process uses all cores, and two need 10 GB of memory.
TWO := -n 2 --dist loadfile
CLIPS = $(if $(VIDEO),"$(VIDEO)",$(patsubst %,samples/v_%_g01_c01.avi,Cartwheel Jogging SideKick SpinKick Backflip))

.PHONY: help demo lab lint test test-quick test-network test-notebooks test-browser test-environments test-long test-all notebooks real-clips views learned-clips bench \
  student classroom web html site site-packages drift drift-oldest drift-newest chromium check clean

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

demo: $(VENV)/installed
	@$(BIN)/python -m helpers predict $(CLIPS)
	@echo
	@echo "Your own video: make demo VIDEO=vacation.mp4. The notebooks: make lab. All commands: make"

lab: $(VENV)/installed
	@$(BIN)/python -m tools.notebooks.lab $(ARGS)

test: test-quick test-network test-notebooks
	@$(MAKE) --no-print-directory chromium

# Without TensorFlow or with a tiny model, in two processes.
QUICK = $(if $(ROOM),$(or $(wildcard $(addsuffix /$(ROOM),helpers tests/quick tests/faults)),$(error There is no folder $(ROOM) in tests/quick)),helpers tests/quick tests/faults)
test-quick: $(VENV)/installed
	$(BIN)/python -m tools.setup.check
	TQDM_DISABLE=1 $(BIN)/python -m pytest -n 2 --dist worksteal --doctest-modules $(QUICK)

test-network: $(VENV)/installed
	TQDM_DISABLE=1 $(BIN)/python -m pytest tests/network

# Without real clips and UCF101, because not every reader has them.
test-notebooks: $(VENV)/installed
	REAL_CLIPS= REAL_ACTIONS= UCF101_ROOT=https://ucf101.invalid/ TQDM_DISABLE=1 $(BIN)/python -m pytest --nbval --nbval-sanitize-with tests/nbval_sanitize.cfg notebooks

test-browser: $(VENV)/installed chromium site-packages
	$(BIN)/python -m pytest $(TWO) tests/browser

test-environments: $(VENV)/installed
	$(BIN)/python -m pytest $(TWO) tests/environments

test-long: $(VENV)/installed
	TQDM_DISABLE=1 MUTATIONS=$(MUTATIONS) $(BIN)/python -m pytest $(TWO) tests -m long

test-all: test test-browser test-environments test-long

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement tools/lint/requirements.txt
	$(BIN)/oxlint --deny-warnings
	$(BIN)/oxfmt --check '**/*.{js,mjs}'

notebooks: $(VENV)/installed
	$(BIN)/python -m tools.notebooks.execute $(if $(RECOMPUTE),--recompute)

real-clips: $(VENV)/installed
	TQDM_DISABLE=1 $(BIN)/python -m tools.notebooks.measure_real_clips "$(REAL_CLIPS)" "$(REAL_ACTIONS)"

views: $(VENV)/installed
	TQDM_DISABLE=1 $(BIN)/python -m tools.notebooks.measure_views "$(REAL_CLIPS)"

learned-clips: $(VENV)/installed
	TQDM_DISABLE=1 $(BIN)/python -m tools.notebooks.measure_learning "$(REAL_ACTIONS)"
	TQDM_DISABLE=1 $(BIN)/python -m tools.notebooks.measure_learning "$(REAL_ACTIONS)" --model movinet-a0
	TQDM_DISABLE=1 $(BIN)/python -m tools.notebooks.measure_learning "$(REAL_ACTIONS)" --model efficientnet-lite0

bench: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement benchmarks/requirements.txt
	TQDM_DISABLE=1 $(BIN)/python -m benchmarks.run

student: $(VENV)/installed
	@$(BIN)/python -m tools.notebooks.student

classroom: $(VENV)/installed
	@$(BIN)/python -m tools.classroom.make
	@$(BIN)/python -m tools.classroom.serve $(ARGS)

web: $(VENV)/installed
	@$(BIN)/python -m tools.web.gather
	@$(BIN)/python -m tools.web.serve $(ARGS)

SPHINX = $(BIN)/python -m sphinx --quiet --conf-dir docs/site --doctree-dir build/doctrees/$@

html: $(VENV)/installed site-packages
	@echo "Making the site: a quarter of a minute"
	@$(SPHINX) . build/html
	@echo "The site: build/html/index.html"

site: $(VENV)/installed site-packages
	@$(SPHINX) --define web=web/index.html . build/site
	@$(BIN)/python -m tools.web.gather
	@rm -rf build/site/web
	@cp -r build/web build/site/web

site-packages: $(VENV)/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement docs/site/requirements.txt

drift: drift-oldest drift-newest

# In new environments, because pip does not upgrade the packages of an existing one.
drift-oldest drift-newest: drift-%: build/%.txt
	rm -rf build/$*
	PIP_CONSTRAINT=build/$*.txt $(MAKE) build/$*/installed VENV=build/$*
	$(MAKE) test-quick test-network test-notebooks VENV=build/$*

build/oldest.txt: requirements.txt
	@mkdir -p build
	sed -nE 's/^([a-z0-9-]+)>=([0-9.]+).*/\1==\2.*/p' requirements.txt > $@

build/newest.txt:
	@mkdir -p build
	@touch $@

chromium:
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	echo "No Chromium on the PATH: make test-browser will skip its tests. On Debian and Ubuntu: sudo apt-get install chromium"

check:
	@$(if $(wildcard $(VENV)/installed),$(BIN)/python -m tools.setup.check,$(PYTHON) -m tools.setup.check --python)
	@$(if $(wildcard $(VENV)/installed),,echo "[ -- ] the packages are not installed yet: make demo installs them into $(VENV)")

$(VENV)/installed: requirements.txt pyproject.toml
	$(PYTHON) -m tools.setup.check --python
	@echo "Installing the packages of requirements.txt into $(VENV): 2 to 5 minutes, 3.6 GB"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --editable .
	@touch $@

clean:
	rm -rf $(VENV) build
