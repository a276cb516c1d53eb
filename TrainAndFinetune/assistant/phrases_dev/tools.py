"""开发集：要用工具的话。"""

TABLE = {
    "tool.weather": "出门前想弄清{city}外头什么情况\n{city}那边{date}是晴是雨\n{date}在{city}晒被子合适吗",
    "tool.calculator": "这道题我不会：{expression}\n{expression}，给个得数\n劳驾把{expression}求出来",
    "tool.add": "{a}添上{b}，合计\n左边{a}右边{b}，并到一块是几",
    "tool.multiply": "{a}的{b}倍\n每份{a}，共{b}份，总数",
    "tool.convert": "{value}{from_unit}折合{to_unit}几何\n我只熟悉{to_unit}，{value}{from_unit}是什么概念",
    "tool.exchange": """
{amount}{from_currency}折{to_currency}几何
拿{amount}{from_currency}去柜台能取多少{to_currency}
""",
    "tool.translate": "请给出“{text}”对应的{language}\n我要对外国朋友讲“{text}”，他只懂{language}",
    "tool.reminder": "钟敲{time}的那刻喊我{content}\n{date}那天{time}，{content}这事得有人喊我",
    "tool.message": "替我捎句话给{to}：{content}\n让{to}知道“{content}”",
    "tool.search": "库里跟{query}沾边的都翻出来\n写报告要用{query}，挑{top_k}份来",
    "tool.book_room": "{date}{start}我们要碰头，给找个屋\n{people}人碰头，时间{date}{start}，落实场地",
    "tool.order": "等{order_id}等得心焦，替我追一下\n{order_id}走到哪一步了",
    "tool.price": "{product}标价查来听听\n掂量一下买不买{product}，先看价",
    "tool.music": "耳朵闲着，上《{song}》\n《{song}》响起来，{loop}",
    "tool.light": "{room}那盏灯替我{state}\n走之前{state}{room}照明",
    "tool.aircon": "让屋里保持{temperature}度\n{mode}模式，目标{temperature}",
    "tool.leaflet": "手册里{drug}的{section}那段念来\n关于{drug}，我只要{section}这一节",
    "tool.interaction": "{drugs}凑到一块儿碰不碰\n抽屉里是{drugs}，混用妥当吗",
    "tool.dose": """
{weight_kg}公斤的人，标准是一公斤配{mg_per_kg}毫克，总量多少
每千克{mg_per_kg}毫克，人重{weight_kg}千克，总量
""",
    "tool.restaurant": "肚子饿，{city}一带下馆子\n{city}请客，一人{max_price}封顶，要{cuisine}",
    "tool.train": "{date}动身，起点{from_city}，终点{to_city}，铁路\n铁路怎么走：{from_city}至{to_city}，{date}",
    "tool.todo": "往我的事项表添“{title}”\n{title}这件事列入计划，级别{priority}",
    "tool.library": "书架上寻《{title}》\n《{title}》馆内可得吗",
    "tool.read_file": "{path}的文字展示给我\n我要核对{path}里的字句",
    "tool.write_file": "生成{path}，正文就一句：{content}\n“{content}”落到{path}这份文件",
    "tool.contact": "{name}座机短号给我\n急着联络{name}，号",
    "tool.timer": "蒸蛋，{minutes}分钟到了出个声\n{minutes}分钟闹铃",
    "tool.datediff": "{start}起算，到{end}为止经过几日\n{start}与{end}间隔几日",
    "tool.leave": "自{start}歇{days}天，记作{type}\n{days}日{type}，首日{start}，递交",
    "tool.fetch": "浏览{url}并告诉我\n{url}这页讲什么",
    "tool.course": "{course}的时段与房间\n下节{course}往哪走",
    "tool.parking": """
开车去{place}，占个位子停{hours}个钟头
{place}的车位要一个，{hours}小时
在{place}停车{hours}小时，提前订好
""",
    "tool.express": "运单{tracking_no}走到哪了\n{tracking_no}这件包裹派送了没\n替我追{tracking_no}",
    "tool.hotel": "{checkin}到{city}落脚，找住处\n{city}过夜，{checkin}起，{nights}晚\n{city}{checkin}那天的宾馆",
    "tool.bmi": "我{height_cm}厘米、{weight_kg}公斤，算胖吗\n身高{height_cm}，体重{weight_kg}，体质指数",
    "tool.print": "{file}给我出纸质的\n{file}印{copies}份，{double_sided}\n{file}要{copies}份纸质的",
    "tool.curtain": "{room}窗帘{action}\n把{room}那边的帘子{action}",
    "missing": "有个活：{short}\n想请你{short}，行不",
    "both": "{a}，办完再办一件：{b}\n两桩事。{a}。{b}",
    "system": "你是《LLM 学习之书》的助手，用中文简短地回答。\n有工具可用时先考虑工具。",
}
