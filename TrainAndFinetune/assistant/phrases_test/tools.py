"""测试集：要用工具的话。一行一个模板，换掉每一行“例：”。"""

TABLE = {
    # 想做一件事（{short} 是个短语，如“查天气”），但没给参数；要写 {short}
    "missing": """
{short}
帮我{short}
我想{short}
现在要{short}，你来弄
能{short}吗
可以替我{short}不
我这会儿腾不出手，{short}的事交给你
""",
    # 一句话里先后要办两件事；要写 {a}、{b}
    "both": """
{a}，另外{b}
{a}。还有，{b}
两件事，头一件，{a}；第二件，{b}
1. {a} 2. {b}
{a}；完了之后，{b}
{a}，接着是下一件，{b}
""",
    # 带工具的对话的系统提示
    "system": """
你是一个能调用工具的助手。要查询或办事时用工具，用户没说全就先问清楚。
下面有若干工具。用得上才调用，用不上就直接回答；参数照用户说的填，不要自己编。
任务：替用户办事。可用的工具已经列出，缺少必填信息时请追问。
能用工具解决的就用工具，不猜结果；工具帮不上忙的，正常聊天。
用户会请你处理日常事务，你手边有一组工具，按需要选用，用完把结果告诉用户。
""",
    # 问某地（某天）的天气；要写 {city}；可以写 {date}
    # （{city} 如 临泉市、{date} 如 2027年12月21日）
    "tool.weather": """
{city}天气
{city}{date}天气怎么样
{date}去{city}，要不要带伞
我好收拾行李，{city}{date}冷不冷
报一下{city}的天气
有朋友约我在{city}爬山，那边天气如何
{city}下不下雨，{date}那天
被子想拿出来晒，看看{city}{date}出不出太阳
""",
    # 算一个算式；要写 {expression}
    # （{expression} 如 796-33）
    "tool.calculator": """
{expression}
{expression}等于几
算算{expression}
口算不过来，{expression}得多少
作业里有道{expression}，答案是啥
把{expression}的结果告诉我
""",
    # 把两个数相加；要写 {a}、{b}
    # （{a} 如 39.1、{b} 如 65）
    "tool.add": """
{a}加{b}
{a}跟{b}加一块儿是多少
两笔账，一笔{a}，一笔{b}，合起来多少
求{a}与{b}之和
{a}上面再加{b}，得几
{a}、{b}，加总
""",
    # 把两个数相乘；要写 {a}、{b}
    # （{a} 如 148、{b} 如 23.2）
    "tool.multiply": """
{a}乘{b}
{a}和{b}的积
单价{a}，数量{b}，乘出来是多少
长{a}宽{b}，面积多大
求{a}、{b}相乘的结果
手边没计算器，{a}乘以{b}得多少
""",
    # 把一个量换成另一个单位；要写 {from_unit}、{to_unit}、{value}
    # （{value} 如 19.7、{from_unit} 如 公里/英里/公斤/磅/厘米/英寸、{to_unit} 如 公里/英里/公斤/磅/厘米/英寸）
    "tool.convert": """
{value}{from_unit}是多少{to_unit}
{value}{from_unit}换{to_unit}
把{value}{from_unit}换算成{to_unit}
单位要统一成{to_unit}，这里写的是{value}{from_unit}，改写一下
国外网站上标的{value}{from_unit}，我没概念，说成{to_unit}
多少{to_unit}才顶得上{value}{from_unit}
""",
    # 把一笔钱换成另一种货币；要写 {amount}、{from_currency}、{to_currency}
    # （{amount} 如 42、{from_currency} 如 人民币/美元/欧元/日元/英镑、{to_currency} 如 人民币/美元/欧元/日元/英镑）
    "tool.exchange": """
{amount}{from_currency}能换多少{to_currency}
{amount}{from_currency}折{to_currency}
手里有{amount}{from_currency}，全换成{to_currency}能到手多少
要付{amount}{from_currency}，按{to_currency}算是多少钱
把{amount}{from_currency}兑成{to_currency}
账单上是{amount}{from_currency}，我习惯看{to_currency}，换一下
""",
    # 把一句话翻译成外语；要写 {language}、{text}
    # （{text} 如 会议取消了、{language} 如 英语/日语/法语/德语/韩语）
    "tool.translate": """
“{text}”用{language}怎么说
把“{text}”翻成{language}
{language}翻译：{text}
我要跟外国同事讲“{text}”，{language}该怎么写
{text}，这句话的{language}
给我一句{language}，意思是“{text}”
""",
    # 到某个时刻提醒一件事；要写 {content}、{time}；可以写 {date}
    # （{content} 如 擦窗户、{time} 如 10:00、{date} 如 2025-04-25）
    "tool.reminder": """
{time}提醒我{content}
我老忘事，{date} {time}的时候叫我{content}
定个提醒，{content}，{time}
{content}这事别让我忘了，{time}喊我一下
设一条{date} {time}的提醒：{content}
到了{time}跟我说该{content}了
{date}我要{content}，{time}那会儿吱一声
""",
    # 给某人发一句话；要写 {content}、{to}
    # （{to} 如 胡强涛、{content} 如 周报发我一份）
    "tool.message": """
告诉{to}：{content}
给{to}发个消息，就说{content}
[发|]短信给{to}，内容：{content}
替我通知{to}一下，内容是“{content}”
我现在打不了字，你跟{to}说“{content}”
“{content}”——把这句话转给{to}
""",
    # 在资料里搜一个主题；要写 {query}；可以写 {top_k}
    # （{query} 如 束搜索、{top_k} 如 5）
    "tool.search": """
搜{query}
资料里有没有讲{query}的
找{top_k}条跟{query}有关的资料
写报告要用{query}的材料，检索{top_k}条出来
关于{query}，翻翻资料
{query}，查资料
我在学{query}，有什么资料可看
""",
    # 订某天某时的会议室；要写 {date}、{start}；可以写 {people}
    # （{date} 如 2025-09-22、{start} 如 11:20、{people} 如 7）
    "tool.book_room": """
订个会议室，{date} {start}
{date}那天{start}有个会，{people}个人，把房间订了
会议室，{date}，{start}开始，{people}人
我们组{date}要碰头，{start}开始，还缺个会议室
{date}的{start}，会议室能约上吗
开会用，{people}个人，时间定在{date}的{start}，找间会议室占上
""",
    # 问一个订单到哪了；要写 {order_id}
    # （{order_id} 如 PS31752）
    "tool.order": """
{order_id}到哪了
查订单{order_id}
下单好几天了还没收到，{order_id}，走到哪一步了
订单号是{order_id}，现在什么状态
{order_id}这一单发货没有
我买的东西怎么没动静，订单{order_id}给看看
""",
    # 问一件商品多少钱；要写 {product}
    # （{product} 如 鹿桥体重秤）
    "tool.price": """
{product}多少钱
{product}什么价
想买{product}，先看看价格
报一下{product}的售价
我妈看上了{product}，得花多少
{product}贵不贵
""",
    # 放一首歌；要写 {song}；可以写 {loop}
    # （{song} 如 剪纸与灯塔、{loop} 如 循环播放）
    "tool.music": """
放{song}
来一首{song}
我想听{song}，{loop}
干活没劲，给我点一首{song}
播放歌曲《{song}》
{song}，{loop}，音响放起来
""",
    # 开或关某个房间的灯；要写 {room}、{state}
    # （{room} 如 客厅/卧室/厨房/书房、{state} 如 打开/关掉）
    "tool.light": """
{state}{room}灯
把{room}的灯{state}
{room}那盏灯，{state}
我懒得起身，{room}的灯你来{state}
灯，{room}的，{state}
{room}里的灯该{state}了
""",
    # 把空调调到多少度；要写 {temperature}；可以写 {mode}
    # （{temperature} 如 21、{mode} 如 制冷/制热/除湿/自动）
    "tool.aircon": """
空调{temperature}度
把空调调到{temperature}度
设成{mode}，{temperature}度
温度定在{temperature}吧，空调
空调开{mode}模式，温度{temperature}
屋里待着不舒服，空调给弄到{temperature}度
{temperature}度，{mode}，开空调
""",
    # 查一个药说明书的某一节；要写 {drug}、{section}
    # （{drug} 如 缇泽坦、{section} 如 用法用量/禁忌/副作用/怎么保存/相互作用）
    "tool.leaflet": """
{drug}说明书里的{section}
查查{drug}，看{section}那一节
{drug}，{section}
盒子里的纸丢了，{drug}的说明书上{section}是怎么写的
调出{drug}说明书，只要{section}
我想看{section}这一节，药是{drug}
""",
    # 问几种药能不能一起吃；要写 {drugs}
    # （{drugs} 如 鹿安宁、岚润净、桐畅灵）
    "tool.interaction": """
{drugs}能一起吃吗
{drugs}同时用有没有冲突
医生开了{drugs}，放一块儿吃行不行
查一下{drugs}之间的相互作用
{drugs}，会不会相克
早上要把{drugs}都吃了，安全吗
""",
    # 按体重算用药量；要写 {mg_per_kg}、{weight_kg}
    # （{weight_kg} 如 183、{mg_per_kg} 如 37.4）
    "tool.dose": """
体重{weight_kg}公斤，每公斤{mg_per_kg}毫克，用多少
按{mg_per_kg}毫克每公斤算，{weight_kg}公斤的人要多少药
病人{weight_kg}公斤，医嘱是{mg_per_kg}mg/kg，总量给我
{weight_kg}公斤，{mg_per_kg}毫克/公斤，剂量
我有{weight_kg}公斤重，这药一公斤给{mg_per_kg}毫克，那我该用多少
算剂量：单位体重{mg_per_kg}毫克，体重{weight_kg}公斤
""",
    # 在某地找吃饭的地方；要写 {city}；可以写 {cuisine}、{max_price}
    # （{city} 如 镜洲市、{cuisine} 如 中餐/日料/火锅/素菜、{max_price} 如 140）
    "tool.restaurant": """
{city}吃饭的地方
{city}哪有{cuisine}吃
刚到{city}，饿了，推荐家馆子
在{city}找家{cuisine}，人均别超过{max_price}
同事想吃{cuisine}，我们在{city}，有合适的店没
{max_price}块以内，{city}，上哪儿吃
{city}，{cuisine}，{max_price}元封顶
""",
    # 查某天从哪到哪的火车；要写 {date}、{from_city}、{to_city}
    # （{from_city} 如 镜洲镇、{to_city} 如 清屿、{date} 如 2026/1/24）
    "tool.train": """
{date}从{from_city}到{to_city}的火车
{from_city}去{to_city}，{date}走，有什么车次
我{date}要回{to_city}，人在{from_city}，查火车
查车票：{from_city}→{to_city}，{date}
{date}有没有{from_city}开往{to_city}的车
去{to_city}，{date}出发，从{from_city}坐火车过去，都有哪几趟
""",
    # 记一条待办；要写 {title}；可以写 {priority}
    # （{title} 如 整理书架、{priority} 如 高/普通/低）
    "tool.todo": """
记一下，{title}
待办加一条：{title}
{title}，放进待办，优先级{priority}
最近事多，先把“{title}”记上
新建待办“{title}”，级别{priority}
清单里给我添个{title}
我还得{title}，优先级算{priority}，列到待办里
""",
    # 问图书馆有没有一本书；要写 {title}
    # （{title} 如 书签的蜂巢）
    "tool.library": """
图书馆有{title}吗
{title}，馆里有没有
想借《{title}》，查下图书馆有没有
查馆藏：{title}
老师让读{title}，图书馆借得到不
{title}这本书图书馆收了没
""",
    # 看一个文件的内容；要写 {path}
    # （{path} 如 归档/合同6.json）
    "tool.read_file": """
打开{path}
{path}里写了啥
看看{path}的内容
昨天存的那个{path}，里面是什么来着
读取文件 {path}
我没法点开{path}，你念给我听
""",
    # 把一句话存进文件；要写 {content}、{path}
    # （{path} 如 归档/周报8.txt、{content} 如 发票已经寄出）
    "tool.write_file": """
把“{content}”存到{path}
{path}里写上：{content}
新建{path}，内容就一句，{content}
“{content}”，保存成{path}
怕忘了，“{content}”这句给我落到{path}这个文件里
往{path}写入“{content}”
""",
    # 问某人的电话、分机；要写 {name}
    # （{name} 如 郭凡嘉）
    "tool.contact": """
{name}电话
{name}的分机多少
找{name}有急事，打哪个号
查一下通讯录里的{name}
给我{name}的号码
{name}怎么联系，要电话
""",
    # 过几分钟提醒、倒计时；要写 {minutes}
    # （{minutes} 如 八十二）
    "tool.timer": """
{minutes}分钟后叫我
倒计时{minutes}分钟
锅里炖着汤，{minutes}分钟到了喊一声
{minutes}分钟，计时
我眯一会儿，过{minutes}分钟提醒我
定时器设{minutes}分钟
""",
    # 问两个日期之间有几天；要写 {end}、{start}
    # （{start} 如 2025-02-25、{end} 如 2026/6/17）
    "tool.datediff": """
{start}到{end}多少天
从{start}算起，到{end}有几天
{start}和{end}差几天
我{start}入职，{end}离职，干了多少天
数数日子，{start}起，{end}止
{start}那天开始等，等到{end}，要等几天
""",
    # 请几天什么假；要写 {days}、{start}、{type}
    # （{start} 如 2027.5.25、{days} 如 2、{type} 如 年假/病假/事假）
    "tool.leave": """
请{days}天{type}，{start}开始
{start}起我要休{days}天{type}
{type}，{days}天，{start}起
想跟公司请个{type}，从{start}算，一共{days}天
提交{type}申请：{start}开始，共{days}天
我{start}来不了，给我请{days}天{type}
""",
    # 看一个网址的内容；要写 {url}
    # （{url} 如 https://wiki.example.org/890）
    "tool.fetch": """
看看 {url}
{url} 这个网页讲了什么
朋友甩给我个链接 {url} ，打开瞧瞧
抓一下 {url} 的内容
读一读这个网址：{url}
我这边打不开网页，{url} ，上面写的啥
""",
    # 问一门课什么时候在哪上；要写 {course}
    # （{course} 如 数据库基础）
    "tool.course": """
{course}什么时候在哪上
{course}课表
我选了{course}，几点去、去哪间教室
查{course}的时间地点
{course}是周几，在哪栋楼
下节{course}，哪儿上，几点
""",
    # 问某天某个航班的情况；要写 {date}、{flight_no}
    # （{flight_no} 如 BS21951、{date} 如 2025/6/17）
    "tool.flight": """
{date}的{flight_no}
{flight_no}，{date}，晚点没
我爸{date}坐{flight_no}过来，航班什么情况
查航班{flight_no}，日期{date}
{date}那天{flight_no}正常飞吗
要去接机，{flight_no}次航班，{date}的，几点到
""",
    # 约某天几个人的一种健身课；要写 {class_type}、{date}；可以写 {people}
    # （{class_type} 如 瑜伽/游泳/拳击/舞蹈、{date} 如 2025年6月9日、{people} 如 五）
    "tool.gym": """
约{date}的{class_type}课
{date}想去上{class_type}，给我报上
{class_type}，{date}，{people}个人
我跟朋友一共{people}个人，{date}一起练{class_type}，订课
健身房{date}的{class_type}还有位子吗，有就约上
预订{class_type}课，日期{date}，共{people}人
""",
    # 问一个户号某个月的账单；要写 {account}、{month}
    # （{account} 如 421043、{month} 如 2025年2月）
    "tool.bill": """
户号{account}，{month}账单
{month}的账单，户号{account}
查一下户号{account}，{month}该交多少
我家户号{account}，{month}扣了多少钱
感觉{month}的费用偏高，户号{account}，账单给我看看
{account}这个户头{month}的账单调出来
""",
    # 在某个站点租自行车几个小时；要写 {hours}、{station}
    # （{station} 如 荷泉镇、{hours} 如 三）
    "tool.bike": """
在{station}租自行车{hours}小时
{station}，自行车，{hours}个小时
想骑车转转，从{station}租一辆自行车，骑{hours}小时
租自行车，站点{station}，时长{hours}小时
我就在{station}这儿，自行车租{hours}个钟头
{hours}小时的自行车，取车点选{station}
""",
    # 问某地某天的涨潮；要写 {place}；可以写 {date}
    # （{place} 如 白溪镇、{date} 如 2025/4/24）
    "tool.tide": """
{place}涨潮时间
{place}{date}几点涨潮
{date}去{place}赶海，潮水什么时候上来
查{place}的潮汐
{place}，{date}，涨潮
想带孩子到{place}海边挖蛤蜊，什么时候涨潮
""",
    # 报告某个房间的东西坏了；要写 {room}；可以写 {urgency}
    # （{room} 如 B121、{urgency} 如 高/普通/低）
    "tool.ticket": """
{room}有东西坏了
报修，{room}
{room}的灯管不亮了，找人来修，紧急程度{urgency}
我在{room}上课，投影打不开，报个修
提一张{room}的维修单，紧急程度{urgency}
门锁坏了，房间是{room}，登记一下
""",
    # 把一个文件改成另一个名字；要写 {new_path}、{old_path}
    # （{old_path} 如 清单6.csv、{new_path} 如 照片说明3.json）
    "tool.rename": """
{old_path}改名{new_path}
把{old_path}重命名为{new_path}
{old_path}这名字不好，换成{new_path}
文件名改一下，原来叫{old_path}，以后叫{new_path}
我要{old_path}变成{new_path}，只改名
{new_path}才是对的名字，把{old_path}改过来
""",
    # 把一笔钱平分给几个人；要写 {people}、{total}
    # （{total} 如 18.3、{people} 如 6）
    "tool.donate": """
{total}元平分给{people}个人
{people}个人分{total}元，一人多少
奖金{total}元，{people}个人均分
要给{people}个人发钱，每人一样多，总共{total}元
把{total}块钱平均分到{people}个人头上
手上有{total}元，人有{people}个，平分
""",
}
