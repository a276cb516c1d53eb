"""检查 ex11：RRF 只看名次，MMR 看已挑的，父文档不重复，门槛两边都数。"""

from book import expect, load_exercise

ex = load_exercise(__file__)


def close(a, b):
    return isinstance(a, (int, float)) and abs(a - b) < 1e-9


def test_the_score_is_a_sum_of_reciprocals():
    for ranks, k, want in (
        ([1, 2], 60, 1 / 61 + 1 / 62),
        ([3, None], 10, 1 / 13),
        ([None, None], 60, 0.0),
        ([1, 1], 1, 1.0),
    ):
        got = ex.rrf_score(list(ranks), k)
        expect(got is not None, "rrf_score 返回了 None：少了 return")
        real = [rank for rank in ranks if rank is not None]
        idea = "每个名单给 1 / (k + 名次)，加起来"
        if real and close(got, sum(1 / (k + rank - 1) for rank in real)):
            idea = "名次从 1 数，不用再减 1"
        elif real and close(got, want / len(ranks)):
            idea = "加起来就行，不取平均"
        elif real and close(got, sum(1 / rank for rank in real)):
            idea = "分母里少了 k：k 让第一名与第二名差得不太多"
        expect(close(got, want), f"rrf_score({ranks}, k={k}) 应当是 {want:.5f}，得到 {got}：{idea}")


def merged(rankings, **options):
    before = [list(ranking) for ranking in rankings]
    got = ex.rrf(rankings, **options)
    expect(got is not None, "rrf 返回了 None：少了 return")
    expect(rankings == before, "rrf 改动了传进来的名单")
    return list(got)


def test_being_on_two_lists_wins():
    got = merged([["甲", "乙", "丙"], ["丁", "乙"]])
    expect(len(got) == len(set(got)), f"合并之后每个文档只出现一次，得到 {got}")
    expect(set(got) == set("甲乙丙丁"), f"只在一个名单里的也要留下，得到 {got}")
    worst = got[-1:] == ["乙"]
    idea = "从小到大了：分数大的在前" if worst else "乙在两个名单里都有，两份分数加起来"
    expect(got[0] == "乙", f"合并 [甲乙丙] 与 [丁乙] 乙应当第一，得到 {got}：{idea}")
    expect(got == ["乙", "甲", "丁", "丙"], f"应当是 乙 甲 丁 丙，得到 {got}：甲与丁分数相同，先出现的在前")


def test_k_changes_who_wins():
    rankings = [["甲", "丁", "戊", "乙"], ["己", "庚", "辛", "乙"]]
    got = merged(rankings, k=0)
    expect(got[0] == "甲", f"k=0 时甲 1 分、乙 1/4 + 1/4，甲应当第一，得到 {got}：用传进来的 k")
    got = merged(rankings, k=60)
    expect(got[0] == "乙", f"k=60 时乙 2/64 大于甲 1/61，乙应当第一，得到 {got}：用传进来的 k")


def test_a_repeat_on_one_list_counts_once():
    got = merged([["甲", "乙", "乙", "乙"], ["甲"]])
    expect(got == ["甲", "乙"], f"同一个名单里重复的只算最好的名次，应当是 甲 乙，得到 {got}")
    got = merged([["乙", "乙", "丙"], ["丙", "甲", "丁"]], k=0)
    expect(got[0] == "丙", f"名单 [乙乙丙] 去掉重复丙排第 2，加上第 1 共 1.5 分，应当第一，得到 {got}：先去重再数名次")
    expect(merged([]) == [], "没有名单，应当是空列表")


def test_a_near_copy_is_not_taken_twice():
    query, vectors = [1.0, 0.0], [[0.8, 0.6], [0.8, 0.6], [0.6, -0.8]]
    got = ex.mmr(query, vectors, 2)
    expect(got is not None, "mmr 返回了 None：少了 return")
    got = list(got)
    idea = "第二次要减去与已挑的最像的那一项"
    expect(len(got) == len(set(got)), f"mmr 得到 {got}：挑过的不能再挑")
    expect(got == [0, 2], f"0 与 1 一模一样，应当挑 [0, 2]，得到 {got}：{idea}")


