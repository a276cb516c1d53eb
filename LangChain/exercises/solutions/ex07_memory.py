"""ex07 的答案。"""

import copy


def total_sent(sizes, keep=None):
    return sum(sum(sizes[: i + 1][-(keep or len(sizes)) :]) for i in range(len(sizes)))


def split(messages, keep):
    """(更早的, 最近 keep 个回合)。"""
    starts = [i for i, message in enumerate(messages) if message["role"] == "user"]
    first = starts[-keep] if len(starts) > keep else 0
    return messages[:first], messages[first:]


def window(messages, keep):
    head = messages[:1] if messages and messages[0]["role"] == "system" else []
    return head + split(messages[len(head) :], keep)[1]


def compact(summary, messages, keep, summarize):
    dropped, kept = split(messages, keep)
    return summarize(summary, dropped) if dropped else summary, kept


class Threads:
    def __init__(self):
        self.messages = {}

    def append(self, user, thread, messages):
        self.messages.setdefault((user, thread), []).extend(copy.deepcopy(messages))

    def load(self, user, thread):
        return copy.deepcopy(self.messages.get((user, thread), []))

    def forget(self, user):
        mine = [key for key in self.messages if key[0] == user]
        return sum(len(self.messages.pop(key)) for key in mine)
