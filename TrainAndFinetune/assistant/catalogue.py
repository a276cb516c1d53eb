"""工具目录：训练用的、只在开发集出现的、只在测试集出现的。

教什么：工具的名字、说明、参数名在训练里各有几种写法；没见过的工具要靠读 schema，而不是背名字。
不教什么：话怎么说（`phrases_*`）、参数怎么写（`arguments.py`）。
不是脚本。对应笔记：`assistant.md`。
"""

from dataclasses import dataclass

from TrainAndFinetune.assistant.arguments import Param


@dataclass(frozen=True)
class Tool:
    """一个工具。names、about 各有几种写法，用 | 分开。"""

    key: str
    split: str  # train：哪个集合都能用；dev、test：只在那个集合出现，是“没见过的工具”
    names: str
    about: str
    short: str  # 一个短语：查天气
    params: tuple[Param, ...]
    result: str  # 结果的模板，槽位是 `slots.py` 的小值；也是答复里要说的
    means: str  # 用户在什么时候要用它：给写问法的人看
    generic: bool = False  # 什么都能查的工具：它在的时候，别的事也不算“没有工具”


def tool(key, split, names, about, short, result, means, *params, generic=False) -> Tool:
    return Tool(key, split, names, about, short, params, result, means, generic)


P = Param
ON = (("on", "打开|开"), ("off", "关掉|关上|关"))
ROOMS = (("living_room", "客厅"), ("bedroom", "卧室|房间"), ("kitchen", "厨房"), ("study", "书房"))
MODES = (("cool", "制冷"), ("heat", "制热"), ("dry", "除湿"), ("auto", "自动"))
LANGUAGES = (("en", "英语|英文"), ("ja", "日语|日文"), ("fr", "法语|法文"), ("de", "德语|德文"), ("ko", "韩语"))
MONEY = (("CNY", "人民币"), ("USD", "美元|美金"), ("EUR", "欧元"), ("JPY", "日元"), ("GBP", "英镑"))
UNITS = (("km", "公里|千米"), ("mile", "英里"), ("kg", "公斤|千克"), ("lb", "磅"), ("cm", "厘米"), ("inch", "英寸"))
LEVELS = (("high", "高|紧急"), ("normal", "普通|中等"), ("low", "低|不急"))
SECTIONS = (
    ("用法用量", "用法用量|怎么吃"), ("禁忌", "禁忌|谁不能吃"), ("不良反应", "副作用|不良反应"), ("贮藏",
        "怎么保存|贮藏方法"),
    ("药物相互作用", "相互作用"),
)  # fmt: skip
LEAVES = (("annual", "年假"), ("sick", "病假"), ("personal", "事假"))
FOODS = (("chinese", "中餐"), ("japanese", "日料|日本菜"), ("hotpot", "火锅"), ("vegetarian", "素菜|素食"))

