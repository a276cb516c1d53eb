"""错：step 走完顺手把 grad 清了。"""

from ResNet.exercises.solutions import ex04_sgd as solution

HINT = "清零是 zero_grad 的事"


class SGD(solution.SGD):
    def step(self):
        super().step()
        self.zero_grad()
