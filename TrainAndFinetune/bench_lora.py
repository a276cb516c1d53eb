"""LoRA 训练一步的速度与内存，旁边是 peft；只在答案上算 logits 与全算，每秒各几个词。

教什么：一步的时间花在哪里；同样的矩阵乘法，少搬几趟内存能快多少；26 万词的输出头有多贵。
  相同设置  两边都是 float32、sdpa、同一份基座权重、同一批、AdamW
  最佳设置  两边的基座都用 bf16（机器有 bf16 指令才有这一行）；peft 没有别的可开
不教什么：编译、多卡、梯度检查点。
怎么跑（机器上别跑别的）：
  python TrainAndFinetune/bench_lora.py            两核约 6 分钟
  python TrainAndFinetune/bench_lora.py --full     真的层数（18 层），约 20 分钟
  python TrainAndFinetune/bench_lora.py --smoke    很小的模型，10 秒，数字没有意义
对应笔记：`6_lora.md`「实验」。
"""

import copy
import json
import resource
import subprocess
import sys
import time
import warnings

import torch
import torch.nn.functional as F
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from book import Parser, UserError, common_options, compare, emit_result, has_fast_bf16, run
from TrainAndFinetune.methods import LINEARS, add_lora, trainable

RANK, ALPHA = 8, 16
SMOKE = {"vocab_size": 300, "hidden_size": 32, "intermediate_size": 64, "head_dim": 16, "num_hidden_layers": 2}


def random_base(smoke: bool, layers: int, dtype: torch.dtype = torch.float32) -> Gemma3ForCausalLM:
    """Gemma 3 270M 的形状（层数可以少），权重随机：速度不看权重的值。"""
    torch.manual_seed(0)
    shape = {
        "vocab_size": 262144, "hidden_size": 640, "intermediate_size": 2048, "num_hidden_layers": layers,
        "head_dim": 256, "num_attention_heads": 4, "num_key_value_heads": 1, "sliding_window": 512,
    }  # fmt: skip
    return Gemma3ForCausalLM(Gemma3TextConfig(**(shape | (SMOKE if smoke else {})))).to(dtype)


def twin(model: Gemma3ForCausalLM) -> Gemma3ForCausalLM:
    """另一个模型，权重是同一份内存：两边都装 LoRA，基座只占一份。"""
    return copy.deepcopy(model, {id(p): p for p in model.parameters()})


def with_lora(model: Gemma3ForCausalLM, library: str):
    """装上同样的 LoRA：ours 或 peft；返回（训练状态的）模型。"""
    if library == "ours":
        return add_lora(model, rank=RANK, alpha=ALPHA).train()
    try:
        import peft
    except ImportError:
        raise UserError("这个对比要 peft；pip install peft") from None
    config = peft.LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=list(LINEARS), task_type="CAUSAL_LM")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return peft.get_peft_model(model, config).train()


def body_and_head(model):
    """transformers 的主干与输出头；peft 外面多包了两层。"""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    return inner.model, inner.lm_head


def answer_loss(model, ids: torch.Tensor, answer: int) -> torch.Tensor:
    """每行最后 answer 个词的交叉熵；answer 是整行时就是全算。"""
    body, head = body_and_head(model)
    hidden = body(input_ids=ids[:, :-1]).last_hidden_state[:, -answer:]  # (B, T - 1, C) -> (B, answer, C)
    return F.cross_entropy(head(hidden).flatten(0, 1).float(), ids[:, -answer:].flatten())


def make_step(model, ids: torch.Tensor, answer: int):
    """一步训练：前向、反向、AdamW。"""
    optimizer = torch.optim.AdamW(trainable(model).values(), lr=1e-4)

    def step() -> None:
        answer_loss(model, ids, answer).backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def saved_bytes(model, ids: torch.Tensor, answer: int) -> int:
    """前向为反向留下的激活（字节）：同一块内存只数一次，参数不数。不随机器变。"""
    parameters = {p.untyped_storage().data_ptr() for p in model.parameters()}
    seen: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in parameters:
            kept.append(tensor)  # 活着，地址才不会被别的张量再用
            seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    kept: list[torch.Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        answer_loss(model, ids, answer)
    return sum(seen.values())


def peak_memory(library: str, args) -> float:
    """另起一个进程训练 3 步，取它的峰值常驻内存（MB）。"""
    options = ["--full"] if args.full else []
    command = [sys.executable, __file__, "--worker", library, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def work(library: str, args) -> None:
    """`--worker` 的进程：训练 3 步，打印峰值。macOS 的 ru_maxrss 以字节计，Linux 以 KB 计。"""
    model = with_lora(random_base(args.smoke, args.layers), library)
    step = make_step(model, batch(args), args.answer)
    for _ in range(3):
        step()
    unit = 2**20 if sys.platform == "darwin" else 2**10
    print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit))


