"""错：把 max_retries 当成总次数。"""

from LangChain.exercises.solutions.ex03_runnable import Step  # noqa: F401

HINT = "第一次不算在里面"


def requests_sent(client_retries, attempts, inputs=1):
    return client_retries * attempts * inputs
