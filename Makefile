# The commands of this repository: `make help` lists them. Each is a script that works without make, too;
# `make test ARGS=unit` is `script/test unit`.
SCRIPTS := $(sort $(notdir $(shell find script -maxdepth 1 -type f)))
.DEFAULT_GOAL := help
.PHONY: help $(SCRIPTS)

help:
	@for name in $(SCRIPTS); do \
	    printf '  make %-12s%s\n' "$$name" "$$(sed -n '2s/^# //p' "script/$$name")"; \
	done
	@echo '  ARGS=... hands arguments on: make test ARGS=unit'

$(SCRIPTS):
	@script/$@ $(ARGS)
