"""训练集：要用工具的话，第二批：先交代处境的、只有几个词的、绕着弯说的、写成命令的。"""

TABLE = {
    "tool.weather": """
[不知道|也不知道]{city}[天气|那边天气]怎么样
{city}[天气|气温]
[明早|待会儿|一会儿]去{city}，[要不要带伞|会不会下雨|冷不冷]
{city}[咋样|啥天气]，[下雨没|热不热]
[我妈|朋友|女儿]在{city}，那里{date}天气[如何|怎么样]
{date}，{city}，[天气|气温][？|]
[能不能|可不可以]告诉我{city}{date}[的|]天气
[请|]播报{city}[的|]天气
[洗了衣服|要晒被子]，{city}{date}[出太阳吗|会下雨吗]
{city}{date}[适合|能不能][爬山|跑步|出门]
""",
    "tool.calculator": """
[请|]计算：{expression}
[数学题|作业]：{expression}
{expression}[，|。]多少
[一笔账|这笔账]：{expression}
[我算不出|算错了好几遍]{expression}
[用计算器|按一下]{expression}
[谁知道|你知道]{expression}[等于几|是多少]吗
[能不能|可不可以]帮我算[一下|]{expression}
[想知道|求]{expression}的[值|结果]
""",
    "tool.add": """
[一共|合计]是{a}加{b}
{a}、{b}，[求和|总和|加一起]
[先有|原来有]{a}，[又来|多了]{b}，[现在多少|一共多少]
[求和|相加]：{a}，{b}
{a}＋{b}
[能不能|可不可以]把{a}加上{b}
[两个数|数字]{a}和{b}，[加起来|总数]
把{b}加到{a}上
""",
    "tool.multiply": """
{a}、{b}，[求积|相乘|乘一下]
[相乘|求积]：{a}，{b}
[一个|每个]{a}，[一共|买]{b}个
{a}{b}[相乘|的积]
[能不能|可不可以]用{a}乘{b}
[单价|每件]{a}，[数量|件数]{b}，[总价|合计]
[长|宽]{a}，[宽|高]{b}，面积[是多少|多大]
把{a}[扩大|翻]{b}倍
""",
    "tool.convert": """
[菜谱|说明书|网上]写着{value}{from_unit}，[合|是]多少{to_unit}
[想知道|不知道]{value}{from_unit}[换成|合]多少{to_unit}
[单位换算|换算]：{value}{from_unit}到{to_unit}
{value}{from_unit}=？{to_unit}
[用|以]{to_unit}[算|表示]，{value}{from_unit}[是多少|等于多少]
{value}{from_unit}[的|]{to_unit}数
[能不能|可不可以]把{value}{from_unit}[写成|换成]{to_unit}
[外国人|他们]说的{value}{from_unit}，[我们|]{to_unit}是多少
[只有|给我]{to_unit}的数，原来是{value}{from_unit}
""",
    "tool.exchange": """
[要出国|旅行]，{amount}{from_currency}[能换|换]多少{to_currency}
[酒店|机票|学费]{amount}{from_currency}，[合|折合]{to_currency}[多少|]
[汇率|换汇]：{amount}{from_currency}，[换|到]{to_currency}
{amount}{from_currency}=？{to_currency}
[按今天的汇率|按汇率]，{amount}{from_currency}[值|是]多少{to_currency}
[我想|想要]用{amount}{from_currency}[买|换]{to_currency}
[标价|价格]{amount}{from_currency}，{to_currency}[要付多少|是多少]
[能不能|可不可以]把{amount}{from_currency}换算成{to_currency}
[身上|卡里]{amount}{from_currency}，[想换|都换]{to_currency}
""",
    "tool.translate": """
“{text}”[翻成|译]{language}
{language}翻译：{text}
[要|想]用{language}说“{text}”，[怎么说|怎么讲]
[请|]把这句[话|]译成{language}：{text}
[外国同事|老师|客户]只懂{language}，“{text}”[怎么说|怎么写]
“{text}”的{language}[版|翻译]
[学|写]{language}作业，“{text}”怎么[写|说]
{text}[→|，翻]{language}
[能不能|可不可以]把“{text}”说成{language}
[想知道|不知道]“{text}”用{language}怎么[说|表达]
""",
    "tool.reminder": """
[我老是忘|我总忘了]{content}，{time}[提醒|叫]我
{time}[的时候|一到]，[提醒|喊]我{content}
提醒：{content}，{time}
{time} {content}[，提醒|]
[能不能|可不可以]在{time}提醒我{content}
[设置|建]一个{time}的[提醒|闹钟]，[内容是|]{content}
{date}，{time}，{content}，[提醒我|别忘]
[请|]在{date}{time}[提醒|通知]我{content}
[今天|待会儿]{time}[得|要]{content}，[怕忘|到点叫我]
{content}[要在|得在]{time}，[提醒一下|提醒我]
""",
    "tool.message": """
[打字不方便|我在开车]，[跟|给]{to}说{content}
[请|]转告{to}：{content}
给{to}[留言|捎话|带个话]：{content}
[让|叫]{to}知道，{content}
{to}[那边|]还不知道，[跟他说|告诉他]{content}
[发|写]一条[消息|短信]，收件人{to}，[内容|写]{content}
[能不能|可不可以]替我跟{to}说[一声|]：{content}
{to}：{content}，[发出去|发送]
[通知|知会][一下|]{to}，{content}
""",
    "tool.search": """
[哪里|资料里]有{query}[的内容|]
{query}[相关|有关]的[都|][找|搜]出来
[写作业|写报告]要{query}的[资料|材料]
检索[：|]{query}
[帮忙|请]查[阅|找]{query}方面的[文档|资料]
[返回|取]{top_k}条{query}[的结果|]
{query}，[找|要]{top_k}篇
[能不能|可不可以]搜[到|一下]{query}
[以前|上次]存过{query}的[笔记|文章]，[找出来|搜一下]
[我要|想]读{query}的[文章|资料]，[最多|来]{top_k}篇
""",
    "tool.book_room": """
[能不能|可不可以]订{date}{start}的会议室
[部门|小组]要开会，{date}{start}，[订会议室|帮我订]
[请|]预约会议室：{date}，{start}[开始|]
{date}，{start}，{people}[人|位]，会议室
[客户|领导]{date}{start}[来|到]，[安排|订]会议室
[需要|要]{date}的会议室，{start}[到|开始]，[坐|容][得下|纳]{people}人
[帮忙|给我]定[个|间]会议室，{date}的{start}
会议室[要|得]订[上|]，{date}{start}，一共{people}人
{date}的会，{start}开，[找个会议室|订个地方]
""",
    "tool.order": """
[我买的东西|货|东西]呢，[订单|单号]{order_id}
[订单号|单号]{order_id}，[帮我查|查查|看看]
[请|]查询订单{order_id}[的状态|的进度|]
[都|已经]三天了，{order_id}[还不发|怎么还没动静]
{order_id}[状态|进度|物流]
[能不能|可不可以]看下{order_id}[发了没|到哪了]
[付过款了|上周下的单]，{order_id}，[发货没|怎么样了]
[客户|朋友]问{order_id}[什么时候到|到了没]
[想知道|想问]{order_id}[走到哪|发没发]
""",
    "tool.price": """
{product}[现价|售价|价钱]
[请|]查询{product}的[价格|售价]
[打算|准备]买{product}，[先问问价|要多少钱]
[能不能|可不可以]告诉我{product}[多少钱|的价格]
[不知道|想知道]{product}[卖多少|什么价位]
[送礼|搬家]想买{product}，[贵不贵|多少钱]
{product}[要价|开价]多少
[预算|钱]不多，{product}多少钱
[请问|]一个{product}[怎么卖|几块钱]
""",
    "tool.music": """
[我想|想要]听《{song}》
[换成|换一首]{song}
[能不能|可不可以]放[一下|]《{song}》
{song}，[播放|放起来|走起]
[请|]播放歌曲{song}
[跑步|做饭|睡前]听{song}，{loop}
[有没有|]{song}这首歌，[放一下|想听]
[无聊|累了]，[放|来]{song}
[打开|点播]《{song}》，{loop}
[就听|只听]{song}
""",
    "tool.light": """
[请|]{state}{room}[的|]灯
{room}的灯，{state}
[要睡了|出门了|看书]，{state}{room}的灯
[能不能|可不可以]{state}{room}灯
[忘了|没]{state}{room}的灯，[帮我弄一下|帮个忙]
{room}[，|]灯{state}
[客人来了|电影开始了]，把{room}灯{state}
[让|叫]{room}的灯{state}
""",
    "tool.aircon": """
[请|]将空调[设为|调为]{temperature}度
空调{temperature}[度|]
[好热|好冷|睡觉了]，空调[开|打]{temperature}度
[能不能|可不可以]把空调[调成|开到]{temperature}度
[客人怕冷|孩子出汗了]，[空调|]调到{temperature}度
[我要|想要]{temperature}度，[用|开]{mode}
空调[换|切]{mode}，[调|定]{temperature}度
[开|打开]空调，{temperature}度[就行|]
[设定|目标]温度{temperature}度
""",
    "tool.leaflet": """
[药盒扔了|说明书没了]，[想看|查]{drug}的{section}
{drug}[这个药|]，{section}[是什么|]
[请|]查询{drug}[说明书|]的{section}
[能不能|可不可以]告诉我{drug}的{section}
{drug}：{section}
[医生开了|刚买了]{drug}，[先看看|想了解]{section}
[我要|想看]{drug}说明书[里|的]{section}[这一节|]
[没看懂|忘了]{drug}的{section}，[再查一下|帮我查]
{section}，药名{drug}
""",
    "tool.interaction": """
[医生|药店]让我吃{drugs}，[同服安全吗|会不会冲突]
{drugs}[一块儿|同时]吃[会怎样|好吗]
[请|]检查{drugs}[有无冲突|能否同用]
[爷爷|奶奶|我]每天吃{drugs}，[要紧吗|冲突吗]
{drugs}，[冲突|相克]吗
[能不能|可不可以]同时[用|吃]{drugs}
[担心|怕]{drugs}[有冲突|相互影响]
{drugs}[搭着|混着]吃[行|可以]吗
[查|看]下{drugs}[配伍|的冲突]
""",
    "tool.dose": """
[孩子|患者]{weight_kg}公斤，按每公斤{mg_per_kg}毫克[给药|用药]
{weight_kg}公斤，{mg_per_kg}毫克每公斤
[说明书写着|医生说]每公斤{mg_per_kg}毫克，我{weight_kg}公斤
[请|]按体重[算|计算]：{weight_kg}公斤，每公斤{mg_per_kg}毫克
一公斤体重{mg_per_kg}毫克，{weight_kg}公斤[总共|一共]几毫克
[能不能|可不可以]算下剂量，体重{weight_kg}，每公斤{mg_per_kg}毫克
[狗|猫]重{weight_kg}公斤，[药量|用量]是每公斤{mg_per_kg}毫克，[喂多少|一共多少]
""",
    "tool.restaurant": """
[请|]推荐{city}的[餐馆|饭馆]
[晚上|周末]在{city}[聚餐|请客]，[去哪好|找个地方]
{city}，{cuisine}
[想吃|馋]{cuisine}了，[在|人在]{city}
[能不能|可不可以]找[一家|个]{city}的{cuisine}，{max_price}[块|元]以内
{city}[吃什么|吃饭去哪]，[预算|一个人]{max_price}[元|块]
[第一次|刚]到{city}，[哪里吃饭|吃点什么]
{city}哪里[有|能吃]{cuisine}
[饿了|该吃饭了]，{city}[附近|]有[啥|什么]吃的
""",
    "tool.train": """
[请|]查询{date}{from_city}至{to_city}的[列车|火车|车次]
[能不能|可不可以]查[下|]{from_city}[去|到]{to_city}的火车，{date}[走|出发]
[出差|回家|探亲]，{date}，{from_city}到{to_city}，[坐火车|有票没]
{from_city}→{to_city}，{date}
[想买|要买]{date}的火车票，[从|]{from_city}到{to_city}
{date}[有没有|还有]{from_city}[到|去]{to_city}的[车|票]
[人在|我在]{from_city}，{date}要[去|到]{to_city}，[怎么坐车|有什么车]
火车票，{date}，{from_city}[到|去]{to_city}
""",
    "tool.todo": """
[明天|待会儿|周末][要|得]{title}，[加到待办|记下来]
[待办|任务][：|，]{title}
[请|]添加待办[事项|]：{title}
[能不能|可不可以]把{title}[加进|写进]待办
[清单|待办][上|里]还[要|缺]{title}
[新增|新]任务{title}，{priority}优先[级|]
{title}，[列为|算]{priority}优先级[的待办|]
[我得|我要]{title}，[怕忘，记一下|帮我加一条]
把{title}[放到|写到]待办清单[里|上]
""",
    "tool.library": """
[请|]查询《{title}》[是否在馆|的馆藏]
[老师让读|同学推荐]《{title}》，[馆里有吗|能借到吗]
《{title}》
[能不能|可不可以]查一下《{title}》[借出去没|在不在]
[找了半天|书架上没看到]《{title}》，[还有吗|在馆吗]
[有|还有]没有{title}[可以借|能借]
{title}，[图书馆有吗|能借到吗]
[想看|想读]《{title}》，[哪里有|图书馆有没有]
[查书|馆藏查询]：{title}
""",
    "tool.read_file": """
[请|]读取[文件|]{path}
[能不能|可不可以]打开{path}
{path}，[打开|读|看一下]
[忘了|不记得]{path}[写的是|里是]什么
[显示|列出]{path}[的内容|]
[文件|]{path}[的内容|内容][是什么|给我]
[同事|老板]发来{path}，[里面是什么|念一下]
[我想|想]看{path}
""",
    "tool.write_file": """
[请|]将“{content}”[写入|存入]{path}
[能不能|可不可以]把“{content}”[存成|写成]{path}
{path}，写[入|上]：{content}
[记到|记在]{path}：{content}
[帮我|替我]建[个|一个文件]{path}，[里面|内容]写“{content}”
“{content}”，[保存|存]为{path}
[别丢了|留个底]，“{content}”存到{path}
把这句[话|]写到{path}[里|]：{content}
""",
    "tool.contact": """
[请|]查询{name}的[分机|联系方式]
[能不能|可不可以]给我{name}的[号码|电话]
[急事|有事]找{name}，[号码|电话]多少
{name}[电话|号码]
[联系|打给]{name}[要|该]拨[多少|什么号]
[不知道|忘了]{name}的[分机|号码]
通讯录里{name}的[号码|分机]
[我要|想]给{name}打电话，[几号|号码是多少]
""",
    "tool.timer": """
[请|]倒计时{minutes}分钟
[能不能|可不可以]定[个|一个]{minutes}分钟
[面膜|鸡蛋|蛋糕]要{minutes}分钟，[计时|到了叫我]
{minutes}分钟，[计时|倒计时]
[开始|启动]计时，{minutes}分钟
[睡|眯|歇]{minutes}分钟，[到时|到点]叫[醒|]我
{minutes}分钟以后[吱一声|告诉我|响铃]
计时器{minutes}分钟
""",
    "tool.datediff": """
[请|]计算{start}到{end}的天数
[能不能|可不可以]算[下|]{start}[和|到]{end}[隔|差]多少天
{start}[开工|开学]，{end}[完工|放假]，[一共几天|多少天]
[假期|项目|合同]从{start}到{end}，[总共|一共]多少天
{start}～{end}，[几天|天数]
[还要等|得等]几天，[今天|从]{start}到{end}
[想知道|不知道]{start}和{end}差[几天|多少天]
天数：{start}，{end}
""",
    "tool.leave": """
[请|]提交请假：{type}，{start}起，{days}天
[能不能|可不可以]帮我请{days}天{type}，{start}开始
[家里有事|身体不舒服|要出门]，{start}[起|开始]请{days}天{type}
{type}，{start}，{days}天
[我要|想]从{start}休{days}天{type}
[跟领导|替我]请个{type}，{days}天，{start}[走|起]
{start}[开始|起]的{days}天[算|用]{type}
[填|写]一张{type}的假条，{start}开始，共{days}天
""",
    "tool.fetch": """
[请|]访问{url}
[能不能|可不可以]看一下{url}
{url}
[同事发来|收到]一个[链接|网址]{url}，[讲什么的|帮我看看]
[网页|网站]{url}[的内容|内容][是什么|]
[点开|进]{url}看看
[下载|获取]{url}的[内容|文字]
[不想点|打不开]{url}，[帮我读|里面是什么]
""",
    "tool.course": """
[请|]查询{course}的[上课信息|课程安排]
[能不能|可不可以]查[下|]{course}[几点上|在哪上]
{course}
{course}[几点|哪里]
[要迟到了|忘了]，{course}在哪[上|个教室]
[这学期|我]有{course}，[哪天|什么时候]上
[想旁听|想去听]{course}，[在哪|什么时间]
课程[查询|]：{course}
""",
    "missing": """
[我要|要|需要]{short}
[该|得]{short}了
[来|给我]{short}
{short}[可以吗|行吗|吗]
[有没有办法|怎么]{short}
[请|]{short}
""",
    "both": """
{a}，[对了|同时|并且]{b}
{a}。[还有|另外|对了]，{b}
[帮我做两件事|两个问题]：{a}；{b}
{a}？{b}？
{a}，{b}
[先|]{a}，[再|之后]{b}
""",
    "system": """
你可以使用工具。不知道的不要编。
你是一个简洁的中文助手。
[帮用户办事|回答用户的问题]，必要时调用工具。
你是[图书馆|药店|公司|旅行社]的智能助手。
""",
}
