"""把一个开源模型放到本地：自带的（默认，不用网络）、魔搭、Hugging Face（可换镜像）、手边的文件。

教什么：部署之前要看的四件事：大小、许可、内存、校验和；断网时自带的模型照样能用。
不教什么：怎样续传与核对（`transfer.py`）；拿来服务（`serve.py`）；GGUF 里是什么（`quantization/`）。
怎么跑：`python TrainAndFinetune/download_model.py`（约 1 秒）；`--list` 看认识哪些；`--dry-run` 只说会做什么；
`--convert` 再转成 Hugging Face 的文件夹（第一次约一分钟）。
对应笔记：`1_deploy.md`。不导入 torch（`--convert` 除外）。
"""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from book import Parser, UserError, output_dir, run
from TrainAndFinetune import models
from TrainAndFinetune.cache import book_cache
from TrainAndFinetune.models import EMBEDDED, KNOWN, Licence, Model
from TrainAndFinetune.quantization.memory import available_bytes, inference_bytes, kv_bytes
from TrainAndFinetune.transfer import Source, check_disk, download, partial_path

TOKENS = 4096
MODELSCOPE, HF = "https://modelscope.cn", "https://huggingface.co"


@dataclass(frozen=True)
class Plan:
    """要做的事：从哪里（地址、文件，自带的是空串）到哪里；`model` 是认识的那个，没有是 None。"""

    origin: str
    target: Path
    bytes: int  # 不知道是 0
    sha256: str  # 不知道是空串
    model: Model | None
    page: str = ""  # 模型的网页，许可在那里看


def memory_line(model: Model) -> str:
    """要多少内存：权重加 4,096 个词元的 键值缓存。"""
    kv = kv_bytes(model.shape, TOKENS)
    total = inference_bytes(model.bytes, model.shape, TOKENS)
    return f"{total / 1e6:,.0f} MB（权重 {model.bytes / 1e6:,.0f} + {TOKENS:,} 个词元的缓存 {kv / 1e6:,.0f}）"


def show_list() -> None:
    """认识的模型，一个一段。"""
    free = available_bytes()
    for model in KNOWN.values():
        print(f"{model.name}    {model.summary}")
        print(f"    参数 {model.parameters:,}    文件 {model.bytes / 1e6:,.0f} MB    平均 {model.bits:.2f} 位")
        print(f"    内存 {memory_line(model)}")
        print(f"    许可 {model.licence.name}，{model.licence.link}")
        where = f"modelscope、hf：{model.repository}" if model.repository else "embedded（随 pip 包来）"
        print(f"    来源 {where}\n")
    if free is not None:
        print(f"这台机器现在还有 {free / 1e6:,.0f} MB 内存")


def known(name: str) -> Model:
    if name not in KNOWN:
        raise UserError(f"不认识模型 {name}；认识的是 {'、'.join(KNOWN)}，别的用 --repo 与 --gguf 指明")
    return KNOWN[name]


def hub_url(source: str, mirror: str, repository: str, file: str) -> tuple[str, str]:
    """文件的地址与仓库的网页。"""
    if source == "modelscope":
        page = f"{MODELSCOPE}/models/{repository}"
        return f"{page}/resolve/master/{file}", page
    page = f"{mirror.rstrip('/')}/{repository}"
    return f"{page}/resolve/main/{file}", page


def plan_hub(args, folder: Path) -> Plan:
    """从魔搭或 Hugging Face：认识的模型，或者 --repo 与 --gguf 指的任何一个文件。"""
    if bool(args.repo) != bool(args.gguf):
        raise UserError("--repo 与 --gguf 要一起给：仓库（OWNER/NAME）与里面的文件（NAME.gguf）")
    if args.repo:
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", args.repo) or not re.fullmatch(r"[\w./-]+\.gguf", args.gguf):
            raise UserError(f"收到 {args.repo} 与 {args.gguf}；--repo 写成 OWNER/NAME，--gguf 是以 .gguf 结尾的文件名")
        url, page = hub_url(args.source, args.mirror, args.repo, args.gguf)
        return Plan(url, folder / Path(args.gguf).name, 0, args.sha256, None, page)
    names = "、".join(name for name, model in KNOWN.items() if model.repository)
    if not args.model:
        raise UserError(f"--source {args.source} 要说下载哪个：--model {names} 之一，或 --repo 与 --gguf")
    model = known(args.model)
    if not model.repository:
        raise UserError(f"{model.name} 只随 pip 包来，不用下载：去掉 --source；能下载的是 {names}")
    url, page = hub_url(args.source, args.mirror, model.repository, model.file)
    return Plan(url, folder / model.file, model.bytes, args.sha256 or model.sha256, model, page)


