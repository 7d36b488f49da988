"""A server of the Messages API for tests: scripted or random faults, real limits, batches, and its own accounts.

It answers in process (`transport()`), on a port of this machine (`tests.fakes.serving`), or as a process of its own
(`python -m tests.fakes.serving`). What it charges is computed from its own copy of the prices.
"""

import collections
import datetime as dt
import itertools
import json
import random
import threading
import time
from dataclasses import dataclass, field
from decimal import Decimal

from tests.fakes.batch_api import BatchApi
from tests.fakes.charges import MIN_CACHEABLE, PRICES, cost_of, tokens_of
from tests.fakes.faults import EVERY_FAULT, NOT_DELIVERED, STATUSES, UNCHARGED_AND_PASSING
from tests.fakes.schemas import PROSE, instance_of, schema_of, wrong_in
from tests.fakes.wire import Response, as_httpx

__all__ = [
    "EVERY_FAULT", "NOT_DELIVERED", "PRICES", "UNCHARGED_AND_PASSING", "Local", "MessagesApi", "cost_of", "instance_of",
    "tokens_of", "wrong_in",
]  # fmt: skip

RETIRED = ("temperature", "top_p", "top_k")


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
        self.batch_polls, self.batch_api = batch_polls, BatchApi(self)
        self.buckets = {kind: [per_minute, per_minute, now()] for kind, per_minute in (limits or {}).items()}
        self.account, self.requests, self.recording = Account(), [], True
        self.prefixes, self.seen = set(), collections.Counter()
        self.sequence, self.lock = itertools.count(1), threading.RLock()

    def transport(self):
        """An in-process transport for `httpx2.AsyncClient`."""
        import httpx2

        async def handle(request):
            return as_httpx(
                self.handle(request.method, request.url.raw_path.decode(), dict(request.headers), request.content)
            )

        return httpx2.MockTransport(handle)

    @property
    def batches(self):
        """Every batch by its name."""
        return self.batch_api.held

    def bodies(self):
        """The bodies of the calls to /v1/messages."""
        return [body for method, path, body, _ in self.requests if path == "/v1/messages"]

    def handle(self, method, path, headers, content):
        """One HTTP exchange."""
        with self.lock:
            body = json.loads(content) if content else None
            path, _, query = path.partition("?")
            if self.recording:
                self.requests.append((method, path, body, headers))
            if path == "/v1/messages" and method == "POST":
                return self._messages(body)
            if path.startswith("/v1/messages/batches") and not self.local:
                return self.batch_api.handle(method, path, body, query)
            return self.error("no_model")

    def _messages(self, body):
        fault = self.faults.popleft() if self.faults else self._by_chance(body)
        fault, headers = fault if isinstance(fault, tuple) else (fault, {})
        self.account.calls[fault or "whole"] += 1
        if fault in {"refused", "html"} or fault in STATUSES:
            return self._failure(fault, headers)
        if refused := self._refused(body):
            return refused
        message = self.message(body, fault)
        cost = cost_of(body["model"], message["usage"]) if not self.local else Decimal(0)
        book = self.account.undelivered if fault in NOT_DELIVERED else self.account.delivered
        book[body["model"]] += cost
        return self._wire(message, fault)

    def _failure(self, fault, headers):
        if fault == "refused":
            return Response(0, {}, b"", "refused")
        if fault == "html":
            return Response(200, {"content-type": "text/html"}, b"<html><body>Please log in</body></html>")
        return self.error(fault, headers)

    def _refused(self, body):
        """Why a request that met no fault is refused all the same, or None."""
        if problem := self.problem(body):
            return self.error("rejected", message=problem)
        if self.local and self.local.context_tokens and tokens_of(body["messages"]) > self.local.context_tokens:
            return self.error("context_size")
        if limited := self._limited(body):
            self.account.calls["limited"] += 1
        return limited

    def _wire(self, message, fault):
        content = json.dumps(message).encode()
        headers = {"content-type": "application/json", **self.headers()}
        if fault in {"stalled", "cut", "dripping"}:
            return Response(200, headers, content, fault)
        instead = {
            "cut_json": content[: len(content) // 2],
            "cut_in_a_letter": '{"id": "é'.encode()[:-1],
            "empty_object": b"{}",
            "a_list": b"[]",
            "null": b"null",
        }
        return Response(200, headers, instead.get(fault, content))

    def _by_chance(self, body):
        if not self.rate:
            return None
        which = random.Random(json.dumps(body)).getrandbits(96)
        self.seen[which] += 1
        chance = random.Random(f"{self.seed}/{which}/{self.seen[which]}")
        return chance.choice(self.kinds) if chance.random() < self.rate else None

    def headers(self):
        sent = {"date": dt.datetime.fromtimestamp(self.now(), dt.UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")}
        if self.local:
            return sent
        sent["request-id"] = f"req_{next(self.sequence):06d}"
        for kind, (limit, was_left, since) in self.buckets.items():
            left = min(limit, was_left + (self.now() - since) * limit / 60)
            # The date header has whole seconds; a reset counted from there is the one a client can compute.
            full = dt.datetime.fromtimestamp(int(self.now()) + (limit - left) / limit * 60, dt.UTC)
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
        for bucket in self.buckets.values():
            limit, left, since = bucket
            bucket[1:] = [min(limit, left + (now - since) * limit / 60), now]
        short = [kind for kind, (_, left, _) in self.buckets.items() if left < needs.get(kind, 0)]
        if short:
            return self.error("rate_limited", {"retry-after": "2"})
        for kind, bucket in self.buckets.items():
            bucket[1] -= needs.get(kind, 0)
        return None

    def error(self, kind, headers=None, message=None):
        status, name, said = STATUSES[kind]
        error = {"type": name, "message": message or said}
        if kind == "spend_limit_429":
            error["details"] = {"error_code": "enforced_spend_limit_reached"}
        sent = {"content-type": "application/json", **self.headers(), **(headers or {})}
        if kind == "redirect":
            sent["location"] = "http://elsewhere.example/v1/messages"
        if self.local:
            return Response(status, sent, json.dumps({"error": {"code": status, **error}}).encode())
        whole = {"type": "error", "request_id": sent.get("request-id"), "error": error}
        return Response(status, sent, json.dumps(whole).encode())

    def problem(self, body):
        """What the API refuses a request for, or None."""
        if not isinstance(body.get("max_tokens"), int) or body["max_tokens"] < 1:
            return "max_tokens: must be >= 1"
        if not body.get("messages"):
            return "messages: at least one message is required"
        if self.local:
            return "output_config: unknown field" if self.local.refuses_schema and "output_config" in body else None
        schema = schema_of(body)
        texts = [block.get("text") for block in body.get("system") or [] if isinstance(block, dict)]
        checks = {
            "temperature, top_p and top_k are not supported: {}": any(name in body for name in RETIRED),
            "model: {}": body["model"] not in PRICES,
            "prefill is not supported by this model: {}": body["messages"][-1]["role"] == "assistant",
            "forced tool use is not supported by {}": (body.get("tool_choice") or {}).get("type") in {"tool", "any"},
            "system: text content blocks must be non-empty: {}": not all(texts),
        }
        broken = next((said.format(body["model"]) for said, wrong in checks.items() if wrong), None)
        return broken or (wrong_in(schema) if schema else None)

    def message(self, body, fault=None):
        """The message that answers a request, as the fault has it."""
        text = self._local_text(body, schema_of(body)) if self.local else self._said(body)
        whole = {"type": "text", "text": text}
        half = {"type": "text", "text": text[: max(1, len(text) // 2)]}
        blocks, stop = {
            "refusal": ([], "refusal"),
            "max_tokens": ([half], "max_tokens"),
            "context_exceeded": ([half], "model_context_window_exceeded"),
            "bad_json": ([{"type": "text", "text": '{"findings": [{"category": '}], "end_turn"),
            "bad_schema": ([{"type": "text", "text": '{"unexpected": true}'}], "end_turn"),
            "empty_text": ([], "end_turn"),
            "prose": (
                [{"type": "text", "text": "Sure! Here is the JSON you asked for:\n```json\n{}\n```"}],
                "end_turn",
            ),
            "thinking_first": ([{"type": "thinking", "thinking": "Hm.", "signature": "sig"}, whole], "end_turn"),
            "unknown_block": ([{"type": "hologram", "depth": 3}, whole], "end_turn"),
            "unknown_stop": ([{"type": "text", "text": '{"unexpected": true}'}], "out_of_ink"),
            "no_stop_reason": ([whole], None),
        }.get(fault, ([whole], "end_turn"))
        details = {"type": "refusal", "category": "cyber", "explanation": None} if stop == "refusal" else None
        return {
            "id": f"msg_{next(self.sequence):06d}", "type": "message", "role": "assistant", "model": body["model"],
            "content": blocks, "stop_reason": stop, "stop_sequence": None, "stop_details": details,
            "usage": self._usage(body, blocks),
        }  # fmt: skip

    def _said(self, body):
        said = self.answer(body)
        return said if isinstance(said, str) else json.dumps(said)

    def _local_text(self, body, schema):
        if self.local.keeps_own_schema or (schema and not self.local.ignores_schema):
            # A server that is held to a schema can say nothing else, whatever it is asked.
            if schema and "verdict" in schema["properties"]:
                return '{"verdict": "aye"}'
            return self._said(body)
        if "under this JSON schema" not in json.dumps(body.get("system", "")):
            return PROSE
        text = self._said(body)
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
