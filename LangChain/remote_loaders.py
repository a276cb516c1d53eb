"""网页与数据库的装载器：读哪里由配置决定，不写在代码里。

教什么：抓一页要限时、限大小；读数据库只读，文字与元数据各是哪一列。
不教什么：爬虫；整站的抓取规矩。
不是脚本，由测试与 `9_load_datas.md` 导入。对应笔记：`9_load_datas.md`「网页与数据库」。
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document

from LangChain.loaders import BrokenFile, decode, page_text


class WebLoader(BaseLoader):
    """一页一篇；失败的记进 `failures`。环境变量 USER_AGENT 说你是谁，不设就说是本书。"""

    def __init__(self, urls: list[str], timeout: float = 20, limit: int = 5_000_000):
        if wrong := [url for url in urls if not url.startswith(("http://", "https://"))]:
            raise ValueError(f"收到 {wrong[0]}，只认 http:// 与 https:// 的地址")
        self.urls, self.timeout, self.limit = urls, timeout, limit
        self.failures: list[tuple[str, str]] = []

    def fetch(self, url: str) -> bytes:
        """正文的字节；边收边数，超过 limit 就不收了。"""
        headers, data = {"user-agent": os.environ.get("USER_AGENT", "llm-learning-book")}, b""
        with httpx.stream("GET", url, headers=headers, timeout=self.timeout, follow_redirects=True) as response:
            response.raise_for_status()
            for part in response.iter_bytes():
                data += part
                if len(data) > self.limit:
                    raise BrokenFile(f"超过 {self.limit} 字节")
        return data

    def lazy_load(self) -> Iterator[Document]:
        self.failures = []
        for url in self.urls:
            try:
                title, text = page_text(decode(self.fetch(url))[0])
            except (httpx.HTTPError, ValueError) as error:
                self.failures.append((url, f"{type(error).__name__}：{error}"))
                continue
            yield Document(text, metadata={"source": url, "title": title})


def connect_database(url: str):
    """`sqlite:///路径` 用标准库只读地打开；`postgresql://…` 要装 psycopg。密码写在环境变量里，不写在代码里。"""
    if url.startswith("sqlite:///"):
        return sqlite3.connect(Path(url.removeprefix("sqlite:///")).resolve().as_uri() + "?mode=ro", uri=True)
    if url.startswith("postgresql://"):
        try:
            import psycopg
        except ModuleNotFoundError:
            raise ValueError("postgresql:// 要 psycopg：pip install 'psycopg[binary]'") from None
        return psycopg.connect(url)
    raise ValueError(f"不认识的数据库 {url.split(':')[0]}：写 sqlite:///路径 或 postgresql://…")


class SqlLoader(BaseLoader):
    """一行一篇：content 那一列是正文，其余的列进元数据。值用 parameters 传，不拼进 SQL。"""

    def __init__(self, url: str, query: str, content: str, parameters: tuple = ()):
        self.url, self.query, self.content, self.parameters = url, query, content, parameters

    def lazy_load(self) -> Iterator[Document]:
        with closing(connect_database(self.url)) as database:
            cursor = database.cursor()
            cursor.execute(self.query, self.parameters)
            names = [column[0] for column in cursor.description]
            if self.content not in names:
                raise ValueError(f"结果里没有 {self.content} 这一列，有的是 {'、'.join(names)}")
            for values in cursor:
                row = dict(zip(names, values))
                yield Document(str(row.pop(self.content)), metadata={"source": self.url.split("@")[-1], **row})
