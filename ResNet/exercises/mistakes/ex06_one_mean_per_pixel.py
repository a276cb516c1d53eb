"""错：只在批这一维上算，每个像素一份统计量。"""

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "统计量分得太细了"


class BatchNorm2d(solution.BatchNorm2d):
    def forward(self, x):
        if not self.training:
            return super().forward(x)
        mean, var = x.mean(dim=0, keepdim=True), x.var(dim=0, correction=0, keepdim=True)
        self.update(x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3)))
        x_hat = (x - mean) / (var + self.eps).sqrt()
        return self.weight.view(1, -1, 1, 1) * x_hat + self.bias.view(1, -1, 1, 1)
