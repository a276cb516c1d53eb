"""ex03 的答案。"""

from concurrent.futures import ThreadPoolExecutor


def requests_sent(client_retries, attempts, inputs=1):
    return (client_retries + 1) * attempts * inputs


class Step:
    def __init__(self, function):
        self.function = function

    def invoke(self, value):
        return self.function(value)

    @classmethod
    def of(cls, thing):
        """变成一步。"""
        if isinstance(thing, Step):
            return thing
        if isinstance(thing, dict):
            steps = {name: cls.of(part) for name, part in thing.items()}
            return cls(lambda value: {name: step.invoke(value) for name, step in steps.items()})
        if callable(thing):
            return cls(thing)
        raise TypeError(f"收到 {type(thing).__name__}，要函数、字典或 Step")

    def __or__(self, other):
        after = self.of(other)
        return type(self)(lambda value: after.invoke(self.invoke(value)))

    def batch(self, values, most=4, keep_errors=False):
        with ThreadPoolExecutor(most) as pool:
            tasks = [pool.submit(self.invoke, value) for value in values]
        if keep_errors:
            return [task.exception() or task.result() for task in tasks]
        return [task.result() for task in tasks]

    def with_retry(self, attempts=3, on=(Exception,)):
        def run(value):
            for number in range(1, attempts + 1):
                try:
                    return self.invoke(value)
                except on:
                    if number == attempts:
                        raise

        return type(self)(run)

    def with_fallbacks(self, spares, on=(Exception,)):
        steps = [self.of(spare) for spare in spares]

        def run(value):
            try:
                return self.invoke(value)
            except on as error:
                first = error
            for step in steps:
                try:
                    return step.invoke(value)
                except on:
                    continue
            raise first

        return type(self)(run)
