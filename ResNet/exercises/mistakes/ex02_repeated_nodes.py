"""错：不记走过的节点，用了几次就排几次。"""

from ResNet.exercises.solutions import ex02_autograd as solution

HINT = "走过的节点记进 seen"


class Value(solution.Value):
    def ancestors(self):
        order = []
        for parent in self.parents:
            order += parent.ancestors()
        return [*order, self]
