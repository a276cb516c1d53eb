"""第 4 章的习题：答案过得去，每个典型错误听到自己的那句话，空着的题只说一行「还没写」。"""

import pytest

from tests.exercise_contract import chapter_problems, find_exercises, is_edited, problems

EXERCISES = find_exercises("CS336")


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_exercise_keeps_the_contract(exercise):
    assert problems(exercise) == []


def test_chapter_lists_its_exercises_and_has_no_strays():
    assert len(EXERCISES) >= 7
    assert chapter_problems("CS336") == []


def test_pytest_in_a_child_process_says_what_is_unwritten_in_one_line(run_script):
    """从别的目录、不带 xdist 与 pytest-socket，照读者那样跑一次。"""
    exercise = EXERCISES[0]
    if is_edited(exercise.stub):
        pytest.skip(f"{exercise.stub.name} 与版本库里的不同：你正在做这道题")
    done = run_script("-m", "pytest", exercise.check, "-p", "no:xdist", "-p", "no:socket", "-p", "no:cacheprovider")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "还没写：count_pairs（ex01_merge.py 第 " in done.stdout
    assert "Error" not in done.stdout
    assert "Traceback" not in done.stdout
    assert "17 failed" in done.stdout
