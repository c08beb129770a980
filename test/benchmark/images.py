"""The images of the catalogue benchmark, and what makes them in Glance."""

import concurrent.futures
import datetime
import hashlib

import glanceclient
from functional import cloud

PREFIX = "benchmark"
DATE = datetime.date(2026, 1, 1)
MIN_DISK = 1
TAG = "managed_by_osism"  # openstack-image-manager looks at no other images


def image(number):
    """One image, in no tool's words."""
    version = f"{number:05}"
    return {
        "name": f"{PREFIX}-{version}",
        "version": version,
        # letters: among 1,000 images of bytes is one that looks like a partition table, which Glance refuses as raw
        "data": hashlib.sha512(version.encode()).hexdigest().encode() * 8,
        "tags": sorted([TAG, "os:none"]),
        "properties": {
            "hw_disk_bus": "virtio",
            "image_build_date": DATE.isoformat(),
            "image_description": PREFIX,
            "image_name": PREFIX,
            "image_original_user": "root",
            "image_source": f"file:{PREFIX}-{version}",
            "internal_version": version,
            "os_distro": "none",
            "os_version": version,
        },
    }


class Catalogue:
    """The images in Glance, made and looked at with python-glanceclient."""

    def __init__(self, servers):
        identity = {key: value for key, value in servers["identity"].items() if key != "region_name"}
        self._url = servers["image"]["url"]
        self._session = cloud.session(identity)

    def client(self):
        """A client for one thread."""
        return glanceclient.Client("2", session=self._session, endpoint_override=self._url)

    def grow(self, number):
        """Have so many images."""
        have = {one.name for one in self.images()}
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(self._make, [one for one in map(image, range(number)) if one["name"] not in have]))

    def images(self):
        """Those that are there."""
        return [one for one in self.client().images.list(page_size=1000) if one.name.startswith(f"{PREFIX}-")]

    def drift(self):
        """Change a property of one image behind everybody's back."""
        found = next(one for one in self.images() if one.name == image(5)["name"])
        self.client().images.update(found.id, hw_disk_bus="scsi")

    def remove(self):
        """Leave nothing."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda one: self.client().images.delete(one.id), self.images()))

    def _make(self, one):
        client = self.client()
        made = client.images.create(
            name=one["name"],
            disk_format="raw",
            container_format="bare",
            visibility="public",
            min_disk=MIN_DISK,
            tags=one["tags"],
            **one["properties"],
        )
        headers = {"Content-Type": "application/octet-stream"}
        self._session.put(f"{self._url}/v2/images/{made.id}/file", data=one["data"], headers=headers)
