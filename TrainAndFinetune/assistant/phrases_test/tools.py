"""测试集：要用工具的话。一行一个模板，换掉每一行“例：”。"""

TABLE = {
    # 想做一件事（{short} 是个短语，如“查天气”），但没给参数；要写 {short}
    "missing": """
例：{short}……
""",
    # 一句话里先后要办两件事；要写 {a}、{b}
    "both": """
例：{a}{b}……
""",
    # 带工具的对话的系统提示
    "system": """
例：……
""",
    # 问某地（某天）的天气；要写 {city}；可以写 {date}
    # （{city} 如 临泉市、{date} 如 2027年12月21日）
    "tool.weather": """
例：{city}……
""",
    # 算一个算式；要写 {expression}
    # （{expression} 如 796-33）
    "tool.calculator": """
例：{expression}……
""",
    # 把两个数相加；要写 {a}、{b}
    # （{a} 如 39.1、{b} 如 65）
    "tool.add": """
例：{a}{b}……
""",
    # 把两个数相乘；要写 {a}、{b}
    # （{a} 如 148、{b} 如 23.2）
    "tool.multiply": """
例：{a}{b}……
""",
    # 把一个量换成另一个单位；要写 {from_unit}、{to_unit}、{value}
    # （{value} 如 19.7、{from_unit} 如 公里/英里/公斤/磅/厘米/英寸、{to_unit} 如 公里/英里/公斤/磅/厘米/英寸）
    "tool.convert": """
例：{from_unit}{to_unit}{value}……
""",
    # 把一笔钱换成另一种货币；要写 {amount}、{from_currency}、{to_currency}
    # （{amount} 如 42、{from_currency} 如 人民币/美元/欧元/日元/英镑、{to_currency} 如 人民币/美元/欧元/日元/英镑）
    "tool.exchange": """
例：{amount}{from_currency}{to_currency}……
""",
    # 把一句话翻译成外语；要写 {language}、{text}
    # （{text} 如 会议取消了、{language} 如 英语/日语/法语/德语/韩语）
    "tool.translate": """
例：{language}{text}……
""",
    # 到某个时刻提醒一件事；要写 {content}、{time}；可以写 {date}
    # （{content} 如 擦窗户、{time} 如 10:00、{date} 如 2025-04-25）
    "tool.reminder": """
例：{content}{time}……
""",
    # 给某人发一句话；要写 {content}、{to}
    # （{to} 如 胡强涛、{content} 如 周报发我一份）
    "tool.message": """
例：{content}{to}……
""",
    # 在资料里搜一个主题；要写 {query}；可以写 {top_k}
    # （{query} 如 束搜索、{top_k} 如 5）
    "tool.search": """
例：{query}……
""",
    # 订某天某时的会议室；要写 {date}、{start}；可以写 {people}
    # （{date} 如 2025-09-22、{start} 如 11:20、{people} 如 7）
    "tool.book_room": """
例：{date}{start}……
""",
    # 问一个订单到哪了；要写 {order_id}
    # （{order_id} 如 PS31752）
    "tool.order": """
例：{order_id}……
""",
    # 问一件商品多少钱；要写 {product}
    # （{product} 如 鹿桥体重秤）
    "tool.price": """
例：{product}……
""",
    # 放一首歌；要写 {song}；可以写 {loop}
    # （{song} 如 剪纸与灯塔、{loop} 如 循环播放）
    "tool.music": """
例：{song}……
""",
    # 开或关某个房间的灯；要写 {room}、{state}
    # （{room} 如 客厅/卧室/厨房/书房、{state} 如 打开/关掉）
    "tool.light": """
例：{room}{state}……
""",
    # 把空调调到多少度；要写 {temperature}；可以写 {mode}
    # （{temperature} 如 21、{mode} 如 制冷/制热/除湿/自动）
    "tool.aircon": """
例：{temperature}……
""",
    # 查一个药说明书的某一节；要写 {drug}、{section}
    # （{drug} 如 缇泽坦、{section} 如 用法用量/禁忌/副作用/怎么保存/相互作用）
    "tool.leaflet": """
例：{drug}{section}……
""",
    # 问几种药能不能一起吃；要写 {drugs}
    # （{drugs} 如 鹿安宁、岚润净、桐畅灵）
    "tool.interaction": """
例：{drugs}……
""",
    # 按体重算用药量；要写 {mg_per_kg}、{weight_kg}
    # （{weight_kg} 如 183、{mg_per_kg} 如 37.4）
    "tool.dose": """
例：{mg_per_kg}{weight_kg}……
""",
    # 在某地找吃饭的地方；要写 {city}；可以写 {cuisine}、{max_price}
    # （{city} 如 镜洲市、{cuisine} 如 中餐/日料/火锅/素菜、{max_price} 如 140）
    "tool.restaurant": """
例：{city}……
""",
    # 查某天从哪到哪的火车；要写 {date}、{from_city}、{to_city}
    # （{from_city} 如 镜洲镇、{to_city} 如 清屿、{date} 如 2026/1/24）
    "tool.train": """
例：{date}{from_city}{to_city}……
""",
    # 记一条待办；要写 {title}；可以写 {priority}
    # （{title} 如 整理书架、{priority} 如 高/普通/低）
    "tool.todo": """
例：{title}……
""",
    # 问图书馆有没有一本书；要写 {title}
    # （{title} 如 书签的蜂巢）
    "tool.library": """
例：{title}……
""",
    # 看一个文件的内容；要写 {path}
    # （{path} 如 归档/合同6.json）
    "tool.read_file": """
例：{path}……
""",
    # 把一句话存进文件；要写 {content}、{path}
    # （{path} 如 归档/周报8.txt、{content} 如 发票已经寄出）
    "tool.write_file": """
例：{content}{path}……
""",
    # 问某人的电话、分机；要写 {name}
    # （{name} 如 郭凡嘉）
    "tool.contact": """
例：{name}……
""",
    # 过几分钟提醒、倒计时；要写 {minutes}
    # （{minutes} 如 八十二）
    "tool.timer": """
例：{minutes}……
""",
    # 问两个日期之间有几天；要写 {end}、{start}
    # （{start} 如 2025-02-25、{end} 如 2026/6/17）
    "tool.datediff": """
例：{end}{start}……
""",
    # 请几天什么假；要写 {days}、{start}、{type}
    # （{start} 如 2027.5.25、{days} 如 2、{type} 如 年假/病假/事假）
    "tool.leave": """
例：{days}{start}{type}……
""",
    # 看一个网址的内容；要写 {url}
    # （{url} 如 https://wiki.example.org/890）
    "tool.fetch": """
例：{url}……
""",
    # 问一门课什么时候在哪上；要写 {course}
    # （{course} 如 数据库基础）
    "tool.course": """
例：{course}……
""",
    # 问某天某个航班的情况；要写 {date}、{flight_no}
    # （{flight_no} 如 BS21951、{date} 如 2025/6/17）
    "tool.flight": """
例：{date}{flight_no}……
""",
    # 约某天几个人的一种健身课；要写 {class_type}、{date}；可以写 {people}
    # （{class_type} 如 瑜伽/游泳/拳击/舞蹈、{date} 如 2025年6月9日、{people} 如 五）
    "tool.gym": """
例：{class_type}{date}……
""",
    # 问一个户号某个月的账单；要写 {account}、{month}
    # （{account} 如 421043、{month} 如 2025年2月）
    "tool.bill": """
例：{account}{month}……
""",
    # 在某个站点租自行车几个小时；要写 {hours}、{station}
    # （{station} 如 荷泉镇、{hours} 如 三）
    "tool.bike": """
例：{hours}{station}……
""",
    # 问某地某天的涨潮；要写 {place}；可以写 {date}
    # （{place} 如 白溪镇、{date} 如 2025/4/24）
    "tool.tide": """
例：{place}……
""",
    # 报告某个房间的东西坏了；要写 {room}；可以写 {urgency}
    # （{room} 如 B121、{urgency} 如 高/普通/低）
    "tool.ticket": """
例：{room}……
""",
    # 把一个文件改成另一个名字；要写 {new_path}、{old_path}
    # （{old_path} 如 清单6.csv、{new_path} 如 照片说明3.json）
    "tool.rename": """
例：{new_path}{old_path}……
""",
    # 把一笔钱平分给几个人；要写 {people}、{total}
    # （{total} 如 18.3、{people} 如 6）
    "tool.donate": """
例：{people}{total}……
""",
}
