"""错：第一次遇到就排（广度优先再倒过来），父节点可能排到孩子后面。"""

from ResNet.exercises.solutions import ex02_autograd as solution

HINT = "父节点全部排好之后才轮到自己"


class Value(solution.Value):
    def ancestors(self):
        order = [self]
        for node in order:
            order += [parent for parent in dict.fromkeys(node.parents) if parent not in order]
        return order[::-1]
