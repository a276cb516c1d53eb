"""画图脚本共用的入口：解析选项，把每张图画进 figures/。

教什么：一章的图用同一个入口，选项与文件名就不会各写各的。
不教什么：各张图怎么画（`figures_*.py`）。
怎么跑：被 `figures_*.py` 导入。
对应笔记：第 5 章的每一篇。
"""

from collections.abc import Callable

from matplotlib.figure import Figure

from book import Parser, common_options, emit_result, output_dir, repository_root, save_figure


def draw_all(description: str, script: str, figures: dict[str, Callable[[], Figure]], argv: list[str] | None) -> dict:
    """figures 里的每一张画成 `名字.png`；默认写进 TrainAndFinetune/figures。"""
    parser = Parser(description)
    common_options(parser, script)
    parser.set_defaults(out=repository_root() / "TrainAndFinetune" / "figures")
    out = output_dir(parser.parse_args(argv).out)
    for name, draw in figures.items():
        save_figure(draw(), out / f"{name}.png")
        print(f"已画 {name}.png")
    return emit_result({"figures": len(figures)})
