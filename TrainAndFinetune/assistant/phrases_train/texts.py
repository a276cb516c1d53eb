"""训练集：要提取的文字、要概括的文字。`{v}` 是值。"""

TABLE = {
    "extract.join": "，\n。\n；\n，",
    "extract.order.buyer": "[买家|客户|订货人]是{v}\n{v}[下单|来订货]\n[我是|这里是]{v}\n{v}要[订|买]",
    "extract.order.product": "[要|买|订]{v}\n[货品|商品]是{v}\n[看中|选了]{v}",
    "extract.order.quantity": "[一共|共|]{v}[件|台|个]\n数量{v}\n要{v}[个|件]",
    "extract.order.ship_date": "[请|]{v}发货\n{v}[之前|前]发出\n发货日[期|]{v}",
    "extract.order.payment": "[用|]{v}[付款|支付|结账]\n付款方式{v}\n{v}付",
    "extract.order.city": "[送到|寄到|发到]{v}\n地址在{v}\n收货地{v}",
    "extract.contact.name": "[这位是|我叫|他叫]{v}\n{v}[你好|先生|]\n姓名{v}",
    "extract.contact.company": "在{v}[工作|上班]\n[来自|就职于]{v}\n公司是{v}",
    "extract.contact.extension": "分机{v}\n[电话|号码][是|]{v}\n打{v}找他",
    "extract.contact.city": "[人在|住在|常驻]{v}\n{v}[人|办事处]\n城市{v}",
    "extract.contact.room": "办公室[在|]{v}\n[坐在|在]{v}[室|]\n房间号{v}",
    "extract.visit.patient": "{v}[来看病|来就诊|预约]\n患者{v}\n给{v}[挂号|约个号]",
    "extract.visit.symptom": "[有点|一直|最近]{v}\n症状是{v}\n{v}[两天了|好几天]",
    "extract.visit.date": "[约|定]在{v}\n日期{v}\n{v}[来|过来]",
    "extract.visit.time": "{v}[到|来|见]\n时间{v}\n[约|定]{v}",
    "extract.visit.doctor": "[看|找]{v}医生\n医生是{v}\n由{v}接诊",
    "extract.visit.drug": "[在吃|正在用]{v}\n用过{v}\n目前服{v}",
    "extract.leaflet.drug": "{v}[说明书|]\n本品为{v}\n药名{v}",
    "extract.leaflet.times_per_day": "一[天|日]{v}次\n每[日|天]{v}次\n一天吃{v}回",
    "extract.leaflet.days": "[连用|连服|吃]{v}天\n疗程{v}天\n{v}天一个疗程",
    "extract.leaflet.side_effect": "[可能|偶尔]{v}\n不良反应[有|为]{v}\n少数人{v}",
    "extract.leaflet.maker": "{v}[生产|出品]\n由{v}制造\n厂家{v}",
    "extract.event.title": "《{v}》[讲座|分享会|活动]\n活动名为{v}\n主题是{v}",
    "extract.event.date": "[定在|于]{v}\n{v}[举行|举办]\n日期{v}",
    "extract.event.room": "[在|地点]{v}\n{v}[见|举行]\n会场{v}",
    "extract.event.speaker": "[由|]{v}主讲\n主讲人{v}\n{v}来讲",
    "extract.event.seats": "限{v}人\n名额{v}个\n只收{v}位",
    "extract.incident.place": "{v}[报告|发来通知]\n在{v}\n{v}站点",
    "extract.incident.device": "{v}[停机|坏了|停了]\n设备是{v}\n一台{v}",
    "extract.incident.fault": "[原因是|因为]{v}\n故障：{v}\n检查发现{v}",
    "extract.incident.reporter": "[由|]{v}[报告|上报]\n报告人{v}\n{v}打来电话",
    "extract.incident.minutes": "停[了|机]{v}分钟\n历时{v}分钟\n{v}分钟后恢复",
    "extract.expense.person": "{v}[报销|的费用]\n报销人{v}\n{v}交来单子",
    "extract.expense.amount": "[共|花了|合计]{v}元\n金额{v}[元|]\n{v}块钱",
    "extract.expense.city": "[去|到]{v}出差\n出差地{v}\n在{v}花的",
    "extract.expense.date": "{v}[的票|出发]\n日期{v}\n发生在{v}",
    "extract.expense.invoice": "发票号{v}\n票号是{v}\n发票{v}",
    "extract.book.title": "《{v}》[很好看|值得读|]\n书名{v}\n推荐《{v}》",
    "extract.book.author": "[作者|作者是]{v}\n{v}[写的|著]\n由{v}撰写",
    "extract.book.price": "[定价|卖]{v}元\n{v}[元|块]一本\n价格{v}元",
    "extract.book.press": "{v}出版\n由{v}出[版|]\n出版社是{v}",
    "extract.book.shelf": "[架位|放在]{v}\n在{v}架\n书架号{v}",
    "extract.recipe.dish": "{v}[的做法|]\n今天做{v}\n这道菜是{v}",
    "extract.recipe.minutes": "[煮|炖|焖]{v}分钟\n[大约|要]{v}分钟\n火候{v}分钟",
    "extract.recipe.people": "[够|可供]{v}个人[吃|]\n{v}人份\n做{v}人的量",
    "extract.recipe.spice": "[加|放|撒]{v}\n调料用{v}\n别忘了{v}",
    "extract.recipe.oven": "[烤箱|油温]{v}度\n调到{v}度\n温度{v}",
    "extract.trip.traveller": "{v}[出差|要出门|的行程]\n旅客{v}\n给{v}订票",
    "extract.trip.from_city": "从{v}[出发|走]\n出发地{v}\n{v}上车",
    "extract.trip.to_city": "[去|到]{v}\n目的地{v}\n[终点|下车]在{v}",
    "extract.trip.date": "{v}[走|出发|动身]\n日期{v}\n[订|]{v}的票",
    "extract.trip.nights": "住{v}[晚|夜]\n待{v}个晚上\n酒店{v}晚",
    "summary.move": """
{company}[宣布|通知]，将于{date}搬到{place}。
[因为租约到期|为了扩大场地]，{company}{date}起在{place}办公。
{date}，{company}要从旧址搬到{place}。
""",
    "summary.recall": """
{company}[宣布|通知]召回一批{good}，原因是{defect}。
因为发现{defect}，{company}决定召回{good}。
{company}生产的{good}出现{defect}，现在全部召回。
""",
    "summary.meeting": """
{person}主持了[今天|本周]的会议，会上决定在{md}前{todo}。
会议由{person}主持，[最后|大家]商定{md}之前{todo}。
[在|]{person}主持的会上，{todo}被定为{md}前要做的事。
""",
    "summary.closing": """
{place}图书馆[通知|公告]：{md}起闭馆{d}天。
[因为|由于]整修，{place}图书馆从{md}开始闭馆，为期{d}天。
读者请注意，{md}起{place}图书馆关闭{d}天。
""",
    "summary.launch": """
{company}[今天|昨天]发布了一款{colourword}的{good}，售价{price}元。
售价{price}元的{colourword}{good}由{company}正式发布。
{company}的新品来了：{colourword}的{good}，卖{price}元。
""",
    "summary.weather": """
[气象台|预报]说，{place}{md}有大雨，到{weekday}转晴。
{md}大雨将[到|影响]{place}，{weekday}才会转晴。
{place}[的居民|市民]注意，{md}有大雨，{weekday}放晴。
""",
    "summary.study": """
[一项|最新的]研究[发现|表明]，{drug}能[够|]缓解{symptom}。
研究人员[发现|报告]，服用{drug}的人{symptom}有所缓解。
{drug}对{symptom}有缓解作用，[一项|这是]研究的结论。
""",
    "summary.hire": """
{company}正在招聘{job}，[报名|投递]{md}截止。
{md}[之前|前]，可以向{company}应聘{job}。
{company}缺一名{job}，{md}停止收简历。
""",
    "summary.review": """
[不少|有的]读者说《{title}》很好看，可是{money}元太贵。
《{title}》[内容|故事]好看，[但|只是]{money}元的价格让读者觉得贵。
读者[评价|留言]：《{title}》好看，{money}元贵了。
""",
    "summary.repair": """
{place}的{good}坏了，{person}[赶去|]修好了它，原因是{defect}。
{person}[今天|]把{place}的{good}修好了，[查出|]原因是{defect}。
原因是{defect}，{place}的{good}由{person}修好。
""",
    "summary.detail": """
[相关的|具体的]安排[会|将]另行通知。
[如有|有]疑问可拨打分机{phone}。
[当天|现场]有{count}人[参加|在场]。
[这件事|此事]从{months}个月前就开始[准备|讨论]了。
[附近|周边]的停车场[照常|正常]开放。
[大家|很多人]对此[表示|很]关心。
联系人[是|为]{person2}。
[材料|表格]可以到{room}领取。
[天气|路况]不好的话[可能|会]推迟。
[上一次|上回]类似的事在{years}年前。
""",
}
