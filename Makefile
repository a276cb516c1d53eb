# 两条命令：make tour（走完全书）、make test（测试）。没有 make 的 Windows 用 README.md 里的 pip 写法。
#
#   TORCH=cpu   装只有 CPU 的 torch（几百 MB，不是几 GB）
#   LATEST=1    不用 constraints.txt，装 pyproject.toml 的范围内最新的版本
#   PYTHON=...  用哪个 Python 建 .venv
# 选项写一次就记在 .venv/options.mk 里，之后的 make 沿用。只用 macOS 自带的 make 3.81 也有的语法。

-include .venv/options.mk

ifeq ($(OS),Windows_NT)
PYTHON ?= python
RUN := .venv/Scripts/python.exe
else
PYTHON ?= python3
RUN := .venv/bin/python
endif
TORCH ?=
LATEST ?=
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
WORKERS ?= 2

# 依赖清单、选项、仓库位置（可编辑安装记着绝对路径）的校验和；与上次装好时的一样，就什么都不装
WANTED := $(shell { cat pyproject.toml constraints.txt; echo "$(TORCH) $(LATEST)"; pwd; } | cksum)
INSTALLED := $(shell test -x $(RUN) && cat .venv/stamp 2>/dev/null)
ifneq ($(INSTALLED),$(WANTED))
.PHONY: .venv/stamp
endif

# 固定的版本要 Python 3.11 或更新；3.10 用范围
PINS = $$($(RUN) -c 'import sys; print("" if "$(LATEST)" or sys.version_info < (3, 11) else "-c constraints.txt")')
UPGRADE = $(if $(LATEST),--upgrade --upgrade-strategy eager)

.PHONY: help install tour test bench figures progress doctor clean

help:
	@echo "make tour      依次跑每一章的演示，最后给一张表"
	@echo "make test      全部测试（离线）"
	@echo "make progress  习题做到哪了"
	@echo "make bench     与参考库比速度，跑的时候别用电脑做别的"
	@echo "make figures   重画笔记里的图"
	@echo "make doctor    检查环境，缺什么就给出补救的命令"
	@echo "make install   只安装，不运行"
	@echo "make clean     删掉 outputs/（训练结果也在里面）与缓存；.venv 留着"
	@echo "选项：TORCH=cpu 装只有 CPU 的 torch；LATEST=1 装最新的版本；PYTHON=python3.12 换一个 Python"

install: .venv/stamp

.venv/stamp:
	@$(PYTHON) -m tests.doctor --before-install || { echo "还不能安装。Python 的命令不叫 $(PYTHON) 时写 make PYTHON=命令"; exit 1; }
	@test -x $(RUN) || $(PYTHON) -m venv --clear .venv
ifeq ($(TORCH),cpu)
	$(RUN) -m pip install --upgrade --no-deps --index-url $(TORCH_INDEX) $(PINS) torch torchvision
endif
	$(RUN) -m pip install $(UPGRADE) $(PINS) -e ".[all,test]"
	@printf 'TORCH ?= %s\nLATEST ?= %s\n' "$(TORCH)" "$(LATEST)" > .venv/options.mk
	@echo "$(WANTED)" > .venv/stamp

tour: .venv/stamp
	@$(RUN) -m tests.tour

test: .venv/stamp
	$(RUN) -m pytest -n $(WORKERS) --dist loadfile tests

bench: .venv/stamp
	@$(RUN) -m tests.tour --bench

figures: .venv/stamp
	@$(RUN) -m tests.tour --figures

progress: .venv/stamp
	@$(RUN) -m tests.progress

doctor:
	@$(PYTHON) -m tests.doctor

clean:
	rm -rf outputs build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
