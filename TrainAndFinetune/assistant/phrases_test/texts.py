"""测试集：要提取的文字、要概括的文字。一行一个模板，换掉每一行“例：”。"""

TABLE = {
    # 几个短句之间的标点或连接词
    "extract.join": """
例：……
""",
    # 一句无关紧要的细节，可用小值的槽位；可以写 {count}、{months}、{person2}、{phone}、{room}、{years}
    "summary.detail": """
例：……
""",
    # 订货的话里的一小句：谁买 {v}；要写 {v}
    "extract.order.buyer": """
例：{v}……
""",
    # 订货的话里的一小句：买什么 {v}；要写 {v}
    "extract.order.product": """
例：{v}……
""",
    # 订货的话里的一小句：几件 {v}；要写 {v}
    "extract.order.quantity": """
例：{v}……
""",
    # 订货的话里的一小句：日期，YYYY-MM-DD {v}；要写 {v}
    "extract.order.ship_date": """
例：{v}……
""",
    # 订货的话里的一小句：付款方式 {v}；要写 {v}
    "extract.order.payment": """
例：{v}……
""",
    # 订货的话里的一小句：送到哪 {v}；要写 {v}
    "extract.order.city": """
例：{v}……
""",
    # 介绍一个人里的一小句：姓名 {v}；要写 {v}
    "extract.contact.name": """
例：{v}……
""",
    # 介绍一个人里的一小句：哪家公司 {v}；要写 {v}
    "extract.contact.company": """
例：{v}……
""",
    # 介绍一个人里的一小句：分机号 {v}；要写 {v}
    "extract.contact.extension": """
例：{v}……
""",
    # 介绍一个人里的一小句：在哪个城市 {v}；要写 {v}
    "extract.contact.city": """
例：{v}……
""",
    # 介绍一个人里的一小句：办公室 {v}；要写 {v}
    "extract.contact.room": """
例：{v}……
""",
    # 预约看诊、上门的话里的一小句：谁 {v}；要写 {v}
    "extract.visit.patient": """
例：{v}……
""",
    # 预约看诊、上门的话里的一小句：症状 {v}；要写 {v}
    "extract.visit.symptom": """
例：{v}……
""",
    # 预约看诊、上门的话里的一小句：日期，YYYY-MM-DD {v}；要写 {v}
    "extract.visit.date": """
例：{v}……
""",
    # 预约看诊、上门的话里的一小句：时刻，HH:MM {v}；要写 {v}
    "extract.visit.time": """
例：{v}……
""",
    # 预约看诊、上门的话里的一小句：医生 {v}；要写 {v}
    "extract.visit.doctor": """
例：{v}……
""",
    # 预约看诊、上门的话里的一小句：在用的药 {v}；要写 {v}
    "extract.visit.drug": """
例：{v}……
""",
    # 说明书里的一段里的一小句：药名 {v}；要写 {v}
    "extract.leaflet.drug": """
例：{v}……
""",
    # 说明书里的一段里的一小句：一天几次 {v}；要写 {v}
    "extract.leaflet.times_per_day": """
例：{v}……
""",
    # 说明书里的一段里的一小句：用几天 {v}；要写 {v}
    "extract.leaflet.days": """
例：{v}……
""",
    # 说明书里的一段里的一小句：不良反应 {v}；要写 {v}
    "extract.leaflet.side_effect": """
例：{v}……
""",
    # 说明书里的一段里的一小句：谁生产 {v}；要写 {v}
    "extract.leaflet.maker": """
例：{v}……
""",
    # 活动的通知里的一小句：名称 {v}；要写 {v}
    "extract.event.title": """
例：{v}……
""",
    # 活动的通知里的一小句：日期，YYYY-MM-DD {v}；要写 {v}
    "extract.event.date": """
例：{v}……
""",
    # 活动的通知里的一小句：地点 {v}；要写 {v}
    "extract.event.room": """
例：{v}……
""",
    # 活动的通知里的一小句：主讲人 {v}；要写 {v}
    "extract.event.speaker": """
例：{v}……
""",
    # 活动的通知里的一小句：名额 {v}；要写 {v}
    "extract.event.seats": """
例：{v}……
""",
    # 故障、事故的记录里的一小句：哪里 {v}；要写 {v}
    "extract.incident.place": """
例：{v}……
""",
    # 故障、事故的记录里的一小句：什么设备 {v}；要写 {v}
    "extract.incident.device": """
例：{v}……
""",
    # 故障、事故的记录里的一小句：什么故障 {v}；要写 {v}
    "extract.incident.fault": """
例：{v}……
""",
    # 故障、事故的记录里的一小句：谁报的 {v}；要写 {v}
    "extract.incident.reporter": """
例：{v}……
""",
    # 故障、事故的记录里的一小句：停了几分钟 {v}；要写 {v}
    "extract.incident.minutes": """
例：{v}……
""",
    # 报销的话里的一小句：谁 {v}；要写 {v}
    "extract.expense.person": """
例：{v}……
""",
    # 报销的话里的一小句：多少元 {v}；要写 {v}
    "extract.expense.amount": """
例：{v}……
""",
    # 报销的话里的一小句：去哪 {v}；要写 {v}
    "extract.expense.city": """
例：{v}……
""",
    # 报销的话里的一小句：日期，YYYY-MM-DD {v}；要写 {v}
    "extract.expense.date": """
例：{v}……
""",
    # 报销的话里的一小句：发票号 {v}；要写 {v}
    "extract.expense.invoice": """
例：{v}……
""",
    # 介绍一本书里的一小句：书名 {v}；要写 {v}
    "extract.book.title": """
例：{v}……
""",
    # 介绍一本书里的一小句：作者 {v}；要写 {v}
    "extract.book.author": """
例：{v}……
""",
    # 介绍一本书里的一小句：多少元 {v}；要写 {v}
    "extract.book.price": """
例：{v}……
""",
    # 介绍一本书里的一小句：谁出版 {v}；要写 {v}
    "extract.book.press": """
例：{v}……
""",
    # 介绍一本书里的一小句：架位 {v}；要写 {v}
    "extract.book.shelf": """
例：{v}……
""",
    # 做菜的话里的一小句：菜名 {v}；要写 {v}
    "extract.recipe.dish": """
例：{v}……
""",
    # 做菜的话里的一小句：几分钟 {v}；要写 {v}
    "extract.recipe.minutes": """
例：{v}……
""",
    # 做菜的话里的一小句：几人份 {v}；要写 {v}
    "extract.recipe.people": """
例：{v}……
""",
    # 做菜的话里的一小句：调料 {v}；要写 {v}
    "extract.recipe.spice": """
例：{v}……
""",
    # 做菜的话里的一小句：多少度 {v}；要写 {v}
    "extract.recipe.oven": """
例：{v}……
""",
    # 行程里的一小句：谁 {v}；要写 {v}
    "extract.trip.traveller": """
例：{v}……
""",
    # 行程里的一小句：从哪 {v}；要写 {v}
    "extract.trip.from_city": """
例：{v}……
""",
    # 行程里的一小句：到哪 {v}；要写 {v}
    "extract.trip.to_city": """
例：{v}……
""",
    # 行程里的一小句：日期，YYYY-MM-DD {v}；要写 {v}
    "extract.trip.date": """
例：{v}……
""",
    # 行程里的一小句：住几晚 {v}；要写 {v}
    "extract.trip.nights": """
例：{v}……
""",
    # 寄快递的话里的一小句：寄件人 {v}；要写 {v}
    "extract.parcel.sender": """
例：{v}……
""",
    # 寄快递的话里的一小句：收件人 {v}；要写 {v}
    "extract.parcel.receiver": """
例：{v}……
""",
    # 寄快递的话里的一小句：寄到哪 {v}；要写 {v}
    "extract.parcel.city": """
例：{v}……
""",
    # 寄快递的话里的一小句：单号 {v}；要写 {v}
    "extract.parcel.number": """
例：{v}……
""",
    # 寄快递的话里的一小句：几件 {v}；要写 {v}
    "extract.parcel.pieces": """
例：{v}……
""",
    # 一两句完整的话：公司某天搬家；要写 {company}、{date}、{place}
    "summary.move": """
例：{company}{date}{place}……
""",
    # 一两句完整的话：公司因为某种故障召回产品；要写 {company}、{defect}、{good}
    "summary.recall": """
例：{company}{defect}{good}……
""",
    # 一两句完整的话：某人主持会议，决定某天前做一件事；要写 {md}、{person}、{todo}
    "summary.meeting": """
例：{md}{person}{todo}……
""",
    # 一两句完整的话：图书馆从某天起关几天；要写 {d}、{md}、{place}
    "summary.closing": """
例：{d}{md}{place}……
""",
    # 一两句完整的话：公司发布一种颜色的产品和价格；要写 {colourword}、{company}、{good}、{price}
    "summary.launch": """
例：{colourword}{company}{good}{price}……
""",
    # 一两句完整的话：某地某天大雨、星期几转晴；要写 {md}、{place}、{weekday}
    "summary.weather": """
例：{md}{place}{weekday}……
""",
    # 一两句完整的话：研究发现某药缓解某症状；要写 {drug}、{symptom}
    "summary.study": """
例：{drug}{symptom}……
""",
    # 一两句完整的话：公司招某个岗位、哪天截止；要写 {company}、{job}、{md}
    "summary.hire": """
例：{company}{job}{md}……
""",
    # 一两句完整的话：读者觉得书好看但是贵；要写 {money}、{title}
    "summary.review": """
例：{money}{title}……
""",
    # 一两句完整的话：某人修好某地的设备，原因是什么；要写 {defect}、{good}、{person}、{place}
    "summary.repair": """
例：{defect}{good}{person}{place}……
""",
}
