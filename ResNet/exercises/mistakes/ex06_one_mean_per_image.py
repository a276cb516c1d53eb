"""错：只在高宽上算，每张图各自归一化。"""

from ResNet.exercises.solutions import ex06_batchnorm as solution

HINT = "那是 InstanceNorm"


class BatchNorm2d(solution.BatchNorm2d):
    def forward(self, x):
        if not self.training:
            return super().forward(x)
        mean, var = x.mean(dim=(2, 3), keepdim=True), x.var(dim=(2, 3), correction=0, keepdim=True)
        self.update(x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3)))
        x_hat = (x - mean) / (var + self.eps).sqrt()
        return self.weight.view(1, -1, 1, 1) * x_hat + self.bias.view(1, -1, 1, 1)
