"""错：比值写死成 0.4。"""

import math

from CS336.exercises.solutions.ex06_loss_and_step import adamw_step, cross_entropy, perplexity  # noqa: F401

HINT = "总比特数不随切法变"


def bits_per_byte(loss, num_tokens, num_bytes):
    return loss / math.log(2) * 0.4
