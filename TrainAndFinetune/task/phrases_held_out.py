"""验证集与测试集的问法，写法同 `phrases_train.py`，与它没有一句相同：考的是没见过的说法。

教什么：按问法划分，测出来的才不是背书。不教什么：怎样展开（`generator.py`）。
不是脚本，由 `generator.py` 导入。对应笔记：`8_compare.md`。
"""

DEV = {
    "dosage": (
        "{drug}单次的[量|剂量]给{person}定多少",
        "{person?}{drug}每回{eat}多大的量才[够|对]",
        "{drug}这个药，一次{dose}会不会[少|多]",
        "{symptom}，{drug}的剂量怎么掌握",
    ),
    "timing": (
        "{drug}该在[饭前|饭后]的哪个时间{eat}",
        "{person?}每天分几次{eat}{drug}",
        "{drug}[晚饭后|早饭前]{eat}行不行",
        "{drug}一日几次，每次隔多长时间",
    ),
    "duration": (
        "{person?}还得{eat}几天{drug}",
        "{drug}连续{eat}[两周|十天]可以停药了吗",
        "{symptom}没了，{drug}[停不停|什么时候停]",
        "{drug}这种药能不能[长年|天天]{eat}",
    ),
    "interaction": (
        "同时{eat}{drug}和{other}，会不会冲突",
        "{person?}已经在用{other}了，{drug}能一起用吗",
        "{drug}加{other}，这样搭配[安全|可以]吗",
        "{eat}{drug}前两小时{eat}过{other}，有没有影响",
    ),
    "side_effect": (
        "{person?}自从{eat}{drug}就老{symptom}，跟药有关系吗",
        "{drug}会带来哪些不良反应",
        "{symptom}算{drug}的副作用吗",
        "{eat}了几天{drug}，[人|现在]{symptom}，要停药吗",
    ),
    "indication": (
        "{person?}{symptom}了，用{drug}管用不管用",
        "{drug}[到底|究竟]治哪种病",
        "{drug}这药对{symptom}起作用吗",
        "{symptom}，药箱里的{drug}对症吗",
    ),
    "contraindication": (
        "{drug}这药给{person}{eat}安不安全",
        "{person}得了{disease}，还能不能{eat}{drug}",
        "{disease}的人用{drug}有没有禁忌",
        "{drug}哪类人要慎用",
    ),
    "missed_dose": (
        "{person?}今天的{drug}漏掉了，明天要多吃一次吗",
        "{drug}上一顿忘吃，下一顿怎么吃",
        "有一次{drug}忘了{eat}，需不需要补",
        "{person?}{drug}没按点{eat}，晚了[两个小时|半天]",
    ),
    "overdose": (
        "{person?}一口气{eat}了{dose}{drug}怎么办",
        "{drug}吃过量了，{dose}，要不要去医院",
        "{drug}{dose}下肚了，会不会中毒",
        "{person?}误把{drug}{eat}了{dose}，要紧不要紧",
    ),
    "storage": (
        "{drug}没开封能保存几年",
        "{drug}放冰箱里[冷冻|冷藏]行不行",
        "{drug}到期一个月了，扔不扔",
        "{drug}[晒过太阳|放潮了]会失效吗",
    ),
    "food": (
        "{eat}{drug}这几天{food}能不能碰",
        "{person?}用{food}送{drug}行不行",
        "{drug}和{food}同吃会怎样",
        "{eat}{drug}的人要忌口哪些东西",
    ),
    "substitute": (
        "{drug}缺货，有差不多的药代替吗",
        "{person?}不能吃{drug}，别的药换哪种",
        "跟{drug}同类的药都有哪些",
        "想把{drug}换掉，换成什么好",
    ),
}

