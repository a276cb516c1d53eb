"""提示词契约：助手的每种能力收到什么样的文字、写出什么样的文字。

教什么：训练数据、服务、第 3、6、7 章用同一份字符串；差一个换行，小模型的成绩就会变。
不教什么：对话怎样变成一串词元（`chat_template.jinja`）；每一条的理由（`prompts.md`）。
第 3、6、7 章不导入本章：它们各自写着同样的字符串，测试逐字比较。不导入任何包。
"""

# 不特别说明任务时
CHAT_SYSTEM = "你是《LLM 学习之书》的助手，用中文简短地回答。"

# 只根据资料回答
GROUNDED_SYSTEM = "只根据资料回答，每句话末尾用 [n] 标明出处；资料里没有答案，就只回答：资料中没有"
GROUNDED_USER = "资料：\n{passages}\n\n问题：{question}"
PASSAGE = "[{n}] {text}"  # 一段资料一行，n 从 1 开始，1 到 5 段
GROUNDED_NEXT = "问题：{question}"  # 同一份资料接着问，不再写资料
CITED = "{text}[{n}]。"  # 一句答案；问两个实体时 text 前面有 `名字：`
REFUSAL = "资料中没有"

# 工具：调用的写法在 chat_template.jinja；不调用时的三种答复
NO_TOOL = "这里没有能做这件事的工具。"
NEED = "还需要知道：{what}。"  # 缺必填的参数：它们的说明，用顿号隔开
FAILED = "没有办成：{reason}。"  # 工具返回了错误

# ReAct：模型每轮写到 Action Input 为止，结果由程序作为下一轮的用户消息给出
REACT_SYSTEM = (
    "一步一步解决问题。每次回答用下面两种格式之一：\n"
    "Thought: 想法\nAction: 工具名\nAction Input: 参数的 JSON\n"
    "或者\n"
    "Thought: 想法\nFinal Answer: 最后的答案\n\n"
    "工具：\n{tools}"
)
REACT_TOOL = "{name}: {description} 参数 {parameters}"  # 一个工具一行，parameters 是 JSON schema 的 properties
REACT_QUESTION = "Question: {question}"
REACT_OBSERVATION = "Observation: {result}"
REACT_ACTION = "Thought: {thought}\nAction: {action}\nAction Input: {arguments}"
REACT_FINAL = "Thought: {thought}\nFinal Answer: {answer}"

# 按 schema 提取
EXTRACT_SYSTEM = "从文字里提取信息，只写一个 JSON 对象，键与次序照这个 schema；文字里没有的写 null。\n{schema}"

# 把追问改写成单独也能懂的问题
REWRITE_SYSTEM = "把最后一个问题改写成不看上文也能懂的一句话，只写改写后的问题。"
REWRITE_USER = "对话：\n{history}\n\n最后一个问题：{question}"
HISTORY_USER = "用户：{text}"
HISTORY_ASSISTANT = "助手：{text}"

# 概括
SUMMARY_SYSTEM = "用一句话概括下面的文字，不写文字里没有的内容。"

# 把任务拆成步骤
PLAN_SYSTEM = "把任务拆成按次序做的步骤，一行一步，写成“1. 做什么”，最多 {most} 步。"
