"""The batches of the test server: named, processed after so many looks at them, and read line by line."""

import collections
import datetime as dt
import json
import re

from tests.fakes.charges import cost_of
from tests.fakes.faults import STATUSES
from tests.fakes.wire import Response

ID_OK = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class BatchApi:
    """The part of `api` that is below /v1/messages/batches; `held` is every batch by name."""

    def __init__(self, api):
        self.api, self.held = api, {}

    def handle(self, method, path, body, query):
        """One HTTP exchange below /v1/messages/batches."""
        fault = self.api.faults.popleft() if self.api.faults else None
        headers = {"content-type": "application/json", **self.api.headers()}
        if fault in STATUSES:
            return self.api.error(fault)
        part = path.split("/")[4:]
        if not part:
            return self._create(body, headers, fault) if method == "POST" else self._listed(query, headers)
        batch = self.held.get(part[0])
        if batch is None or (part[1:] == ["results"] and not self._ended(batch)):
            return self.api.error("no_model")
        if part[1:] == ["results"]:
            lines = b"".join(json.dumps(each).encode() + b"\n" for each in reversed(self._results(batch)))
            return Response(200, {"content-type": "application/x-jsonl"}, lines, "cut" if fault == "cut" else "whole")
        batch["polls"] += 1
        return Response(200, headers, json.dumps(self._view(part[0])).encode())

    def _create(self, body, headers, fault):
        ids = [item["custom_id"] for item in body["requests"]]
        if not ids or len(ids) > 100_000:
            return self.api.error("rejected", message="requests: 1..100000")
        if len(set(ids)) != len(ids):
            return self.api.error("rejected", message="custom_id must be unique")
        if any(not ID_OK.fullmatch(each) for each in ids):
            return self.api.error("rejected", message="custom_id does not match ^[a-zA-Z0-9_-]{1,64}$")
        name = f"msgbatch_{next(self.api.sequence):06d}"
        self.held[name] = {"items": body["requests"], "polls": 0, "created": self.api.now()}
        ending = {"cut": "cut", "stalled": "stalled"}.get(fault, "whole")
        return Response(200, headers, json.dumps(self._view(name)).encode(), ending)

    def _listed(self, query, headers):
        asked = dict(pair.split("=") for pair in query.split("&") if pair)
        names = list(reversed(self.held))
        start = names.index(asked["after_id"]) + 1 if "after_id" in asked else 0
        page = names[start : start + int(asked.get("limit", 20))]
        for name in page:
            self.held[name]["polls"] += 1
        listed = {
            "data": [self._view(name) for name in page],
            "has_more": start + len(page) < len(names),
            "first_id": page[0] if page else None,
            "last_id": page[-1] if page else None,
        }
        return Response(200, headers, json.dumps(listed).encode())

    def _ended(self, batch):
        """A batch ends after so many looks at it."""
        return batch["polls"] >= self.api.batch_polls

    def _results(self, batch):
        if "results" not in batch:
            batch["results"] = [self._result(item) for item in batch["items"]]
        return batch["results"]

    def _result(self, item):
        params, fault = item["params"], self.api.item_faults.get(item["custom_id"])
        if callable(fault):
            fault = fault(params)
        problem = self.api.problem(params)
        if fault in {"expired", "canceled"}:
            return {"custom_id": item["custom_id"], "result": {"type": fault}}
        if problem or fault in {"errored", "invalid"}:
            kind = "invalid_request_error" if problem or fault == "invalid" else "api_error"
            error = {"type": "error", "request_id": None, "error": {"type": kind, "message": problem or "injected"}}
            return {"custom_id": item["custom_id"], "result": {"type": "errored", "error": error}}
        message = self.api.message(params, fault)
        self.api.account.calls["batched"] += 1
        self.api.account.delivered[params["model"]] += cost_of(params["model"], message["usage"]) / 2
        return {"custom_id": item["custom_id"], "result": {"type": "succeeded", "message": message}}

    def _view(self, name):
        batch = self.held[name]
        ended = self._ended(batch)
        counts = collections.Counter(each["result"]["type"] for each in self._results(batch)) if ended else {}
        created = dt.datetime.fromtimestamp(batch["created"], dt.UTC)
        return {
            "id": name, "type": "message_batch", "processing_status": "ended" if ended else "in_progress",
            "request_counts": {
                "processing": 0 if ended else len(batch["items"]),
                **{kind: counts.get(kind, 0) for kind in ("succeeded", "errored", "canceled", "expired")},
            },
            "created_at": created.isoformat(), "expires_at": (created + dt.timedelta(days=1)).isoformat(),
            "ended_at": created.isoformat() if ended else None, "archived_at": None, "cancel_initiated_at": None,
            "results_url": f"http://fake.invalid/v1/messages/batches/{name}/results" if ended else None,
        }  # fmt: skip
