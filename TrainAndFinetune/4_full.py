"""微调的数据流水线与全参数微调：每一个常见的错，在小模型上量一次它值多少分。

教什么：标签遮在哪里；结束符没进损失就停不下来；训练与推理的模板差一点点；连提示一起学；拿训练题来考；学习率与遗忘。
不教什么：只训练一小部分参数的方法（`5_adapter_prefix.md` 起）。
怎么跑：
  python TrainAndFinetune/4_full.py          两核约 2 分钟
  python TrainAndFinetune/4_full.py --smoke  10 秒内跑通
对应笔记：`4_full.md`。任务是用药问题 -> 意图的名字（12 类）；验证的问法与药名都没有训练过。
"""

import copy
import json
import time
from dataclasses import dataclass, replace

import torch
from tqdm import tqdm

from book import Parser, common_options, emit_result, has_fast_bf16, pick_device, run, seed_everything, seeded
from TrainAndFinetune.small import load_small
from TrainAndFinetune.small.corpus import HELD_OUT_TEXT, notes
from TrainAndFinetune.task import make_rows
from TrainAndFinetune.task.measures import LiveBytes, model_tensors, perplexity
from TrainAndFinetune.tuning import Example, answer_loss, collate, encode_rows, length_batches, pack, prompt_ids
from TrainAndFinetune.tuning.chat import END, IGNORE
from TrainAndFinetune.tuning.evaluate import mean_loss, write_from
from TrainAndFinetune.tuning.loss import model_inputs
from TrainAndFinetune.tuning.memory import budgets
from TrainAndFinetune.tuning.parallel import AnswerLoss
from TrainAndFinetune.tuning.settings import Settings
from TrainAndFinetune.tuning.wrong import mismatches, on_everything, without_end

LIMIT = 24  # 最多写几个词元；最长的意图名连 <end_of_turn> 不到 10 个


@dataclass(frozen=True)
class Sizes:
    """实验的大小。"""

    train: int = 600
    dev: int = 160
    epochs: int = 3
    tokens_per_batch: int = 1024
    held_out: int = 3000  # 量遗忘用几个字符
    replay: int = 200  # 掺进去复习的预训练文字几段


def intent_rows(split: str, count: int, seed: int) -> list[dict]:
    """用药问题 -> 意图的名字（任务的 JSON 里第一个值）：答案短，两分钟里能训几次。"""
    rows = []
    for row in make_rows(split, count, seed):
        question, answer = row["messages"]
        intent = next(iter(json.loads(answer["content"]).values()))
        rows.append({"messages": [question, {"role": "assistant", "content": intent}]})
    return rows


def train(model, examples: list[Example], sizes: Sizes, lr: float, bf16: bool, seed: int, name: str) -> None:
    """全参数微调：AdamW、预热与余弦、裁剪。"""
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.0)
    settings = Settings(lr=lr, warmup=0.1)
    batches = [
        batch
        for epoch in range(sizes.epochs)
        for batch in length_batches(examples, sizes.tokens_per_batch, seeded(seed, "batches", epoch))
    ]
    model.train()
    for step, batch in enumerate(tqdm(batches, desc=name, unit="步", leave=False, disable=None)):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate(step, len(batches))
        inputs = {key: value.to(model.device) for key, value in collate(batch, 0).items()}
        with torch.autocast(model.device.type, torch.bfloat16, enabled=bf16):
            loss, _ = answer_loss(model, inputs)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    model.eval()


def grade(model, tokenizer, rows: list[dict], prompts: list[list[int]] | None = None) -> dict:
    """写一遍，数对的与自己停的；没停的不算对，begins_right 不管停没停。"""
    prompts = prompts or [prompt_ids(tokenizer, row["messages"][:-1]) for row in rows]
    written = write_from(model, tokenizer, prompts, LIMIT)
    pairs = [(text, stopped, row["messages"][-1]["content"]) for (text, stopped), row in zip(written, rows)]
    return {
        "accuracy": sum(stopped and text == want for text, stopped, want in pairs) / len(rows),
        "begins_right": sum(text.startswith(want) for text, _, want in pairs) / len(rows),
        "stops": sum(stopped for _, stopped, _ in pairs) / len(rows),
        "sample": written[0][0],
    }


