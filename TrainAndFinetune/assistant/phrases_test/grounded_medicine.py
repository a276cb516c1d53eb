"""测试集：问药品说明书的话。一行一个模板，换掉每一行“例：”。"""

TABLE = {
    # 问一次用多少；要写 {e}
    "medicine.dose": """
例：{e}……
""",
    # 问一天用几次；要写 {e}
    "medicine.freq": """
例：{e}……
""",
    # 问饭前用还是饭后用、什么时候用；要写 {e}
    "medicine.meal": """
例：{e}……
""",
    # 问要连着用多少天；要写 {e}
    "medicine.course": """
例：{e}……
""",
    # 问一天最多用多少；要写 {e}
    "medicine.max": """
例：{e}……
""",
    # 问治什么、某个症状能不能用；要写 {e}；可以写 {symptom}
    "medicine.indication": """
例：{e}……
""",
    # 问有某种病的人能不能用；要写 {disease}、{e}
    "medicine.contra": """
例：{disease}{e}……
""",
    # 问有什么不良反应；要写 {e}
    "medicine.side": """
例：{e}……
""",
    # 问能不能与另一种药一起用；要写 {drug}、{e}
    "medicine.interact": """
例：{drug}{e}……
""",
    # 问能不能与某一类药一起用；要写 {e}、{medclass}
    "medicine.combine": """
例：{e}{medclass}……
""",
    # 问用药期间某种食物能不能吃；要写 {e}、{food}
    "medicine.food": """
例：{e}{food}……
""",
    # 问用药期间能不能喝酒；要写 {e}
    "medicine.alcohol": """
例：{e}……
""",
    # 问用药后能不能开车；要写 {e}
    "medicine.driving": """
例：{e}……
""",
    # 问孕妇能不能用；要写 {e}
    "medicine.pregnant": """
例：{e}……
""",
    # 问哺乳期能不能用；要写 {e}
    "medicine.lactation": """
例：{e}……
""",
    # 问小孩能不能用、用多少；要写 {e}
    "medicine.child": """
例：{e}……
""",
    # 问老人能不能用、怎么用；要写 {e}
    "medicine.elderly": """
例：{e}……
""",
    # 问肝不好的人怎么用；要写 {e}
    "medicine.liver": """
例：{e}……
""",
    # 问肾不好的人怎么用；要写 {e}
    "medicine.kidney": """
例：{e}……
""",
    # 问忘了用一次怎么办；要写 {e}
    "medicine.missed": """
例：{e}……
""",
    # 问用多了怎么办、会怎样；要写 {e}
    "medicine.overdose": """
例：{e}……
""",
    # 问怎么存放；要写 {e}
    "medicine.storage": """
例：{e}……
""",
    # 问没开封能放多久；要写 {e}
    "medicine.shelf": """
例：{e}……
""",
    # 问开封以后能用多久；要写 {e}
    "medicine.opened": """
例：{e}……
""",
    # 问里面有什么成分、含多少；要写 {e}
    "medicine.ingredient": """
例：{e}……
""",
    # 问一盒有多少；要写 {e}
    "medicine.pack": """
例：{e}……
""",
    # 问什么时候批准的；要写 {e}
    "medicine.approve": """
例：{e}……
""",
    # 问说明书什么时候改的、什么时候修订的；要写 {e}
    "medicine.revise": """
例：{e}……
""",
    # 问哪家公司生产的；要写 {e}
    "medicine.maker": """
例：{e}……
""",
}
