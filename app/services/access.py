"""Use cases of access keys: make, list and revoke them, and tell whose a request is.

All keys are in memory, as the process that serves is the only one that changes them: a request costs one hash.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, final

from app.domain.access import ANYONE, AccessKey, KeyDraft, Scope, StoredKey
from app.domain.errors import Conflict, Fault, InvalidRequest, NotFound, Unauthenticated
from app.domain.quotas import NO_QUOTAS, Quotas, Usage
from app.domain.repeats import Once
from app.domain.tokens import KEY_PREFIX, SECRET_BYTES, hash_of, is_of, make_token
from app.services.clock import Clock
from app.services.cursors import Page, decode, page_of
from app.services.ids import new_id
from app.storage.interface import Storage

USED_EVERY = timedelta(minutes=1)
"""How often it is written down that a key is used: with each request it would be a commit more."""

WAY_IN = "Send one as `Authorization: Bearer lsk_...`; `logsweep key create` makes one on the server's machine."


@final
class Access:
    """The access keys of a server. Without any it is open; a key that was revoked is still one."""

    def __init__(self, storage: Storage, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        self._storage = storage
        self._clock = clock
        self._entropy = entropy
        self._lock = Lock()
        self._kept = {one.key.id: one for one in storage.access_keys()}
        self._known = dict(self._kept)
        """Those too that live as long as this process."""
        self._by_secret = {one.secret_sha256: key for key, one in self._known.items()}
        self._used: dict[str, datetime] = {}

    @property
    def guarded(self) -> bool:
        """Whether requests need a key."""
        return bool(self._kept)

    def create(self, draft: KeyDraft, faults: Sequence[Fault] = (), once: Once | None = None) -> tuple[AccessKey, str]:
        """Make a key; return it with its token, which nobody can see again. `faults` were found in reading the draft.

        Raises InvalidRequest; Conflict if the same request made one before, as its token is kept nowhere.
        """
        self._refuse_repeat(once)
        now = self._clock.now()
        every = [*faults, *draft_faults(draft, now)]
        if every or draft.name is None or draft.scopes is None:
            raise InvalidRequest(every)
        new, token = self._made(draft.name, draft.scopes, draft.expires_at, now, draft.quotas)
        self._add([new], once)
        return new.key, token

    def create_first(self, wanted: Mapping[Scope, Callable[[str], object]]) -> None:
        """Make the first keys of a server together, one for each of these scopes, unless it has any.

        Each token is handed over before its key is good for anything: a start that breaks off leaves no key whose
        token nobody has.
        """
        if self.guarded or not wanted:
            return
        made = {scope: self._made(f"first key to {scope}", [scope], None, self._clock.now()) for scope in wanted}
        for scope, hand_over in wanted.items():
            hand_over(made[scope][1])
        self._add([new for new, _ in made.values()])

    def create_unkept(self, name: str, scope: Scope) -> str:
        """Return the token of a key that lives as long as this process, for children of it. It guards nothing."""
        new, token = self._made(name, [scope], None, self._clock.now())
        with self._lock:
            self._know(new)
        return token

    def page(self, limit: int, cursor: str | None) -> Page[AccessKey]:
        """Return keys in the order in which they were made. Raises Malformed for a cursor of another list."""
        after = decode(cursor, "keys", str) if cursor else ""
        kept = list(self._kept.values())
        start = bisect_right(kept, after, key=lambda one: one.key.id)
        found = [self._with_use(one.key) for one in kept[start : start + limit + 1]]
        return page_of(found, limit, "keys", lambda last: [last.id])

    def every(self) -> list[AccessKey]:
        """Return all keys in the order in which they were made."""
        return [self._with_use(one.key) for one in self._kept.values()]

    def limit(self, key: str, changes: Mapping[str, int | None], faults: Sequence[Fault] = ()) -> AccessKey:
        """Change those quotas of a key that are named, None to take one away; return the key. What is used stays.

        `faults` were found in reading the request. Raises InvalidRequest, NotFound.
        """
        if faults:
            raise InvalidRequest(faults)
        with self._lock:
            if key not in self._kept:
                raise NotFound(f'There is no key "{key}". GET /v1/keys shows all of them.')
            changed: dict[str, Any] = dict(changes)
            quotas = replace(self._kept[key].key.quotas, **changed)
            self._storage.limit_access_key(key, quotas)
            self._put(replace(self._kept[key].key, quotas=quotas))
        return self._with_use(self._kept[key].key)

    def usages(self, keys: Sequence[AccessKey]) -> list[Usage]:
        """Return what counts against the quotas of some keys, in their order."""
        found = self._storage.key_usages([key.id for key in keys])
        return [found[key.id] for key in keys]

    def revoke(self, key: str) -> None:
        """Let a key open nothing from now on. Revoking twice is harmless. Raises NotFound."""
        with self._lock:
            since = self._storage.revoke_access_key(key, self._clock.now())
            self._put(replace(self._kept[key].key, revoked_at=since))

    def identify(self, token: str | None) -> AccessKey:
        """Return the key that a token is of. Raises Unauthenticated.

        All wrong tokens cost the same hash and the same look: `python -m benchmarks.wrong_keys`.
        """
        if token is None:
            raise Unauthenticated(f"This server asks for an access key, and the request has none. {WAY_IN}")
        key = self._by_secret.get(hash_of(token))
        if key is None or not is_of(token, key):
            raise Unauthenticated("The access key of the request is none of this server. Look whether it is whole.")
        return self.require_valid(self._known[key].key)

    def find(self, key: str) -> AccessKey | None:
        """Return a key by its id, as it is now."""
        stored = self._known.get(key)
        return stored.key if stored else None

    def still_opens(self, key: AccessKey) -> bool:
        """Return whether a key that opened something does so now; no key does once there is one."""
        if key is ANYONE:
            return not self.guarded
        stored = self._known.get(key.id)
        return stored is not None and stored.key.standing(self._clock.latest()) == "valid"

    def require_valid(self, key: AccessKey) -> AccessKey:
        """Return a key that opens something now, and note its use. Raises Unauthenticated."""
        if (standing := key.standing(self._clock.latest())) != "valid":
            raise Unauthenticated(f'The access key "{key.name}" is {standing}. Have another one made.')
        self._used[key.id] = self._clock.now()
        return key

    def write_uses(self) -> None:
        """Write down which keys were used since that was last written, each once a minute at most."""
        with self._lock:
            if due := {key: at for key, at in self._used.copy().items() if self._is_due(key, at)}:
                self._storage.note_key_uses(due)
                for key, at in due.items():
                    self._put(replace(self._kept[key].key, last_used_at=at))

    def _is_due(self, key: str, at: datetime) -> bool:
        if key not in self._kept:
            return False
        before = self._kept[key].key.last_used_at
        return before is None or at - before >= USED_EVERY

    def _refuse_repeat(self, once: Once | None) -> None:
        with self._lock:  # what is stored is known, too
            before = None if once is None else self._storage.made(once)
            if before is not None:
                raise self._made_before(before.id)

    def _made_before(self, key: str) -> Conflict:
        """Return the refusal of a request that made this key when it came before."""
        made = f'This request made the access key "{key}" when it came before'
        if (standing := self._kept[key].key.standing(self._clock.latest())) != "valid":
            return Conflict(f"{made}, which is {standing}. Ask with a new Idempotency-Key for another one.")
        shown = "and the token was in the answer to that alone"
        way = f"revoke it (`logsweep key revoke {key}`, DELETE /v1/keys/{key}) and ask with a new Idempotency-Key"
        return Conflict(f"{made}, {shown}. If that answer was lost, {way}.")

    def _add(self, new: Sequence[StoredKey], once: Once | None = None) -> None:
        with self._lock:
            if (first := self._storage.add_access_keys(new, once)) != new[0].key.id:
                raise self._made_before(first)
            every = [*self._kept.values(), *new]
            # By their ids, which lists go by: of two that are made within a millisecond any may have the lower one.
            self._kept = {one.key.id: one for one in sorted(every, key=lambda one: one.key.id)}
            for one in new:
                self._know(one)

    def _put(self, key: AccessKey) -> None:
        changed = replace(self._kept[key.id], key=key)
        self._kept = {**self._kept, key.id: changed}
        self._know(changed)

    def _know(self, one: StoredKey) -> None:
        self._known = {**self._known, one.key.id: one}
        self._by_secret = {**self._by_secret, one.secret_sha256: one.key.id}

    def _made(
        self,
        name: str,
        scopes: Collection[Scope],
        expires_at: datetime | None,
        now: datetime,
        quotas: Quotas = NO_QUOTAS,
    ) -> tuple[StoredKey, str]:
        made = new_id(KEY_PREFIX, now, self._entropy)
        key = AccessKey(made, name, sorted(set(scopes)), now, expires_at, quotas=quotas)
        token = make_token(key.id, self._entropy(SECRET_BYTES))
        return StoredKey(key, hash_of(token)), token

    def _with_use(self, key: AccessKey) -> AccessKey:
        return replace(key, last_used_at=self._used.get(key.id, key.last_used_at))


def draft_faults(draft: KeyDraft, now: datetime) -> list[Fault]:
    """Return what is wrong with a key that was asked for."""
    if draft.expires_at is None or draft.expires_at > now:
        return []
    detail = f"The key would have expired at {draft.expires_at.isoformat()} already. Name a time to come, or null."
    return [Fault("/expires_at", detail)]