def show(name: str, result: dict) -> None:
    """一行成绩，与第一题写了什么。"""
    scores = f"准确率 {result['accuracy']:.3f}  开头对 {result['begins_right']:.3f}  自己停 {result['stops']:.3f}"
    print(f"{name:12s}{scores}  例：{result['sample']!r}", flush=True)


class Lab:
    """一份数据、一个基座，训练几次。"""

    def __init__(self, sizes: Sizes, seed: int, device, bf16: bool):
        self.sizes, self.seed, self.device, self.bf16 = sizes, seed, device, bf16
        self.base, self.tokenizer = load_small()
        self.end = self.tokenizer.convert_tokens_to_ids(END)
        self.rows, self.dev_rows = intent_rows("train", sizes.train, seed), intent_rows("dev", sizes.dev, seed)
        self.examples, self.dev = encode_rows(self.tokenizer, self.rows), encode_rows(self.tokenizer, self.dev_rows)
        self.text = HELD_OUT_TEXT.read_text(encoding="utf-8")[: sizes.held_out]

    def fresh(self):
        """一个没动过的基座。"""
        return copy.deepcopy(self.base).to(self.device)

    def trained(self, name: str, examples: list[Example], lr: float = 1e-3):
        """从同一个基座训练一次；返回模型。"""
        seed_everything(self.seed)
        model = self.fresh()
        train(model, examples, self.sizes, lr, self.bf16, self.seed, name)
        return model

    def replay(self) -> list[Example]:
        """复习用的预训练文字：笔记的段落，每个词元都学。量遗忘的那一篇不在里面。"""
        texts = notes()
        picked = torch.randperm(len(texts), generator=seeded(self.seed, "replay")).tolist()[: self.sizes.replay]
        ids = [[self.tokenizer.bos_token_id, *self.tokenizer(texts[i]).input_ids[:200]] for i in picked]
        return [Example(row, [IGNORE, *row[1:]]) for row in ids]

    def report(self, name: str, model) -> dict:
        """验证集的损失（只在正确的标签上）、准确率、自己停的比例、不相干的文字的困惑度。"""
        result = grade(model, self.tokenizer, self.dev_rows)
        result["dev_loss"] = mean_loss(AnswerLoss(model), self.dev, 0, self.device, "fp32")
        result["perplexity"] = perplexity(model, self.tokenizer, self.text, False)
        show(name, result)
        print(f"{'':8s}验证损失 {result['dev_loss']:.3f}  困惑度 {result['perplexity']:.1f}", flush=True)
        return result


def labels_by_hand(lab: Lab) -> None:
    """一条对话的词元与标签。"""
    example = lab.examples[0]
    tokens = [lab.tokenizer.decode([i]) for i in example.ids]
    for i, (token, label) in enumerate(zip(tokens, example.labels)):
        if i < 5 or label != IGNORE or i >= len(tokens) - 12:
            print(f"{i:3d}  {token!r:20s} {'学' if label != IGNORE else '不学'}")


def padding(lab: Lab) -> dict:
    """三种成批的办法，真的词元各占几成。"""
    examples, budget = lab.examples, lab.sizes.tokens_per_batch
    real, generator = sum(map(len, examples)), seeded(lab.seed, "padding")
    size = budget // max(map(len, examples))
    order = torch.randperm(len(examples), generator=generator).tolist()
    shuffled = [[examples[i] for i in order[k : k + size]] for k in range(0, len(order), size)]
    by_length = length_batches(examples, budget, generator)
    packed = pack(examples, 256)
    shares = {
        "random": real / sum(len(b) * max(map(len, b)) for b in shuffled),
        "by_length": real / sum(len(b) * max(map(len, b)) for b in by_length),
        "packed": real / (256 * len(packed)),
    }
    print("真的词元占：" + "，".join(f"{name} {share:.1%}" for name, share in shares.items()))
    answers = sum(label != IGNORE for e in examples for label in e.labels)
    return {"real_share": shares, "answer_share": answers / real}


