"""把实验的结果打成一行一个数，名字就是记录里的键。

教什么：不教。
怎么跑：被这个目录里的实验使用，没有命令行。
"""


def text_of(value) -> str:
    """一个数或一行表的文字；小数留 4 位有效数字。

    >>> text_of({"T": 256, "ratio": 1.74318})
    'T 256  ratio 1.743'
    """
    if isinstance(value, dict):
        return "  ".join(f"{key} {text_of(item)}" for key, item in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def show(results: dict, prefix: str = "") -> None:
    """表（字典的列表）逐行打；嵌套的字典展开成 `外.内`；一串数（曲线）只打最后一个。"""
    for name, value in results.items():
        if isinstance(value, dict) and any(isinstance(item, (dict, list)) for item in value.values()):
            show(value, f"{prefix}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for row in value:
                print(f"  {prefix + name:24s} {text_of(row)}")
        else:
            print(f"  {prefix + name:24s} {text_of(value[-1] if isinstance(value, list) else value)}")
