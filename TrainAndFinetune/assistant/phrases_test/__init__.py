"""测试集的问法与写法：由没看过训练集问法的人写。"""

COMPLETE = False
TABLE: dict[str, str] = {}
