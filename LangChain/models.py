"""接好的对话模型与向量模型，以及端点出错时的一行中文。

教什么：`ChatOpenAI` 只认地址、密钥、模型名；换一家服务只改环境变量。
不教什么：变量从哪里来（`TrainAndFinetune/endpoint.py` 的 `connect()`，脚本的 `main` 里先调用一次）。
不是脚本，由本章的脚本导入。对应笔记：`README.md`「接上模型」。
"""

import json
import os
from contextlib import contextmanager

from langchain_core.embeddings import Embeddings
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

from book import UserError


def chat_model(**options) -> ChatOpenAI:
    """对话模型：默认贪心、至多 64 个词元、5 分钟超时、重试两次。地址与密钥 ChatOpenAI 自己读环境变量。"""
    defaults = {"temperature": 0, "max_tokens": 64, "timeout": 300, "max_retries": 2}
    return ChatOpenAI(model=os.environ["CHAT_MODEL"], **{**defaults, **options})


class EndpointEmbeddings(Embeddings):
    """向量模型：端点收到什么就算什么，查询与段落的前缀由这里加（没有前缀的模型，两个变量是空串）。"""

    def __init__(self):
        self.model = OpenAIEmbeddings(
            model=os.environ["EMBEDDING_MODEL"],
            base_url=os.environ["EMBEDDING_BASE_URL"],
            api_key=os.environ["EMBEDDING_API_KEY"],
            check_embedding_ctx_length=False,  # True 会去网上下载 tiktoken 的词表，还把文字换成 OpenAI 的词元编号
            timeout=300,
        )

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """n 段文字 -> n 个向量。"""
        prefix = os.environ["EMBEDDING_PASSAGE_PREFIX"]
        return self.model.embed_documents([prefix + text for text in texts])

    def embed_query(self, text: str) -> list[float]:
        """一个查询 -> 一个向量。"""
        return self.model.embed_query(os.environ["EMBEDDING_QUERY_PREFIX"] + text)


def broke_off(error: BaseException) -> bool:
    """是不是连上以后断的：看错误的原因链。openai 用的是 httpx 还是 httpx2 要看版本，所以比名字。"""
    chain = [error]
    while cause := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(cause)
    return any(type(cause).__name__ == "RemoteProtocolError" for cause in chain)


@contextmanager
def endpoint_errors():
    """端点的错误 -> UserError，一行中文；从不写出密钥。写在 main 上：`@endpoint_errors()`。"""
    import openai

    url = os.environ.get("OPENAI_BASE_URL", "（没有设）")
    try:
        yield
    except openai.AuthenticationError:
        raise UserError("端点不认这个密钥（401）；看看 OPENAI_API_KEY，本机的服务不用设") from None
    except openai.RateLimitError:
        raise UserError("端点说请求太多或余额不足（429），重试之后还是这样；等一会儿再跑，或减少并发") from None
    except openai.NotFoundError:
        raise UserError(f"端点没有模型 {os.environ.get('CHAT_MODEL')}（404）；看看 CHAT_MODEL") from None
    except openai.BadRequestError as error:
        raise UserError(f"端点不接受这个请求（400）：{error.message[:200]}") from None
    except openai.APITimeoutError:
        raise UserError("端点太久没有回答；机器忙就等一会儿，或把 max_tokens 调小") from None
    except openai.InternalServerError as error:
        raise UserError(f"端点出错（{error.status_code}），重试之后还是这样；看服务的日志") from None
    except openai.APIConnectionError as error:
        if broke_off(error):
            raise UserError("回答传到一半，连接断了；再跑一次，常断就看服务的日志") from None
        raise UserError(f"连不上端点 {url}；服务在跑吗？看看 OPENAI_BASE_URL") from None
    except (openai.APIResponseValidationError, json.JSONDecodeError):
        raise UserError(f"端点的回答不是 JSON：{url} 是 OpenAI 兼容的接口吗？地址通常以 /v1 结尾") from None
