"""What a run may spend: money set aside before each call, and the end of the run where there is no more."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from rlm_pipeline.llm import prices
from rlm_pipeline.llm.conversation import Conclusion, unasked
from rlm_pipeline.llm.ledger import Charge, Ledger
from rlm_pipeline.llm.pace import Pace

_OTHER_PROCESS_SECONDS = 0.2


@dataclass(slots=True)
class Budget:
    """The budget of one dataset, of which this run and others spend; `dollars` None is no limit."""

    ledger: Ledger
    dollars: float | None
    pace: Pace
    _under_way: int = 0
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    async def reserve(self, charge: Charge) -> int | Conclusion | None:
        """The number of an attempt that may be made now; None if its answer has come meanwhile; or why it is not made.

        Where the money is set aside for calls that are under way, of this run or of another process, one of them is
        waited for: it will have cost less.
        """
        limit = None if self.dollars is None else prices.pico(self.dollars)
        while not self.pace.stopped:
            self._settled.clear()
            attempt = self.ledger.reserve(charge, limit)
            if isinstance(attempt, int):
                return attempt
            if attempt == "answered":
                return None
            if attempt == "in_batch":
                return unasked("in_batch", "a batch that is under way will answer it")
            if attempt == "over_budget" and not self._under_way:
                self.pace.stop(self._spent(charge.most_pico))
            elif attempt == "under_way" or not self._under_way:
                await self.pace.sleep(_OTHER_PROCESS_SECONDS)
            else:
                await self._settled.wait()
        return self.pace.stopped

    @contextlib.asynccontextmanager
    async def spending(self) -> AsyncIterator[None]:
        """While a call that was reserved is under way."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._settled.set()

    def _spent(self, most_pico: int) -> Conclusion:
        return unasked(
            "budget",
            f"the budget of {self.dollars:g} US dollars does not allow another call, which costs at most "
            f"{prices.usd(most_pico):.4f}; raise analysis.budget_usd to go on from here",
        )
