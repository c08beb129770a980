"""Images by hand, with nothing of this formula between."""

import hashlib
import time

WAIT = 60  # seconds that Glance may take for a copy


class Glance:
    """The API, version 2; ``with`` removes the images that were made."""

    def __init__(self, session, url):
        self._session, self._url, self._made = session, f"{url}/v2", []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for image in self._made:
            self._ask("DELETE", f"images/{image}", (204, 404))

    def stores(self):
        """``{id: what it says}`` of each store."""
        return {each["id"]: each for each in self._ask("GET", "info/stores").json()["stores"]}

    def make(self):
        """An image without data; its id."""
        about = {"name": "test-stores", "disk_format": "raw", "container_format": "bare", "visibility": "public"}
        found = self._ask("POST", "images", (201,), json=about).json()["id"]
        self._made.append(found)
        return found

    def upload(self, image, data, store):
        """Put data into an image, in one store."""
        headers = {"Content-Type": "application/octet-stream", "X-Image-Meta-Store": store}
        self._ask("PUT", f"images/{image}/file", (204,), data=data, headers=headers)

    def copy(self, image, store):
        """Have Glance copy an image to another store, and wait for it."""
        body = {"method": {"name": "copy-image"}, "stores": [store]}
        self._ask("POST", f"images/{image}/import", (202,), json=body)
        end = time.monotonic() + WAIT
        while store not in self.show(image).get("stores", "").split(","):
            failed = self.show(image).get("os_glance_failed_import")
            assert not failed, f"not copied to {failed}"
            assert time.monotonic() < end, self.show(image)
            time.sleep(0.2)

    def show(self, image):
        """What Glance says of an image."""
        return self._ask("GET", f"images/{image}").json()

    def digest(self, image):
        """sha256 of what comes back."""
        return hashlib.sha256(self._ask("GET", f"images/{image}/file").content).hexdigest()

    def remove_from(self, image, store):
        """Delete the data in one store."""
        self._ask("DELETE", f"stores/{store}/{image}", (204,))

    def remove(self, image):
        """Delete an image."""
        self._ask("DELETE", f"images/{image}", (204,))

    def locate(self, image, url):
        """Say where the data of an image is."""
        self._ask("POST", f"images/{image}/locations", (202,), json={"url": url, "validation_data": {}})

    def wait_for_hash(self, image):
        """Wait until Glance has read what a location is of."""
        end = time.monotonic() + WAIT
        while not self.show(image).get("os_hash_value"):
            assert time.monotonic() < end, self.show(image)
            time.sleep(0.2)

    def status(self, method, path, **options):
        """The status of an answer."""
        return self._session.request(f"{self._url}/{path}", method, raise_exc=False, **options).status_code

    def _ask(self, method, path, expected=(200,), **options):
        answer = self._session.request(f"{self._url}/{path}", method, raise_exc=False, **options)
        assert answer.status_code in expected, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer
