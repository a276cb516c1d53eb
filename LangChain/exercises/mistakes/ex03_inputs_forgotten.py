"""错：忘了一批里有几个输入。"""

from LangChain.exercises.solutions.ex03_runnable import Step  # noqa: F401

HINT = "各自重试"


def requests_sent(client_retries, attempts, inputs=1):
    return (client_retries + 1) * attempts
