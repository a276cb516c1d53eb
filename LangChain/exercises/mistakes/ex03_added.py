"""错：两层的次数相加。"""

from LangChain.exercises.solutions.ex03_runnable import Step  # noqa: F401

HINT = "不是相加"


def requests_sent(client_retries, attempts, inputs=1):
    return (client_retries + attempts) * inputs
