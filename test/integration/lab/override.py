"""Another pillar for a while: files on the master that win over those of the checkout."""

import json

ROOT = "/srv/pillar"
FILE = f"{ROOT}/override.sls"


class Override:
    """
    What a test changes in the pillar; :py:meth:`clear` takes all of it back.

    ``merge`` adds to what minions have: test/lab/pillar/top.sls gives every minion the file last. ``replace`` puts
    another file in the place of one of the checkout's, to take something away: the master's own pillar comes first.
    """

    def __init__(self, lab):
        self._master = lab.master
        self._files = []

    def merge(self, pillars):
        """``{minion id: {"glance": {…}}}``, in place of what was merged before."""
        text = "{{%- import_json 'override.json' as pillars %}}\n{{{{ pillars.get(grains['id'], {{}}) | json }}}}\n"
        self._write("override.json", json.dumps(pillars))
        self._write("override.sls", text.format())

    def replace(self, name, old, new):
        """A file of test/lab/pillar with another text in it."""
        text = self._master.read(f"/srv/glance-formula/test/lab/pillar/{name}")
        assert old in text, f"test/lab/pillar/{name} has no {old!r} any more: change the test with it"
        self._write(name, text.replace(old, new))

    def clear(self):
        """The pillar of the checkout again."""
        for name in self._files:
            self._master.run("rm", "-f", f"{ROOT}/{name}")
        self._files.clear()

    def _write(self, name, text):
        self._files.append(name)
        self._master.write(f"{ROOT}/{name}", text, mode="0600")
