"""One connection: uvicorn's protocol on llhttp, which is told what may come, and tells what it waits for."""

import asyncio
import logging
import selectors
import socket
import struct
import sys
from asyncio.trsock import TransportSocket
from collections.abc import Callable
from typing import Any, NoReturn, final

import httptools
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from app.http_server import refusals
from app.http_server.kinds import is_feed, kind_of
from app.http_server.limits import FEED_BYTES, LEAST_RATE, MOST_FIELDS, MOST_HEAD, MOST_PIPELINED, MOST_URL
from app.http_server.places import SLOW_BODY, Awaited, Places
from app.http_server.refusals import Refusal

_NO_LINGER = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)


class _RefusedError(Exception):
    """Ends the parsing of a request that is not taken."""


@final
class _Flow(FlowControl):
    """Uvicorn's flow control, which tells of each change."""

    def __init__(self, transport: asyncio.Transport, changed: Callable[[], None]) -> None:
        super().__init__(transport)
        self._changed = changed

    def pause_reading(self) -> None:
        super().pause_reading()
        self._changed()

    def resume_reading(self) -> None:
        super().resume_reading()
        self._changed()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._changed()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._changed()


_Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)


@final
class Connection(HttpToolsProtocol):
    """A holder of a place. Whatever happens, it looks at what it waits for now, and has the places know."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        loop: asyncio.AbstractEventLoop,
        places: Places,
    ) -> None:
        super().__init__(config, server_state, app_state, loop)
        self._places = places
        self._awaited: Awaited | None = None
        self._since = 0.0
        self._begun = False
        """Whether a head has begun that is not whole."""
        self._fields = self._size = 0
        """Header fields and bytes of that head."""
        self._whole = True
        """Whether the body of the last request has come to its end."""
        self._received, self._waited = 0, 0.0
        """Bytes of that body, and seconds for which more of it was waited for."""
        self._unread = 0
        """Bytes that the client had not taken when it was last looked at."""
        self._refusal: Refusal | None = None
        self._refused = False
        """Whether nothing is read from this client any more."""

    # What the transport tells.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's does
        """Take a place."""
        super().connection_made(transport)
        # Whatever the client does not take at once is known, and what waits to be sent is no more than one message.
        # Under TLS 0 would never let go on: asyncio then takes an empty buffer for a full one.
        transport.set_write_buffer_limits(high=1 if transport.get_extra_info("ssl_object") else 0)
        self.flow = _Flow(transport, self._look)
        self._awaited = Awaited.HEAD
        self._places.take(self)

    def data_received(self, data: bytes) -> None:
        """Read a piece of a request; of a client that was refused nothing is read."""
        if self._refused:
            return
        unfinished = self._begun
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # to nothing that is spoken here: the request is answered as if it did not ask
        except httptools.HttpParserError:
            self._refuse(self._refusal or refusals.MALFORMED)
            self._linger()
            return
        self._size += len(data) if unfinished and self._begun else 0
        if self._size > MOST_HEAD:
            self._refuse(refusals.LARGE_HEAD)
            self._linger()
        elif self._is_behind():
            self._places.cut(self, refusals.late_body(self._places.limits.body_seconds), SLOW_BODY)
        else:
            self._look(progress=True)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the place."""
        if self._is_answering() and not self._whole and not self._refused:
            self._places.tally.note("hung up in the middle of a body", logging.INFO)
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._places.leave(self)

    # What the parser tells.

    def on_message_begin(self) -> None:
        """Begin a head."""
        super().on_message_begin()
        self._begun, self._fields, self._size = True, 0, 0

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        super().on_url(url)
        if len(self.url) > MOST_URL:
            self._reject(refusals.LONG_URL)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._fields += 1
        self._size += len(name) + len(value) + 4
        if self._fields > MOST_FIELDS:
            self._reject(refusals.MANY_FIELDS)
        if self._size > MOST_HEAD:
            self._reject(refusals.LARGE_HEAD)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Have the request answered, if there is room."""
        if len(self.pipeline) >= MOST_PIPELINED or not self._places.begin(self, kind_of(self.url)):
            self._reject(refusals.FULL)
        if is_feed(self.url):
            self._set_option(socket.SO_SNDBUF, FEED_BYTES)
        self._begun = self._whole = False
        self._received, self._waited = 0, 0.0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        self._received += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a body."""
        self._whole = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on to the next request."""
        super().on_response_complete()
        self._unset_keepalive_if_required()  # the places know when it has rested for too long
        self._look()

    # What the places ask.

    def keeps_up(self) -> bool:
        """Return whether a reader has taken enough of what waits for it since it was last asked."""
        before, self._unread = self._unread, self.transport.get_write_buffer_size()
        least = LEAST_RATE * self._places.limits.reading_seconds
        return self._awaited is Awaited.READING and before - self._unread >= least

    def is_heard(self) -> bool:
        """Return whether nothing lies here of a head that was not read yet: the server may be behind with reading."""
        opened: TransportSocket | None = self.transport.get_extra_info("socket")
        if self._awaited not in {Awaited.HEAD, Awaited.NEXT} or opened is None:
            return True
        # Neither epoll nor kqueue: each of these would take a descriptor, of which none may be left.
        with _Selector() as selector:
            selector.register(opened, selectors.EVENT_READ)
            return not selector.select(0)

    def cut(self, why: Refusal) -> bool:
        """Close the connection, and say why to a client in the middle of a request; return whether it was in one."""
        resting = self._awaited is Awaited.NEXT or (self._awaited is Awaited.HEAD and not self._begun)
        if self._awaited is Awaited.BODY or (self._awaited is Awaited.HEAD and self._begun):
            self._refuse(why)
        self._refused = True
        self.transport.close()
        # Or it would wait for the client once more: with bytes that are left, or under TLS for a farewell.
        if self.transport.get_write_buffer_size() or self.transport.get_extra_info("ssl_object") is not None:
            self._reset()
        return not resting

    def _reset(self) -> None:
        """Have the system forget what it still has for the client, too."""
        self._set_option(socket.SO_LINGER, _NO_LINGER)
        self.transport.abort()

    def _set_option(self, option: int, value: int | bytes) -> None:
        opened: TransportSocket | None = self.transport.get_extra_info("socket")
        if opened is not None:
            opened.setsockopt(socket.SOL_SOCKET, option, value)

    def _reject(self, why: Refusal) -> NoReturn:
        """End the parsing of a head."""
        self._refusal = why
        raise _RefusedError

    def _refuse(self, why: Refusal) -> None:
        """Answer in place of the application, where no answer has begun, and read nothing more."""
        self._refused = True
        if self._is_answering() and self._whole:
            self.cycle.keep_alive = False  # the answers to earlier requests come first, and are the last
            return
        if self._is_answering() and (self.pipeline or self.cycle.response_started):
            self._reset()
            return
        if self._is_answering():  # the application hears of it, and counts it
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        else:
            self._places.tally.refused(why.status)
        self.transport.write(why.answer(self.server_state.default_headers))

    def _linger(self) -> None:
        """Let a client that is still sending read its refusal: a close amid what it sends would take it away."""
        if self._is_answering() or self.transport.is_closing():
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()
        self._look()

    def _is_answering(self) -> bool:
        """Return whether the application has a request to answer."""
        # There is no cycle at first, whatever the annotation says.
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete and not cycle.disconnected

    def _is_behind(self) -> bool:
        """Return whether a body comes too slowly on the whole."""
        if self._awaited is not Awaited.BODY:
            return False
        waited = self._waited + self.loop.time() - self._since
        return waited > self._places.limits.body_seconds + self._received / LEAST_RATE

    def _look(self, *, progress: bool = False) -> None:
        """Tell the places what the client is waited for now, and that the waiting began anew with a part of a body."""
        awaited = self._awaits()
        if not self._is_answering():
            self._places.end(self)
        if awaited is self._awaited and not (progress and awaited is Awaited.BODY):
            return
        now = self.loop.time()
        if self._awaited is Awaited.BODY:
            self._waited += now - self._since
        self._awaited, self._since, self._unread = awaited, now, self.transport.get_write_buffer_size()
        self._places.wait(self, awaited)

    def _awaits(self) -> Awaited | None:
        """Return what the client should do now; None if it waits for the server."""
        if self.flow.write_paused:
            return Awaited.READING
        if self._is_answering():
            return None if self._whole or self.flow.read_paused else Awaited.BODY
        if self._refused or not self._whole:
            return Awaited.REST
        return Awaited.HEAD if self._begun or self._awaited is Awaited.HEAD else Awaited.NEXT
