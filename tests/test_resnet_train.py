"""data.py、recipes.py、report.py 与 train.py：增强、切分、坏输入、断点续训、分布式。"""

import os
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from book import UserError, load_state, repository_root, seeded
from ResNet import train
from ResNet.data import augment, cutout, load_dataset, normalize, stratified_split
from ResNet.recipes import Recipe, recipe_for
from ResNet.report import confusion_matrix, per_class_accuracy

SHORT = ["--epochs", "2", "--batch-size", "64", "--model", "resnet20", "--save-every", "5"]


# ---- 数据 ----


def test_augmentation_without_padding_and_flip_is_the_identity():
    images = torch.randint(256, (5, 3, 8, 8), dtype=torch.uint8)
    assert torch.equal(augment(images, 0, False, seeded(0)), images)


def test_every_augmented_image_is_a_crop_of_its_padded_original_or_of_its_mirror():
    images = torch.randint(1, 256, (40, 3, 6, 6), dtype=torch.uint8)
    padded = F.pad(images, (2,) * 4)
    mirrored = 0
    for n, out in enumerate(augment(images, 2, True, seeded(1))):
        crops = {(i, j): padded[n, :, i : i + 6, j : j + 6] for i in range(5) for j in range(5)}
        straight = any(torch.equal(out, crop) for crop in crops.values())
        flipped = any(torch.equal(out, crop.flip(2)) for crop in crops.values())
        assert straight or flipped
        mirrored += flipped
    assert 8 <= mirrored <= 32  # 40 次抛硬币


def test_cutout_hides_one_clipped_square_and_nothing_else():
    images = torch.full((200, 3, 9, 7), 9, dtype=torch.uint8)
    hidden = cutout(images, 4, seeded(2)) == 127
    assert torch.equal(hidden[:, 0], hidden[:, 1])  # 三个通道盖同一块
    assert torch.equal(hidden, cutout(images, 4, seeded(2)) == 127)
    for mask in hidden[:, 0]:
        rows, cols = mask.any(1), mask.any(0)
        assert torch.equal(mask, rows[:, None] & cols)  # 是一个矩形
        assert 2 <= rows.sum() <= 4
        assert 2 <= cols.sum() <= 4
    assert hidden.flatten(1).any(1).all()
    assert len({tuple(mask.flatten().tolist()) for mask in hidden[:, 0]}) > 30


def test_random_numbers_depend_on_the_whole_key_and_nothing_else():
    first = torch.rand(4, generator=seeded(0, "order", 1))
    torch.rand(100)
    assert torch.equal(first, torch.rand(4, generator=seeded(0, "order", 1)))
    for other in ((0, "order", 2), (1, "order", 1), (0, "augment", 1)):
        assert not torch.equal(first, torch.rand(4, generator=seeded(*other)))


def test_a_stratified_split_keeps_the_class_shares_and_loses_nothing():
    labels = torch.tensor([0] * 50 + [1] * 100 + [2] * 25)
    train_rows, test_rows = stratified_split(labels, 0.2, seed=3)
    assert torch.bincount(labels[test_rows]).tolist() == [10, 20, 5]
    assert sorted([*train_rows.tolist(), *test_rows.tolist()]) == list(range(175))


def test_normalised_training_pixels_have_mean_zero_and_std_one():
    dataset = load_dataset("digits")
    x = dataset.normalize(dataset.train_images)
    assert abs(x.mean().item()) < 1e-5
    assert abs(x.std().item() - 1) < 1e-4
    assert torch.equal(x[:3], normalize(dataset.train_images[:3], dataset.mean, dataset.std))


@pytest.fixture
def photos(tmp_path):
    """两个类别各 5 张 12x10 的随机图。"""
    root = tmp_path / "photos"
    generator = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (root / name).mkdir(parents=True)
        for i in range(5):
            pixels = generator.integers(0, 256, (10, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{i}.png")
    return root


def zipped(root, path, prefix=""):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*.*")):
            archive.write(file, prefix + file.relative_to(root).as_posix())
    return path


@pytest.mark.parametrize("prefix", ["", "top/"])
def test_a_zip_loads_exactly_as_the_folder_it_was_made_of(photos, tmp_path, prefix):
    folder = load_dataset("folder", photos)
    archive = load_dataset("zip", zipped(photos, tmp_path / "photos.zip", prefix))
    assert folder.classes == archive.classes == ["cat", "dog"]
    assert folder.train_images.shape == (8, 3, 10, 10)  # 短边 10
    assert torch.equal(folder.train_images, archive.train_images)
    assert torch.equal(folder.test_labels, archive.test_labels)


def test_given_train_and_test_folders_are_used_as_they_are(photos, tmp_path):
    root = tmp_path / "splits"
    for part in ("train", "test"):
        (root / part).mkdir(parents=True)
        for name in ("cat", "dog"):
            (root / part / name).symlink_to(photos / name)
    dataset = load_dataset("folder", root, image_size=4)
    assert len(dataset.train_labels) == len(dataset.test_labels) == 10
    assert dataset.train_images.shape == (10, 3, 4, 4)


def break_one(photos):
    (photos / "dog" / "2.png").write_bytes(b"not a picture")
    return photos


def empty_one(photos):
    for file in (photos / "dog").iterdir():
        file.unlink()
    return photos


def only_one_class(photos):
    for file in (photos / "dog").iterdir():
        file.unlink()
    (photos / "dog").rmdir()
    return photos


def truncated_zip(photos):
    path = zipped(photos, photos.parent / "x.zip")
    path.write_bytes(path.read_bytes()[:100])
    return path


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (break_one, r"1/\d+ 张图读不出来，第一张是 2.png"),
        (empty_one, "类别 dog 里没有图片"),
        (only_one_class, "至少两类"),
        (truncated_zip, "既不是文件夹也不是 zip"),
        (lambda photos: photos / "nowhere", "不存在"),
    ],
)
def test_bad_image_collections_are_named_in_one_line(photos, spoil, message):
    with pytest.raises(UserError, match=message):
        load_dataset("folder", spoil(photos), image_size=8)


