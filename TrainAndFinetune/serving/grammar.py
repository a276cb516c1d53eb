"""文法：把「回答必须是什么样」写成 llguidance 的文法，交给 llama.cpp 在每一步采样之前遮住不合的词元。

教什么：JSON schema 与工具调用各变成什么文法；为什么不许多余的空白与没有列出的键。
不教什么：文法怎样变成一步一步的掩码（`masking.py` 是能手算的小例子；真的由 llguidance 做）。
对应笔记：`2_serve.md`。
"""

import json

OPEN, CLOSE = "<tool_call>", "</tool_call>"
# 分隔符与 json.dumps 的默认相同；不许别的空白：弱模型会把词元都花在空白上。lenient：做不到的关键字不管，不报错
STYLE = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": ", "lenient": True}
NAMED, LISTED, SINGLE = ("properties", "$defs", "definitions"), ("anyOf", "oneOf", "prefixItems"), ("items",)
NO_ARGUMENTS = {"type": "object", "properties": {}}


def closed(schema):
    """列了 properties 的对象不许有别的键。JSON schema 默认许，弱模型会一直编下去；写了 additionalProperties 的照旧。

    >>> closed({"properties": {"a": {"type": "integer"}}})
    {'properties': {'a': {'type': 'integer'}}, 'additionalProperties': False}
    """
    if not isinstance(schema, dict):
        return schema
    parts = {key: {name: closed(part) for name, part in schema[key].items()} for key in NAMED if key in schema}
    parts |= {key: [closed(part) for part in schema[key]] for key in LISTED if key in schema}
    parts |= {key: closed(schema[key]) for key in SINGLE if key in schema}
    if "properties" in schema and "allOf" not in schema:  # allOf 的各部分各有各的键，关上就没有对象能同时合
        parts["additionalProperties"] = schema.get("additionalProperties", False)
    return {**schema, **parts}


def json_rule(schema: dict) -> str:
    """一个合 schema 的 JSON 值。"""
    return f"%json {json.dumps({**closed(schema), 'x-guidance': STYLE}, ensure_ascii=False)}"


def parameters_of(tool: dict) -> dict:
    """一个工具的参数的 schema；没有写就是没有参数。"""
    return {"type": "object", **(tool["function"].get("parameters") or NO_ARGUMENTS)}


def answer_grammar(tools: list[dict], schema: dict | None = None) -> str:
    """整个回答是恰好一次工具调用（哪一个都行），或者（给了 schema）一个合 schema 的 JSON 值。

    调用到参数的右括号为止：后面的 </tool_call> 没有信息，不让模型花词元去写。
    """
    rules, names = [], []
    for i, tool in enumerate(tools):
        name = json.dumps(tool["function"]["name"], ensure_ascii=False)
        head = json.dumps(f'{OPEN}{{"name": {name}, "arguments": ', ensure_ascii=False)
        rules += [f'call{i}: {head} arguments{i} "}}"', f"arguments{i}: {json_rule(parameters_of(tool))}"]
        names.append(f"call{i}")
    if schema is not None:
        rules.append(f"answer: {json_rule(schema)}")
        names.append("answer")
    return "\n".join(["%llguidance {}", f"start: {' | '.join(names)}", *rules])
