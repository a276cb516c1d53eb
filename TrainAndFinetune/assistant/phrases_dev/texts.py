"""开发集：要提取的文字、要概括的文字。`{v}` 是值。"""

TABLE = {
    "extract.join": "，另，\n。此外，\n，",
    "extract.order.buyer": "采购方写的是{v}\n落款{v}",
    "extract.order.product": "清单上列着{v}\n标的为{v}",
    "extract.order.quantity": "总计{v}份\n{v}份就够",
    "extract.order.ship_date": "最迟{v}离库\n{v}交运",
    "extract.order.payment": "结算走{v}\n款项{v}结清",
    "extract.order.city": "目的仓在{v}\n交付至{v}",
    "extract.contact.name": "名片上印着{v}\n人称{v}",
    "extract.contact.company": "供职{v}\n名片抬头{v}",
    "extract.contact.extension": "座机短号{v}\n内线{v}",
    "extract.contact.city": "落户{v}\n家安在{v}",
    "extract.contact.room": "屋号{v}\n{v}号屋可寻",
    "extract.visit.patient": "登记人{v}\n{v}登记求诊",
    "extract.visit.symptom": "自述{v}\n被{v}困扰",
    "extract.visit.date": "登记的日子{v}\n拟{v}前来",
    "extract.visit.time": "钟点{v}\n准{v}入诊室",
    "extract.visit.doctor": "指名{v}大夫\n大夫{v}",
    "extract.visit.drug": "药盒里是{v}\n平日靠{v}维持",
    "extract.leaflet.drug": "兹介绍{v}\n包装印{v}字样",
    "extract.leaflet.times_per_day": "日服{v}遍\n二十四小时内{v}遍",
    "extract.leaflet.days": "坚持{v}日\n前后{v}日",
    "extract.leaflet.side_effect": "或见{v}\n留意{v}",
    "extract.leaflet.maker": "{v}荣誉出品\n药企{v}",
    "extract.event.title": "本场名曰“{v}”\n海报题为{v}",
    "extract.event.date": "日子选在{v}\n{v}当日登场",
    "extract.event.room": "奔{v}入座\n所在{v}",
    "extract.event.speaker": "请来{v}\n台上是{v}",
    "extract.event.seats": "坐满{v}席\n{v}席为限",
    "extract.incident.place": "事发{v}\n{v}现场",
    "extract.incident.device": "涉事机器{v}\n{v}罢工",
    "extract.incident.fault": "症结在于{v}\n系{v}所致",
    "extract.incident.reporter": "经{v}通报\n通报者{v}",
    "extract.incident.minutes": "前后{v}分钟不能用\n中断{v}分钟",
    "extract.expense.person": "申领者{v}\n替{v}垫付",
    "extract.expense.amount": "开销{v}元\n总数{v}元整",
    "extract.expense.city": "外勤地{v}\n赴{v}公干",
    "extract.expense.date": "票面日期{v}\n开票于{v}",
    "extract.expense.invoice": "票据编码{v}\n凭证{v}",
    "extract.book.title": "封面题《{v}》\n我在读《{v}》",
    "extract.book.author": "执笔者{v}\n出自{v}笔下",
    "extract.book.price": "封底标{v}元\n花{v}元购入",
    "extract.book.press": "{v}刊行\n刊行方{v}",
    "extract.book.shelf": "插在{v}\n取自{v}",
    "extract.recipe.dish": "端上桌的是{v}\n学做{v}",
    "extract.recipe.minutes": "守着火{v}分钟\n{v}分钟起锅",
    "extract.recipe.people": "{v}口人享用\n喂饱{v}个人",
    "extract.recipe.spice": "点睛的是{v}\n少许{v}提味",
    "extract.recipe.oven": "刻度拧到{v}\n预热至{v}度",
    "extract.trip.traveller": "动身的是{v}\n乘客一栏{v}",
    "extract.trip.from_city": "起点{v}\n始发{v}",
    "extract.trip.to_city": "终至{v}\n奔{v}而去",
    "extract.trip.date": "启程日{v}\n{v}启程",
    "extract.trip.nights": "过夜{v}回\n停留{v}夜",
    "extract.lost.owner": "失主{v}\n{v}来登记遗失\n遗失者叫{v}",
    "extract.lost.item": "不见的是{v}\n遗失{v}一件",
    "extract.lost.place": "遗失在{v}一带\n最后出现于{v}",
    "extract.lost.date": "{v}发觉不见\n遗失日{v}",
    "summary.move": """
租约将满，{company}择定{place}为新址，{date}迁入。
{place}迎来新邻居{company}，迁入日是{date}。
""",
    "summary.recall": "{good}用户注意，{company}承认{defect}，全数收回。\n{defect}的毛病迫使{company}收回旗下{good}。",
    "summary.meeting": """
碰头会上{person}拍板：{todo}，限{md}之前。
{md}是{todo}的期限，这是{person}召集的会上议定的。
""",
    "summary.closing": "{d}天之内，{place}图书馆大门不开，自{md}算起。\n{md}往后{d}天{place}图书馆停止接待。",
    "summary.launch": """
{colourword}外壳、{price}元，{company}的{good}亮相。
{company}推出{good}，{colourword}，标价{price}元。
""",
    "summary.weather": "{md}{place}会被大雨浇透，挨到{weekday}天才晴。\n大雨{md}光顾{place}，{weekday}见太阳。",
    "summary.study": "试验组服{drug}后{symptom}减轻，论文据此下结论。\n{symptom}患者有了新选择，论文称{drug}有效。",
    "summary.hire": "{job}一职虚位以待，{company}收件到{md}。\n想当{job}的人，{md}以前联络{company}。",
    "summary.review": """
《{title}》抓人，钱包却疼，要{money}元，读者如是说。
花{money}元买《{title}》，读者嫌贵，却承认好看。
""",
    "summary.repair": """
{defect}惹的祸，{person}让{place}那台{good}重新转起来。
{place}的{good}罢工，{person}排查到{defect}并修复。
""",
    "summary.detail": """
细则容后公布。
到场者约{count}位。
咨询内线{phone}。
筹划始于{months}个月以前。
周遭交通不受影响。
接待者{person2}。
登记处设于{room}。
""",
}
