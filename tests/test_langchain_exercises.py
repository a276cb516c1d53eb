"""第 3 章的习题：答案过得去，每个典型错误听到自己的那句话，空着的题只说一行「还没写」。"""

import pytest

from tests.exercise_contract import chapter_problems, find_exercises, problems

EXERCISES = find_exercises("LangChain")


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_exercise_keeps_the_contract(exercise):
    assert problems(exercise) == []


def test_chapter_lists_its_exercises_and_has_no_strays():
    assert chapter_problems("LangChain") == []
