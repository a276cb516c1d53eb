"""测试集：要提取的文字、要概括的文字。一行一个模板，换掉每一行“例：”。"""

TABLE = {
    # 几个短句之间的标点或连接词
    "extract.join": """
，
；
。
，另外
，还有，
""",
    # 一句无关紧要的细节，可用小值的槽位；可以写 {count}、{months}、{person2}、{phone}、{room}、{years}
    "summary.detail": """
现场大约来了{count}人。
想了解更多情况的人可以拨打{phone}，由{person2}负责解答。
这件事前后已经商量了{months}个月。
签到处设在{room}，门口有指示牌。
类似的情况{years}年前也有过一次。
{person2}当天也在场，没有多说什么。
""",
    # 订货的话里的一小句：谁买 {v}；要写 {v}
    "extract.order.buyer": """
订货的是{v}
{v}要下个单
这单算在{v}名下
下单人{v}
""",
    # 订货的话里的一小句：买什么 {v}；要写 {v}
    "extract.order.product": """
要的是{v}
货品为{v}
买{v}
想订{v}
""",
    # 订货的话里的一小句：几件 {v}；要写 {v}
    "extract.order.quantity": """
一共{v}件
数量{v}
拿{v}件就够了
件数填{v}
""",
    # 订货的话里的一小句：日期，YYYY-MM-DD {v}；要写 {v}
    "extract.order.ship_date": """
{v}发货
发货日期定{v}
最好在{v}那天寄出
货安排在{v}发
""",
    # 订货的话里的一小句：付款方式 {v}；要写 {v}
    "extract.order.payment": """
付款走{v}
付款方式选{v}
结账这块按{v}来
钱怎么付：{v}
""",
    # 订货的话里的一小句：送到哪 {v}；要写 {v}
    "extract.order.city": """
送到{v}
收货地是{v}
货往{v}发
目的地填{v}
""",
    # 介绍一个人里的一小句：姓名 {v}；要写 {v}
    "extract.contact.name": """
这位是{v}
姓名{v}
此人叫{v}
给你介绍下{v}
""",
    # 介绍一个人里的一小句：哪家公司 {v}；要写 {v}
    "extract.contact.company": """
在{v}上班
所属公司为{v}
东家是{v}
就职于{v}
""",
    # 介绍一个人里的一小句：分机号 {v}；要写 {v}
    "extract.contact.extension": """
分机{v}
内线拨{v}
打{v}这个分机能找到人
分机号码是{v}
""",
    # 介绍一个人里的一小句：在哪个城市 {v}；要写 {v}
    "extract.contact.city": """
人在{v}
常驻{v}
所在城市：{v}
平时都待在{v}
""",
    # 介绍一个人里的一小句：办公室 {v}；要写 {v}
    "extract.contact.room": """
办公室在{v}
坐{v}那间
办公室门牌{v}
去{v}办公室就能见到
""",
    # 预约看诊、上门的话里的一小句：谁 {v}；要写 {v}
    "extract.visit.patient": """
看病的是{v}
给{v}约的
{v}要来
预约人{v}
""",
    # 预约看诊、上门的话里的一小句：症状 {v}；要写 {v}
    "extract.visit.symptom": """
症状是{v}
主要是{v}
因为{v}才来的
这两天一直{v}
""",
    # 预约看诊、上门的话里的一小句：日期，YYYY-MM-DD {v}；要写 {v}
    "extract.visit.date": """
日期约在{v}
{v}那天过来
想约{v}
就诊日{v}
""",
    # 预约看诊、上门的话里的一小句：时刻，HH:MM {v}；要写 {v}
    "extract.visit.time": """
{v}到
时间定在{v}
约的是{v}这个点
钟点{v}
""",
    # 预约看诊、上门的话里的一小句：医生 {v}；要写 {v}
    "extract.visit.doctor": """
想请{v}看
指定{v}来看
接诊医生{v}
挂的是{v}的号
""",
    # 预约看诊、上门的话里的一小句：在用的药 {v}；要写 {v}
    "extract.visit.drug": """
目前在用{v}
平时吃着{v}
用药情况：{v}
手头的药是{v}
""",
    # 说明书里的一段里的一小句：药名 {v}；要写 {v}
    "extract.leaflet.drug": """
药品名称{v}
本品为{v}
{v}说明如下
这是{v}的说明
""",
    # 说明书里的一段里的一小句：一天几次 {v}；要写 {v}
    "extract.leaflet.times_per_day": """
一天{v}次
每日用{v}回
每天分{v}次使用
日用次数为{v}
""",
    # 说明书里的一段里的一小句：用几天 {v}；要写 {v}
    "extract.leaflet.days": """
连用{v}天
疗程{v}天
用满{v}天为止
使用天数为{v}
""",
    # 说明书里的一段里的一小句：不良反应 {v}；要写 {v}
    "extract.leaflet.side_effect": """
可能出现{v}
不良反应有{v}
少数人用后有{v}
见于报告的反应：{v}
""",
    # 说明书里的一段里的一小句：谁生产 {v}；要写 {v}
    "extract.leaflet.maker": """
由{v}生产
生产企业{v}
厂家是{v}
出自{v}
""",
    # 活动的通知里的一小句：名称 {v}；要写 {v}
    "extract.event.title": """
活动名称：{v}
我们要办{v}
欢迎参加{v}
{v}开始报名了
""",
    # 活动的通知里的一小句：日期，YYYY-MM-DD {v}；要写 {v}
    "extract.event.date": """
{v}举行
时间是{v}
日子选在{v}
请在日历上记下{v}
""",
    # 活动的通知里的一小句：地点 {v}；要写 {v}
    "extract.event.room": """
地点{v}
在{v}碰面
场地借的是{v}
请到{v}就座
""",
    # 活动的通知里的一小句：主讲人 {v}；要写 {v}
    "extract.event.speaker": """
{v}主讲
主讲人为{v}
请来{v}讲
台上讲的是{v}
""",
    # 活动的通知里的一小句：名额 {v}；要写 {v}
    "extract.event.seats": """
名额{v}个
限{v}人
只收{v}位
座位备了{v}个
""",
    # 故障、事故的记录里的一小句：哪里 {v}；要写 {v}
    "extract.incident.place": """
地点在{v}
{v}出了状况
事发{v}
位置：{v}
""",
    # 故障、事故的记录里的一小句：什么设备 {v}；要写 {v}
    "extract.incident.device": """
出事的设备是{v}
涉及{v}
{v}有问题
故障设备{v}
""",
    # 故障、事故的记录里的一小句：什么故障 {v}；要写 {v}
    "extract.incident.fault": """
表现为{v}
故障现象：{v}
毛病是{v}
检查发现{v}
""",
    # 故障、事故的记录里的一小句：谁报的 {v}；要写 {v}
    "extract.incident.reporter": """
{v}报上来的
报告人{v}
最先发现的是{v}
由{v}登记上报
""",
    # 故障、事故的记录里的一小句：停了几分钟 {v}；要写 {v}
    "extract.incident.minutes": """
停了{v}分钟
中断时长{v}分钟
过了{v}分钟才恢复
前后耽误{v}分钟
""",
    # 报销的话里的一小句：谁 {v}；要写 {v}
    "extract.expense.person": """
报销人{v}
{v}来报账
这笔是{v}垫的
经手人是{v}
""",
    # 报销的话里的一小句：多少元 {v}；要写 {v}
    "extract.expense.amount": """
金额{v}元
总共花了{v}元
要报{v}元
票面合计{v}元
""",
    # 报销的话里的一小句：去哪 {v}；要写 {v}
    "extract.expense.city": """
去的是{v}
出差地{v}
跑了一趟{v}
目的地为{v}
""",
    # 报销的话里的一小句：日期，YYYY-MM-DD {v}；要写 {v}
    "extract.expense.date": """
日期{v}
{v}花的
费用发生在{v}
票上的日子是{v}
""",
    # 报销的话里的一小句：发票号 {v}；要写 {v}
    "extract.expense.invoice": """
发票号{v}
发票号码为{v}
附的发票是{v}
票据编号写着{v}
""",
    # 介绍一本书里的一小句：书名 {v}；要写 {v}
    "extract.book.title": """
书名{v}
这本书叫{v}
推荐一本{v}
手上这本是{v}
""",
    # 介绍一本书里的一小句：作者 {v}；要写 {v}
    "extract.book.author": """
作者{v}
{v}写的
执笔的是{v}
由{v}所著
""",
    # 介绍一本书里的一小句：多少元 {v}；要写 {v}
    "extract.book.price": """
定价{v}元
卖{v}元
封底标价{v}元
买下来要{v}元
""",
    # 介绍一本书里的一小句：谁出版 {v}；要写 {v}
    "extract.book.press": """
{v}出版
出版方是{v}
由{v}推出
版权页上印着{v}
""",
    # 介绍一本书里的一小句：架位 {v}；要写 {v}
    "extract.book.shelf": """
架位{v}
摆在{v}
要找的话去{v}
上架位置为{v}
""",
    # 做菜的话里的一小句：菜名 {v}；要写 {v}
    "extract.recipe.dish": """
今天做{v}
菜名{v}
这道是{v}
教大家做{v}
""",
    # 做菜的话里的一小句：几分钟 {v}；要写 {v}
    "extract.recipe.minutes": """
需要{v}分钟
用时{v}分钟
前后{v}分钟就好
等上{v}分钟
""",
    # 做菜的话里的一小句：几人份 {v}；要写 {v}
    "extract.recipe.people": """
够{v}个人吃
份量是{v}人份
按{v}人份备料
能招待{v}位
""",
    # 做菜的话里的一小句：调料 {v}；要写 {v}
    "extract.recipe.spice": """
调料用{v}
记得放{v}
提味靠{v}
加入{v}
""",
    # 做菜的话里的一小句：多少度 {v}；要写 {v}
    "extract.recipe.oven": """
温度{v}度
调到{v}度
烤箱预热到{v}度
火力控制在{v}度
""",
    # 行程里的一小句：谁 {v}；要写 {v}
    "extract.trip.traveller": """
出行人{v}
{v}要出门
这趟是{v}走
旅客姓名为{v}
""",
    # 行程里的一小句：从哪 {v}；要写 {v}
    "extract.trip.from_city": """
从{v}出发
始发地{v}
出发城市是{v}
起点在{v}
""",
    # 行程里的一小句：到哪 {v}；要写 {v}
    "extract.trip.to_city": """
到{v}
前往{v}
目的地{v}
要去的地方是{v}
""",
    # 行程里的一小句：日期，YYYY-MM-DD {v}；要写 {v}
    "extract.trip.date": """
{v}动身
出发日期{v}
票买在{v}
走的那天是{v}
""",
    # 行程里的一小句：住几晚 {v}；要写 {v}
    "extract.trip.nights": """
住{v}晚
酒店订{v}晚
打算过{v}夜
要待上{v}个晚上
""",
    # 寄快递的话里的一小句：寄件人 {v}；要写 {v}
    "extract.parcel.sender": """
寄件人{v}
{v}寄的
发件的是{v}
由{v}寄出
""",
    # 寄快递的话里的一小句：收件人 {v}；要写 {v}
    "extract.parcel.receiver": """
收件人{v}
寄给{v}
请{v}签收
收货的是{v}
""",
    # 寄快递的话里的一小句：寄到哪 {v}；要写 {v}
    "extract.parcel.city": """
寄往{v}
送到{v}
收件城市{v}
目的地是{v}
""",
    # 寄快递的话里的一小句：单号 {v}；要写 {v}
    "extract.parcel.number": """
单号{v}
快递单号为{v}
运单上写的是{v}
查件用{v}
""",
    # 寄快递的话里的一小句：几件 {v}；要写 {v}
    "extract.parcel.pieces": """
共{v}件
一起寄{v}件
包裹有{v}件
件数{v}
""",
    # 一两句完整的话：公司某天搬家；要写 {company}、{date}、{place}
    "summary.move": """
{company}将于{date}搬到{place}办公。
{date}起，{company}的新办公地点改在{place}，旧址不再使用。
因为原来的地方不够用，{company}决定搬家，{date}迁入{place}。
要去{company}办事的人请留意，{date}以后该去{place}，公司搬走了。
""",
    # 一两句完整的话：公司因为某种故障召回产品；要写 {company}、{defect}、{good}
    "summary.recall": """
{company}宣布召回一批{good}，原因是{defect}。
由于{defect}，{company}生产的{good}被召回，买家可以退货。
买了{good}的顾客请先别用，{company}承认它{defect}，正在召回。
{good}出现{defect}的情况，{company}已经着手召回。
""",
    # 一两句完整的话：某人主持会议，决定某天前做一件事；要写 {md}、{person}、{todo}
    "summary.meeting": """
{person}主持了会议，会上决定在{md}前{todo}。
会议由{person}主持，大家商定{todo}，期限是{md}。
{md}之前要{todo}，这是{person}主持的会上定下来的。
主持人{person}在散会前宣布，{todo}这件事要在{md}前办完。
""",
    # 一两句完整的话：图书馆从某天起关几天；要写 {d}、{md}、{place}
    "summary.closing": """
{place}图书馆从{md}起闭馆{d}天。
{md}开始，{place}图书馆要关{d}天，期间不能借书还书。
读者请注意，{place}图书馆将闭馆{d}天，自{md}算起。
想去{place}图书馆的人要改时间了，{md}起它关门{d}天。
""",
    # 一两句完整的话：公司发布一种颜色的产品和价格；要写 {colourword}、{company}、{good}、{price}
    "summary.launch": """
{company}发布了{colourword}的{good}，售价{price}。
{colourword}的{good}上市了，由{company}推出，定价{price}。
{company}今天拿出一款新的{good}，颜色是{colourword}，卖{price}。
花{price}就能买到{company}新出的{colourword}{good}。
""",
    # 一两句完整的话：某地某天大雨、星期几转晴；要写 {md}、{place}、{weekday}
    "summary.weather": """
{place}{md}有大雨，{weekday}转晴。
受冷空气影响，{place}在{md}会下大雨，到{weekday}才放晴。
出门记得带伞：{md}{place}大雨，要等{weekday}天才晴。
{place}的雨{md}下得最大，预计{weekday}转为晴天。
""",
    # 一两句完整的话：研究发现某药缓解某症状；要写 {drug}、{symptom}
    "summary.study": """
一项研究发现，{drug}能缓解{symptom}。
研究人员让患者服用{drug}，结果{symptom}有所减轻。
对受{symptom}困扰的人来说，{drug}有帮助，这是最新研究的结论。
{drug}对{symptom}管用吗？研究给出的答案是可以缓解。
""",
    # 一两句完整的话：公司招某个岗位、哪天截止；要写 {company}、{job}、{md}
    "summary.hire": """
{company}招聘{job}，{md}截止。
{company}正在招{job}，有意者请在{md}前投简历。
想当{job}的人看过来，{company}有空缺，报名到{md}为止。
{md}是最后期限，{company}要招一名{job}。
""",
    # 一两句完整的话：读者觉得书好看但是贵；要写 {money}、{title}
    "summary.review": """
有读者说，{title}很好看，就是要{money}，太贵了。
读完{title}觉得精彩，可是花了{money}，有点心疼。
{title}卖{money}，价格偏高，不过内容确实吸引人，这是一位读者的看法。
故事写得好，一口气就看完了，只是{money}的价钱让人犹豫，这位读者评的是{title}。
""",
    # 一两句完整的话：某人修好某地的设备，原因是什么；要写 {defect}、{good}、{person}、{place}
    "summary.repair": """
{person}修好了{place}的{good}，原因是{defect}。
{place}的{good}因为{defect}停用，{person}已经把它修好。
{good}又能用了：{person}赶到{place}检查，发现是{defect}，当场修复。
查明是{defect}以后，{person}把{place}那台{good}修好了。
""",
}