def test_missing_torchvision_data_says_how_to_get_it(tmp_path):
    with pytest.raises(UserError, match="--download"):
        load_dataset("cifar10", tmp_path)


def test_training_on_your_own_zip_works(photos, tmp_path, capsys):
    archive = zipped(photos, tmp_path / "mine.zip")
    result = train.main(["--dataset", "zip", "--data", str(archive), "--smoke", "--out", str(tmp_path / "out")])
    assert set(result["per_class"]) == {"cat", "dog"}
    assert "test_acc_flip" in result


# ---- 配方与报告 ----


@pytest.mark.parametrize("schedule", ["cosine", "onecycle", "constant"])
def test_learning_rates_are_positive_and_peak_at_lr(schedule):
    recipe = Recipe(schedule=schedule, lr=0.4)
    rates = [recipe.learning_rate(step, 200) for step in range(200)]
    assert min(rates) > 0
    assert max(rates) == pytest.approx(0.4, rel=0.01)


def test_overrides_replace_only_what_was_given():
    recipe = recipe_for("cifar10", full=True, lr=None, epochs=7)
    assert (recipe.epochs, recipe.lr, recipe.precision) == (7, 0.1, "auto")


def test_the_confusion_matrix_counts_every_image_once():
    labels, guesses = torch.randint(4, (100,)), torch.randint(4, (100,))
    matrix = confusion_matrix(labels, guesses, 4)
    assert matrix.sum() == 100
    assert matrix.diagonal().sum() == (labels == guesses).sum()
    assert matrix[1, 3] == ((labels == 1) & (guesses == 3)).sum()
    assert per_class_accuracy(matrix)[2] == pytest.approx((guesses[labels == 2] == 2).float().mean().item())


# ---- 训练 ----


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    result = train.main([*SHORT, "--out", str(out)])
    return out, result


def test_a_run_leaves_result_curves_confusion_and_logs(uninterrupted):
    out, result = uninterrupted
    assert {"dataset", "model", "test_acc", "seconds", "checkpoint"} <= set(result)
    assert {"curves.png", "confusion.png", "log.csv", "log.json", "last.safetensors"} <= {f.name for f in out.iterdir()}
    assert len((out / "log.csv").read_text().splitlines()) == 1 + 2


def assert_same_training(first, second):
    one, two = load_state(first / "last.safetensors"), load_state(second / "last.safetensors")
    for part in ("model", "optimizer"):
        assert flat(one[part]).keys() == flat(two[part]).keys()
        for key, value in flat(one[part]).items():
            other = flat(two[part])[key]
            assert torch.equal(value, other) if torch.is_tensor(value) else value == other, key
    for a, b in zip(one["progress"]["history"], two["progress"]["history"]):
        assert {k: v for k, v in a.items() if k != "seconds"} == {k: v for k, v in b.items() if k != "seconds"}


def flat(value, prefix=""):
    if isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return {key: leaf for name, item in items for key, leaf in flat(item, f"{prefix}.{name}").items()}
    return {prefix: value}