def plan_file(args, folder: Path) -> Plan:
    """手边的文件：拷进缓存，名字照旧；给了 --model 就核对它是不是那个模型。"""
    if not args.path:
        raise UserError("--source file 要用 --path 指明文件，例如 --path ~/Downloads/model.gguf")
    path = args.path.expanduser()
    if not path.is_file():
        raise UserError(f"没有文件 {path}；--path 要指一个 GGUF 文件")
    model = known(args.model) if args.model else None
    sha256 = args.sha256 or (model.sha256 if model else "")
    return Plan(str(path), folder / (model.file if model else path.name), path.stat().st_size, sha256, model)


def make_plan(args) -> Plan:
    folder = output_dir(args.to) if args.to and not args.dry_run else args.to or book_cache()
    if args.source == "embedded":
        model = known(args.model or EMBEDDED)
        if model.name != EMBEDDED:
            raise UserError(f"{model.name} 不随 pip 包来；试试 --source modelscope --model {model.name}")
        return Plan("", book_cache() / model.file, model.bytes, model.sha256, model)
    return plan_file(args, folder) if args.source == "file" else plan_hub(args, folder)


def show_plan(plan: Plan) -> None:
    """先说清楚要做什么。"""
    print(f"从 {plan.origin or '随 pip 包来的四个分块'}\n到 {plan.target}")
    print(f"大小 {f'{plan.bytes / 1e6:,.0f} MB' if plan.bytes else '不知道，看服务器怎么说'}")
    print(f"校验和 {plan.sha256 or '没有记录；服务器给的话就用服务器的'}")
    if plan.model:
        print(f"内存 {memory_line(plan.model)}\n许可 {plan.model.licence.name}，全文 {plan.model.licence.link}")
        print("\n".join(f"  - {point}" for point in plan.model.licence.points))
    elif plan.page:
        print(f"许可 不认识这个模型，看它的网页 {plan.page}")


def already_there(plan: Plan) -> bool:
    """目标已经有了：对的就不用再来；不对的不覆盖，抛 UserError。"""
    if not plan.target.exists():
        return False
    if plan.sha256 and models.file_sha256(plan.target) != plan.sha256:
        raise UserError(f"已经有 {plan.target}，可是校验和不对；没有覆盖它，移走或删掉再运行")
    models.open_gguf(plan.target)
    return True


def copy_file(plan: Plan) -> None:
    """手边的文件：先看完整不完整，再拷进去。"""
    source, partial = Path(plan.origin), partial_path(plan.target)
    models.open_gguf(source)
    if plan.sha256 and (found := models.file_sha256(source)) != plan.sha256:
        raise UserError(f"{source} 的 SHA-256 是 {found[:12]}…，应当是 {plan.sha256[:12]}…；没有拷贝，重新下载它")
    check_disk(plan.target.parent, plan.bytes)
    try:
        shutil.copyfile(source, partial)
        os.replace(partial, plan.target)
    except OSError as error:
        raise UserError(f"写 {plan.target} 失败（{error.strerror}）；要 {plan.bytes / 1e6:,.0f} MB 空间") from None
    finally:
        partial.unlink(missing_ok=True)


def fetch(plan: Plan, timeout: float) -> None:
    """从网上来；失败时说出手动的办法。"""
    try:
        checked = download(Source(plan.origin, plan.bytes, plan.sha256), plan.target, timeout)
    except UserError as error:
        name = f" --model {plan.model.name}" if plan.model else ""
        manual = f"手动：用浏览器打开 {plan.origin}，再运行 --source file{name} --path 下好的文件"
        raise UserError(f"{error}。{manual}") from None
    print(f"SHA-256 对：{checked}" if checked else "记录与服务器都没有校验和，只核对了大小与文件头")


