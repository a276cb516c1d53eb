"""一个 MCP 服务：两个工具，从标准输入输出说话。别的程序（Claude Desktop、编辑器、`mcp_tools.py`）启动它。

教什么：工具写成单独的进程，谁都能用；工具的说明与 schema 由它自己给。
不教什么：HTTP 上的 MCP、登录。
怎么跑：一般由客户端启动；自己试：
  python LangChain/mcp_weather.py --smoke    在进程里连上自己，列出工具，调用一次
对应笔记：`5_tools.md`「MCP」。
"""

from book import Parser, common_options, emit_result, run


def make_server():
    """两个工具的服务；schema 由签名来，说明由 docstring 来。"""
    from mcp.server.mcpserver import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError

    server = MCPServer("weather")

    @server.tool()
    def weather(city: str, days: int = 1) -> str:
        """查询一个城市今后几天的天气。"""
        if not 1 <= days <= 7:
            raise ToolError(f"days 收到 {days}，应当是 1 到 7")  # ToolError 的话会给客户端看，别的异常不会
        return f"{city}{days} 天都是多云"

    @server.tool()
    def cities() -> list[str]:
        """列出能查天气的城市。"""
        return ["北京", "上海"]

    return server


def main(argv=None) -> dict | None:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    if not args.smoke:
        make_server().run("stdio")  # 标准输出归协议用，这里不能 print
        return None
    import asyncio

    from LangChain.mcp_tools import call_once

    print("设备 cpu")
    names, answer = asyncio.run(call_once(make_server(), "weather", {"city": "北京", "days": 2}))
    print("工具", "、".join(names), " 调用的结果", answer)
    return emit_result({"tools": len(names), "answer": answer})


if __name__ == "__main__":
    run(main)
