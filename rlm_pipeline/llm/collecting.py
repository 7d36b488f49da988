"""Results out of Message Batches: each batch is looked at once, each result is recorded as it is read."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rlm_pipeline.configuration import Analysis
from rlm_pipeline.errors import ModelError
from rlm_pipeline.llm import batch_rows, failure, prices
from rlm_pipeline.llm.backend import answer_of
from rlm_pipeline.llm.batch_rows import Batch, Item
from rlm_pipeline.llm.conversation import Conclusion
from rlm_pipeline.llm.failure import CallFailed
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.llm.submitting import custom_id

if TYPE_CHECKING:
    import anthropic

CLOCK_SLACK_SECONDS = 3600.0
"""How much earlier than by our clock the server may say that a batch was created."""

KEPT_SECONDS = 29 * 86_400.0
"""How long a server keeps the results of a batch."""

MOST_REJECTED = 10
"""More rejected requests than this, with none accepted, and it is what all share that the server rejects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a look at the batches brought: `open` are still under way; the others count requests.

    `failed` (expired, cancelled, a fault of the server's) were not charged and are asked again; `rejected` are set
    aside. `trouble` is why a batch could not be looked at or read to its end; the next look goes on from there.
    """

    open: int = 0
    ended: int = 0
    answered: int = 0
    failed: int = 0
    rejected: int = 0
    trouble: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Collection:
    """One look at the batches of a dataset, or of all."""

    settings: Analysis
    ledger: Ledger
    client: "anthropic.AsyncAnthropic"
    _counts: Counter[str] = field(default_factory=Counter)
    _trouble: list[str] = field(default_factory=list)

    async def collect(self, dataset: str | None) -> Collected:
        """Poll each batch once, and record the results of those that have ended.

        Raises:
            ModelError: the server refuses us, or rejects every request of a batch.

        """
        for batch in batch_rows.unfinished(self.ledger, dataset):
            try:
                await self._look_at(batch)
            except CallFailed as failed:
                if failed.remedy == "stop":
                    raise ModelError(f"batches cannot be collected: {failed.reason}") from failed
                self._counts["open"] += 1
                self._trouble.append(f"batch {batch.server_id or batch.row}: {failed.reason}")
        return Collected(**self._counts, trouble=tuple(self._trouble))

    async def _look_at(self, batch: Batch) -> None:
        if batch.never_sent:
            batch_rows.release(self.ledger, batch.row, "the process that was filling the batch ended")
            return
        server_id = batch.server_id
        if not server_id and batch.in_doubt:
            server_id = await self._found(batch)
        if not server_id:
            # Not of this server, and so released; or a process is handing it in now; or it is found out later.
            self._counts["open"] += bool(batch_rows.items(self.ledger, batch.row))
            return
        view = await self._view(server_id)
        if view is None:
            self._gone(batch, server_id)
        elif view.processing_status == "ended":
            await self._read(batch.row, server_id, view)
        else:
            self._counts["open"] += 1

    async def _view(self, server_id: str) -> Any | None:
        """The server's account of a batch; None if it has none."""
        import anthropic

        try:
            return await self.client.messages.batches.retrieve(server_id)
        except anthropic.NotFoundError:
            return None
        except failure.call_errors() as error:
            raise failure.of_exception(error) from error

    def _gone(self, batch: Batch, server_id: str) -> None:
        """The server does not know the batch: it has forgotten it, or the key is of another workspace.

        What is forgotten cost no one knows what, and its requests are free again.
        """
        if self.ledger.now() - batch.started < KEPT_SECONDS:
            self._counts["open"] += 1
            self._trouble.append(f"the server has no batch {server_id}; it is of another workspace than the key is")
            return
        for item in batch_rows.items(self.ledger, batch.row):
            self.ledger.lose(item.attempt, f"the server has forgotten the batch {server_id}")
            self._counts["failed"] += 1
        batch_rows.mark(self.ledger, batch.row, "collected")
        self._counts["ended"] += 1

    async def _read(self, row: int, server_id: str, view: Any) -> None:
        """Record the results of an ended batch, line by line; those recorded before are passed over."""
        waiting = {custom_id(item.key): item for item in batch_rows.items(self.ledger, row)}
        accepted = view.request_counts.succeeded > 0
        rejected = ""
        try:
            async for line in await self.client.messages.batches.results(server_id):
                if item := waiting.pop(line.custom_id, None):
                    rejected = self._take(item, line.result, accepted=accepted) or rejected
        except failure.call_errors() as error:
            raise failure.of_exception(error) from error
        for item in waiting.values():
            self.ledger.release(item.attempt, "the batch ended without a result for it")
            self._counts["failed"] += 1
        batch_rows.mark(self.ledger, row, "collected")
        self._counts["ended"] += 1
        if not accepted and self._counts["rejected"] > MOST_REJECTED:
            raise ModelError(f"the server rejects all {self._counts['rejected']} requests of a batch: {rejected}")

    def _take(self, item: Item, result: Any, *, accepted: bool) -> str:
        """Record one result; why the request was rejected, if it was."""
        if result.type == "succeeded":
            self._answered(item, result.message)
            return ""
        if result.type == "errored" and result.error.error.type == "invalid_request_error":
            return self._rejected(item, " ".join(result.error.error.message.split()), accepted=accepted)
        detail = f": {result.error.error.message}" if result.type == "errored" else ""
        self.ledger.release(item.attempt, f"{result.type} in its batch{detail}")
        self._counts["failed"] += 1
        return ""

    def _answered(self, item: Item, message: Any) -> None:
        try:
            answer = answer_of(message, None)
        except CallFailed as failed:
            self.ledger.lose(item.attempt, failed.reason)
            self._counts["failed"] += 1
            return
        cost = prices.price_of(item.model).cost(answer.usage, batch=True)
        self.ledger.settle(item.attempt, answer, cost, None)
        self._counts["answered"] += 1

    def _rejected(self, item: Item, message: str, *, accepted: bool) -> str:
        too_long = failure.remedy_of(400, "", "", message.lower()) == "split"
        reason = f"rejected in its batch: {message}"
        self.ledger.set_aside(
            item.attempt,
            Conclusion(
                status="quarantined",
                cause="too_long" if too_long else "rejected",
                reason=f"{reason}; split the reading" if too_long else reason,
                final=too_long or accepted or self._counts["rejected"] < MOST_REJECTED,
            ),
        )
        self._counts["rejected"] += not too_long
        return message

    async def _found(self, batch: Batch) -> str:
        """The server's name of a batch that was handed in without learning it; empty if it has none, or not yet.

        A batch is ours if it was created after ours was begun, has as many requests, is not known by another row, and
        the first of its results has one of our names: those can be seen once it has ended, and until then the requests
        stay reserved.
        """
        names = {custom_id(item.key) for item in batch_rows.items(self.ledger, batch.row)}
        count = batch_rows.size(self.ledger, batch.row)
        known = batch_rows.known(self.ledger)
        undecided = False
        try:
            async for view in self.client.messages.batches.list(limit=100):
                if view.created_at.timestamp() < batch.started - CLOCK_SLACK_SECONDS:
                    break
                if view.id in known or sum(dict(view.request_counts).values()) != count:
                    continue
                if view.processing_status != "ended":
                    undecided = True
                elif await self._first_name(view.id) in names:
                    batch_rows.mark(self.ledger, batch.row, "created", server_id=view.id)
                    return str(view.id)
        except failure.call_errors() as error:
            raise failure.of_exception(error) from error
        if not undecided:
            batch_rows.release(self.ledger, batch.row, "the server never got the batch")
        return ""

    async def _first_name(self, server_id: str) -> str:
        lines = await self.client.messages.batches.results(server_id)
        try:
            async for line in lines:
                return str(line.custom_id)
        finally:
            await lines.close()
        return ""