TEST = {
    "dosage": (
        "{person?}{drug}到底[一次|每次]该{eat}几[片|粒]才对",
        "{drug}的[单次用量|一次用量][帮我看看|告诉我]",
        "{person?}第一回{eat}{drug}，用量[多大|多少]比较好",
        "{symptom}[得厉害|好几天了]，{drug}能不能加量，一次几片",
        "{drug}这药[大人|成年人]一次用多少",
    ),
    "timing": (
        "{drug}是[空着肚子|吃饱了]{eat}还是[随便|都行]",
        "{person?}{eat}{drug}，[早上|晚上]哪个时间更好",
        "{drug}一天里[分几次|几次]{eat}，[隔多长时间|怎么分]",
        "{person?}{eat}{drug}要等[饭后|睡前]吗",
        "{drug}两顿之间[最少|至少]隔几个钟头",
    ),
    "duration": (
        "{drug}[吃到哪天|用到哪天]才能停",
        "{person?}{symptom}已经[好了|没有了]，{drug}是不是可以不{eat}了",
        "{drug}一连{eat}[一个月|二十天]会不会太长",
        "{person?}{eat}{drug}的疗程[大概|一般]多长",
        "{drug}说停就停[好吗|行吗]，还是慢慢减",
    ),
    "interaction": (
        "{person?}正{eat}着{other}，{drug}能不能[同时|一块儿]用",
        "{drug}[遇上|碰上]{other}会起冲突吗",
        "一天里既{eat}{drug}又{eat}{other}，[可以|行]吗",
        "{other}[还没停|没吃完]，[现在|今天]加{drug}要错开几个小时",
        "{person?}{drug}和{other}[两样|两种]药能一起吃吗",
    ),
    "side_effect": (
        "{person?}{eat}{drug}[第二天|三天后]{symptom}，是药的副作用吗",
        "{drug}[容易|可能]让人{symptom}吗",
        "{drug}[长期用|天天吃]有没有[副作用|坏处]",
        "{person?}一{eat}{drug}就{symptom}，[该停|要停]吗",
        "{drug}不良反应[厉害不厉害|严重不严重]",
    ),
    "indication": (
        "{drug}这个药[是治|治][哪方面|什么毛病]的",
        "{person?}{symptom}的话[用|吃]{drug}有没有效果",
        "{symptom}了[好几天|一晚上]，{drug}[能不能治|管不管用]",
        "{person?}[总是|老是]{symptom}，{drug}对症不对症",
        "{drug}[适合|用来]治{symptom}吗",
    ),
    "contraindication": (
        "{person}[到底|究竟]能不能用{drug}",
        "{person}[查出|得了]{disease}，{eat}{drug}安全不安全",
        "[哪些|什么样的]人[要禁用|别用]{drug}",
        "{disease}患者[是不是|是否]要[慎用|禁用]{drug}",
        "{drug}给{person}{eat}会有危险吗",
    ),
    "missed_dose": (
        "{person?}[上午|下午]的{drug}忘记{eat}了，[晚上|现在]补来得及吗",
        "{drug}[落|漏]了一回，[接下来|后面]怎么吃",
        "{person?}睡过头，{drug}晚{eat}了[五个小时|大半天]",
        "要是[忘了吃|漏服了]{drug}，下次[加倍|翻倍]可以吗",
        "{person?}[两顿|两次]{drug}都没{eat}，[补不补|要不要补]",
    ),
    "overdose": (
        "{person?}[手一抖|没看清]{eat}了{dose}{drug}，过量[没有|了吧]",
        "{drug}[多吃进去|超量吃了]{dose}，[会不会有危险|要不要洗胃]",
        "{dose}{drug}一次[吃完|吃掉]了，[怎么办好|需要去医院吗]",
        "{person?}[偷偷|误]{eat}了{drug}{dose}，[要不要催吐|怎么处理]",
        "{drug}[一下子|一口气]用了{dose}，中毒[没有|了吗]",
    ),
    "storage": (
        "{drug}[拆开|开了封]后[最多|还能]放几天",
        "{drug}[适合|应该]放在[阴凉处|冰箱]保存吗",
        "[过期三天|刚过期]的{drug}要不要扔",
        "{drug}的保存[温度|条件]是什么",
        "{drug}[有点潮|颜色变了]，是不是坏了",
    ),
    "food": (
        "{person?}{eat}{drug}那几天{have}点{food}[要紧|有影响]吗",
        "{drug}能不能[就着|配着]{food}{eat}",
        "[刚|才]{eat}{drug}，[过多久|等几个小时]才能碰{food}",
        "{eat}{drug}[饮食上|嘴上]要忌什么",
        "{food}跟{drug}[犯冲不犯冲|相克不相克]",
    ),
    "substitute": (
        "{drug}[跑了几家药店|到处]都没货，[能换|可以换]哪种药",
        "{person?}[受不了|不能用]{drug}，[有没有|有什么]别的药代替",
        "[效果|作用]跟{drug}差不多的[药|]有哪些",
        "{drug}[嫌贵|太难吃]，想换[一种|个别的]",
        "不用{drug}的话，[替代的|代替的]药是什么",
    ),
}
