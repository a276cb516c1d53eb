"""本目录的 figures_*.py 共用的命令行：读记录、画、存进 CS336/Tokenization/figures/。

教什么：不教；每张图怎样画在各自的 figures_*.py 里。
怎么跑：被它们使用；`make figures` 全部重画。
"""

import json
from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from book import Parser, common_options, emit_result, output_dir, save_figure

HERE = Path(__file__).parent


def recorded(name: str) -> dict:
    """CS336/Tokenization/results/ 里一次记录的 metrics。"""
    return json.loads((HERE / "results" / f"{name}.json").read_text(encoding="utf-8"))["metrics"]


def draw_figures(doc: str, script: str, figures: dict[str, Callable[[], Figure]], argv=None) -> dict:
    """解析选项，画出 figures（文件名 -> 画它的函数），默认写进 CS336/Tokenization/figures/。"""
    parser = Parser(doc)
    common_options(parser, script)
    parser.set_defaults(out=HERE / "figures")
    out = output_dir(parser.parse_args(argv).out)
    for name, draw in figures.items():
        save_figure(draw(), out / f"{name}.png")
        print(f"已画 {name}.png")
    return emit_result({"figures": len(figures)})
