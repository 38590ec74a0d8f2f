"""Open Inference Protocol V2 over REST: tensors in, tensors out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.common import Answer

Datatype = Literal[
    "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64"
]  # fmt: skip


class _Lenient(BaseModel):
    """Base that ignores unknown parameters, as the protocol requires of servers."""

    model_config = ConfigDict(extra="ignore")


class RequestTensor(_Lenient):
    """One feature: one value per row, in a list or in a column."""

    name: str = Field(max_length=200)
    shape: list[Annotated[int, Field(le=2**31 - 1)]] = Field(min_length=1, max_length=2)
    datatype: Datatype
    data: list[Any] = Field(max_length=100_000)


class RequestedOutput(_Lenient):
    """A wanted output."""

    name: str = Field(max_length=200)


class InferRequest(_Lenient):
    """Rows to infer, one tensor per feature."""

    id: str | None = Field(None, max_length=200)
    inputs: list[RequestTensor] = Field(min_length=1, max_length=500)
    outputs: list[RequestedOutput] | None = None


class ResponseTensor(Answer):
    """One output."""

    name: str
    shape: list[int]
    datatype: Literal["FP64"] = "FP64"
    data: list[float]


class InferResponse(Answer):
    """Raw outputs, before any policy."""

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[ResponseTensor]


class TensorMetadata(Answer):
    """Name, type and shape of a tensor; -1 is any number of rows."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(Answer):
    """A model's inputs and outputs."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class ModelReady(Answer):
    """Whether a model can answer."""

    name: str
    ready: bool


class ServerMetadata(Answer):
    """Name and version of the server."""

    name: str
    version: str
    extensions: list[str]


class Live(Answer):
    """The process is alive."""

    live: bool


class Ready(Live):
    """The process can answer; some clients read ``live``, others ``ready``."""

    ready: bool
