"""训练集：要用工具的话。槽位是参数（第一种写法），没写出来的可选参数就不填。"""

TABLE = {
    "tool.weather": """
{city}[天气|的天气][怎么样|如何|好吗|]
{city}{date}[天气|的天气][怎么样|如何|好吗|]
[查|看|查一下]{city}[的|]天气
[查|看]{date}{city}的天气
{date}{city}[会不会下雨|下雨吗|冷不冷|热吗]
{city}[现在|][冷吗|热不热|下雨了吗|要带伞吗]
[要去|想去]{city}，那边天气[怎么样|如何]
{date}[要去|去]{city}出差，[穿什么|要带伞吗|天气怎么样]
{city}[多少度|几度|气温多少]
{city}在{date}的[天气预报|气温]
""",
    "tool.calculator": """
{expression}[等于多少|是多少|等于几|得多少|]
[算|算一下|算算|帮我算]{expression}
{expression}=[？|]
[计算|求]{expression}
{expression}的[结果|得数][是多少|]
[口算不来|心算不出]，{expression}
""",
    "tool.add": """
{a}[加|加上|+|和]{b}[等于几|是多少|得多少|一共多少]
[算|求][一下|]{a}[加|加上]{b}
{a}再[加|添]{b}[是多少|等于几|]
[把|]{a}和{b}[加起来|相加][|是多少]
""",
    "tool.multiply": """
{a}[乘以|乘|×|*]{b}[等于几|是多少|得多少|]
[算|求][一下|]{a}[乘以|乘]{b}
{a}和{b}的[积|乘积][是多少|]
{b}个{a}是多少
[把|]{a}和{b}[相乘|乘起来]
""",
    "tool.convert": """
{value}{from_unit}[是|等于|合|有]多少{to_unit}
[把|将]{value}{from_unit}[换成|换算成|转成|变成]{to_unit}
{value}{from_unit}[换算|转][成|]{to_unit}[是多少|]
多少{to_unit}[等于|是]{value}{from_unit}
{from_unit}转{to_unit}，{value}
""",
    "tool.exchange": """
{amount}{from_currency}[是|等于|能换|换]多少{to_currency}
[把|将]{amount}{from_currency}[换成|兑换成|兑成]{to_currency}
{amount}{from_currency}[换|兑]{to_currency}
[手里有|有]{amount}{from_currency}，[能换|换成]多少{to_currency}
[今天|现在]{amount}{from_currency}合{to_currency}多少
""",
    "tool.translate": """
[把|将]“{text}”[翻译成|译成|翻成]{language}
“{text}”[用|的]{language}[怎么说|怎么讲]
{language}[里|里面]“{text}”怎么说
[翻译|翻]一下“{text}”，[要|译成]{language}
帮我[译|翻译]：{text}（{language}）
""",
    "tool.reminder": """
[提醒我|记得提醒我|到时候提醒我]{time}{content}
{time}[提醒我|叫我]{content}
{date}{time}[提醒我|叫我]{content}
[设个|加个|设一个]提醒，{time}{content}
[设|加]一个{date}{time}的提醒：{content}
{content}，{time}[提醒|叫]我[一下|]
[别让我忘了|我怕忘了]{content}，{time}[叫我|提醒]
{date}{time}要{content}，[设个提醒|提醒我一声]
""",
    "tool.message": """
[给|跟]{to}[发|说]：{content}
[发消息|发个消息|发条信息]给{to}，[说|就说|内容是]{content}
[告诉|通知|转告|跟]{to}[说|，|一声，]{content}
[帮我|麻烦][告诉|通知]{to}{content}
{content}，[发给|转给|告诉]{to}
[给|向]{to}发一条消息“{content}”
""",
    "tool.search": """
[搜|搜一下|搜索|找找]{query}
[找|查|搜]{top_k}[条|篇]{query}的[资料|文档|文章]
[有没有|有]关于{query}的[资料|文章|笔记]
[在资料库里|在笔记里][搜|找]{query}
[想看|想了解]{query}，[搜一下|找点资料]
[列出|给我]{query}[相关的|的]前{top_k}[条|篇]
{query}的[资料|文档][在哪|找一下]
""",
    "tool.book_room": """
[订|预订|约]{date}{start}的会议室
{date}{start}[要|想|需要][开会|用会议室]，[订个房间|订一间]
[订|要]一[间|个]会议室，{date}{start}，{people}个人
{date}{start}[有|要来]{people}个人开会，[订间会议室|安排个房间]
[帮我|帮忙]留一间会议室，{date}{start}[开始|用]
会议室，{date}{start}
""",
    "tool.order": """
[订单|单号]{order_id}[到哪了|怎么样了|发货了吗|什么状态]
[查|查一下|看看][订单|单号]{order_id}
[我的订单|订单号]{order_id}，[还没到|发了没|到哪里了]
{order_id}这个[单子|订单][什么情况|发了吗]
[为什么|怎么]{order_id}还没[到|发货]
""",
    "tool.price": """
{product}[多少钱|什么价|卖多少|价格]
[查|问|看][一下|]{product}[的|][价格|价钱|单价]
[想买|要买]{product}，[多少钱|贵吗]
{product}[贵吗|贵不贵|几块]
一台{product}[要|得]多少钱
""",
    "tool.music": """
[放|播放|来一首|听]《{song}》
[想听|我要听|放一下]{song}
[放|播]{song}，{loop}
{loop}《{song}》
[点一首|来首|给我放]{song}
""",
    "tool.light": """
[把|][{room}|{room}里]的灯{state}
{state}{room}[的|]灯
{room}灯{state}
[帮我|麻烦|]{state}一下{room}的灯
[我在|人在]{room}，[把灯|灯]{state}[|一下]
""",
    "tool.aircon": """
[空调|把空调|冷气][调到|开到|设成|打到]{temperature}度
空调{mode}，{temperature}度
[把空调|空调][改成|换成|开]{mode}[，|到]{temperature}度
[太热了|太冷了|有点闷]，空调[调到|开]{temperature}度
{temperature}度，空调{mode}
[温度|室温]调[到|成]{temperature}[度|]
""",
    "tool.leaflet": """
[查|看|找][一下|]{drug}的{section}
{drug}[说明书|说明书里]的{section}
{drug}{section}
[说明书上|说明书里]{drug}的{section}[怎么写|是什么]
[翻|打开]{drug}的说明书，看{section}
""",
    "tool.interaction": """
{drugs}[能|可以][一起|同时][吃|用]吗
{drugs}[有没有|有]相互作用
[查|看]{drugs}[冲突吗|的相互作用|能不能同服]
[同时|一起]吃{drugs}[行吗|有事吗|安全吗]
医生开了{drugs}，[会冲突吗|能一块儿吃吗]
""",
    "tool.dose": """
体重{weight_kg}公斤，每公斤{mg_per_kg}毫克，[用多少|该用多少|吃多少]
[按|每公斤]{mg_per_kg}毫克[每公斤|]算，{weight_kg}公斤[要|该]用多少[药|]
{weight_kg}公斤的[孩子|病人]，一公斤{mg_per_kg}毫克，[算剂量|剂量多少]
[算|算一下]剂量：{weight_kg}公斤，{mg_per_kg}毫克/公斤
""",
    "tool.restaurant": """
[在|]{city}[有什么|哪里有|找个][好吃的|吃饭的地方|餐馆|馆子]
{city}[附近|][的|]{cuisine}[有哪些|推荐一下|哪家好|]
[想在|在]{city}吃{cuisine}，人均{max_price}以内
{city}人均{max_price}元[以下|以内]的[餐馆|馆子|饭店]
[推荐|找]一家{city}的{cuisine}
[到了|人在]{city}，[去哪吃|吃什么好]
""",
    "tool.train": """
[查|看|查一下]{date}从{from_city}到{to_city}的[火车|车票|车次]
{date}{from_city}[到|去|至]{to_city}[有票吗|有几趟车|的火车]
{date}要[从|由]{from_city}[去|到]{to_city}，[有什么车|查下火车]
{from_city}到{to_city}，{date}[的票|走]
[想|打算]{date}坐火车从{from_city}去{to_city}
""",
    "tool.todo": """
[记|加|添加|新建][一条|一个|个]待办[：|，]{title}
[待办|清单]里加[上|一条]{title}
[记一下|帮我记着|别忘了]，[要|得]{title}
{title}，[记到|加进|放进]待办[里|]
[加|建]一个{priority}优先级的[待办|任务]：{title}
[添|加]一条待办：{title}，优先级{priority}
""",
    "tool.library": """
[图书馆|馆里]有[没有|]《{title}》[吗|]
[查|找|搜][一下|]《{title}》[在不在馆|有没有|这本书]
[想借|要借]{title}，[在馆吗|有吗|还在吗]
《{title}》[在哪|能借吗|借走了没]
[帮我|]看看{title}这本书[有没有|在不在]
""",
    "tool.read_file": """
[读|打开|看|读一下]{path}
{path}[里|里面|里头][有什么|写了什么|是什么]
[把|将]{path}[的内容|]读[出来|给我]
[看看|瞧瞧]{path}[的内容|]
[想知道|告诉我]{path}写了什么
""",
    "tool.write_file": """
[把|将]“{content}”[写进|存到|写到|保存到]{path}
[在|往]{path}里[写|写上|存]“{content}”
[新建|建一个]{path}，[内容|写上][是|：]{content}
[保存|存]一下：{content}，文件{path}
{path}里[写|放]一句“{content}”
""",
    "tool.contact": """
{name}的[电话|分机|号码|联系方式][是多少|多少|]
[查|找|查一下]{name}的[分机|电话|号码]
[怎么|如何][联系|打给]{name}
[要找|想打给]{name}，[分机多少|号码呢]
{name}分机
""",
    "tool.timer": """
[倒计时|定时|计时]{minutes}分钟
{minutes}分钟[后|之后][叫我|响一下|提醒我]
[设|开]一个{minutes}分钟的[倒计时|计时器|闹铃]
[煮面|泡茶|休息]，[定|计]{minutes}分钟
过{minutes}分钟[喊|叫]我
""",
    "tool.datediff": """
{start}到{end}[有|是|一共|相隔]多少天
{start}[离|距]{end}[还有|有]几天
[算|算一下]{start}[和|到]{end}[差|隔|之间]几天
从{start}[起|开始]到{end}[有几天|多少天]
{end}[减|距]{start}多少天
""",
    "tool.leave": """
[请|想请|要请]{days}天{type}，[从|]{start}[开始|起]
{start}[起|开始][请|休]{days}天{type}
[帮我|替我]请{type}，{start}起{days}天
[申请|提交]{type}：{start}，{days}天
{type}{days}天，{start}开始
""",
    "tool.fetch": """
[打开|读|看看|抓取]{url}
{url}[里|上][有什么|写了什么|说了什么]
[读一下|看一眼]这个[网页|网址|链接]{url}
[把|]{url}的内容[拿来|读出来|抓下来]
[网页|链接]：{url}，[看看|读一下]
""",
    "tool.course": """
{course}[什么时候|在哪|几点][上|上课]
[查|看|查一下]{course}的[时间|教室|课程信息|安排]
{course}[这门课|]在哪[间教室|儿]、[几点|什么时候]上
[我选了|要上]{course}，[哪天|在哪]上
{course}[时间和教室|的安排]
""",
    # 只说了要做什么，没给参数
    "missing": """
[帮我|麻烦|我想|请|]{short}
[能|可以]{short}吗
{short}[一下|吧|]
[你会|会不会]{short}[吗|]
""",
    # 两件事一起说
    "both": """
{a}，[另外|还有|顺便|再][，|]{b}
{a}；{b}
[第一|一是]，{a}，[第二|二是]，{b}
{a}，然后{b}
""",
    "system": """
你是《LLM 学习之书》的助手，用中文简短地回答。
你是一个会用工具的助手。
用中文回答，能用工具就用工具。
你是[客服|办公室|家庭]助手。
""",
}
