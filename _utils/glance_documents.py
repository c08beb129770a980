"""
Files of the API that are no options: rules of policy, protected properties, the schema of images, metadata definitions.
"""


def all_of(settings, release):
    """
    Return ``[{name, dataset, serializer, merge, restart}]``, names as in the directory of the configuration; with
    ``merge`` what is in the file besides stays, with ``restart`` the API reads it only when it starts.

    settings
        The pillar, completed by ``glance_schema.complete``.

    release
        As returned by ``glance_releases.resolve``.
    """
    values, found = settings["api"], []
    policy = release["policy"]
    if values["policy"]:
        found.append({**policy, "dataset": values["policy"], "restart": False})
    if values["image_schema"]:
        found.append(_json("schema-image.json", values["image_schema"], merge=True, restart=True))
    found += [_json(f"metadefs/{name}.json", each) for name, each in settings["metadefs"]["own"].items()]
    return [{"name" if key == "file" else key: value for key, value in each.items()} for each in found]


def protections(values):
    """
    Return the text of ``property-protections.conf``: a section for each rule, in their order, which counts.

    values
        ``api:property_protections`` of the settings.
    """
    lines = []
    for rule in values.get("rules", []):
        lines += [f"[{rule['property']}]"]
        lines += [f"{action} = {','.join(rule[action])}" for action in ("create", "read", "update", "delete")]
        lines += [""]
    return "\n".join(lines)


def _json(name, dataset, merge=False, restart=False):
    return {"file": name, "dataset": dataset, "serializer": "json", "merge": merge, "restart": restart}
