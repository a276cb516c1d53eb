"""把任务拆成步骤：一行一步，按做的次序，不超过给定的步数。

教什么：话里的次序不一定是做的次序（“B 之前先 A”）；常见的几种任务有固定的拆法。
不教什么：有依赖的计划图（第 7 章）。
不是脚本；`from TrainAndFinetune.assistant import make_dialogues`。对应笔记：`assistant.md`。
"""

import random
from dataclasses import dataclass

from TrainAndFinetune.assistant import arguments, entities, phrases, slots, wording
from TrainAndFinetune.assistant.arguments import Param
from TrainAndFinetune.assistant.bundles import weighted
from TrainAndFinetune.prompts import PLAN_SYSTEM

KINDS = (("listed", 45), ("recipe", 55))
# 动作：槽位的种类就是 `arguments.py` 的种类
ACTIONS = (
    *("读取{path}", "删掉{path}里的空行", "给{person}发消息", "订去{city}的火车票", "查{city}的天气", "打印{path}"),
    *("把{path}发给{person}", "搜索{topic}的资料", "写一段{topic}的说明", "核对{path}的总数", "预订{room}会议室"),
    *(
        "查{product}的价格",
        "把{product}下单",
        "备份{path}",
        "向{person}确认时间",
        "更新{path}的日期",
        "整理{topic}的笔记",
    ),
    *("比较两家{product}的报价", "联系{person}取样品", "检查{drug}的说明书", "在{city}订酒店", "把结果写进{path}"),
)


@dataclass(frozen=True)
class Recipe:
    """一种任务的固定拆法；步骤里的槽位与任务的相同。"""

    key: str
    steps: tuple[str, ...]
    means: str


RECIPES = (
    Recipe("report", ("读取{path}", "按类别求和", "把结果写进{path2}"), "按类别汇总一个文件，写到另一个文件"),
    Recipe("answer", ("搜索{topic}的资料", "读最相关的几段", "写出答案并标明出处"), "查资料回答一个主题的问题"),
    Recipe("trip", ("查{city}的天气", "订去{city}的车票", "订{city}的酒店", "列出要带的东西"), "准备去某地旅行"),
    Recipe("compare", ("查{product}的价格", "查{product2}的价格", "比较两个价格"), "比较两件商品的价格"),
    Recipe("meeting", ("向{person}确认时间", "预订会议室", "发出会议通知"), "和某人开会"),
    Recipe("fix", ("复现{product}的故障", "查故障原因", "修好并再试一次"), "修一个设备"),
    Recipe("train", ("准备{topic}的数据", "训练模型", "在验证集上评估"), "做一个关于某主题的模型"),
    Recipe("medicine", ("查{drug}的说明书", "查{drug2}的说明书", "检查两种药的相互作用"), "看两种药能不能一起吃"),
    Recipe("rename", ("列出{folder}里的文件", "给每个文件改名", "检查有没有重名"), "给文件夹里的文件批量改名"),
    Recipe("party", ("确定人数", "订{city}的餐馆", "通知每个人"), "在某地请客"),
)
FOLDERS = ("照片", "下载", "合同", "录音", "归档", "作业", "发票", "草稿")


def slot_value(base: str, split: str, generator: random.Random) -> str:
    """任务里的一个名字。"""
    if base == "folder":
        return generator.choice(FOLDERS)
    if base in slots.LISTS:
        return slots.small_value(base, split, generator)
    if base in entities.SPACES and base != "place":
        return entities.pick_name(base, split, generator)
    return str(arguments.value(Param(base, "", base), split, generator)[0])


def listed(split: str, generator: random.Random) -> tuple[str, list[str]]:
    """话里一件件说出来的任务：(任务, 步骤)。"""
    count = generator.choice((2, 3, 3, 4))
    values: dict[str, str] = {}
    steps = []
    for action in generator.sample(ACTIONS, count):
        values = {}
        steps.append(wording.draw(action, values, lambda base: slot_value(base, split, generator)))
    named = {f"s{i}": step for i, step in enumerate(steps, start=1)}
    return phrases.say(split, f"plan.listed{count}", named, generator), steps


def recipe(split: str, generator: random.Random) -> tuple[str, list[str], str]:
    """有固定拆法的任务：(任务, 步骤, 名字)。"""
    chosen = generator.choice(RECIPES)
    values: dict[str, str] = {}

    def make_value(base: str) -> str:
        return slot_value(base, split, generator)

    steps = [wording.draw(step, values, make_value) for step in chosen.steps]
    return phrases.say(split, f"plan.{chosen.key}", values, generator), steps, chosen.key


def make(split: str, generator: random.Random) -> dict:
    """一个任务和它的步骤。"""
    kind = weighted(KINDS, generator)
    task, steps, *name = listed(split, generator) if kind == "listed" else recipe(split, generator)
    most = len(steps) + generator.choice((0, 1, 2, 3))
    answer = "\n".join(f"{i}. {step}" for i, step in enumerate(steps, start=1))
    messages = [
        {"role": "system", "content": PLAN_SYSTEM.format(most=most)},
        {"role": "user", "content": phrases.dress(task, split, generator)},
        {"role": "assistant", "content": answer},
    ]
    check = {"kind": "plan", "answer": answer, "steps": steps, "most": most, "group": kind}
    return {"messages": messages, "ability": "plan", "check": check}