def batch(args) -> torch.Tensor:
    """一批随机的词 (B, T + 1)。"""
    generator = torch.Generator().manual_seed(args.seed)
    return torch.randint(0, 300, (args.rows, args.length + 1), generator=generator)


def matmul_gflops(n: int) -> float:
    """实测的矩阵乘法速度，GFLOP/s：6 次里最快的一次。"""
    a, b, best = torch.randn(n, n), torch.randn(n, n), float("inf")
    for _ in range(6):
        start = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - start)
    return 2 * n**3 / best / 1e9


def step_gflops(model, args) -> float:
    """一步必须的浮点运算：冻结的线性层前向一次、对输入求梯度一次，各 2 × 参数 × 词数；输出头只在答案上。"""
    config, tokens = model.config, args.rows * args.length
    linears = sum(p.numel() for n, p in model.named_parameters() if n.split(".")[-2] in LINEARS)
    head = config.vocab_size * config.hidden_size * args.rows * args.answer
    return 4 * (linears * tokens + head) / 1e9


def report(name: str, row: dict, tokens: int) -> dict:
    """打印一行；返回带每秒词数的结果。"""
    row = row | {"tokens_per_second": tokens / row["ours_ms"] * 1000}
    print(f"{name:<22} 我们 {row['ours_ms']:8.1f} ms  对照 {row['reference_ms']:8.1f} ms  ", end="")
    print(f"比值 {row['ratio']:.3f} [{row['low']:.3f}, {row['high']:.3f}]", flush=True)
    return row


def measure(args) -> dict:
    """全部的行。"""
    ids, tokens, pairs = batch(args), args.rows * args.length, 3 if args.smoke else 15
    base, results = random_base(args.smoke, args.layers), {}
    gflops = step_gflops(base, args)
    ours, theirs = with_lora(twin(base), "ours"), with_lora(twin(base), "peft")
    steps = [make_step(model, ids, args.answer) for model in (ours, theirs)]
    results["float32"] = report("一步，float32", compare(*steps, pairs=pairs, warmup=1), tokens)
    results["saved_mb"] = {k: saved_bytes(m, ids, args.answer) / 2**20 for k, m in (("ours", ours), ("peft", theirs))}
    answer, whole = make_step(ours, ids, args.answer), make_step(ours, ids, args.length)
    row = report("只算答案 对 全算", compare(answer, whole, pairs=pairs, warmup=1), tokens)
    results["answer_only"] = row | {"full_tokens_per_second": tokens / row["reference_ms"] * 1000}
    if not args.smoke:  # 每个进程光导入就要几秒
        results["peak_mb"] = {library: peak_memory(library, args) for library in ("ours", "peft")}
    if has_fast_bf16(torch.device("cpu")) or args.smoke:
        base = base.bfloat16()
        pair = [with_lora(twin(base), library) for library in ("ours", "peft")]
        steps = [make_step(model, ids, args.answer) for model in pair]
        results["bf16"] = report("一步，bf16 基座", compare(*steps, pairs=pairs, warmup=1), tokens)
    limit = matmul_gflops(64 if args.smoke else 2048)
    reached = gflops / results["float32"]["ours_ms"] * 1000
    return results | {"step_gflops": gflops, "matmul_gflops": limit, "share_of_limit": reached / limit}


def main(argv=None) -> dict | None:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.add_argument("--full", action="store_true", help="真的层数（18 层），不给就是 6 层")
    parser.add_argument("--worker", choices=["ours", "peft"], help="内部使用：在自己的进程里量峰值内存")
    args = parser.parse_args(argv)
    args.layers, args.rows = (18 if args.full else 6), (2 if args.smoke else 4)
    args.length, args.answer = (16, 4) if args.smoke else (128, 24)
    if args.worker:
        return work(args.worker, args)
    print(f"{args.layers} 层，一批 {args.rows} × {args.length} 个词，每行答案 {args.answer} 个，秩 {RANK}")
    results = measure(args)
    for name, key in (("留给反向的激活", "saved_mb"), ("峰值内存", "peak_mb")):
        print(f"{name}：" + "，".join(f"{library} {value:.1f} MB" for library, value in results.get(key, {}).items()))
    print(f"一步至少 {results['step_gflops']:.1f} GFLOP；矩阵乘法实测 {results['matmul_gflops']:.0f} GFLOP/s，", end="")
    print(f"用到 {results['share_of_limit']:.0%}")
    return emit_result({"layers": args.layers, "tokens": args.rows * args.length, "rank": RANK} | results)


if __name__ == "__main__":
    run(main)
