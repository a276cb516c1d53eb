"""LCEL：链的末尾接什么，流就停在哪里；中途走了会怎样；分支共用一个字典；写坏了绕回来；三种路由各对几道。

教什么：哪一步能流、哪一步要攒齐；合并与路由的坑；链与图的分界（实验在 `chain_damage.py`）。
不教什么：重试、回退、批（`3_Runnable.py`）；暂停与检查点（`5_tools.py`、`6_memory.py`）。
怎么跑：
  python LangChain/8_LCEL.py            两核约 1 分钟
  python LangChain/8_LCEL.py --offline  几秒，只做不要模型的那一半
  python LangChain/8_LCEL.py --smoke    10 秒
对应笔记：`8_LCEL.md`。
"""

import json
from collections.abc import Callable

from langchain.messages import HumanMessage, SystemMessage

from book import Parser, common_options, emit_result, run
from LangChain.chain_damage import measure_endings, measure_leaving, measure_loop, measure_sharing
from LangChain.graphs import EXTRACT_SYSTEM
from LangChain.models import EndpointEmbeddings, chat_model, endpoint_errors
from TrainAndFinetune.endpoint import connect

ROUTES = {"用药": "怎么吃药、剂量、副作用", "挂号": "看哪个科、约时间、改时间", "其他": "与看病无关"}
EXAMPLES = {  # 向量的路由：每条路两个例句
    "用药": ("这个药一天吃几次？", "吃了药会不会头晕？"),
    "挂号": ("我想预约明天的门诊。", "看皮肤病挂什么科？"),
    "其他": ("今天天气怎么样？", "给我讲个笑话。"),
}
KEYWORDS = {"用药": ("药", "片", "剂量"), "挂号": ("挂号", "预约", "科")}
QUESTIONS = (  # 先写的题，后写的关键词；后一半故意不用关键词里的字
    ("布洛芬一次吃几片？", "用药"),
    ("阿司匹林的剂量是多少？", "用药"),
    ("降压药饭前吃还是饭后吃？", "用药"),
    ("头孢和酒能一起用吗？", "用药"),
    ("胰岛素打多了会怎么样？", "用药"),
    ("孩子发烧，美林隔多久能再喝一次？", "用药"),
    ("我要挂号看眼睛。", "挂号"),
    ("能预约周三下午吗？", "挂号"),
    ("肚子疼看哪个科？", "挂号"),
    ("王医生明天上午还有空吗？", "挂号"),
    ("我想把周五的号改到下周一。", "挂号"),
    ("腰疼该找哪位大夫？", "挂号"),
    ("明天会下雨吗？", "其他"),
    ("帮我写一首关于春天的诗。", "其他"),
    ("附近有什么好吃的？", "其他"),
    ("科比是哪一年退役的？", "其他"),
    ("山药炖排骨怎么做？", "其他"),
    ("地铁几点停运？", "其他"),
)


def by_keyword(question: str) -> str:
    """第一条有关键词的路。"""
    found = (route for route, words in KEYWORDS.items() if any(word in question for word in words))
    return next(found, "其他")


def by_embedding() -> Callable[[str], str]:
    """离问题最近的例句在哪条路上。"""
    embeddings = EndpointEmbeddings()
    pairs = [(route, text) for route, texts in EXAMPLES.items() for text in texts]
    vectors = embeddings.embed_documents([text for _, text in pairs])

    def choose(question: str) -> str:
        query = embeddings.embed_query(question)
        scores = [sum(a * b for a, b in zip(query, vector)) for vector in vectors]
        return pairs[scores.index(max(scores))][0]

    return choose


def by_model(max_tokens: int) -> Callable[[str], str]:
    """让模型填一个枚举；语法约束保证写出来的是三条路之一。"""
    about = "；".join(f"{route}：{text}" for route, text in ROUTES.items())
    kinds = {"route": {"type": "string", "enum": list(ROUTES), "description": about}}
    schema = {"title": "Route", "type": "object", "properties": kinds, "required": ["route"]}
    model = chat_model(max_tokens=max_tokens).with_structured_output(
        {**schema, "additionalProperties": False}, method="json_schema", strict=True
    )
    system = SystemMessage(EXTRACT_SYSTEM.format(schema=json.dumps(schema, ensure_ascii=False)))
    return lambda question: model.invoke([system, HumanMessage(question)])["route"]


def measure_routing(questions: tuple, max_tokens: int) -> list[dict]:
    """三种路由，对几道。"""
    rows = []
    for name, choose in (("关键词", by_keyword), ("向量", by_embedding()), ("模型", by_model(max_tokens))):
        picked = [(question, route, choose(question)) for question, route in questions]
        wrong = [f"{question} -> {got}" for question, route, got in picked if got != route]
        rows.append({"way": name, "questions": len(questions), "right": len(questions) - len(wrong)})
        print(f"{name}  对 {rows[-1]['right']} / {len(questions)}  错的：{wrong}", flush=True)
    return rows


@endpoint_errors()
def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.add_argument("--offline", action="store_true", help="只做不要模型的四个实验")
    args = parser.parse_args(argv)
    count = 10 if args.smoke else 100
    print(f"脚本 {count} 段  种子 {args.seed}  题 {2 if args.smoke else len(QUESTIONS)} 道  温度 0  设备 由端点决定")
    result = {"endings": measure_endings(), "leaving": measure_leaving(2), "sharing": measure_sharing(20)}
    result["loop"] = measure_loop(args.seed, count)
    if args.offline:
        return emit_result(result)
    endpoint = connect()
    print(f"模型 {endpoint.chat_model}  向量 {endpoint.embedding_model}")
    questions = QUESTIONS[:2] if args.smoke else QUESTIONS
    return emit_result(result | {"model": endpoint.chat_model, "routing": measure_routing(questions, 22)})


if __name__ == "__main__":
    run(main)
