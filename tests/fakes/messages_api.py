"""A server of the Messages API for tests: scripted or random faults, real limits, batches, and its own accounts.

It answers in process (`transport()`), on a port of this machine (`tests.fakes.serving`), or as a process of its own
(`python -m tests.fakes.serving`). What it charges is computed from its own copy of the prices.
"""

import collections
import datetime
import hashlib
import itertools
import json
import random
import re
import threading
import time
from dataclasses import dataclass, field
from decimal import Decimal

import httpx2

ID_OK = re.compile(r"[a-zA-Z0-9_-]{1,64}")
RETIRED = ("temperature", "top_p", "top_k")

# US dollars per million tokens: input, output, cache read, 5 minute write, 1 hour write.
PRICES = {
    "claude-haiku-5-5": ("0.10", "0.50", "0.01", "0.125", "0.20"),
    "claude-haiku-5-5 above 100000": ("0.50", "2.50", "0.05", "0.625", "1.00"),
    "claude-haiku-4-5": ("1", "5", "0.10", "1.25", "2"),
    "claude-sonnet-5-5": ("2", "10", "0.10", "2.50", "4"),
    "claude-opus-5-5": ("4", "20", "0.20", "5", "8"),
}
MIN_CACHEABLE = {"claude-haiku-4-5": 4096}

