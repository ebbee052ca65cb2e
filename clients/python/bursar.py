"""Ask a Bursar from Python: one file, nothing but the standard library.

    from bursar import Bursar

    bursar = Bursar("http://127.0.0.1:8100", "bsr_...")
    with bursar.hold(project="chem", service="llm", amount="4.37", minutes=5) as h:
        answer = run_the_model()
        h.settle("1.25")

What is held is released when the block fails, or ends without a settling. Where nobody can say whether a settling was
made, nothing is released: BursarUnreachable, or the BursarProblem of a 5xx, is raised with the `key` to ask again with,
and the hold runs out by itself. Whatever changes money goes under an idempotency key, the same at each attempt: asking
again after a lost connection or a 503 has no second effect. That goes on for some eight seconds, so that a restart of
Bursar is not seen; `attempts_max` makes it more or less.
"""

import http.client
import json
import os
import random
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

__all__ = ["Bursar", "BursarProblem", "BursarUnreachable", "BursarWaits", "Hold"]


# The first pauses double, all others are as long as this.
_PAUSE_MAX = 2.0
# Such an answer comes before anybody looks at the idempotency key: it does not say what became of an attempt before.
_BEFORE_THE_KEY = (401, 403, 408, 429)


class BursarProblem(Exception):
    """What Bursar refused (RFC 9457): `type` says which kind, `body` all that it said, `key` what it was asked under.

    `is_unsure` when the request may have been done all the same: with the same key it may be asked again.
    """

    def __init__(self, status, body, key=None, is_unsure=False):
        issues = "; ".join(f"{i['field']} {i['message']}" for i in body.get("issues", []))
        detail = body.get("detail") or issues
        title = body.get("title") or f"Bursar answered {status}"
        super().__init__(f"{title} {detail}" if detail else title)
        self.status = status
        self.type = str(body.get("type", "")).removeprefix("/problems/")
        self.body = body
        self.key = key
        self.is_unsure = is_unsure


class BursarUnreachable(Exception):
    """No answer came, however often it was asked: with the same key it may be asked again."""

    def __init__(self, key):
        super().__init__(f"Bursar did not answer; ask again with the key {key}")
        self.key = key


class BursarWaits(Exception):
    """What was asked for wants a second person: it is done when somebody approves it. `approval` is its id."""

    def __init__(self, body):
        super().__init__(f"it waits for a second person: {body['id']}")
        self.approval = body["id"]
        self.body = body


class Hold:
    """Credits set aside. As a context manager it releases what was not settled.

    It releases nothing while it is not known what became of a settling: the work may have been charged, and can still
    be, under the key of that settling.
    """

    def __init__(self, bursar, answer):
        self._bursar = bursar
        self._is_open = True
        # Keys of settlings that were sent, and of which nobody has said yet whether they were made.
        self._unsure = set()
        self._take(answer)

    def _take(self, answer):
        self.answer = answer
        self.id = answer["id"]
        self.state = answer["state"]
        self._is_open = self.state == "held"
        return answer

    def _ask(self, verb, body, key):
        return self._take(self._bursar.ask("POST", f"/api/v1/reservations/{self.id}/{verb}", body, key=key))

    def settle(self, amount=None, *, usage=None, last=True, key=None):
        """Charge what was used, as an amount or as quantities by meter; the last settling ends the hold."""
        body = {"last": last}
        if amount is not None:
            body["amount"] = _text(amount)
        if usage is not None:
            body["usage"] = {meter: _text(quantity) for meter, quantity in usage.items()}
        key = key or str(uuid.uuid4())
        # Noted before it is sent: an interrupted program does not know what became of it either.
        self._unsure.add(key)
        try:
            told = self._ask("settle", body, key)
        except BursarProblem as problem:
            if not problem.is_unsure:
                self._unsure.discard(key)
            raise
        self._unsure.discard(key)
        return told

    def grow(self, amount, *, key=None):
        """Set more aside."""
        return self._ask("grow", {"amount": _text(amount)}, key)

    def extend(self, *, minutes=None, seconds=None, key=None):
        """Let it last until so long from now."""
        return self._ask("extend", _given(minutes=minutes, seconds=seconds), key)

    def release(self, *, key=None):
        """Give everything back."""
        return self._ask("release", None, key)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if not self._is_open or self._unsure:
            return
        try:
            self.release()
        except (BursarProblem, BursarUnreachable):
            # Whoever failed hears of that, and not of the release; what cannot be released runs out by itself.
            if kind is None:
                raise


class _LedNowhere(urllib.request.HTTPRedirectHandler):
    """Whoever is led on asks another with the same key, and of a POST a GET is left: it is told as a problem instead."""

    def redirect_request(self, *_):
        return None


