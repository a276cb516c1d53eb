"""小模型：与 Gemma 3 同一个类，170 万个参数；设定、加载、分词器的训练。

教什么：同样的结构缩小之后什么都能试，一台笔记本上几十秒一次；汉字逐个成词，药名才到处切法一样。
不教什么：怎样预训练（`pretrain.py`）。
不是脚本；`from TrainAndFinetune.small import load_small`。对应笔记：`8_compare.md`。
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import Gemma3ForCausalLM, Gemma3TextConfig, PreTrainedTokenizerFast

from book import UserError

FOLDER = Path(__file__).resolve().parent.parent / "data" / "small"
SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>")  # 编号 0-5，次序与 Gemma 相同
# 一个汉字一段：合并不跨汉字，“岚舒宁”在问题里与引号里都是同样的三个词元
PIECES = r"[\u4e00-\u9fff]| ?[A-Za-z]+|[0-9]|\s+| ?[^\s\w]+|."


@dataclass(frozen=True)
class Size:
    """小模型的大小；默认是随书的那一个。"""

    vocab_size: int = 2560  # 6 个特殊词元、256 个字节，其余是合并
    hidden_size: int = 160
    layers: int = 5
    intermediate_size: int = 448
    heads: int = 4
    head_dim: int = 40

    def config(self) -> Gemma3TextConfig:
        """transformers 的设定：一个 key/value 头、绑定的嵌入，都与 Gemma 3 270M 一样。"""
        return Gemma3TextConfig(
            vocab_size=self.vocab_size,
            hidden_size=self.hidden_size,
            num_hidden_layers=self.layers,
            intermediate_size=self.intermediate_size,
            num_attention_heads=self.heads,
            num_key_value_heads=1,
            head_dim=self.head_dim,
            query_pre_attn_scalar=self.head_dim,
            max_position_embeddings=1024,
            sliding_window=512,
            tie_word_embeddings=True,
            pad_token_id=0,
            eos_token_id=1,
            bos_token_id=2,
        )


def new_model(size: Size, seed: int) -> Gemma3ForCausalLM:
    """没训练过的模型。"""
    torch.manual_seed(seed)
    return Gemma3ForCausalLM(size.config())


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> PreTrainedTokenizerFast:
    """字节级 BPE；任何字符都能写成字节，不会有 <unk>。

    >>> tokenizer = train_tokenizer(["吃岚舒宁，岚舒宁"] * 3, 300)
    >>> tokenizer.decode(tokenizer("岚舒宁：x").input_ids)
    '岚舒宁：x'
    """
    raw = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(PIECES), behavior="isolated")
    raw.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(False, use_regex=False)])
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator(texts, trainer)
    return wrap(raw)


def wrap(raw: Tokenizer) -> PreTrainedTokenizerFast:
    """tokenizers 的分词器 -> transformers 的，特殊词元各就各位。"""
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="<pad>",
        eos_token="<eos>",
        bos_token="<bos>",
        unk_token="<unk>",
        clean_up_tokenization_spaces=False,
    )


def load_small(
    dtype: torch.dtype = torch.float32, folder: Path | None = None
) -> tuple[Gemma3ForCausalLM, PreTrainedTokenizerFast]:
    """随书的小模型与分词器；模型在 eval 状态，存的是 bf16，`dtype` 是算的时候的类型。"""
    folder = Path(folder) if folder else FOLDER
    if not (folder / "config.json").is_file():
        raise UserError(f"{folder} 里没有小模型；先运行 python TrainAndFinetune/small/pretrain.py --full")
    model = Gemma3ForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True)
    return model.eval(), wrap(Tokenizer.from_file(str(folder / "tokenizer.json")))
