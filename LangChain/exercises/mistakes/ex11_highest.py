"""错：门槛取没答案的最高分。"""

from LangChain.exercises.solutions.ex11_fusion import mmr, parents, rrf, rrf_score  # noqa: F401

HINT = "它正好被放行"


def best_threshold(answerable, unanswerable):
    return max(unanswerable) if unanswerable else min(answerable)