def logits_memory(lab: Lab) -> dict:
    """一步里活着的张量的峰值：只算答案的 logits，与全算。"""
    batch = {key: value.to(lab.device) for key, value in collate(lab.examples[:16], 0).items()}
    peaks = {}
    for name in ("answer", "full"):
        model = lab.fresh()
        with LiveBytes(model_tensors(model)) as live:
            if name == "answer":
                answer_loss(model, batch)[0].backward()
            else:
                logits = model(**model_inputs(model, batch), use_cache=False).logits[:, :-1].float()
                targets = batch["labels"][:, 1:].flatten()
                torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets, ignore_index=IGNORE).backward()
        peaks[name] = live.peak / 2**20
    tokens = int(batch["attention_mask"].sum())
    print(f"{tokens} 个词元的一步：只算答案 {peaks['answer']:.0f} MiB，全算 {peaks['full']:.0f} MiB")
    return {"peak_mib": peaks, "peak_tokens": tokens}


def experiments(lab: Lab, smoke: bool) -> dict:
    """各种错法各训练一次（或拿训好的换一种考法）。"""
    out = {"base": lab.report("没有微调", lab.fresh())}
    good = lab.trained("正确", lab.examples)
    out["good"] = lab.report("正确", good)
    out["no_end"] = lab.report("结束符不学", lab.trained("结束符不学", [without_end(e, lab.end) for e in lab.examples]))
    out["on_prompt"] = lab.report("连提示一起学", lab.trained("连提示一起学", list(map(on_everything, lab.examples))))
    out["replay"] = lab.report("掺进复习", lab.trained("掺进复习", lab.examples + lab.replay()))
    out["mismatch"] = {}
    every = [mismatches(lab.tokenizer, row) for row in lab.dev_rows]
    for name in every[0]:
        out["mismatch"][name] = result = grade(good, lab.tokenizer, lab.dev_rows, [prompts[name] for prompts in every])
        print(
            f"模板 {name:22s} 准确率 {result['accuracy']:.3f}  自己停 {result['stops']:.3f}  例：{result['sample']!r}"
        )
    out["on_train_rows"] = grade(good, lab.tokenizer, lab.rows[: lab.sizes.dev])["accuracy"]
    print(f"拿训练过的题考：{out['on_train_rows']:.3f}；没见过的：{out['good']['accuracy']:.3f}")
    out["rates"] = []
    for lr in () if smoke else (3e-4, 1e-3, 3e-3, 1e-2):
        result = out["good"] if lr == 1e-3 else lab.report(f"学习率 {lr:g}", lab.trained(f"{lr:g}", lab.examples, lr))
        out["rates"].append({"lr": lr, **{key: result[key] for key in ("accuracy", "perplexity", "dev_loss")}})
    return out


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    started, device, sizes = time.perf_counter(), pick_device(args.device), Sizes()
    if args.smoke:
        sizes = replace(sizes, train=24, dev=4, epochs=1, held_out=200, replay=4)
    lab = Lab(sizes, args.seed, device, has_fast_bf16(device))
    print(f"{sizes}\n设备 {device}")
    labels_by_hand(lab)
    result = {"train_rows": sizes.train, "dev_rows": sizes.dev, **padding(lab), **logits_memory(lab), **budgets()}
    for name, size in result["seven_gib"].items():
        print(f"{result['seven_count']:,} 个参数 {name:18s} {size:6.1f} GiB")
    result |= experiments(lab, args.smoke)
    return emit_result(result | {"seconds": time.perf_counter() - started})


if __name__ == "__main__":
    run(main)
