"""从一行对话到一步训练：读数据、套模板、编码、成批、只在答案上算损失。

rows = read_jsonl("train.jsonl")
examples = encode_rows(tokenizer, rows, max_length=1024)
for batch in length_batches(examples, 4096, generator):
    loss, tokens = answer_loss(model, collate(batch, tokenizer.pad_token_id))
"""

from TrainAndFinetune.tuning.batching import collate, collate_packed, length_batches, pack
from TrainAndFinetune.tuning.chat import Example, encode_example, encode_rows, prompt_ids, render
from TrainAndFinetune.tuning.loss import answer_loss
from TrainAndFinetune.tuning.rows import check_row, read_jsonl, repeated, split_rows

__all__ = [
    "Example",
    "answer_loss",
    "check_row",
    "collate",
    "collate_packed",
    "encode_example",
    "encode_rows",
    "length_batches",
    "pack",
    "prompt_ids",
    "read_jsonl",
    "render",
    "repeated",
    "split_rows",
]
