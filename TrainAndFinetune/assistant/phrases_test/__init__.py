"""测试集的问法与写法。由没看过 `phrases_train`、`phrases_dev` 的人写；写完之前，测试集造不出来。

怎么写：
- 只看每个意图前面的注释：它是什么意思，`{槽位}` 是会换掉的值，“要写”的每个模板都要有，“可以写”的可有可无。
- 一行一个模板，换掉“例：”开头的那一行。问资料的意图（medicine、rules、staff……）至少 3 行，
  要用工具的（tool.…）至少 4 行，闲聊的（chat.…）至少 3 行，别的至少 2 行。
- 写真人会打的话：有人只打几个词，有人先交代处境，有人口语，有人书面；句式要不同，不是换近义词。
- `[甲|乙|]` 任选一个，可以不用；开头与结尾（opener、closer）另有意图，模板里不必写“请问”。`[]` 是空的一行。
- “一次吃几片”这样的话要能由值的原文回答，不要问“为什么”。

全部写完，把 COMPLETE 改成 True；缺一个意图、留着一行“例：”、少写一个槽位，都会报错说出是哪一行。
"""

from TrainAndFinetune.assistant.phrases_test import (
    general,
    grounded_life,
    grounded_medicine,
    grounded_office,
    talk,
    texts,
    tools,
)

COMPLETE = True
GROUNDED = grounded_medicine.TABLE | grounded_office.TABLE | grounded_life.TABLE
TABLE = general.TABLE | GROUNDED | tools.TABLE | talk.TABLE | texts.TABLE
