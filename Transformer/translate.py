"""用训练好的 Transformer 翻译：一句、一个文件，或一问一答。

教什么：贪心与束搜索的译文差在哪里；对数概率怎么读。
不教什么：训练（`train.py`）。
怎么跑：
  python Transformer/translate.py                        翻译自带的几句，贪心与束搜索并列
  python Transformer/translate.py 下午三点半 三万五      翻译命令里的
  python Transformer/translate.py --file 句子.txt        一行一句，译文写到 --out 里的 translations.txt
  python Transformer/translate.py --interactive          一行一行地问，空行结束
  python Transformer/translate.py --smoke                10 秒内跑通
没有 --checkpoint 时用 outputs/ 里本章最新的；一个都没有就现训练一个冒烟用的。
对应笔记：`6_inference.md`。
"""

from pathlib import Path

from book import (
    Parser,
    UserError,
    atomic_write,
    common_options,
    emit_result,
    output_dir,
    pick_device,
    positive_int,
    run,
    seed_everything,
)
from Transformer.corpus import read_lines
from Transformer.data import encode_source
from Transformer.decoding import translate
from Transformer.translator import Translator, find_translator

SAMPLES = {
    "normal_forms": [
        "二〇二六年十一月二十三日",
        "十一月廿三，２０２６年",
        "一百二十万零三",
        "三万五",
        "下午三点一刻",
        "晚上差五分八点",
        "1999年12月31日，半夜零点",
    ],
    "multi30k de-en": ["Zwei Hunde spielen im Schnee.", "Eine Frau liest ein Buch in einem Park."],
    "multi30k en-de": ["Two dogs are playing in the snow.", "A woman is reading a book in a park."],
}


def show(translator: Translator, text: str, beam: int) -> str:
    """翻译一句并打印：贪心与束搜索的译文和各自的对数概率。"""
    best = translator.hypotheses(text, 1)[0]
    wide = translator.hypotheses(text, beam)[0]
    decode = translator.target.decode
    if missing := translator.unknown(text):
        print("词表里没有：" + "".join(f"「{c}」" for c in missing) + "，模型看到的都是 <unk>")
    print(f"{text}\n  贪心      {decode(best.ids)}    log P = {best.log_prob:.3f}")
    print(f"  束搜索 {beam}  {decode(wide.ids)}    log P = {wide.log_prob:.3f}", flush=True)
    return decode(wide.ids)


def ask(translator: Translator, beam: int) -> int:
    """一问一答，空行、Ctrl-D 结束；返回翻译了几句。"""
    count = 0
    while True:
        try:
            text = input("> ").strip()
        except EOFError:
            return count
        if not text:
            return count
        try:
            show(translator, text, beam)
            count += 1
        except UserError as error:
            print(error)


def translate_file(translator: Translator, path: Path, out: Path, beam: int) -> int:
    """一行一句的文件 -> out/translations.txt；空行照旧是空行。"""
    lines = read_lines(path)
    full = [line for line in lines if line]
    if not full:
        raise UserError(f"{path} 里没有一句话；需要一行一句的 UTF-8 文本")
    for number, line in enumerate(lines, 1):
        try:
            if line:
                encode_source(line, translator.source, translator.model.max_length)
        except UserError as error:
            raise UserError(f"{path} 第 {number} 行：{error}") from None
    outputs = iter(translate(translator.model, full, translator.source, translator.target, beam))
    text = "".join((next(outputs) if line else "") + "\n" for line in lines)
    atomic_write(out / "translations.txt", text.encode())
    print(f"{len(full)} 句译文写在 {out / 'translations.txt'}")
    return len(full)


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="要翻译的句子；不给就用自带的")
    parser.add_argument("--file", type=Path, metavar="FILE", help="一行一句的文件")
    parser.add_argument("--interactive", action="store_true", help="一行一行地问")
    parser.add_argument("--beam", type=positive_int, default=4, metavar="N", help="束搜索的宽度，默认 4")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="默认 outputs/ 里本章最新的")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    if sum(map(bool, (args.texts, args.file, args.interactive))) > 1:
        raise UserError("命令里的句子、--file、--interactive 只能给一样；去掉其余的")
    seed_everything(args.seed)
    out = output_dir(args.out)
    translator = find_translator(args.checkpoint, pick_device(args.device), out, args.seed)
    print(f"检查点 {translator.path}（{translator.task}）")
    if args.file:
        return emit_result(
            {"task": translator.task, "sentences": translate_file(translator, args.file, out, args.beam)}
        )
    if args.interactive and not args.smoke:
        return emit_result({"task": translator.task, "sentences": ask(translator, args.beam)})
    texts = args.texts or SAMPLES.get(translator.task)
    if not texts:
        raise UserError(f"{translator.path} 是在你自己的语料上训练的，没有自带的句子；把句子写在命令里")
    outputs = [show(translator, text, args.beam) for text in texts]
    return emit_result({"task": translator.task, "sentences": len(outputs), "outputs": outputs})


if __name__ == "__main__":
    run(main)
