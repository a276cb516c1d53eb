"""记忆：几种做法各发多少、留住什么；共用的历史泄漏多少；模型写的摘要留得住几件事；长期记忆查得准不准。

教什么：全部、窗口、词元、摘要各丢什么；向量的存储按意思查。
不教什么：检索的评测（`12_retriever.py`，第 6 章）。
怎么跑：
  python LangChain/6_memory.py            两核 2 分钟
  python LangChain/6_memory.py --offline  一秒，只做不要模型的那一半
  python LangChain/6_memory.py --smoke    10 秒
对应笔记：`6_memory.md`。
"""

from dataclasses import dataclass

from langchain.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage
from langgraph.store.memory import InMemoryStore

from book import Parser, common_options, emit_result, run
from LangChain.memory_damage import FACTS, FILLERS, REPLY, measure_leaks, measure_strategies
from LangChain.memory_kinds import SUMMARY_SYSTEM, Summary, everything, window
from LangChain.models import EndpointEmbeddings, chat_model, endpoint_errors
from TrainAndFinetune.endpoint import connect

CHAT_SYSTEM = "你是《LLM 学习之书》的助手，用中文简短地回答。"


@dataclass(frozen=True)
class Case:
    """先说一件事，隔几个回合再问；答案里要有 key。"""

    fact: str
    question: str
    key: str


CASES = (
    Case("我叫张伟。", "我叫什么名字？", "张伟"),
    Case("我对青霉素过敏。", "我对什么药过敏？", "青霉素"),
    Case("我住在杭州。", "我住在哪个城市？", "杭州"),
    Case("我每天早上七点吃降压药。", "我每天几点吃降压药？", "七点"),
    Case("我养了一只猫，叫花生。", "我的猫叫什么？", "花生"),
    Case("我下周三要去看牙医。", "我下周三要去做什么？", "牙医"),
)

MEMORIES = {  # 编号 -> 记下的话；每句都有一个换了说法的问题
    "allergy": ("对青霉素过敏", "哪些药不能给他用？"),
    "pressure": ("早上吃一片氨氯地平降血压", "他的高血压用什么药？"),
    "mother": ("妈妈有糖尿病", "家里人得过什么病？"),
    "surgery": ("下个月要做膝盖的手术", "他最近有什么医疗安排？"),
    "city": ("住在杭州，西湖边上", "他家在哪里？"),
    "job": ("在小学教数学", "他是做什么工作的？"),
    "pet": ("养了一只叫花生的猫", "他有宠物吗？"),
    "food": ("不吃辣", "他的口味怎么样？"),
}


def history_of(case: Case, fillers: int) -> list[AnyMessage]:
    """先说那件事，再闲聊几个回合，最后问；助手的话是写好的，不花词元生成。"""
    texts = [case.fact, *(FILLERS[i % len(FILLERS)] for i in range(fillers))]
    pairs = [message for text in texts for message in (HumanMessage(text), AIMessage(REPLY))]
    return [*pairs, HumanMessage(case.question)]


def summarizer(max_tokens: int):
    """让模型写摘要。"""
    model = chat_model(max_tokens=max_tokens)
    return lambda text: model.invoke([SystemMessage(SUMMARY_SYSTEM), HumanMessage(text)]).text.strip()


def measure_recall(cases: tuple[Case, ...], fillers: int, max_tokens: int) -> list[dict]:
    """每种做法：几件事答得出；摘要那一行还数摘要里有没有那件事。"""
    model, rows = chat_model(max_tokens=max_tokens), []
    for name in ("全部", "最近 3 个回合", "摘要加最近 3 个回合"):
        right = kept = tokens = 0
        for case in cases:
            summary = Summary(summarizer(2 * max_tokens if max_tokens > 8 else max_tokens), keep=3)
            choose = {"全部": everything, "最近 3 个回合": window(3)}.get(name, summary)
            messages = choose(history_of(case, fillers))
            head = [CHAT_SYSTEM, *(m.text for m in messages if isinstance(m, SystemMessage))]
            body = [m for m in messages if not isinstance(m, SystemMessage)]
            reply = model.invoke([SystemMessage("\n\n".join(head)), *body])
            right += case.key in reply.text
            kept += any(case.key in m.text for m in messages)
            tokens += reply.usage_metadata["input_tokens"]
            print(f"  {name}  {case.question}  {reply.text!r}  摘要 {summary.text!r}", flush=True)
        rows.append({"way": name, "cases": len(cases), "kept": kept, "right": right, "input_tokens": tokens})
    return rows


def measure_store(limit: int) -> dict:
    """长期记忆按意思查：第一条就对的有几条；按字面包含查的有几条。"""
    embeddings = EndpointEmbeddings()
    dimension = len(embeddings.embed_query("一"))
    store = InMemoryStore(index={"embed": embeddings, "dims": dimension, "fields": ["text"]})
    for key, (text, _) in MEMORIES.items():
        store.put(("张伟", "facts"), key, {"text": text})
    chosen = list(MEMORIES.items())[:limit]
    found = {key: store.search(("张伟", "facts"), query=question, limit=1)[0] for key, (_, question) in chosen}
    right = sum(item.key == key for key, item in found.items())
    scores = [item.score for item in found.values()]
    literal = sum(question.rstrip("？") in text for _, (text, question) in chosen)
    print(f"长期记忆：{len(chosen)} 个问题，按意思查第一条就对的 {right} 个，按字面的 {literal} 个")
    return {
        "questions": len(chosen),
        "right": right,
        "literal": literal,
        "score_min": min(scores),
        "score_max": max(scores),
    }


@endpoint_errors()
def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.add_argument("--offline", action="store_true", help="只做不要模型的两个实验")
    args = parser.parse_args(argv)
    print(f"事 {len(FACTS)} 件  题 {1 if args.smoke else len(CASES)} 道  温度 0  设备 由端点决定")
    result = {"strategies": measure_strategies(16), "leaks": measure_leaks(users=3, turns=6)}
    if args.offline:
        return emit_result(result)
    endpoint = connect()
    print(f"模型 {endpoint.chat_model}  向量 {endpoint.embedding_model}")
    cases, fillers, tokens = (CASES[:1], 3, 8) if args.smoke else (CASES, 8, 32)
    result |= {"model": endpoint.chat_model, "recall": measure_recall(cases, fillers, tokens)}
    return emit_result(result | {"store": measure_store(2 if args.smoke else len(MEMORIES))})


if __name__ == "__main__":
    run(main)