def licence_of(plan: Plan) -> Licence:
    """认识的模型用我们的记录；不认识的抄文件自述的许可名。"""
    if plan.model:
        return plan.model.licence
    found = models.open_gguf(plan.target).metadata.get("general.license")
    name = f"{found}（文件自述）" if found else "文件里没有写"
    return Licence(name, plan.page or "看你下载它的网页", ("本书没有读过它的条款。",))


def carry_out(plan: Plan, timeout: float) -> None:
    """做完以后模型与许可都在目标目录里。"""
    if already_there(plan):
        print("已经有了，校验和对" if plan.sha256 else "已经有了，文件完整")
    elif not plan.origin:
        check_disk(plan.target.parent, plan.bytes)
        models.assemble(plan.model.name)
    elif plan.origin.startswith(("http://", "https://")):
        fetch(plan, timeout)
    else:
        copy_file(plan)
    models.keep_licence(plan.target, plan.model.name if plan.model else plan.target.stem, licence_of(plan))
    print(f"模型 {plan.target}\n许可 {models.licence_path(plan.target)}")


def convert_plan(plan: Plan) -> None:
    """转成 Hugging Face 的文件夹；转过的不再转。"""
    from TrainAndFinetune.gguf_to_hf import convert

    folder = plan.target.parent / "hf" / (plan.model.name if plan.model else plan.target.stem)
    if not (folder / "config.json").is_file():
        convert(plan.target, folder)
    print(f"Hugging Face 的文件夹 {folder}")


def check_options(args) -> None:
    """不合适的值、互相矛盾的选项：一行说清，什么都还没有做。"""
    if args.timeout <= 0:
        raise UserError(f"--timeout {args.timeout} 不行；要大于 0 秒")
    if args.sha256 and not re.fullmatch(r"[0-9a-f]{64}", args.sha256):
        raise UserError(f"--sha256 {args.sha256} 不是 SHA-256；它是 64 位十六进制")
    if args.source == "hf" and not re.match(r"https?://\S+", args.mirror):
        raise UserError(f"--mirror {args.mirror} 不是地址；写成 https://主机名")
    for option, sources in (("path", ["file"]), ("repo", ["modelscope", "hf"]), ("to", ["modelscope", "hf", "file"])):
        if getattr(args, option) and args.source not in sources:
            raise UserError(f"--{option} 对 --source {args.source} 没有作用；它配 --source {'、'.join(sources)}")


def parse(argv):
    parser = Parser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="列出认识的模型：大小、内存、许可、来源")
    parser.add_argument("--source", default="embedded", choices=["embedded", "modelscope", "hf", "file"],
                        help="从哪里来，默认 embedded：随 pip 包来，不用网络")  # fmt: skip
    parser.add_argument("--model", metavar="NAME", help=f"哪个模型，--list 看名字；embedded 默认 {EMBEDDED}")
    parser.add_argument("--repo", metavar="OWNER/NAME", default="", help="不在列表里的：仓库名，与 --gguf 一起给")
    parser.add_argument("--gguf", metavar="NAME.gguf", default="", help="仓库里的文件名，与 --repo 一起给")
    parser.add_argument("--path", type=Path, metavar="FILE", help="--source file 时的文件")
    parser.add_argument("--mirror", default=os.environ.get("HF_ENDPOINT") or HF, metavar="URL",
                        help="--source hf 时的站点，默认 HF_ENDPOINT 或 %(default)s")  # fmt: skip
    parser.add_argument("--sha256", type=str.lower, default="", metavar="HEX", help="应有的校验和，默认用记录的")
    parser.add_argument(
        "--to", type=Path, metavar="DIR", help="放到哪里，默认模型缓存（LLM_BOOK_CACHE）；embedded 总在缓存里"
    )
    parser.add_argument("--timeout", type=float, default=30, metavar="秒", help="多久没有收到数据算断了，默认 30")
    parser.add_argument("--dry-run", action="store_true", help="只说会做什么，不下载、不写文件")
    parser.add_argument("--convert", action="store_true", help="再转成 Hugging Face 的文件夹（只懂 Gemma 3）")
    return parser.parse_args(argv)


def main(argv=None) -> None:
    args = parse(argv)
    if args.list:
        return show_list()
    check_options(args)
    plan = make_plan(args)
    show_plan(plan)
    if args.dry_run:
        return print("--dry-run：到此为止，什么都没有写")
    carry_out(plan, args.timeout)
    if args.convert:
        convert_plan(plan)


if __name__ == "__main__":
    run(main)
