"""错：以为 stop_after_attempt 也不含第一次。"""

from LangChain.exercises.solutions.ex03_runnable import Step  # noqa: F401

HINT = "不要再加 1"


def requests_sent(client_retries, attempts, inputs=1):
    return (client_retries + 1) * (attempts + 1) * inputs
