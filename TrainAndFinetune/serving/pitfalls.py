"""服务的几种常见错误，量出各自的损失：没有文法、没有上限、标记不在词表里、忘了 E5 的前缀。

教什么：同样的模型、同样的问题，少了哪一样，答案会坏成什么样。
不教什么：速度（`2_serve.py`）。
对应笔记：`2_serve.md`。不导入 torch。
"""

import json

import httpx
import numpy as np

from TrainAndFinetune.serving import embeddings

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["北京", "上海"]}, "days": {"enum": [1, 2, 3]}},
    "required": ["city", "days"],
}
QUESTIONS = (
    "北京明后两天的天气怎么样？",
    "用一句话说明什么是高血压。",
    "一天喝几杯水合适？",
    "把“早上好”翻译成英文。",
    "感冒了要不要吃抗生素？",
    "三乘七等于几？",
    "写一个读文件的 Python 函数。",
    "为什么天空是蓝色的？",
)
PAIRS = (
    ("降血压吃哪种药", "氨氯地平用于高血压与心绞痛，每日一次。"),
    ("血糖高用什么药", "二甲双胍用于 2 型糖尿病，随餐服用。"),
    ("发烧怎么退", "对乙酰氨基酚用于退热与止痛，两次间隔不少于 4 小时。"),
    ("胃酸太多怎么办", "奥美拉唑抑制胃酸分泌，早餐前服用。"),
    ("降胆固醇的药晚上吃吗", "辛伐他汀用于降低血脂，建议晚间服用。"),
    ("过敏流鼻涕吃什么", "氯雷他定用于过敏性鼻炎，不易引起嗜睡。"),
    ("预防血栓", "阿司匹林小剂量用于抑制血小板聚集。"),
    ("哮喘发作时用什么", "沙丁胺醇气雾剂用于缓解支气管痉挛。"),
    ("细菌感染的咳嗽", "阿莫西林是青霉素类抗生素，用前要问过敏史。"),
    ("失眠睡不着", "佐匹克隆用于短期失眠，睡前服用。"),
)


def measure_grammar(http, running, questions: int, tokens: int) -> dict:
    """同一个问题要 JSON：不约束、llama.cpp 自己的约束、本书的文法，几个写出了合 schema 的 JSON。"""
    wanted = {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}}
    gateway = httpx.Client(
        base_url=running.state.base_url, headers={"Authorization": "Bearer lab"}, timeout=600, trust_env=False
    )
    ways = {"free": (http, {}), "engine": (http, wanted), "book": (gateway, wanted)}
    results = {name: ask_for_json(*way, questions, tokens) for name, way in ways.items()}
    gateway.close()
    for name, row in results.items():
        share = f"合格 {row['valid']}/{questions}  空白 {row['blank_share']:.0%}"
        print(f"{name:7s} {share}  {row['per_second']:.1f} 词元/秒", flush=True)
    return results


def ask_for_json(client, options: dict, questions: int, tokens: int) -> dict:
    """问完全部问题：合 schema 的个数、空白占的比例、速度。"""
    texts, written, milliseconds = [], 0, 0.0
    for question in QUESTIONS[:questions]:
        message = [{"role": "user", "content": question + "写成 JSON。"}]
        body = {"messages": message, "max_tokens": tokens, "temperature": 0, **options}
        reply = client.post("/v1/chat/completions", json=body).json()
        texts.append(reply["choices"][0]["message"]["content"] or "")
        written += reply["timings"]["predicted_n"]
        milliseconds += reply["timings"]["predicted_ms"]
    blanks, length = sum(char.isspace() for text in texts for char in text), sum(map(len, texts))
    return {
        "valid": sum(map(is_valid, texts)),
        "blank_share": blanks / max(length, 1),
        "tokens": written,
        "per_second": written / milliseconds * 1000,
    }


def is_valid(text: str) -> bool:
    """合 SCHEMA 吗。"""
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, dict) and set(found) == {"city", "days"} and found["city"] in ("北京", "上海")


def measure_stopping(http, questions: int, tokens: int) -> int:
    """没有上限以外的办法时，基座模型有几个回答是自己停的。"""
    stopped = 0
    for question in QUESTIONS[:questions]:
        body = {"messages": [{"role": "user", "content": question}], "max_tokens": tokens, "temperature": 0}
        stopped += http.post("/v1/chat/completions", json=body).json()["choices"][0]["finish_reason"] == "stop"
    print(f"{questions} 个问题，{tokens} 个词元以内自己停下的：{stopped}", flush=True)
    return stopped


def measure_marks(http) -> dict:
    """对话标记各是几个词元：词表里有的是 1 个，自己发明的、拼错的是好几个。"""
    marks = ("<start_of_turn>", "<|im_start|>", "[INST]")
    body = ({"content": mark, "add_special": False, "parse_special": True} for mark in marks)
    return {mark: len(http.post("/tokenize", json=each).json()["tokens"]) for mark, each in zip(marks, body)}


def measure_prefixes() -> dict | None:
    """E5 的前缀：问题按问题编码、按资料编码、不加，各有几个问题的第一名是对的；余弦相似度有多挤。"""
    if not embeddings.has_e5():
        return None
    model = embeddings.load_e5()
    questions, passages = zip(*PAIRS)
    documents = model.encode(list(passages), False)
    right = model.encode(list(questions), True) @ documents.T  # (10, 384) @ (384, 10)
    wrong = model.encode(list(questions), False) @ documents.T
    truth = np.arange(len(PAIRS))
    matched, other = right.diagonal(), right[~np.eye(len(PAIRS), dtype=bool)]
    rows = {
        "top1": int((right.argmax(1) == truth).sum()),
        "top1_as_passage": int((wrong.argmax(1) == truth).sum()),
        "matched_min": float(matched.min()),
        "unmatched_min": float(other.min()),
        "unmatched_max": float(other.max()),
    }
    print(
        f"E5：第一名对的 {rows['top1']}/10，当成资料编码 {rows['top1_as_passage']}/10；不相关的也有 {other.min():.2f}"
    )
    return rows
