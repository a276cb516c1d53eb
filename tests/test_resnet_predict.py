"""predict.py、gradcam.py 与反例实验室：Grad-CAM 的性质、预处理、用户的错误，以及抓住每个反例的测试。"""

import copy
import csv
import os

import numpy
import pytest
import torch
from PIL import Image
from torch import nn

from book import CheckpointError, UserError, load_state, save_state, seeded
from ResNet import pitfalls, predict, train
from ResNet.data import augment, decode_all, load_dataset
from ResNet.gradcam import evaluating, features_and_logits, grad_cam, stages, weighted_sum
from ResNet.images import read_image
from ResNet.recipes import recipe_for
from ResNet.resnet import BasicBlock, CifarResNet, plain20, resnet18, resnet20
from ResNet.wrong_parts import ReluMissing, ReluOnBranch, use_chunks

# ---------- 公共 ----------


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


@pytest.fixture(scope="module")
def trained(digits):
    """在 digits 上训练 2 轮的 ResNet-20：够用，不求准。"""
    trial = pitfalls.Trial(n=3, epochs=2)
    return pitfalls.train(trial, digits.train_images, digits.train_labels, digits.normalize, seed=0)


@pytest.fixture(scope="module")
def checkpoint(trained, digits, tmp_path_factory):
    path = tmp_path_factory.mktemp("checkpoint") / "last.safetensors"
    save_state(path, checkpoint_state(trained, digits))
    return path


def checkpoint_state(model, digits) -> dict:
    return {
        "model_name": "resnet20",
        "dataset": "digits",
        "classes": digits.classes,
        "in_channels": 1,
        "image_size": 8,
        "mean": list(digits.mean),
        "std": list(digits.std),
        "model": model.state_dict(),
    }


@pytest.fixture
def tampered(checkpoint, tmp_path):
    """复制一份检查点，改掉几项再存。"""

    def tamper(**changes):
        state = load_state(checkpoint) | changes
        path = tmp_path / "tampered.safetensors"
        save_state(path, {key: value for key, value in state.items() if value is not None})
        return path

    return tamper


@pytest.fixture
def ask(checkpoint, tmp_path, capsys):
    """跑一次 predict.main，返回 (RESULT, 屏幕输出)；--out 是临时目录。"""

    def call(*argv, checkpoint=checkpoint):
        options = ["--device", "cpu", "--out", str(tmp_path / "out"), "--checkpoint", str(checkpoint)]
        result = predict.main([*options, *map(str, argv)])
        return result, capsys.readouterr().out

    return call


