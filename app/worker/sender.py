"""What is told to the server, in requests that it takes; a refusal costs the item to blame, never the worker."""

import logging
from collections.abc import Sequence

from app.domain.work import MOST_REQUEST_BYTES, FinishAnswer, GivenBack, Lease, Receipt
from app.logs.context import bound
from app.worker.board import Board
from app.worker.client import ServerRefusedError, StoppedError, WorkClient
from app.worker.outbox import Outbox
from app.worker.requests import Parcel, cut, encode, halves

_log = logging.getLogger(__name__)


class Sender:
    """Empties the outbox; one thread uses it at a time."""

    def __init__(self, client: WorkClient, worker: str, board: Board, outbox: Outbox) -> None:
        self._client = client
        self._worker = worker
        self._board = board
        self._outbox = outbox
        # Of the parcels that are being sent: nothing more is told of these leases.
        self._refused: set[Lease] = set()

    def send(self) -> None:
        """Send all that can be sent now, in order."""
        parcels, given_back = self._outbox.take()
        self._refused.clear()
        requests = list(cut(parcels))
        try:
            while requests:
                self._send(requests[0])
                del requests[0]
            self.give_back(given_back)
        except StoppedError:
            # The end of the worker tries once more; without these, what comes after would leave a gap.
            self._outbox.put_back([parcel for request in requests for parcel in request], given_back)
            raise

    def give_back(self, items: Sequence[GivenBack]) -> None:
        """Give leases back; if that is refused, they run out by themselves."""
        if not items:
            return
        try:
            self._client.release(items)
        except ServerRefusedError as error:
            _log.warning("%d leases could not be given back, and will run out. %s", len(items), error.detail)

    def _send(self, request: Sequence[Parcel]) -> None:
        parcels = [parcel for parcel in request if parcel.lease not in self._refused]
        if not parcels:
            return
        body = encode(self._worker, parcels)
        if len(body) > MOST_REQUEST_BYTES:
            self._send_halves(
                parcels, f"What there is to tell of it has {len(body):,} bytes, which no request may have"
            )
            return
        try:
            self._post(parcels, body)
        except ServerRefusedError as error:
            if len({parcel.lease for parcel in parcels}) == 1:
                self.refuse(parcels[0].lease, error.detail)
            else:
                self._send_halves(parcels, error.detail)

    def _send_halves(self, parcels: Sequence[Parcel], reason: str) -> None:
        if (parts := halves(parcels)) is None:
            self.refuse(parcels[0].lease, reason)
            return
        for part in parts:
            self._send(part)

    def _post(self, parcels: Sequence[Parcel], body: bytes) -> None:
        if any(parcel.result for parcel in parcels):
            self._take_receipts(self._client.finish(body))
        else:
            self._board.obey(self._client.report(body).items)

    def _take_receipts(self, answer: FinishAnswer) -> None:
        self._board.update_keep(answer.keep)
        self._board.obey(answer.decisions)
        for receipt in answer.items:
            self._take_receipt(receipt)

    def _take_receipt(self, receipt: Receipt) -> None:
        if receipt.outcome == "refused":
            if not self._outbox.send_again(receipt.lease):
                self.refuse(receipt.lease, receipt.reason or "the server refused its result")
            return
        self._outbox.settle(receipt.lease)
        self._board.settle(receipt.lease, recorded=receipt.outcome != "stale")

    def refuse(self, lease: Lease, reason: str) -> None:
        """Give a run back whose telling the server refuses for good; it may be trained anew, maybe elsewhere."""
        with bound(run=lease.run, attempt=lease.fence):
            _log.error("Run %d goes back, as the server refused what was told of it: %s", lease.run, reason)
        self._refused.add(lease)
        self._board.let_go(lease)
        self._outbox.give_back(GivenBack(lease, "refused", reason))
