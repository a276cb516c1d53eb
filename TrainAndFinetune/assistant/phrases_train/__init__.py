"""训练集的问法与写法。验证集在 `phrases_dev`，测试集在 `phrases_test`：测试集由没看过这里的人写。"""

from TrainAndFinetune.assistant.phrases_train import (
    grounded_life,
    grounded_medicine,
    grounded_more,
    grounded_office,
    talk,
    texts,
    tools,
    tools_more,
)

COMPLETE = True
FIRST = grounded_medicine.TABLE | grounded_office.TABLE | grounded_life.TABLE | tools.TABLE | talk.TABLE | texts.TABLE
MORE = grounded_more.TABLE | tools_more.TABLE
TABLE = {intent: f"{text}\n{MORE.get(intent, '')}" for intent, text in FIRST.items()}
