"""ex11 的答案。"""


def rrf_score(ranks, k=60):
    return sum(1 / (k + rank) for rank in ranks if rank is not None)


def rrf(rankings, k=60):
    clean = [list(dict.fromkeys(ranking)) for ranking in rankings]
    known = dict.fromkeys(one for ranking in clean for one in ranking)
    scores = {one: rrf_score([r.index(one) + 1 if one in r else None for r in clean], k) for one in known}
    return sorted(known, key=lambda one: -scores[one])  # sorted 是稳定的：分数相同的保持先后


def mmr(query, vectors, k, balance=0.5):
    def dot(a, b):
        return sum(x * y for x, y in zip(a, b))

    chosen = []
    while len(chosen) < min(k, len(vectors)):

        def score(i):
            repeat = max((dot(vectors[i], vectors[j]) for j in chosen), default=0)
            return balance * dot(query, vectors[i]) - (1 - balance) * repeat if chosen else dot(query, vectors[i])

        chosen.append(max((i for i in range(len(vectors)) if i not in chosen), key=score))
    return chosen


def parents(children, parent_of, k):
    return list(dict.fromkeys(parent_of[child] for child in children))[:k]


def best_threshold(answerable, unanswerable):
    scores = [*answerable, *unanswerable]

    def right(threshold):
        return sum(s >= threshold for s in answerable) + sum(s < threshold for s in unanswerable)

    return max([*scores, max(scores) + 1], key=right)