class Bursar:
    """One Bursar, asked with one key; both come from BURSAR_URL and BURSAR_KEY where they are not given."""

    def __init__(self, url=None, key=None, *, attempts_max=10, timeout_seconds=30):
        url = url or os.environ.get("BURSAR_URL")
        key = key or os.environ.get("BURSAR_KEY")
        if not url or not key:
            raise ValueError("Give url and key, or set BURSAR_URL and BURSAR_KEY.")
        self._url = url.rstrip("/")
        self._key = key
        self._attempts_max = attempts_max
        self._timeout_seconds = timeout_seconds
        self._opener = urllib.request.build_opener(_LedNowhere)

    def ask(self, method, path, body=None, *, key=None):
        """One request, under one key, as often as it takes; answers the body, raises what was refused."""
        key = key or str(uuid.uuid4())
        headers = {"authorization": f"Bearer {self._key}", "idempotency-key": key, "accept": "application/json"}
        data = None
        if body is not None:
            headers["content-type"] = "application/json"
            data = json.dumps(body).encode()
        is_unsure = False
        for attempt in range(1, self._attempts_max + 1):
            is_last = attempt == self._attempts_max
            retry_after = 0.0
            request = urllib.request.Request(self._url + path, data=data, headers=headers, method=method)
            try:
                with self._opener.open(request, timeout=self._timeout_seconds) as answer:
                    told = _told(answer)
                    if answer.status == 202:
                        raise BursarWaits(told)
                    return told
            except urllib.error.HTTPError as error:
                is_unsure = error.code >= 500 or (is_unsure and (error.code < 400 or error.code in _BEFORE_THE_KEY))
                if error.code != 503 or is_last:
                    raise BursarProblem(error.code, _problem(error), key, is_unsure) from None
                retry_after = float(error.headers.get("retry-after") or 0)
            except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
                is_unsure = True
                if is_last:
                    raise BursarUnreachable(key) from error
            time.sleep(max(retry_after, min(0.05 * 2**attempt, _PAUSE_MAX) * random.uniform(0.5, 1)))

    def hold(self, *, service, project=None, payer=None, amount=None, estimate=None, key=None, **more):
        """Set credits aside; `more` is what the door takes besides: minutes, seconds, provider, overrun …"""
        body = _given(service=service, project=project, payer=payer, **more)
        if amount is not None:
            body["amount"] = _text(amount)
        if estimate is not None:
            body["estimate"] = {meter: _text(quantity) for meter, quantity in estimate.items()}
        return Hold(self, self.ask("POST", "/api/v1/reservations", body, key=key))

    def grant(self, payer, amount, origin, *, currency=None, expires_at=None, key=None):
        """Give credits to a wallet."""
        body = _given(payer=payer, amount=_text(amount), origin=origin, currency=currency, expiresAt=expires_at)
        return self.ask("POST", "/api/v1/grants", body, key=key)

    def move(self, source, target, amount, *, currency=None, key=None):
        """Move credits between wallets."""
        body = {"from": source, "to": target, **_given(amount=_text(amount), currency=currency)}
        return self.ask("POST", "/api/v1/moves", body, key=key)

    def refund(self, of, amount, reason, *, key=None):
        """Give back what was charged."""
        return self.ask("POST", "/api/v1/refunds", {"of": of, "amount": _text(amount), "reason": reason}, key=key)

    def wallets(self, payer):
        """What a payer has, a wallet for each currency."""
        return self.ask("GET", "/api/v1/wallets?payer=" + urllib.parse.quote(payer, safe=""))["items"]

    def reservation(self, reservation):
        """One reservation with all that became of it."""
        return self.ask("GET", "/api/v1/reservations/" + urllib.parse.quote(reservation, safe=""))


def _text(amount):
    """Amounts are exact: text, whole numbers and Decimal are taken; a float has lost its last digits already."""
    if isinstance(amount, float):
        raise TypeError("an amount is a text, an int or a Decimal: '4.37', not 4.37")
    return amount if isinstance(amount, str) else format(amount, "f" if not isinstance(amount, int) else "d")


def _given(**fields):
    return {name: value for name, value in fields.items() if value is not None}


def _told(answer):
    try:
        return None if answer.status == 204 else json.loads(answer.read())
    except ValueError:
        # A page of something in between says nothing of what was asked for.
        raise http.client.HTTPException(f"the answer is {answer.status}, and no JSON of Bursar") from None


def _problem(error):
    if 300 <= error.code < 400:
        return {"title": f"The address of Bursar leads on to {error.headers.get('location')}: give that one."}
    try:
        return json.loads(error.read())
    except ValueError:
        return {"title": f"Bursar answered {error.code}"}
