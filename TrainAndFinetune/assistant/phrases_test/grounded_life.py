"""测试集：问产品、旅行、做菜、语言模型的话。一行一个模板，换掉每一行“例：”。"""

TABLE = {
    # 问充满电要多久；要写 {e}
    "product.charge": """
例：{e}……
""",
    # 问一次充电能用多久；要写 {e}
    "product.battery": """
例：{e}……
""",
    # 问保修多久；要写 {e}
    "product.warranty": """
例：{e}……
""",
    # 问有多重；要写 {e}
    "product.weight": """
例：{e}……
""",
    # 问声音有多大；要写 {e}
    "product.noise": """
例：{e}……
""",
    # 问防水等级、能不能沾水；要写 {e}
    "product.water": """
例：{e}……
""",
    # 问卖多少钱；要写 {e}
    "product.price": """
例：{e}……
""",
    # 问怎么恢复出厂设置；要写 {e}
    "product.reset": """
例：{e}……
""",
    # 问某种颜色的灯亮是什么意思；要写 {colour}、{e}
    "product.lamp": """
例：{colour}{e}……
""",
    # 问某个部件怎么清洁；要写 {e}、{part}
    "product.clean": """
例：{e}{part}……
""",
    # 问某个部件多久换一次；要写 {e}、{part}
    "product.replace": """
例：{e}{part}……
""",
    # 问有什么颜色；要写 {e}
    "product.colour": """
例：{e}……
""",
    # 问客服电话、售后电话是多少；要写 {e}
    "product.support": """
例：{e}……
""",
    # 问功率多大；要写 {e}
    "product.power": """
例：{e}……
""",
    # 问门票多少钱；要写 {e}
    "travel.ticket": """
例：{e}……
""",
    # 问学生票多少钱、有没有优惠；要写 {e}
    "travel.student": """
例：{e}……
""",
    # 问几点开门关门；要写 {e}
    "travel.hours": """
例：{e}……
""",
    # 问要玩多久；要写 {e}
    "travel.stay": """
例：{e}……
""",
    # 问坐什么车去；要写 {e}
    "travel.transit": """
例：{e}……
""",
    # 问什么季节去最好；要写 {e}
    "travel.season": """
例：{e}……
""",
    # 问停车多少钱；要写 {e}
    "travel.parking": """
例：{e}……
""",
    # 问末班车几点；要写 {e}
    "travel.last": """
例：{e}……
""",
    # 问能不能带宠物；要写 {e}
    "travel.pets": """
例：{e}……
""",
    # 问请讲解、导游多少钱；要写 {e}
    "travel.guide": """
例：{e}……
""",
    # 问有什么特色吃的；要写 {e}
    "travel.food": """
例：{e}……
""",
    # 问海拔多少；要写 {e}
    "travel.altitude": """
例：{e}……
""",
    # 问主料要多少克；要写 {e}
    "cooking.main": """
例：{e}……
""",
    # 问要腌多久；要写 {e}
    "cooking.marinate": """
例：{e}……
""",
    # 问要煮、炖、烤多久；要写 {e}
    "cooking.cook": """
例：{e}……
""",
    # 问够几个人吃；要写 {e}
    "cooking.serve": """
例：{e}……
""",
    # 问某种调料放多少；要写 {e}、{spice}
    "cooking.spice": """
例：{e}{spice}……
""",
    # 问热量多少；要写 {e}
    "cooking.calorie": """
例：{e}……
""",
    # 问能放多久、怎么存；要写 {e}
    "cooking.keep": """
例：{e}……
""",
    # 问烤箱、油温多少度；要写 {e}
    "cooking.oven": """
例：{e}……
""",
    # 问有多少层；要写 {e}
    "model.layers": """
例：{e}……
""",
    # 问上下文多长；要写 {e}
    "model.context": """
例：{e}……
""",
    # 问词表多大；要写 {e}
    "model.vocab": """
例：{e}……
""",
    # 问有几个注意力头；要写 {e}
    "model.heads": """
例：{e}……
""",
    # 问学习率多少；要写 {e}
    "model.lr": """
例：{e}……
""",
    # 问用多少词元训练的；要写 {e}
    "model.tokens": """
例：{e}……
""",
    # 问是什么许可证、能不能商用；要写 {e}
    "model.licence": """
例：{e}……
""",
    # 问什么时候发布的；要写 {e}
    "model.released": """
例：{e}……
""",
    # 问谁做的、哪家做的；要写 {e}
    "model.team": """
例：{e}……
""",
    # 问运行要多少内存；要写 {e}
    "model.memory": """
例：{e}……
""",
    # 问批大小多少；要写 {e}
    "model.batch": """
例：{e}……
""",
}