TRAIN = (
    tool("weather", "train", "get_weather|query_weather|weather", "查询天气|查一个城市的天气预报", "查天气",
        "[晴|多云|小雨|阴]，{temp}℃",
         "问某地（某天）的天气", P("city|location|place", "城市|城市名", "city"), P("date|day", "日期，YYYY-MM-DD",
         "date", False)),
    tool("calculator", "train", "calculator|calc|evaluate", "计算算式|做四则运算", "算数", "{price}", "算一个算式",
         P("expression|expr|formula", "算式，如 3*(2+1)", "expression")),
    tool("add", "train", "add|sum_two|plus", "两个数相加|求两个数的和", "做加法", "{price}", "把两个数相加",
        P("a|x|first", "第一个数", "decimal"), P("b|y|second", "第二个数", "decimal")),
    tool("multiply", "train", "multiply|mul|product", "两个数相乘|求两个数的积", "做乘法", "{price}", "把两个数相乘",
        P("a|x|first", "第一个数", "decimal"), P("b|y|second", "第二个数", "decimal")),
    tool("convert", "train", "convert_unit|unit_converter", "单位换算|换算长度或重量的单位", "换算单位", "{kg}",
        "把一个量换成另一个单位",
         P("value|amount|number", "数值", "decimal"), P("from_unit|source", "原单位", "choice", choices=UNITS),
         P("to_unit|target", "目标单位", "choice", choices=UNITS)),
    tool("exchange", "train", "exchange_rate|convert_currency", "货币换算|按今天的汇率换算金额", "换汇率", "{price}",
        "把一笔钱换成另一种货币",
         P("amount|money", "金额", "decimal"), P("from_currency|base", "原货币", "choice", choices=MONEY),
         P("to_currency|quote", "目标货币", "choice", choices=MONEY)),
    tool("translate", "train", "translate|translate_text", "翻译一句话|把文字翻译成别的语言", "翻译",
        "译文已保存为第{many}条", "把一句话翻译成外语",
         P("text|content|sentence", "要翻译的文字", "sentence"), P("language|target_lang|to", "目标语言", "choice",
         choices=LANGUAGES)),
    tool("reminder", "train", "set_reminder|create_reminder|add_reminder", "设置提醒|到时间提醒一件事", "设提醒",
        "已设好，编号{phone}",
         "到某个时刻提醒一件事", P("content|title|text", "提醒的内容", "todo"), P("time|at", "时刻，HH:MM", "time"),
         P("date|day", "日期，YYYY-MM-DD", "date", False)),
    tool("message", "train", "send_message|send_msg|notify", "发消息给一个人|给联系人发一条消息", "发消息",
        "已发送，编号{phone}", "给某人发一句话",
         P("to|recipient|receiver", "收件人", "person"), P("content|text|body", "消息内容", "message")),
    tool("search", "train", "search_docs|search|search_notes", "搜索资料库|按关键词搜索文档", "搜资料",
        "找到{many}篇，最相关的是第{n}篇",
         "在资料里搜一个主题", P("query|keyword|q", "关键词", "topic"), P("top_k|limit|k", "返回几条", "count",
         False), generic=True),
    tool("book_room", "train", "book_meeting_room|reserve_room", "预订会议室|订一间会议室", "订会议室", "已订{room}",
        "订某天某时的会议室",
         P("date|day", "日期，YYYY-MM-DD", "date"), P("start|start_time|time", "开始时刻，HH:MM", "time"),
         P("people|attendees|size", "人数", "count", False)),
    tool("order", "train", "query_order|order_status|get_order", "查订单状态|按订单号查进度", "查订单",
        "[已发货|配送中|待付款|已签收]", "问一个订单到哪了",
         P("order_id|order_no|id", "订单号", "code")),
    tool("price", "train", "get_price|query_price|price_lookup", "查商品价格|查一件商品的单价", "查价格", "{price}元",
        "问一件商品多少钱",
         P("product|item|name", "商品名", "product")),
    tool("music", "train", "play_music|play_song", "播放音乐|按名字放一首歌", "放歌", "正在播放，时长{n}分钟",
        "放一首歌",
         P("song|title|name", "歌名", "title"), P("loop|repeat", "是否循环", "choice", False, ((True,
         "循环播放|一直放"),))),
    tool("light", "train", "set_light|control_light|switch_light", "开关灯|控制房间的灯", "开关灯", "已执行",
        "开或关某个房间的灯",
         P("room|location", "房间", "choice", choices=ROOMS), P("state|action|power", "开或关", "choice",
         choices=ON)),
    tool("aircon", "train", "set_aircon|control_ac", "调空调|设置空调的温度与模式", "调空调",
        "已调好，当前室温{temp}度", "把空调调到多少度",
         P("temperature|temp|degree", "温度，摄氏度", "degree"), P("mode", "模式", "choice", False, MODES)),
    tool("leaflet", "train", "get_leaflet|drug_info|lookup_drug", "查药品说明书|取说明书的一节", "查说明书",
        "第{n}版第{many}条", "查一个药说明书的某一节",
         P("drug|name|drug_name", "药名", "drug"), P("section|part|field", "哪一节", "choice", choices=SECTIONS)),
    tool("interaction", "train", "check_interaction|drug_interactions", "查几种药的相互作用|检查药物能否同服",
        "查相互作用", "[没有冲突|要间隔{h}小时]",
         "问几种药能不能一起吃", P("drugs|names|drug_list", "药名的列表", "drugs")),
    tool("dose", "train", "dose_by_weight|calc_dose", "按体重算剂量|体重乘以每公斤的量", "算剂量", "{mg}毫克",
        "按体重算用药量",
         P("weight_kg|weight", "体重，公斤", "decimal"), P("mg_per_kg|per_kg", "每公斤多少毫克", "decimal")),
    tool("restaurant", "train", "find_restaurant|search_restaurant", "找餐馆|按地点与口味找餐馆", "找餐馆",
        "找到{many}家，最近的{minutes}分钟",
         "在某地找吃饭的地方", P("city|location|area", "地点", "city"), P("cuisine|type|style", "口味", "choice",
         False, FOODS),
         P("max_price|budget", "人均上限，元", "price", False)),
    tool("train", "train", "search_trains|train_tickets", "查火车票|查两地之间的车次", "查车票",
        "有{many}趟，最早{clock}", "查某天从哪到哪的火车",
         P("from_city|origin|departure", "出发地", "city"), P("to_city|destination|arrival", "目的地", "city"),
         P("date|day", "日期，YYYY-MM-DD", "date")),
    tool("todo", "train", "create_todo|add_task|add_todo", "新建待办|添加一条待办事项", "记待办",
        "已添加，共{many}条", "记一条待办",
         P("title|task|content", "待办内容", "todo"), P("priority|level", "优先级", "choice", False, LEVELS)),
    tool("library", "train", "search_book|find_book", "查馆藏|查一本书在不在馆", "查书", "在架，{room}",
        "问图书馆有没有一本书",
         P("title|book|name", "书名", "title")),
    tool("read_file", "train", "read_file|open_file|cat", "读取文件|读一个文本文件的内容", "读文件", "共{count}行",
        "看一个文件的内容",
         P("path|file|filename", "路径", "path")),
    tool("write_file", "train", "write_file|save_file", "写文件|把文字写进文件", "写文件", "已写入{many}个字",
        "把一句话存进文件",
         P("path|file|filename", "路径", "path"), P("content|text|data", "内容", "message")),
    tool("contact", "train", "find_contact|lookup_contact", "查联系人|查一个人的分机号", "查分机", "分机{phone}",
        "问某人的电话、分机",
         P("name|person", "姓名", "person")),
    tool("timer", "train", "set_timer|start_timer|countdown", "设倒计时|开始倒计时", "倒计时", "已开始",
        "过几分钟提醒、倒计时",
         P("minutes|duration", "分钟数", "minutes")),
    tool("datediff", "train", "date_diff|days_between", "算两个日期相差几天|求日期的间隔", "算天数", "{count}天",
        "问两个日期之间有几天",
         P("start|from_date|begin", "开始日期，YYYY-MM-DD", "date"), P("end|to_date|finish", "结束日期，YYYY-MM-DD",
         "date")),
    tool("leave", "train", "request_leave|apply_leave", "提交请假申请|请假", "请假", "已提交，由{boss}审批",
        "请几天什么假",
         P("start|start_date|from", "开始日期，YYYY-MM-DD", "date"), P("days|length", "天数", "days"),
         P("type|kind", "假的种类", "choice", choices=LEAVES)),
    tool("fetch", "train", "fetch_url|web_fetch|get_page", "抓取网页|读一个网址的内容", "读网页", "共{count}行",
        "看一个网址的内容",
         P("url|link", "网址", "url")),
    tool("course", "train", "course_info|get_course", "查课程信息|查一门课的时间和教室", "查课程",
        "{weekday}{clock}，{room}", "问一门课什么时候在哪上",
         P("course|name|title", "课程名", "course")),
)  # fmt: skip
DEV = (
    tool("parking", "dev", "reserve_parking", "预订停车位", "订车位", "已订{room}号车位", "在某地订几个小时的停车位",
         P("place", "停车场所在地", "city"), P("hours", "停几个小时", "count")),
    tool("express", "dev", "track_package", "查快递进度", "查快递", "[在途|派送中|已签收]", "问一个运单到哪了",
        P("tracking_no", "运单号", "number")),
    tool("hotel", "dev", "search_hotel", "查酒店", "查酒店", "有{many}家，最低{money}元", "找某地某天入住的酒店",
        P("city", "城市", "city"),
         P("checkin", "入住日期，YYYY-MM-DD", "date"), P("nights", "住几晚", "count", False)),
    tool("bmi", "dev", "compute_bmi", "算体质指数", "算体质指数", "{temp}", "按身高体重算体质指数", P("height_cm",
        "身高，厘米", "decimal"),
         P("weight_kg", "体重，公斤", "weight")),
    tool("print", "dev", "print_document", "打印文件", "打印", "已送到{room}的打印机", "打印一个文件", P("file",
        "文件路径", "path"),
         P("copies", "份数", "count", False), P("double_sided", "是否双面", "choice", False, ((True,
         "双面|正反面"),))),
    tool("curtain", "dev", "move_curtain", "开合窗帘", "拉窗帘", "已执行", "拉开或拉上某个房间的窗帘", P("room",
        "房间", "choice", choices=ROOMS),
         P("action", "拉开或拉上", "choice", choices=(("open", "拉开|打开"), ("close", "拉上|合上")))),
)  # fmt: skip
SPORTS = (("yoga", "瑜伽"), ("swim", "游泳"), ("boxing", "拳击"), ("dance", "舞蹈"))
TEST = (
    tool("flight", "test", "flight_status", "查航班动态", "查航班", "[准点|晚点{minutes}分钟|已取消]",
        "问某天某个航班的情况", P("flight_no", "航班号", "code"),
         P("date", "日期，YYYY-MM-DD", "date")),
    tool("gym", "test", "book_class", "预约健身课", "约健身课", "已约，{room}教室", "约某天几个人的一种健身课",
        P("class_type", "课程种类", "choice", choices=SPORTS),
         P("date", "日期，YYYY-MM-DD", "date"), P("people", "人数", "count", False)),
    tool("bill", "test", "query_bill", "查水电费账单", "查账单", "{price}元", "问一个户号某个月的账单", P("account",
        "户号", "number"),
         P("month", "月份，YYYY-MM", "month")),
    tool("bike", "test", "rent_bike", "租自行车", "租车", "已租{n}号车", "在某个站点租自行车几个小时", P("station",
        "站点所在地", "city"),
         P("hours", "小时数", "count")),
    tool("tide", "test", "tide_table", "查潮汐时间", "查潮汐", "满潮{late}", "问某地某天的涨潮", P("place", "地点",
        "city"),
         P("date", "日期，YYYY-MM-DD", "date", False)),
    tool("ticket", "test", "report_repair", "报修", "报修", "工单{phone}", "报告某个房间的东西坏了", P("room",
        "房间号", "room"),
         P("urgency", "紧急程度", "choice", False, LEVELS)),
    tool("rename", "test", "rename_file", "重命名文件", "改文件名", "已改名", "把一个文件改成另一个名字",
        P("old_path", "原路径", "path"),
         P("new_path", "新路径", "path")),
    tool("donate", "test", "split_bill", "几个人平摊金额", "平摊", "每人{money}元", "把一笔钱平分给几个人", P("total",
        "总额", "decimal"),
         P("people", "人数", "count")),
)  # fmt: skip
ALL = (*TRAIN, *DEV, *TEST)

