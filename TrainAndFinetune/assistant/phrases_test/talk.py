"""测试集：闲聊、追问、ReAct 的任务、拆步骤的任务。一行一个模板，换掉每一行“例：”。"""

TABLE = {
    # 问一个术语是什么；要写 {term}
    "chat.term": """
例：{term}……
""",
    # 问书的第几章讲什么，{number} 是一、二……；要写 {number}
    "chat.chapter": """
例：{number}……
""",
    # 告诉自己的名字；要写 {name}
    "chat.name": """
例：{name}……
""",
    # 问自己刚才说的名字
    "chat.ask_name": """
例：……
""",
    # 告诉要去某地做某事；要写 {place}、{todo}
    "chat.tell": """
例：{place}{todo}……
""",
    # 问刚才说要去哪
    "chat.ask_place": """
例：……
""",
    # 要求照着说一遍，不多说；要写 {text}
    "chat.echo": """
例：{text}……
""",
    # 问两个小整数的和；要写 {a}、{b}
    "chat.sum": """
例：{a}{b}……
""",
    # 加在追问前面的词：那；可以是空的（写 []）
    "rewrite.lead": """
例：……
""",
    # 换一个实体问同样的事：那某某呢；要写 {e}
    "rewrite.entity": """
例：{e}……
""",
    # 同一个实体换一个属性问：那某属性呢；要写 {n}
    "rewrite.noun": """
例：{n}……
""",
    # 问某商品买 n 件一共多少钱；要写 {n}、{product}
    "react.total": """
例：{n}{product}……
""",
    # 问商品 a 比商品 b 贵多少；要写 {a}、{b}
    "react.gap": """
例：{a}{b}……
""",
    # 查一个订单的状态，并把结果发给某人；要写 {order}、{person}
    "react.tell": """
例：{order}{person}……
""",
    # 查某人的分机，写进一个文件；要写 {path}、{person}
    "react.save": """
例：{path}{person}……
""",
    # 按某药说明书的用法，某个体重（公斤）该用多少；要写 {drug}、{weight}
    "react.dose": """
例：{drug}{weight}……
""",
    # 查一门课几点上，并设提醒；要写 {course}
    "react.remind": """
例：{course}……
""",
    # 算一个文件里写的算式；要写 {path}
    "react.file": """
例：{path}……
""",
    # 要依次做 2 件事（短语），话里的次序可以不同；要写 {s1}、{s2}
    "plan.listed2": """
例：{s1}{s2}……
""",
    # 要依次做 3 件事（短语），话里的次序可以不同；要写 {s1}、{s2}、{s3}
    "plan.listed3": """
例：{s1}{s2}{s3}……
""",
    # 要依次做 4 件事（短语），话里的次序可以不同；要写 {s1}、{s2}、{s3}、{s4}
    "plan.listed4": """
例：{s1}{s2}{s3}{s4}……
""",
    # 打招呼
    "chat.hello": """
例：……
""",
    # 问你是谁、叫什么
    "chat.who": """
例：……
""",
    # 问能做什么
    "chat.able": """
例：……
""",
    # 道谢
    "chat.thanks": """
例：……
""",
    # 告别
    "chat.bye": """
例：……
""",
    # 说答错了、不满意
    "chat.wrong": """
例：……
""",
    # 问是不是真人
    "chat.human": """
例：……
""",
    # 夸奖
    "chat.praise": """
例：……
""",
    # 说心情不好、累
    "chat.sad": """
例：……
""",
    # 问现在几点、今天几号
    "chat.now": """
例：……
""",
    # 没有工具时问天气、股价、新闻
    "chat.live": """
例：……
""",
    # 说自己的症状，问得了什么病、开什么药
    "chat.doctor": """
例：……
""",
    # 说胸痛、昏迷、中毒等急症
    "chat.urgent": """
例：……
""",
    # 问模型多大、有多少参数
    "chat.size": """
例：……
""",
    # 问要不要联网
    "chat.offline": """
例：……
""",
    # 问会不会记住说过的话
    "chat.remember": """
例：……
""",
    # 问这本书讲什么、有几章
    "chat.book": """
例：……
""",
    # 问会不会外语
    "chat.language": """
例：……
""",
    # 要听笑话
    "chat.joke": """
例：……
""",
    # 问答案的来源、准不准
    "chat.source": """
例：……
""",
    # 按类别汇总一个文件，写到另一个文件；要写 {path}、{path2}
    "plan.report": """
例：{path}{path2}……
""",
    # 查资料回答一个主题的问题；要写 {topic}
    "plan.answer": """
例：{topic}……
""",
    # 准备去某地旅行；要写 {city}
    "plan.trip": """
例：{city}……
""",
    # 比较两件商品的价格；要写 {product}、{product2}
    "plan.compare": """
例：{product}{product2}……
""",
    # 和某人开会；要写 {person}
    "plan.meeting": """
例：{person}……
""",
    # 修一个设备；要写 {product}
    "plan.fix": """
例：{product}……
""",
    # 做一个关于某主题的模型；要写 {topic}
    "plan.train": """
例：{topic}……
""",
    # 看两种药能不能一起吃；要写 {drug}、{drug2}
    "plan.medicine": """
例：{drug}{drug2}……
""",
    # 给文件夹里的文件批量改名；要写 {folder}
    "plan.rename": """
例：{folder}……
""",
    # 在某地请客；要写 {city}
    "plan.party": """
例：{city}……
""",
}