def randomized(model: nn.Module) -> nn.Module:
    """BatchNorm 的参数与统计量都随机：初始值 (γ=1, β=0, 均值 0, 方差 1) 会掩盖错误。"""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.2)
            nn.init.normal_(module.bias, 0.0, 0.2)
            nn.init.normal_(module.running_mean, 0.0, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model.eval()


def raw_map(model, images, classes, layer):
    with evaluating(model):
        features, logits = features_and_logits(model, images, getattr(model, layer))
        score = logits.gather(1, classes[:, None])
        gradients = torch.autograd.grad(score.sum(), features)[0]
    return weighted_sum(features, gradients).detach(), score.detach()[:, 0]


# ---------- Grad-CAM ----------


@pytest.mark.parametrize(
    ("build", "size"), [(resnet20, (32, 32)), (plain20, (24, 40)), (resnet18, (64, 96))], ids=["20", "plain", "18"]
)
def test_a_heat_map_has_the_input_size_and_lies_between_zero_and_one(build, size):
    torch.manual_seed(0)
    model, images = randomized(build(num_classes=10)), torch.randn(3, 3, *size)
    for layer in [None, *stages(model)]:
        heat = grad_cam(model, images, torch.tensor([0, 4, 9]), layer)
        assert heat.shape == (3, *size)
        assert heat.min() >= 0
        peaks = heat.amax(dim=(1, 2))
        assert torch.all((peaks == 0) | ((peaks - 1).abs() < 1e-6))  # 全 0，或者峰值正好 1


@pytest.mark.parametrize(("build", "last"), [(resnet20, "layer3"), (resnet18, "layer4")])
def test_the_unrectified_map_sums_to_the_logit_without_its_bias(build, last):
    """CAM 恒等式：全局平均池化后接线性层时 α_k = w_ck / Z，于是 Σ_ij Σ_k α_k A_k[i,j] = w_c·mean(A) = y^c - b_c。"""
    torch.manual_seed(1)
    model, classes = randomized(build(num_classes=10)).double(), torch.tensor([2, 7])
    nn.init.normal_(model.fc.bias)
    total, score = raw_map(model, torch.randn(2, 3, 64, 64, dtype=torch.float64), classes, last)
    torch.testing.assert_close(total.sum(dim=(1, 2)), score - model.fc.bias[classes], rtol=1e-5, atol=1e-5)


def test_the_map_equals_the_class_activation_map_of_the_head():
    """同一件事逐位置看：α 就是 w_c / Z，热力图就是 CAM。"""
    torch.manual_seed(2)
    model, images, classes = randomized(resnet20()), torch.randn(2, 3, 32, 32), torch.tensor([1, 8])
    total, _ = raw_map(model, images, classes, "layer3")
    with torch.no_grad():
        features, _ = features_and_logits(model, images, model.layer3)
        expected = torch.einsum("nk,nkhw->nhw", model.fc.weight[classes], features) / features[0, 0].numel()
    torch.testing.assert_close(total, expected, rtol=1e-5, atol=1e-6)


def test_a_heat_map_does_not_depend_on_the_other_images_of_the_batch():
    torch.manual_seed(3)
    model, images, classes = randomized(resnet20()), torch.randn(4, 3, 32, 32), torch.tensor([0, 1, 2, 3])
    together = grad_cam(model, images, classes, "layer2")
    alone = torch.cat([grad_cam(model, images[i : i + 1], classes[i : i + 1], "layer2") for i in range(4)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_the_default_class_is_the_predicted_one():
    torch.manual_seed(4)
    model, images = randomized(resnet20()), torch.randn(3, 3, 32, 32)
    predicted = model(images).argmax(dim=1)
    assert torch.equal(grad_cam(model, images), grad_cam(model, images, predicted))


def test_grad_cam_removes_its_hooks_and_leaves_modes_gradients_and_statistics_alone():
    torch.manual_seed(5)
    model, images = resnet20().train(), torch.randn(2, 3, 32, 32)
    model.layer1.eval()  # 一部分冻在 eval：恢复时不能一律 train()
    model.fc.weight.grad = torch.full_like(model.fc.weight, 7.0)
    modes = [module.training for module in model.modules()]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():  # 调用者常在 no_grad 里
        grad_cam(model, images)
        with pytest.raises(ValueError, match="layer9"):
            grad_cam(model, images, layer="layer9")
        with pytest.raises(RuntimeError):  # 前向中途失败也要取下钩子、恢复模式
            grad_cam(model, torch.randn(2, 5, 32, 32))
    assert all(not module._forward_hooks for module in model.modules())
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.all(model.fc.weight.grad == 7)
    assert all(p.grad is None for name, p in model.named_parameters() if name != "fc.weight")


def test_grad_cam_works_on_a_frozen_model():
    torch.manual_seed(6)
    model, images = randomized(resnet20()), torch.randn(2, 3, 32, 32)
    expected = grad_cam(model, images)
    assert torch.equal(grad_cam(model.requires_grad_(False), images), expected)


# ---------- 反例：每个错误都有一个测试抓得住 ----------


def block_of(kind) -> nn.Module:
    torch.manual_seed(0)
    return randomized(kind(8, 8))


def test_a_residual_block_can_lower_its_input():
    """F(x) 取负值时输出小于输入；先 ReLU 再加的块永远做不到。"""
    x = torch.rand(4, 8, 6, 6) + 0.5
    assert (block_of(BasicBlock)(x) < x).any()
    assert not (block_of(ReluOnBranch)(x) < x).any()


def test_a_residual_block_never_outputs_a_negative_number():
    x = torch.rand(4, 8, 6, 6)
    assert block_of(BasicBlock)(x).min() >= 0
    assert block_of(ReluMissing)(x).min() < 0


class FirstSteps(torch.optim.SGD):
    """记下每一步拿到的梯度，不更新参数：同一批数据每一步的梯度就应当相同。"""

    seen: list

    def step(self, closure=None):
        self.seen.append(self.param_groups[0]["params"][0].grad.clone())


def test_a_step_uses_only_the_gradient_of_its_own_batch(monkeypatch, digits):
    """参数不动、每轮同一批、没有增强，第二步的梯度应当等于第一步；忘记 zero_grad 时是两倍。"""
    monkeypatch.setattr(pitfalls, "augment", lambda images, padding, flip, generator: images)
    monkeypatch.setattr(pitfalls, "make_optimizer", lambda trial, model: FirstSteps(model.parameters(), lr=0.1))
    for zero_grad, factor in ((True, 1), (False, 2)):
        FirstSteps.seen = []
        trial = pitfalls.Trial(epochs=2, batch_size=32, chunk=32, zero_grad=zero_grad)
        pitfalls.train(trial, digits.train_images[:32], digits.train_labels[:32], digits.normalize, seed=0)
        first, second = FirstSteps.seen
        torch.testing.assert_close(second, factor * first, rtol=1e-3, atol=1e-4)


def test_forgetting_eval_makes_a_prediction_depend_on_its_neighbours(trained, digits):
    inputs = digits.normalize(digits.test_images[:8])
    with torch.no_grad():
        together, alone = trained(inputs)[:1], trained(inputs[:1])
        forgotten = copy.deepcopy(trained).train()
        wrong_together, wrong_alone = forgotten(inputs)[:1], forgotten(inputs[:1])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)
    assert (wrong_together - wrong_alone).abs().max() > 0.1


def test_the_training_script_passes_the_same_checks(trained, digits):
    """train.py 自己：同一批连算两次，梯度相同；预测不随邻居变，也不动滑动统计量。"""
    recipe, model, device = recipe_for("digits", False, False), copy.deepcopy(trained), torch.device("cpu")
    images, labels = digits.normalize(digits.train_images[:32]), digits.train_labels[:32]
    FirstSteps.seen = []
    for _ in range(2):
        train.train_step(model.train(), FirstSteps(model.parameters(), lr=0.1), recipe, images, labels)
    torch.testing.assert_close(*FirstSteps.seen, rtol=1e-3, atol=1e-4)
    before = model.bn1.running_mean.clone()
    together = train.predict(model.train(), digits.test_images[:8], digits, recipe, device)[:1]
    alone = train.predict(model.train(), digits.test_images[:1], digits, recipe, device)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)
    assert torch.equal(model.bn1.running_mean, before)


def test_evaluating_leaves_the_running_statistics_alone(trained, digits):
    inputs, labels = digits.normalize(digits.test_images[:32]), digits.test_labels[:32]
    model = copy.deepcopy(trained)
    pitfalls.accuracy(model, inputs, labels)
    assert torch.equal(model.bn1.running_mean, trained.bn1.running_mean)
    pitfalls.accuracy(model.train(), inputs, labels)  # no_grad 拦不住：滑动统计量不是靠梯度更新的
    assert not torch.equal(model.bn1.running_mean, trained.bn1.running_mean)


def test_evaluating_twice_gives_the_same_predictions(trained, digits):
    """增强留在测试里，同一张图问两次答案不同。"""
    generator = seeded(0)
    with torch.no_grad():
        plain = [trained(digits.normalize(digits.test_images)) for _ in range(2)]
        shifted = [trained(digits.normalize(augment(digits.test_images, 1, False, generator))) for _ in range(2)]
    assert torch.equal(*plain)
    assert not torch.equal(shifted[0].argmax(dim=1), shifted[1].argmax(dim=1))


def is_some_shift_of(images, originals) -> bool:
    """images 的每一张都是 originals 对应那张平移 -1..1 像素的结果。"""
    padded = nn.functional.pad(originals, (1, 1, 1, 1))
    H, W = originals.shape[2:]
    crops = torch.stack([padded[:, :, i : i + H, j : j + W] for i in range(3) for j in range(3)])
    return bool((crops == images).flatten(2).all(dim=2).any(dim=0).all())


def test_digits_are_never_mirrored_in_training(digits):
    images = digits.train_images[:200]
    assert is_some_shift_of(augment(images, digits.padding, digits.flip, seeded(0)), images)
    assert not is_some_shift_of(augment(images, digits.padding, True, seeded(0)), images)


def test_batch_norm_on_one_image_forgets_its_brightness():
    """统计量只来自这张图时，整张变亮、变对比度都被归一化抹掉；来自一批时，图与图的差别还在。"""
    torch.manual_seed(0)
    bn, images = nn.BatchNorm2d(1), torch.rand(4, 1, 8, 8)
    brighter = 3 * images[:1] + 2
    torch.testing.assert_close(bn(images[:1]), bn(brighter), rtol=1e-3, atol=1e-3)
    mixed = bn(torch.cat([images, brighter]))
    assert (mixed[:1] - mixed[-1:]).abs().mean() > 1


def test_batch_norm_refuses_a_single_value_per_channel():
    """一张图、1x1 的特征图：每个通道只有一个数，方差无从谈起，PyTorch 直接报错。"""
    with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
        nn.BatchNorm2d(3)(torch.randn(1, 3, 1, 1))
    with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
        resnet18()(torch.randn(1, 3, 32, 32))  # 32 像素到 layer4 就是 1x1


def test_batch_norm_in_chunks_equals_accumulating_small_batches():
    torch.manual_seed(0)
    whole = CifarResNet(BasicBlock, 1, in_channels=1)
    small = copy.deepcopy(whole)
    use_chunks(whole, 2)
    images, labels = torch.randn(6, 1, 8, 8), torch.randint(0, 10, (6,))
    nn.functional.cross_entropy(whole(images), labels).backward()
    for part, target in zip(images.split(2), labels.split(2)):
        (nn.functional.cross_entropy(small(part), target) / 3).backward()
    for (name, ours), theirs in zip(whole.named_parameters(), small.parameters()):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-3, atol=1e-5, msg=name)
    for ours, theirs in zip(whole.buffers(), small.buffers()):
        torch.testing.assert_close(ours, theirs)


