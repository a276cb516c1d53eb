"""读图：把手机照片、截图、扫描件、透明 PNG、16 位灰度都变成训练时的样子。

教什么：PIL 自动转换里的几个坑（16 位被截断、透明露出黑底、EXIF 方向不生效、解压炸弹），以及怎样避开。
不教什么：图像格式本身。
怎么跑：不单独跑，`data.py` 与 `predict.py` 用它。
对应笔记：`5_resnet.md` 的“拿来用”。
"""

import io
import warnings
from pathlib import Path

import torch
from torch import Tensor

from book import UserError

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff")


def to_eight_bits(image):
    """16 位灰度 -> 8 位；透明处铺白。PIL 自己转换时，16 位会把大于 255 的都截成 255，透明会露出底下的颜色。"""
    from PIL import Image

    if image.mode.startswith("I"):  # I;16、I;16B，以及旧版 Pillow 打开 16 位 PNG 得到的 I
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image


def open_image(path: Path):
    """打开、按 EXIF 转正、降到 8 位、去掉透明；读不出来是 UserError，一句话说明原因。"""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # 超过 MAX_IMAGE_PIXELS 时 Pillow 只警告，超过两倍才抛异常：几 KB 的文件能展开成几 GB，这里一律拒绝
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(path.read_bytes())) as image:
                return to_eight_bits(ImageOps.exif_transpose(image))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise UserError(f"图片 {path} 展开后超过 {Image.MAX_IMAGE_PIXELS:,d} 像素，不读；先缩小它") from None
    except UnidentifiedImageError:
        raise UserError(f"{path} 的内容不是图片；删掉它或换一个，认得 {' '.join(SUFFIXES)}") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # 坏文件抛哪一种，随格式变
        raise UserError(f"图片 {path} 读不出来（{error}）；文件坏了或没有读的权限，换一个文件") from None


def read_image(path: Path, channels: int, size: int, invert: bool = False) -> Tensor:
    """读一张图，返回 uint8 (channels, size, size)：转灰度或 RGB、（反色）、短边缩放到 size、取中间的正方形。

    训练（`data.py`）与预测都用这一个函数：预处理差一点，准确率就悄悄掉一点。
    """
    from PIL import Image, ImageOps

    image = open_image(path).convert("L" if channels == 1 else "RGB")
    image = ImageOps.invert(image) if invert else image
    if image.size != (size, size):
        image = ImageOps.fit(image, (size, size), Image.Resampling.BILINEAR)
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return pixels.view(size, size, channels).permute(2, 0, 1)  # (size*size*C,) -> (C, size, size)
