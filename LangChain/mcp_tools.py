"""MCP 的工具变成 LangChain 的工具：列出来，一个一个包起来。

教什么：`langchain.mcp.MCPAdapter`（要另装 fastmcp）替你做的事，不到四十行。
不教什么：资源、提示词、采样（MCP 的另外三样）。
不是脚本，由 `5_tools.py`、`mcp_weather.py` 与测试导入。对应笔记：`5_tools.md`「MCP」。
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from langchain.tools import BaseTool, ToolException
from langchain_core.tools import StructuredTool
from mcp import Client, StdioServerParameters

WEATHER = StdioServerParameters(command=sys.executable, args=[str(Path(__file__).with_name("mcp_weather.py"))])


def as_tool(client: Client, described) -> BaseTool:
    """一个 MCP 工具 -> 一个 LangChain 的（只能异步地调用）。MCP 给的已经是 JSON schema，原样用。"""

    async def call(**arguments) -> str:
        result = await client.call_tool(described.name, arguments)
        text = "\n".join(part.text for part in result.content if part.type == "text")
        if result.is_error:
            raise ToolException(f"错误：{text}")
        return text

    return StructuredTool.from_function(
        coroutine=call,
        name=described.name,
        description=described.description or described.name,
        args_schema=described.input_schema,
        handle_tool_error=True,  # ToolException 变成结果，别的异常照样抛
    )


@asynccontextmanager
async def mcp_tools(server) -> AsyncIterator[list[BaseTool]]:
    """连上一个 MCP 服务，拿到它的工具；离开时断开，子进程也结束。

    server 是 `StdioServerParameters`（启动一个子进程）、一个 http 地址，或者同一个进程里的服务（测试用）。
    """
    async with Client(server) as client:
        listed = await client.list_tools()
        yield [as_tool(client, described) for described in listed.tools]


async def call_once(server, name: str, arguments: dict) -> tuple[list[str], str]:
    """(全部工具的名字, 调用一次的结果)。"""
    async with mcp_tools(server) as tools:
        chosen = next(tool for tool in tools if tool.name == name)
        return [tool.name for tool in tools], await chosen.ainvoke(arguments)
