"""
What the ``glance`` runner needs of a master: the pillars of all minions, and answers of a list of minions.

Everything is asked of an exact list of minions, never of a pattern: a pattern leaves out who is down without a word.
"""

import contextlib
import logging
import sys
import threading
import time

import openstack_image_progress
import salt.cache
import salt.client
import salt.exceptions
import salt.pillar
import salt.utils.event
import salt.utils.minions

log = logging.getLogger(__name__)

# what this formula has of its own, which the questions and the steps after them need; then pillar, as it is now
_SYNC = {
    "saltutil.sync_utils": ["refresh=False"],
    "saltutil.sync_modules": ["refresh=False"],
    "saltutil.sync_states": ["refresh=False"],
    "saltutil.refresh_pillar": ["wait=True"],
}
# How long to wait for one more answer, in seconds, before the minions are asked whether they still work on it.
PATIENCE = 15
# A runner inside an orchestration gets the orchestration's own pillar, which is no minion's.
_NOT_OURS = ("pillar", "grains", "__pillar")


def pillars(opts):
    """
    Return ``{minion id: {"glance": mapping, "errors": [text]}}`` of every accepted minion, compiled now.

    opts
        ``__opts__`` of a runner.
    """
    opts = {key: value for key, value in opts.items() if key not in _NOT_OURS}
    accepted = salt.utils.minions.CkMinions(opts).check_minions("*", "glob")["minions"]
    cache = salt.cache.factory(opts)
    return {minion: _pillar(opts, cache, minion) for minion in sorted(accepted)}


def _pillar(opts, cache, minion):
    grains = cache.fetch("grains", minion) or {"id": minion}
    try:
        compiled = salt.pillar.Pillar(opts, grains, minion, None, pillarenv=opts.get("pillarenv")).compile_pillar()
    except salt.exceptions.SaltException as exc:
        return {"glance": None, "errors": [str(exc)]}
    errors = [str(error).splitlines()[0] for error in compiled.get("_errors", []) if str(error)]
    return {"glance": compiled.get("glance"), "errors": errors}


def ask(opts, minions, function, arg=(), kwarg=None, patience=PATIENCE):
    """
    Call an execution function on minions, all at once, and return ``{minion id: Answer}``, one for each.

    opts
        ``__opts__`` of a runner.

    minions
        Exact list of minion ids.

    function
        Name of the function, or a list of names with a list of lists in ``arg``.

    arg, kwarg
        Arguments of the function.

    patience
        Seconds to wait for one more answer; a minion that says that it still works is waited for.
    """
    answers = {minion: Answer() for minion in minions}
    if not minions:
        return answers
    with salt.client.get_local_client(opts["conf_file"]) as client:
        asked = time.time()
        returns = client.cmd_iter(
            list(minions), function, arg, timeout=patience, tgt_type="list", kwarg=kwarg, expect_minions=True
        )
        for part in returns:
            for minion, found in (part or {}).items():
                if minion in answers and "ret" in found and found.get("out") != "no_return":
                    answers[minion] = Answer(found, asked, time.time())
    return answers


def sync(opts, minions):
    """Bring this formula's modules to minions and have them reload their pillars; return ``{minion id: Answer}``."""
    say("syncing modules to them, reloading their pillars")
    return ask(opts, minions, list(_SYNC), list(_SYNC.values()))


def gist(value):
    """
    Return the sentence in what a minion returns in place of data: the end of a traceback, or the beginning of the rest.
    """
    lines = [line.strip() for line in str(value).splitlines() if line.strip()] or ["returned nothing"]
    return lines[-1 if any(line.startswith("Traceback") for line in lines) else 0]


def say(text):
    """Tell how far it is: on a terminal, beside the output; always in the log."""
    log.info(text)
    if sys.stderr is not None and sys.stderr.isatty():
        print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def progress(opts):
    """Show what minions tell of long transfers while the block runs, to whoever sits at a terminal."""
    if not openstack_image_progress.aloud(opts, sys.stderr):
        yield
        return
    done = threading.Event()
    listener = threading.Thread(target=_listen, args=(opts, done), daemon=True)
    listener.start()
    try:
        yield
    finally:
        done.set()
        listener.join(timeout=5)


def _listen(opts, done):
    with salt.utils.event.get_event("master", opts=opts, sock_dir=opts["sock_dir"], listen=True) as bus:
        while not done.is_set():
            event = bus.get_event(wait=1, tag=openstack_image_progress.TAG, full=True)
            if event:
                told = event["data"]
                print(f"{told.get('id')}: {told.get('data', {}).get('line')}", file=sys.stderr, flush=True)


class Answer:
    """
    What a minion returned, or that it did not.

    returned
        Whether an answer came at all.

    value
        What the function returned.

    retcode
        Its exit code, ``None`` without an answer.

    asked, came
        Seconds since the epoch: when the question went out, when the answer came in.
    """

    def __init__(self, found=None, asked=None, came=None):
        self.returned = found is not None
        self.value = (found or {}).get("ret")
        self.retcode = (found or {}).get("retcode", 0) if found else None
        self.asked = asked
        self.came = came

    def skew(self):
        """
        Return how many seconds the minion's clock is off at least, with ``value`` its time since the epoch.

        Between question and answer any time is right, so the way there and back makes no clock look wrong.
        """
        theirs = float(self.value)
        return min(theirs - self.asked, 0.0) or max(theirs - self.came, 0.0)
