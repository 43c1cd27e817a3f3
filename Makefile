# make demo              recognise the sample clips, and run the first notebook
# make demo VIDEO=f.mp4  the same for a video of yours
# make lab               open the notebooks in JupyterLab
# make test              everything that proves the project
# make test-long         what takes longer: 10,000 mutated clips (MUTATIONS=500 for fewer), kills, crowds
# make bench             measure speed and memory, and write benchmarks/RESULTS.md
# make student           the notebooks without solutions and outputs, in student/
# make classroom         gather all that a class without a network needs in build/classroom, and serve it
# make html              the notebooks as pages to look at: build/html/index.html
# make drift             the fast tests with the oldest and with the newest packages that requirements.txt admits; on an
#                        old Python, for which the oldest were made: make drift PYTHON=python3.10
# make chromium          install the browser that make test looks at pages with, if there is none
# make check             what this computer has, beside what is needed

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MUTATIONS ?= 10000
CLIPS = $(if $(VIDEO),"$(VIDEO)",samples/*_g01_c01.avi)

.PHONY: demo lab test test-fast test-long bench student classroom html drift drift-oldest drift-newest chromium check clean

demo: $(VENV)/installed
	@$(BIN)/python tools/check.py
	@$(BIN)/python -m helpers $(CLIPS)
	@mkdir -p build
	@TQDM_DISABLE=1 $(BIN)/jupyter nbconvert --log-level=ERROR --ExecutePreprocessor.extra_arguments=--log-level=ERROR --execute --to html --template=readable --TemplateExporter.extra_template_basedirs=tools/templates --output-dir build notebooks/01_recognize_actions.ipynb
	@echo "The first notebook, run from top to bottom: build/01_recognize_actions.html"

lab: $(VENV)/installed
	$(BIN)/jupyter lab notebooks

test: test-fast chromium
	$(BIN)/python -m pytest -m browser
	$(BIN)/python -m pytest -m environments

# The notebooks are compared without real clips, which would take minutes; the browser asks about three.
test-fast: $(VENV)/installed
	$(BIN)/python tools/check.py
	TQDM_DISABLE=1 $(BIN)/python -m pytest --doctest-modules helpers tests -m "not environments and not long and not browser"
	REAL_CLIPS= TQDM_DISABLE=1 $(BIN)/python -m pytest --nbval --nbval-sanitize-with tests/nbval_sanitize.cfg notebooks

test-long: $(VENV)/installed
	TQDM_DISABLE=1 MUTATIONS=$(MUTATIONS) $(BIN)/python -m pytest tests/faults -m long

bench: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement benchmarks/requirements.txt
	TQDM_DISABLE=1 $(BIN)/python benchmarks/run.py

student: $(VENV)/installed
	@$(BIN)/python tools/make_student_notebooks.py

classroom: $(VENV)/installed
	@$(BIN)/python tools/make_classroom.py
	@$(BIN)/python tools/serve_classroom.py

html: $(VENV)/installed
	@$(BIN)/python tools/make_gallery.py

drift: drift-oldest drift-newest

# In environments made anew: one that is there already would keep what was the newest then.
drift-oldest drift-newest: drift-%: build/%.txt
	rm -rf build/$*
	PIP_CONSTRAINT=build/$*.txt $(MAKE) build/$*/installed VENV=build/$*
	$(MAKE) test-fast VENV=build/$*

build/oldest.txt: requirements.txt
	@mkdir -p build
	sed -nE 's/^([a-z0-9-]+)>=([0-9.]+).*/\1==\2.*/p' requirements.txt > $@

build/newest.txt:
	@mkdir -p build
	@touch $@

chromium:
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" != 0 ]; then sudo="sudo -n"; fi; \
	command -v apt-get >/dev/null && $$sudo apt-get update -qq && $$sudo apt-get install -y -qq chromium >/dev/null || \
	echo "No Chromium, and apt-get could not install it: the browser tests will be skipped."

check:
	@$(if $(wildcard $(VENV)/installed),$(BIN)/python,$(PYTHON)) tools/check.py

$(VENV)/installed: requirements.txt
	$(PYTHON) tools/check.py --python
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@

clean:
	rm -rf $(VENV) build