STATUSES = {
    "rate_limited": (429, "rate_limit_error", "Number of requests has exceeded your rate limit"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "server_error": (500, "api_error", "Internal server error"),
    "unavailable": (503, "api_error", "Service unavailable"),
    "gateway_timeout": (504, "timeout_error", "Request timed out"),
    "no_key": (401, "authentication_error", "invalid x-api-key"),
    "no_payment": (402, "billing_error", "Your credit balance is too low"),
    "forbidden": (403, "permission_error", "Your API key does not have permission to use this model"),
    "no_model": (404, "not_found_error", "model: no-such-model"),
    "too_large": (413, "request_too_large", "Request exceeds the maximum size"),
    "spend_limit": (400, "invalid_request_error", "You have reached your specified API usage limits (spend limit)"),
    "spend_limit_429": (429, "rate_limit_error", "Monthly threshold reached"),
    "rejected": (400, "invalid_request_error", "messages.0.content: something is wrong with it"),
    "prompt_too_long": (400, "invalid_request_error", "prompt is too long: 1200000 tokens > 1000000 maximum"),
    "context_size": (400, "exceed_context_size_error", "request (9000 tokens) exceeds the available context size"),
    "redirect": (307, "api_error", "moved"),
}
NOT_DELIVERED = ("stalled", "cut", "cut_json", "empty_object", "no_stop_reason")
"""Answers the server charges for and the client cannot read."""

UNCHARGED_AND_PASSING = (
    "rate_limited",
    "overloaded",
    "server_error",
    "unavailable",
    "gateway_timeout",
    "refused",
    "html",
)
ODD_ANSWERS = ("refusal", "max_tokens", "context_exceeded", "bad_json", "bad_schema", "prose", "unknown_stop")
HARMLESS = ("thinking_first", "unknown_block")
EVERY_FAULT = (*UNCHARGED_AND_PASSING, *NOT_DELIVERED, *ODD_ANSWERS, *HARMLESS, "too_large")


@dataclass
class Response:
    """What goes over the wire; `ending` is whole, cut (dropped half way), stalled (never comes) or refused."""

    status: int
    headers: dict
    body: bytes
    ending: str = "whole"


@dataclass
class Account:
    """What was asked and what it cost, in US dollars; `undelivered` was charged without the client knowing."""

    calls: collections.Counter = field(default_factory=collections.Counter)
    delivered: dict = field(default_factory=lambda: collections.defaultdict(Decimal))
    undelivered: dict = field(default_factory=lambda: collections.defaultdict(Decimal))

    @property
    def spent(self):
        return sum(self.delivered.values(), Decimal())

    @property
    def lost(self):
        return sum(self.undelivered.values(), Decimal())

    def as_json(self):
        return {"calls": dict(self.calls), "spent": str(self.spent), "lost": str(self.lost)}


@dataclass
class Local:
    """What a server of one's own does otherwise."""

    ignores_schema: bool = True
    keeps_own_schema: bool = False
    refuses_schema: bool = False
    fenced: bool = True
    context_tokens: int | None = None


class MessagesApi:
    """The server's state. `faults` is consumed one per call; `rate` of the other calls meet a fault by chance.

    Chance depends on the seed, the request and how often it came, not on the order of calls.
    """

    def __init__(
        self, answer=None, *, rate=0.0, kinds=EVERY_FAULT, seed=0, local=None, batch_polls=2, limits=None, now=time.time
    ):
        self.answer = answer or (lambda params: instance_of(schema_of(params)))
        self.faults = collections.deque()
        self.item_faults = {}
        self.rate, self.kinds, self.seed = rate, kinds, seed
        self.local, self.now = local, now
        self.batch_polls, self.batches = batch_polls, {}
        self.buckets = {kind: [per_minute, per_minute, now()] for kind, per_minute in (limits or {}).items()}
        self.account, self.requests, self.times = Account(), [], []
        self.prefixes, self.seen = set(), collections.Counter()
        self.sequence, self.lock = itertools.count(1), threading.RLock()
        self.before = None

    def transport(self):
        """An in-process transport for `httpx2.AsyncClient`."""

        async def handle(request):
            return as_httpx(
                self.handle(request.method, request.url.raw_path.decode(), dict(request.headers), request.content)
            )

        return httpx2.MockTransport(handle)

    def bodies(self):
        """The bodies of the calls to /v1/messages."""
        return [body for method, path, body, _ in self.requests if path == "/v1/messages"]

    def handle(self, method, path, headers, content):
        """One HTTP exchange."""
        with self.lock:
            body = json.loads(content) if content else None
            path, _, query = path.partition("?")
            self.requests.append((method, path, body, headers))
            self.times.append(self.now())
            if self.before:
                self.before(method, path, body)
            if path == "/v1/messages" and method == "POST":
                return self._messages(body)
            if path.startswith("/v1/messages/batches") and not self.local:
                return self._batch(method, path, body, query)
            return self._error("no_model")

    def _messages(self, body):
        fault = self.faults.popleft() if self.faults else self._by_chance(body)
        fault, headers = fault if isinstance(fault, tuple) else (fault, {})
        self.account.calls[fault or "whole"] += 1
        if fault == "refused":
            return Response(0, {}, b"", "refused")
        if fault == "html":
            return Response(200, {"content-type": "text/html"}, b"<html><body>Please log in</body></html>")
        if fault in STATUSES:
            return self._error(fault, headers)
        if problem := self._problem(body):
            return self._error("rejected", message=problem)
        if self.local and self.local.context_tokens and tokens_of(body["messages"]) > self.local.context_tokens:
            return self._error("context_size")
        if limited := self._limited(body):
            self.account.calls["limited"] += 1
            return limited
        message = self._message(body, fault)
        cost = cost_of(body["model"], message["usage"]) if not self.local else Decimal(0)
        book = self.account.undelivered if fault in NOT_DELIVERED else self.account.delivered
        book[body["model"]] += cost
        return self._wire(message, fault)

    def _wire(self, message, fault):
        content = json.dumps(message).encode()
        headers = {"content-type": "application/json", **self._headers()}
        if fault == "stalled":
            return Response(200, headers, content, "stalled")
        if fault == "cut":
            return Response(200, headers, content, "cut")
        if fault == "cut_json":
            content = content[: len(content) // 2]
        if fault == "empty_object":
            content = b"{}"
        return Response(200, headers, content)

    def _by_chance(self, body):
        if not self.rate:
            return None
        fingerprint = hashlib.blake2b(json.dumps(body).encode(), digest_size=12).hexdigest()
        self.seen[fingerprint] += 1
        chance = random.Random(f"{self.seed}/{fingerprint}/{self.seen[fingerprint]}")
        return chance.choice(self.kinds) if chance.random() < self.rate else None

    def _headers(self):
        sent = {"date": datetime.datetime.fromtimestamp(self.now(), datetime.UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")}
        if self.local:
            return sent
        sent["request-id"] = f"req_{next(self.sequence):06d}"
        for kind, (limit, left, since) in self.buckets.items():
            left = min(limit, left + (self.now() - since) * limit / 60)
            # The date header has whole seconds; a reset counted from there is the one a client can compute.
            full = datetime.datetime.fromtimestamp(int(self.now()) + (limit - left) / limit * 60, datetime.UTC)
            prefix = f"anthropic-ratelimit-{kind}"
            sent |= {
                f"{prefix}-limit": str(limit),
                f"{prefix}-remaining": str(int(left)),
                f"{prefix}-reset": full.isoformat().replace("+00:00", "Z"),
            }
        return sent

    def _limited(self, body):
        needs = {"requests": 1, "input-tokens": tokens_of(body["messages"])}
        now = self.now()
        for kind, bucket in self.buckets.items():
            limit, left, since = bucket
            bucket[1:] = [min(limit, left + (now - since) * limit / 60), now]
        short = [kind for kind, (_, left, _) in self.buckets.items() if left < needs.get(kind, 0)]
        if short:
            return self._error("rate_limited", {"retry-after": "2"})
        for kind, bucket in self.buckets.items():
            bucket[1] -= needs.get(kind, 0)
        return None

    def _error(self, kind, headers=None, message=None):
        status, name, said = STATUSES[kind]
        error = {"type": name, "message": message or said}
        if kind == "spend_limit_429":
            error["details"] = {"error_code": "enforced_spend_limit_reached"}
        sent = {"content-type": "application/json", **self._headers(), **(headers or {})}
        if kind == "redirect":
            sent["location"] = "http://elsewhere.example/v1/messages"
        if self.local:
            return Response(status, sent, json.dumps({"error": {"code": status, **error}}).encode())
        whole = {"type": "error", "request_id": sent.get("request-id"), "error": error}
        return Response(status, sent, json.dumps(whole).encode())

    def _problem(self, body):
        if not isinstance(body.get("max_tokens"), int) or body["max_tokens"] < 1:
            return "max_tokens: must be >= 1"
        if not body.get("messages"):
            return "messages: at least one message is required"
        if self.local:
            return "output_config: unknown field" if self.local.refuses_schema and "output_config" in body else None
        retired = [name for name in RETIRED if name in body]
        if retired:
            return f"{retired[0]}: not supported"
        if body["model"] not in PRICES:
            return f"model: {body['model']}"
        if body["messages"][-1]["role"] == "assistant":
            return "prefill is not supported by this model"
        if body.get("tool_choice", {}).get("type") in {"tool", "any"}:
            return "tool_choice: forced tool use is not supported by this model"
        if any(not block.get("text") for block in body.get("system") or [] if isinstance(block, dict)):
            return "system: text content blocks must be non-empty"
        schema = schema_of(body)
        return wrong_in(schema) if schema else None

    def _message(self, body, fault=None):
        schema = schema_of(body)
        if self.local:
            text = self._local_text(body, schema)
        else:
            said = self.answer(body)
            text = said if isinstance(said, str) else json.dumps(said)
        stop, extra = "end_turn", {}
        blocks = [{"type": "text", "text": text}]
        if fault == "refusal":
            blocks, stop = [], "refusal"
            extra = {"stop_details": {"type": "refusal", "category": "cyber", "explanation": None}}
        elif fault in {"max_tokens", "context_exceeded"}:
            blocks = [{"type": "text", "text": text[: max(1, len(text) // 2)]}]
            stop = "max_tokens" if fault == "max_tokens" else "model_context_window_exceeded"
        elif fault == "bad_json":
            blocks = [{"type": "text", "text": '{"findings": [{"category": '}]
        elif fault == "bad_schema":
            blocks = [{"type": "text", "text": '{"unexpected": true}'}]
        elif fault == "empty_text":
            blocks = []
        elif fault == "prose":
            blocks = [{"type": "text", "text": "Sure! Here is the JSON you asked for:\n```json\n{}\n```"}]
        elif fault == "thinking_first":
            blocks = [{"type": "thinking", "thinking": "Hm.", "signature": "sig"}, *blocks]
        elif fault == "unknown_block":
            blocks = [{"type": "hologram", "depth": 3}, *blocks]
        elif fault == "unknown_stop":
            blocks, stop = [{"type": "text", "text": '{"unexpected": true}'}], "out_of_ink"
        return {
            "id": f"msg_{next(self.sequence):06d}", "type": "message", "role": "assistant", "model": body["model"],
            "content": blocks, "stop_reason": None if fault == "no_stop_reason" else stop, "stop_sequence": None,
            "usage": self._usage(body, blocks), **extra,
        }  # fmt: skip

    def _local_text(self, body, schema):
        if self.local.keeps_own_schema or (schema and not self.local.ignores_schema):
            # A server that is held to a schema can say nothing else, whatever it is asked.
            if schema and "verdict" in schema["properties"]:
                return '{"verdict": "aye"}'
            said = self.answer(body)
            return said if isinstance(said, str) else json.dumps(said)
        if "under this JSON schema" not in json.dumps(body.get("system", "")):
            return "The sea is wide."
        said = self.answer(body)
        text = said if isinstance(said, str) else json.dumps(said)
        return f"Here you are:\n```json\n{text}\n```\nAnything else?" if self.local.fenced else f"Well: {text}"

    def _usage(self, body, blocks):
        output = sum(tokens_of(block) for block in blocks)
        system = body.get("system")
        prefix = tokens_of(system) if system else 0
        rest = tokens_of(body["messages"])
        if self.local:
            return {"input_tokens": prefix + rest, "output_tokens": output}
        marked = isinstance(system, list) and any("cache_control" in block for block in system)
        cached = marked and prefix >= MIN_CACHEABLE.get(body["model"], 512)
        known = json.dumps([body["model"], system, schema_of(body)])
        hit = cached and known in self.prefixes
        if cached:
            self.prefixes.add(known)
        hour = marked and any((block.get("cache_control") or {}).get("ttl") == "1h" for block in system)
        written = prefix if cached and not hit else 0
        return {
            "input_tokens": rest + (0 if cached else prefix), "output_tokens": output,
            "cache_creation_input_tokens": written, "cache_read_input_tokens": prefix if hit else 0,
            "cache_creation": {
                "ephemeral_5m_input_tokens": 0 if hour else written, "ephemeral_1h_input_tokens": written if hour else 0
            },
        }  # fmt: skip

    def _batch(self, method, path, body, query):
        fault = self.faults.popleft() if self.faults else None
        headers = {"content-type": "application/json", **self._headers()}
        if fault in STATUSES:
            return self._error(fault)
        part = path.split("/")[4:]
        if method == "POST" and not part:
            return self._create_batch(body, headers, fault)
        if not part:
            return self._list_batches(query, headers)
        batch = self.batches.get(part[0])
        if batch is None:
            return self._error("no_model")
        if part[1:] == ["results"]:
            if not self._ended(batch):
                return self._error("no_model", message="results not ready")
            lines = b"".join(json.dumps(each).encode() + b"\n" for each in reversed(self._results(batch)))
            ending = "cut" if fault == "cut" else "whole"
            return Response(200, {"content-type": "application/x-jsonl"}, lines, ending)
        batch["polls"] += 1
        return Response(200, headers, json.dumps(self._view(part[0])).encode())

    def _create_batch(self, body, headers, fault):
        ids = [item["custom_id"] for item in body["requests"]]
        if not ids or len(ids) > 100_000:
            return self._error("rejected", message="requests: 1..100000")
        if len(set(ids)) != len(ids):
            return self._error("rejected", message="custom_id must be unique")
        if any(not ID_OK.fullmatch(each) for each in ids):
            return self._error("rejected", message="custom_id does not match ^[a-zA-Z0-9_-]{1,64}$")
        name = f"msgbatch_{next(self.sequence):06d}"
        self.batches[name] = {"items": body["requests"], "polls": 0, "created": self.now()}
        ending = {"cut": "cut", "stalled": "stalled"}.get(fault, "whole")
        return Response(200, headers, json.dumps(self._view(name)).encode(), ending)

    def _list_batches(self, query, headers):
        asked = dict(pair.split("=") for pair in query.split("&") if pair)
        names = list(reversed(self.batches))
        start = names.index(asked["after_id"]) + 1 if "after_id" in asked else 0
        page = names[start : start + int(asked.get("limit", 20))]
        for name in page:
            self.batches[name]["polls"] += 1
        listed = {
            "data": [self._view(name) for name in page],
            "has_more": start + len(page) < len(names),
            "first_id": page[0] if page else None,
            "last_id": page[-1] if page else None,
        }
        return Response(200, headers, json.dumps(listed).encode())

    def _ended(self, batch):
        """A batch ends after so many looks at it."""
        return batch["polls"] >= self.batch_polls

    def _results(self, batch):
        if "results" not in batch:
            batch["results"] = [self._result(item) for item in batch["items"]]
        return batch["results"]

    def _result(self, item):
        params, fault = item["params"], self.item_faults.get(item["custom_id"])
        if callable(fault):
            fault = fault(params)
        problem = self._problem(params)
        if fault in {"expired", "canceled"}:
            return {"custom_id": item["custom_id"], "result": {"type": fault}}
        if problem or fault in {"errored", "invalid"}:
            kind = "invalid_request_error" if problem or fault == "invalid" else "api_error"
            error = {"type": "error", "request_id": None, "error": {"type": kind, "message": problem or "injected"}}
            return {"custom_id": item["custom_id"], "result": {"type": "errored", "error": error}}
        message = self._message(params, fault)
        self.account.calls["batched"] += 1
        self.account.delivered[params["model"]] += cost_of(params["model"], message["usage"]) / 2
        return {"custom_id": item["custom_id"], "result": {"type": "succeeded", "message": message}}

    def _view(self, name):
        batch = self.batches[name]
        ended = self._ended(batch)
        counts = collections.Counter(each["result"]["type"] for each in self._results(batch)) if ended else {}
        created = datetime.datetime.fromtimestamp(batch["created"], datetime.UTC)
        return {
            "id": name, "type": "message_batch", "processing_status": "ended" if ended else "in_progress",
            "request_counts": {
                "processing": 0 if ended else len(batch["items"]),
                **{kind: counts.get(kind, 0) for kind in ("succeeded", "errored", "canceled", "expired")},
            },
            "created_at": created.isoformat(), "expires_at": (created + datetime.timedelta(days=1)).isoformat(),
            "ended_at": created.isoformat() if ended else None, "archived_at": None, "cancel_initiated_at": None,
            "results_url": f"http://fake.invalid/v1/messages/batches/{name}/results" if ended else None,
        }  # fmt: skip


class _Cut(httpx2.AsyncByteStream):
    """A body that dies half way, like a dropped socket."""

    def __init__(self, content):
        self.content = content

    async def __aiter__(self):
        yield self.content[: len(self.content) // 2]
        raise httpx2.RemoteProtocolError("peer closed connection without sending complete message body")


def as_httpx(response):
    """What the in-process transport hands to the client."""
    if response.ending == "refused":
        raise httpx2.ConnectError("[Errno 111] Connection refused")
    if response.ending == "stalled":
        raise httpx2.ReadTimeout("timed out")
    if response.ending == "cut":
        return httpx2.Response(response.status, headers=response.headers, stream=_Cut(response.body))
    return httpx2.Response(response.status, headers=response.headers, content=response.body)


def tokens_of(value):
    """About four characters each."""
    return max(1, len(value if isinstance(value, str) else json.dumps(value)) // 4)


def cost_of(model, usage):
    """US dollars of one call, not of a batch."""
    prompt = usage["input_tokens"] + usage["cache_creation_input_tokens"] + usage["cache_read_input_tokens"]
    above = f"{model} above 100000"
    rates = PRICES[above] if prompt > 100_000 and above in PRICES else PRICES[model]
    counted = (
        usage["input_tokens"], usage["output_tokens"], usage["cache_read_input_tokens"],
        usage["cache_creation"]["ephemeral_5m_input_tokens"], usage["cache_creation"]["ephemeral_1h_input_tokens"],
    )  # fmt: skip
    return sum(Decimal(rate) * count for rate, count in zip(rates, counted, strict=True)) / 1_000_000


def schema_of(params):
    """The schema a request asks to keep to, or None."""
    return ((params.get("output_config") or {}).get("format") or {}).get("schema")


def wrong_in(schema):
    """What the API refuses about a schema, or None."""
    if isinstance(schema, list):
        return next(filter(None, map(wrong_in, schema)), None)
    if not isinstance(schema, dict):
        return None
    for name in ("minimum", "maximum", "multipleOf", "minLength", "maxLength", "oneOf", "default"):
        if name in schema and not isinstance(schema[name], dict):
            return f"output_config.format.schema: property '{name}' is not supported"
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        return "output_config.format.schema: 'additionalProperties' must be explicitly set to false"
    return next(filter(None, map(wrong_in, schema.values())), None)


def instance_of(schema):
    """Some value that is valid under a schema; prose where there is none."""
    if schema is None:
        return "The sea is wide."
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return instance_of(schema["anyOf"][0])
    if schema["type"] == "object":
        return {name: instance_of(each) for name, each in schema["properties"].items()}
    if schema["type"] == "array":
        return [instance_of(schema["items"])]
    return {"string": "text", "integer": 1, "number": 0.5, "boolean": True, "null": None}[schema["type"]]