def test_balance_is_the_weight_of_closeness():
    query, vectors = [1.0, 0.0], [[1.0, 0.0], [0.96, 0.28], [0.0, 1.0]]
    got = list(ex.mmr(query, vectors, 3, balance=1.0))
    idea = "balance 乘的是与问题的点积，别写反" if got[:1] != [0] or got[1:2] == [2] else "按点积从大到小"
    expect(got == [0, 1, 2], f"balance=1 只看与问题像不像，应当是 [0, 1, 2]，得到 {got}：{idea}")
    got = list(ex.mmr(query, vectors, 2, balance=0.3))
    expect(got == [0, 2], f"balance=0.3 更看重不重复，应当是 [0, 2]，得到 {got}：用传进来的 balance")


def test_the_penalty_is_the_nearest_chosen_not_the_last_or_the_mean():
    query = [1.0, 0.0]
    vectors = [[-0.6, 0.8], [0.0, 1.0], [0.0, -1.0], [1.0, 0.0], [0.8, -0.6]]
    got = list(ex.mmr(query, vectors, 4, balance=0.4))
    want = [3, 0, 2, 4]
    expect(got == want, f"应当是 {want}，得到 {got}：减的是与已挑的全部里最像的那个，不是最后一个，也不是平均")


def test_mmr_stops_when_nothing_is_left():
    try:
        got = list(ex.mmr([1.0], [[1.0], [1.0]], 5))
    except (IndexError, ValueError) as error:
        got = f"{type(error).__name__}: {error}"
    expect(got == [0, 1], f"不够 k 个就全部挑完，一样大的取下标小的，应当是 [0, 1]，得到 {got}")
    expect(list(ex.mmr([1.0], [], 3)) == [], "没有向量，应当是空列表")


def test_a_parent_comes_once_at_its_best_child():
    parent_of = {"a1": "甲", "a2": "甲", "a3": "甲", "b1": "乙", "c1": "丙"}
    got = ex.parents(["b1", "a1", "a2", "a3", "c1"], parent_of, 3)
    expect(got is not None, "parents 返回了 None：少了 return")
    got = list(got)
    expect(len(got) == len(set(got)), f"同一个父文档只给一次，得到 {got}")
    idea = "先取前 k 个孩子再换父文档，就不够 k 个父文档了" if got == ["乙", "甲"] else "按最好的孩子的名次"
    expect(got == ["乙", "甲", "丙"], f"应当是 乙 甲 丙，得到 {got}：{idea}")
    got = list(ex.parents(["c1", "a1", "b1"], parent_of, 2))
    expect(got == ["丙", "甲"], f"至多 2 个，按孩子的次序，应当是 丙 甲，得到 {got}")


def right(threshold, yes, no):
    return sum(s >= threshold for s in yes) + sum(s < threshold for s in no)


def test_the_threshold_counts_both_sides():
    cases = [
        ([0.9, 0.8], [0.7]),
        ([0.91, 0.87, 0.86], [0.88, 0.83]),
        ([0.9], [0.95, 0.96, 0.97]),
        ([0.8, 0.9], []),
        ([], [0.8]),
        ([0.6, 0.85, 0.86, 0.87], [0.7, 0.75, 0.8]),
    ]
    for yes, no in cases:
        got = ex.best_threshold(list(yes), list(no))
        expect(got is not None, "best_threshold 返回了 None：少了 return")
        best = max(right(t, yes, no) for t in [*yes, *no, 2])
        ideas = "两边对的个数加起来要最多：把每个分数（再加一个比谁都大的）都试一遍"
        if yes and no and close(got, min(yes)):
            ideas = "取有答案的最低分，是为了一个也不漏；没答案的却放行了太多"
        elif yes and no and close(got, max(no)):
            ideas = "等于门槛就放行：门槛取没答案的最高分，它正好被放行"
        elif no and got <= max(no) and not yes:
            ideas = "全都没有答案，门槛要比谁都高"
        have = right(got, yes, no)
        expect(have == best, f"有答案 {yes}、没答案 {no}：门槛 {got} 对 {have} 个，最多能对 {best} 个：{ideas}")