def start_training(out):
    argv = [sys.executable, str(repository_root() / "ResNet" / "train.py"), *SHORT, "--out", str(out)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", cwd=out.parent)


def wait_for_step(process, path, step):
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and process.poll() is None:
        if path.is_file() and load_state(path)["progress"]["step"] >= step:
            return load_state(path)["progress"]["step"]
        time.sleep(0.01)
    raise AssertionError(f"训练没有走到第 {step} 步：{process.communicate()}")


def test_kill_9_in_mid_epoch_then_resume_equals_an_uninterrupted_run_bit_for_bit(uninterrupted, tmp_path):
    process = start_training(tmp_path / "killed")
    step = wait_for_step(process, tmp_path / "killed" / "last.safetensors", 5)
    process.kill()
    process.communicate()
    assert step % 22 != 0, "没有停在一轮的中间"
    train.main([*SHORT, "--out", str(tmp_path / "killed"), "--resume"])
    assert_same_training(uninterrupted[0], tmp_path / "killed")


@pytest.mark.skipif(os.name == "nt", reason="Windows 没有 SIGINT 的这种用法")
def test_ctrl_c_saves_says_how_to_resume_and_loses_nothing(uninterrupted, tmp_path):
    process = start_training(tmp_path / "stopped")
    wait_for_step(process, tmp_path / "stopped" / "last.safetensors", 5)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=200)
    assert process.returncode == 130
    assert "--resume" in stderr
    assert "Traceback" not in stderr
    train.main([*SHORT, "--out", str(tmp_path / "stopped"), "--resume"])
    assert_same_training(uninterrupted[0], tmp_path / "stopped")


def test_resuming_a_finished_run_only_reports(uninterrupted):
    out, result = uninterrupted
    again = train.main([*SHORT, "--out", str(out), "--resume"])
    assert again["test_acc"] == result["test_acc"]


def test_gradient_accumulation_changes_only_the_batch_statistics(tmp_path):
    dataset = load_dataset("digits")
    recipe = recipe_for("digits", batch_size=8)
    model, optimizer = train.build(recipe, dataset, torch.device("cpu"))
    model.eval()  # 冻结 BatchNorm 的统计量，剩下的必须相同
    x, y = dataset.normalize(dataset.train_images[:8]), dataset.train_labels[:8]
    gradients = []
    for accumulate in (1, 4):
        recipe = recipe_for("digits", batch_size=8, accumulate=accumulate)
        optimizer.step = lambda: gradients.append([p.grad.clone() for p in model.parameters()])
        train.train_step(model, optimizer, recipe, x, y)
    for a, b in zip(*gradients):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_only_matrices_decay():
    _, optimizer = train.build(Recipe(), load_dataset("digits"), torch.device("cpu"))
    for group in optimizer.param_groups:
        assert {p.dim() > 1 for p in group["params"]} == {group["weight_decay"] > 0}


def test_two_processes_under_torchrun_train_and_print_one_result(tmp_path):
    argv = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    argv += [str(repository_root() / "ResNet" / "train.py"), "--smoke", "--batch-size", "240", "--out", str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, encoding="utf-8", timeout=300, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("RESULT") == 1
    assert load_state(tmp_path / "last.safetensors")["progress"]["step"] == 2 * (1437 // 240)


BAD_OPTIONS = [
    (["--dataset", "mnist"], "fashionmnist"),
    (["--model", "resnet21"], "可选"),
    (["--epochs", "0"], "正整数"),
    (["--lr", "-1"], "--lr"),
    (["--accumulate", "3"], "整除"),
    (["--label-smoothing", "1"], "label-smoothing"),
    (["--cutout", "-1"], "--cutout 收到 -1"),
    (["--precision", "fp8"], "fp32 bf16 auto"),
    (["--schedule", "step"], "cosine"),
    (["--dataset", "folder"], "--data"),
    (["--smoke", "--data", "photos"], "--data photos 只用于 .*；digits 是内嵌的"),
    (["--resume"], "找不到检查点"),
]


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS)
def test_user_mistakes_are_user_errors(options, message, tmp_path):
    with pytest.raises(UserError, match=message):
        train.main([*options, "--out", str(tmp_path)])


@pytest.mark.skipif(torch.cuda.is_available(), reason="这台机器有 GPU")
def test_an_impossible_device_is_a_user_error(tmp_path):
    with pytest.raises(UserError, match="--device cpu"):
        train.main(["--device", "cuda", "--out", str(tmp_path)])


def test_resume_refuses_another_recipe_a_corrupt_and_a_foreign_checkpoint(uninterrupted, tmp_path):
    out, _ = uninterrupted
    with pytest.raises(UserError, match="lr=0.1，现在是 0.2"):
        train.main([*SHORT, "--out", str(out), "--resume", "--lr", "0.2"])
    (tmp_path / "last.safetensors").write_bytes((out / "last.safetensors").read_bytes()[:1000])
    with pytest.raises(UserError, match="读不出来"):
        train.main([*SHORT, "--out", str(tmp_path), "--resume"])


def test_an_unwritable_out_ends_in_one_chinese_line_and_exit_2(run_script, tmp_path):
    (tmp_path / "file").write_text("")
    done = run_script("ResNet/train.py", "--smoke", "--out", tmp_path / "file" / "x")
    assert done.returncode == 2
    assert done.stderr.startswith("错误：--out")
    assert done.stderr.count("\n") == 1
