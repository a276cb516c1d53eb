"""50 个提示：中文、英文、代码、清单、几种少见的文字；与 transformers 比较写出的词元时用。都是为本书写的。

不是脚本；`3_generate.py` 与 `bench_generate.py` 导入它。
对应笔记：`3_generate.md`。
"""

CHINESE = (
    "床前的灯还亮着，",
    "今天的天气",
    "做番茄炒蛋，先把鸡蛋打散，",
    "长江是中国最长的河流，",
    "小明有三个苹果，又买了两个，一共有",
    "从前有一座山，山上有一座庙，",
    "人工智能的历史可以追溯到",
    "这种药一日三次，每次",
    "会议定在下周三上午，地点是",
    "光在真空中的速度大约是",
    "她推开门，看见",
    "春天来了，院子里的",
    "如果明天下雨，我们就",
    "问：水在多少度沸腾？\n答：",
    "你好，我想问一下",
)
ENGLISH = (
    "The capital of France is",
    "Once upon a time, there was a small village",
    "Water boils at a temperature of",
    "In the year 1969, humans first",
    "The three primary colors are red,",
    "Dear Sir or Madam,\n\nI am writing to",
    "The quick brown fox",
    "To make a cup of tea, first",
    "Photosynthesis is the process by which",
    "My favourite season is autumn because",
    "The train leaves at half past",
    "Question: What is the largest planet?\nAnswer:",
    "She opened the letter slowly and",
    "A computer program is a list of",
    "The meeting was cancelled because",
)
CODE = (
    "def fibonacci(n):\n",
    "import torch\n\nx = torch.zeros(",
    "for i in range(10):\n    print(",
    "SELECT name, age FROM",
    '{"name": "Alice", "age":',
    "class Stack:\n    def __init__(self):\n",
    "<html>\n<head>\n<title>",
    "#include <stdio.h>\n\nint main(",
    "git commit -m",
    "try:\n    value = int(text)\nexcept",
)
LISTS = (
    "1, 2, 3, 4,",
    "Monday, Tuesday, Wednesday,",
    "- 苹果\n- 香蕉\n- ",
    "A B C D E F",
    "2 + 2 = 4\n3 + 3 = 6\n4 + 4 =",
    "| 姓名 | 年龄 |\n|---|---|\n| 张三 |",
    "一、二、三、四、",
)
OTHERS = ("こんにちは、", "Bonjour, je m'appelle", "Здравствуйте,")

PROMPTS = CHINESE + ENGLISH + CODE + LISTS + OTHERS
