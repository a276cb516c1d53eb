"""生成：模型每次给出下一个词元的分数，这里把它变成一段文字。笔记 `3_generate.md`。"""

from TrainAndFinetune.decoding.beams import BeamOptions, Hypothesis, beam_search
from TrainAndFinetune.decoding.filters import Sampling, filtered, pick, survivors
from TrainAndFinetune.decoding.kv_cache import KVCache, bytes_per_token
from TrainAndFinetune.decoding.loop import GREEDY, Session, generate, generate_batch, stream
from TrainAndFinetune.decoding.speculative import Lookup, look_up, speculate
from TrainAndFinetune.decoding.text import StopStrings, TextStream, stream_text

__all__ = [
    *("BeamOptions", "Hypothesis", "beam_search", "Sampling", "filtered", "pick", "survivors"),
    *("KVCache", "bytes_per_token", "GREEDY", "Session", "generate", "generate_batch", "stream"),
    *("Lookup", "look_up", "speculate", "StopStrings", "TextStream", "stream_text"),
]
