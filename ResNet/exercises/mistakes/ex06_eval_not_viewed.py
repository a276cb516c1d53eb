"""错：训练时用 keepdim，推理时忘了给 running_mean 变形。"""

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "推理时也要"


class BatchNorm2d(solution.BatchNorm2d):
    def forward(self, x):
        if self.training:
            return super().forward(x)
        x_hat = (x - self.running_mean) / (self.running_var + self.eps).sqrt()
        return self.weight.view(1, -1, 1, 1) * x_hat + self.bias.view(1, -1, 1, 1)