# 同一组里的工具做得了彼此的一部分：其中一个在，就不能说“没有合适的工具”
RELATED = (
    {"timer", "reminder", "todo"},
    {"calculator", "add", "multiply", "convert", "exchange", "dose", "datediff", "bmi", "donate"},
    {"read_file", "write_file", "rename", "print", "fetch"},
    {"order", "express", "bill", "price"},
    {"leaflet", "interaction", "dose"},
    {"train", "flight", "hotel"},
    {"message", "contact", "ticket"},
    {"course", "gym", "book_room"},
    {"weather", "tide"},
    {"leave", "todo"},
    {"light", "curtain", "aircon"},
)


def rivals(a: Tool, b: Tool) -> bool:
    """同一句话两个工具都能办：不能一起给，不然答案有两种。"""
    return {a.key, b.key} in ({"calculator", "add"}, {"calculator", "multiply"})


def related(a: Tool, b: Tool) -> bool:
    """两个工具能不能互相顶替一部分。"""
    return a.generic or b.generic or any({a.key, b.key} <= group for group in RELATED)


def tools_of(split: str) -> tuple[Tool, ...]:
    """一个集合里能用的工具：训练过的，加上只在这个集合出现的。"""
    return tuple(tool for tool in ALL if tool.split in ("train", split))


def unseen(split: str) -> tuple[Tool, ...]:
    """训练里没有的工具。"""
    return tuple(tool for tool in ALL if tool.split == split and split != "train")