def test_no_test_image_is_in_the_training_rows(digits):
    training = {image.numpy().tobytes() for image in digits.train_images}
    assert not any(image.numpy().tobytes() in training for image in digits.test_images)


def test_mean_and_std_come_from_the_training_rows(digits):
    pixels = digits.train_images.float() / 255
    torch.testing.assert_close(torch.tensor(digits.mean), pixels.mean(dim=(0, 2, 3)), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(torch.tensor(digits.std), pixels.std(dim=(0, 2, 3)), rtol=1e-3, atol=1e-4)


def test_every_row_of_the_lab_names_a_test_that_exists():
    assert {test for *_, test in pitfalls.ROWS.values()} <= set(globals())


def test_the_smoke_lab_fills_every_row(tmp_path, capsys):
    result = pitfalls.main(["--smoke", "--device", "cpu", "--out", str(tmp_path)])
    assert [row["key"] for row in result["rows"]] == list(pitfalls.ROWS)
    assert all(0 <= row["right"] <= 1 and 0 <= row["wrong"] <= 1 for row in result["rows"])
    assert (tmp_path / "pitfalls_damage.png").stat().st_size > 10_000
    assert "RESULT " in capsys.readouterr().out


def test_a_difference_within_the_noise_of_the_seeds_is_not_called_one():
    right, noisy = [0.98, 0.99, 0.985], [0.97, 0.985, 0.99]
    assert pitfalls.summarize("flip", right, noisy)["visible"] == "看不出"
    assert pitfalls.summarize("flip", right, right)["visible"] == "看不出"
    assert pitfalls.summarize("flip", right, [x - 0.01 for x in right])["visible"] == "看得出"  # 成对看，每个都差 1 点
    assert pitfalls.summarize("flip", right[:1], [0.1])["visible"] == "看不出"  # 一个种子什么也说明不了


# ---------- predict：结果 ----------


def save_digits(digits, folder, count=6, **options):
    """把前 count 张测试图按类别存成 PNG，返回路径。"""
    paths = []
    for i in range(count):
        path = folder / digits.classes[int(digits.test_labels[i])] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(digits.test_images[i, 0].numpy()).save(path, **options)
        paths.append(path)
    return paths


def test_without_arguments_it_classifies_test_digits_and_is_honest_about_accuracy(ask, trained, digits):
    result, output = ask()
    count = predict.SAMPLES
    with torch.no_grad():
        guesses = trained(digits.normalize(digits.test_images[:count])).argmax(dim=1)
    assert result["images"] == count
    assert result["top1_correct"] == (guesses == digits.test_labels[:count]).float().mean().item()
    assert result["checkpoint"] == "last.safetensors"
    assert output.strip().splitlines()[-1].startswith("RESULT ")


def test_a_file_gets_the_same_probabilities_as_in_training(ask, trained, digits, tmp_path):
    """预处理与训练时相同：存成 PNG 再读回来，概率与直接用张量算的一致。"""
    path = save_digits(digits, tmp_path, 1)[0]
    ask(path, "--top", 10)
    row = read_csv(tmp_path / "out/predictions.csv")[1]
    with torch.no_grad():
        expected = trained(digits.normalize(digits.test_images[:1])).softmax(dim=1)[0]
    for name, probability in zip(row[3::2], row[4::2]):
        assert float(probability) == pytest.approx(expected[digits.classes.index(name)].item(), abs=1e-4)
    assert sum(map(float, row[4::2])) == pytest.approx(1, abs=1e-4)
    assert row[1] == row[2] == ""  # 单个文件没有标签，不猜


def read_csv(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_class_folders_give_an_accuracy_and_other_folders_do_not(ask, digits, tmp_path):
    save_digits(digits, tmp_path / "known", 6)
    (tmp_path / "mixed/unknown").mkdir(parents=True)
    Image.new("L", (8, 8)).save(tmp_path / "mixed/unknown/a.png")
    save_digits(digits, tmp_path / "mixed", 2)
    result, _ = ask(tmp_path / "known")
    rows = read_csv(tmp_path / "out/predictions.csv")[1:]
    assert result["images"] == result["labelled"] == 6
    assert result["top1_correct"] == pytest.approx(sum(row[1] == row[3] for row in rows) / 6)
    result, _ = ask(tmp_path / "mixed")
    assert (result["images"], result["labelled"]) == (3, 2)
    result, _ = ask(tmp_path / "mixed/unknown")
    assert (result["labelled"], result["top1_correct"]) == (0, None)


def test_a_batch_gives_the_same_answers_as_one_at_a_time(ask, digits, tmp_path):
    """超过一批的目录：跨批的结果与单张一致，行的次序是文件名的次序。"""
    paths = sorted(save_digits(digits, tmp_path / "many", predict.SHEET + 3))
    ask(tmp_path / "many")
    together = read_csv(tmp_path / "out/predictions.csv")[1:]
    assert [row[0] for row in together] == [str(path.relative_to(tmp_path / "many")) for path in paths]
    ask(*paths[-4:])
    alone = read_csv(tmp_path / "out/predictions.csv")[1:]
    assert [row[3] for row in alone] == [row[3] for row in together[-4:]]


def test_grad_cam_pictures_are_written_one_per_sheet(ask, digits, tmp_path):
    save_digits(digits, tmp_path / "many", predict.SHEET + 1)
    ask(tmp_path / "many", "--gradcam", "--layer", "layer1")
    for name in ("gradcam_001.png", "gradcam_002.png"):
        with Image.open(tmp_path / "out" / name) as image:
            image.verify()


@pytest.fixture
def empty_repository(monkeypatch, tmp_path):
    """假装仓库在 tmp_path：outputs/ 是空的，也不碰真的。"""
    monkeypatch.setattr(predict, "repository_root", lambda: tmp_path)
    return tmp_path


def run_without_checkpoint(tmp_path):
    return predict.main(["--device", "cpu", "--out", str(tmp_path / "outputs/ResNet/predict")])


def test_without_a_checkpoint_it_trains_a_smoke_one_and_says_so(empty_repository, capsys):
    result = run_without_checkpoint(empty_repository)
    assert "现在训练一个小的代替" in capsys.readouterr().out
    assert result["checkpoint"] == "outputs/ResNet/predict/smoke_train/last.safetensors"
    assert 0 <= result["top1_correct"] <= 1


def test_the_newest_usable_checkpoint_is_taken(empty_repository, checkpoint, tampered, capsys):
    """最新的是坏文件、次新的认的不是 digits：都跳过，坏的说明原因。"""
    folder = empty_repository / "outputs/ResNet"
    cases = {"old": checkpoint, "good": checkpoint, "other": tampered(dataset="cifar10"), "broken": None}
    for age, (name, source) in enumerate(cases.items()):
        path = folder / name / "last.safetensors"
        path.parent.mkdir(parents=True)
        path.write_bytes(source.read_bytes() if source else b"broken")
        os.utime(path, (1000 + age, 1000 + age))
    assert run_without_checkpoint(empty_repository)["checkpoint"] == "outputs/ResNet/good/last.safetensors"
    assert "跳过" in capsys.readouterr().out


def test_the_sample_comes_from_the_split_of_the_checkpoint(ask, tampered, trained, digits):
    """训练时换过 --split-seed：自带的图也要取那一次的测试集，否则会拿训练过的图来考。"""
    other = load_dataset("digits", split_seed=5)
    result, _ = ask(checkpoint=tampered(recipe={"split_seed": 5}))
    count = predict.SAMPLES
    with torch.no_grad():
        guesses = trained(other.normalize(other.test_images[:count])).argmax(dim=1)
    assert result["top1_correct"] == pytest.approx(
        (guesses == other.test_labels[:count]).float().mean().item(), abs=0.07
    )


# ---------- predict：读图 ----------


@pytest.fixture
def ramp():
    """8x8 的灰度梯度，左上最暗：转向、反色、截断都看得出。"""
    return numpy.arange(64, dtype=numpy.uint8).reshape(8, 8) * 4


def read(path, channels=1, size=8, **options):
    return read_image(path, channels, size, **options).numpy()


def test_reading_a_grey_png_at_its_own_size_changes_nothing(ramp, tmp_path):
    Image.fromarray(ramp).save(tmp_path / "a.png")
    assert numpy.array_equal(read(tmp_path / "a.png"), ramp[None])
    assert numpy.array_equal(read(tmp_path / "a.png", invert=True), 255 - ramp[None])
    assert numpy.array_equal(read(tmp_path / "a.png", channels=3), numpy.stack([ramp] * 3))


@pytest.mark.parametrize("size", [(40, 24), (24, 40), (16, 16), (5, 9)])
def test_a_colour_photo_is_read_exactly_as_in_training(size, tmp_path):
    noise = torch.randint(0, 256, (size[1], size[0], 3), dtype=torch.uint8, generator=seeded(size))
    Image.fromarray(noise.numpy()).save(tmp_path / "a.png")
    trained_on = decode_all([tmp_path / "a.png"], 16)[0].numpy()
    assert numpy.array_equal(read(tmp_path / "a.png", 3, 16), trained_on)


def test_colours_keep_their_channel_order(tmp_path):
    Image.new("RGB", (5, 7), (10, 20, 30)).save(tmp_path / "a.png")
    assert [int(channel.max()) for channel in read(tmp_path / "a.png", channels=3)] == [10, 20, 30]


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_images_are_scaled_instead_of_clipped(ramp, suffix, tmp_path):
    Image.fromarray(ramp.astype(numpy.uint16) * 257).save(tmp_path / f"a.{suffix}")
    assert abs(read(tmp_path / f"a.{suffix}").astype(int) - ramp).max() <= 1


def test_exif_rotation_is_applied(ramp, tmp_path):
    image, exif = Image.fromarray(ramp), Image.Exif()
    exif[0x0112] = 6  # 相机转了 90 度：显示时要顺时针转回来
    image.save(tmp_path / "a.png", exif=exif)
    assert numpy.array_equal(read(tmp_path / "a.png")[0], numpy.rot90(ramp, -1))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pixels_become_white(mode, tmp_path):
    if mode == "P":
        image = Image.new("P", (8, 8), 0)
        image.putpalette([0, 0, 0] * 256)
        image.save(tmp_path / "a.png", transparency=0)
    else:
        Image.new(mode, (8, 8), (0, 0) if mode == "LA" else (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert (read(tmp_path / "a.png") == 255).all()


@pytest.mark.parametrize(("mode", "suffix"), [("1", "png"), ("P", "gif"), ("CMYK", "jpg"), ("L", "webp")])
def test_other_modes_are_converted(mode, suffix, tmp_path):
    Image.new(mode, (9, 5)).save(tmp_path / f"a.{suffix}")
    for channels in (1, 3):
        assert read(tmp_path / f"a.{suffix}", channels).shape == (channels, 8, 8)


# ---------- predict：用户的错误 ----------


def test_unreadable_images_end_in_one_chinese_line(ask, tmp_path, monkeypatch):
    (tmp_path / "text.png").write_text("这不是图片", encoding="utf-8")
    Image.effect_noise((64, 64), 50).save(tmp_path / "whole.png")
    content = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "half.png").write_bytes(content[: len(content) // 2])
    (tmp_path / "empty").mkdir()
    cases = {"text.png": "不是图片", "half.png": "读不出来", "empty": "没有图片", "nowhere.png": "找不到"}
    for name, message in cases.items():
        with pytest.raises(UserError, match=message):
            ask(tmp_path / name)
    for limit in (64 * 64 - 1, 64 * 16):  # 超过一倍是警告，超过两倍是异常：都要变成一句话
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with pytest.raises(UserError, match="像素"):
            ask(tmp_path / "whole.png")


def test_bad_checkpoints_end_in_one_chinese_line(ask, tampered, checkpoint, tmp_path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(checkpoint.read_bytes()[:1000])
    weights = load_state(checkpoint)["model"]
    cases = [
        (tmp_path / "none.safetensors", "找不到检查点"),
        (broken, "读不出来"),
        (lambda: tampered(classes=None), "没有 classes"),
        (lambda: tampered(classes=["a", "b"]), "2 个类别，最后一层却有 10 个输出"),
        (lambda: tampered(model_name="resnet21"), "resnet21"),
        (lambda: tampered(model_name="resnet32"), "对不上"),
        (lambda: tampered(model={key: value for key, value in weights.items() if key != "bn1.weight"}), "对不上"),
        (lambda: tampered(mean=[0.5, 0.5]), "均值方差"),
    ]
    for path, message in cases:
        with pytest.raises(CheckpointError, match=message):
            ask(checkpoint=path() if callable(path) else path)
    assert not (tmp_path / "out/predictions.csv").exists()


def test_impossible_options_end_in_one_chinese_line(ask, tampered, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for argv, message in [
        (["--top", "0"], "正整数"),
        (["--layer", "layer9"], "layer1、layer2、layer3"),
        (["--out", tmp_path / "file" / "below"], "不能写"),
        (["--device", "tpu"], "tpu"),
    ]:
        with pytest.raises(UserError, match=message):
            ask(*argv)
    with pytest.raises(UserError, match="cifar10"):
        ask(checkpoint=tampered(dataset="cifar10"))


def test_a_mistake_on_the_command_line_exits_with_status_two(run_script):
    done = run_script("ResNet/predict.py", "nowhere.png", "--top", "0")
    assert done.returncode == 2
    assert done.stderr.startswith("错误：")
    assert len(done.stderr.splitlines()) == 1
