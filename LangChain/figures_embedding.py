"""第 11 篇的两张图：问题与段落的相似度热力图，40 段说明书的二维地图。

教什么：怎样看一批向量：先看分数，再看邻居；二维地图丢掉多少要写在图上。
不教什么：向量怎样来（`11_embedding.py`）。
怎么跑：python LangChain/figures_embedding.py    两核 1 分钟，只用向量模型
对应笔记：`11_embedding.md`。
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from book import Parser, common_options, emit_result, output_dir, repository_root, run, save_figure
from LangChain.leaflets import load_leaflets, load_questions
from LangChain.models import EndpointEmbeddings, endpoint_errors
from LangChain.vector_store import unit
from TrainAndFinetune.endpoint import connect


def draw_heat_map(scores: np.ndarray, right: np.ndarray, ids: list[str]) -> Figure:
    """(Q, N) 的余弦；方框是标注的答案。"""
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(scores, cmap="viridis", aspect="auto")
    for row, column in zip(*np.nonzero(right)):
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="red", linewidth=1.6))
    axes.set_xticks(range(len(ids)), ids, fontsize=7)
    axes.set_yticks(range(len(scores)), [f"Q{i + 1}" for i in range(len(scores))], fontsize=7)
    axes.set_xlabel("passage (letter = drug)")
    axes.set_title(f"cosine: all between {scores.min():.2f} and {scores.max():.2f}; red box = labelled answer")
    figure.colorbar(image, label="cosine")
    return figure


def draw_map(vectors: np.ndarray, ids: list[str]) -> Figure:
    """(N, D) -> 主成分的前两维；颜色是药。"""
    centered = vectors - vectors.mean(axis=0)
    _, singular, directions = np.linalg.svd(centered, full_matrices=False)
    points = centered @ directions[:2].T  # (N, D) (D, 2) -> (N, 2)
    share = (singular[:2] ** 2).sum() / (singular**2).sum()
    figure = Figure(figsize=(6.4, 5), layout="constrained")
    axes = figure.subplots()
    letters = [one[0] for one in ids]
    for letter in sorted(set(letters)):
        chosen = points[[other == letter for other in letters]]
        axes.scatter(*chosen.T, label=f"drug {letter}", s=40)
    for one, point in zip(ids, points):
        axes.annotate(one, point, xytext=(3, 3), textcoords="offset points", fontsize=7)
    axes.set_title(f"40 passages, first two principal components ({share:.0%} of the variance)")
    axes.legend(fontsize=7)
    return figure


@endpoint_errors()
def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.set_defaults(out=repository_root() / "LangChain" / "figures")
    args = parser.parse_args(argv)
    leaflets, questions = load_leaflets(), [one for one in load_questions("open") if one.relevant]
    if args.smoke:
        leaflets, questions = leaflets[:6], questions[:2]
    print(f"段落 {len(leaflets)}  问题 {len(questions)}  设备 由端点决定")
    connect()
    model, ids = EndpointEmbeddings(), [one.metadata["id"] for one in leaflets]
    passages = unit(model.embed_documents([one.page_content for one in leaflets]))
    scores = unit([model.embed_query(one.text) for one in questions]) @ passages.T
    right = np.array([[one in question.relevant for one in ids] for question in questions])
    out = output_dir(args.out)
    pictures = {"embedding_heat_map": draw_heat_map(scores, right, ids), "embedding_map": draw_map(passages, ids)}
    for name, figure in pictures.items():
        save_figure(figure, out / f"{name}.png")
        print(f"已画 {name}.png")
    return emit_result({"figures": 2})


if __name__ == "__main__":
    run(main)
