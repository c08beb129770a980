"""What each service of an OpenStack site has in Keystone and in the database, as SLS and as a playbook."""

INTERFACES = ("public", "internal", "admin")
REGION = "RegionOne"
PROJECT = ROLE = "benchmark"
IDENTITY, DATABASE = "benchmark:identity", "benchmark:database"
CLOUD = "benchmark"


def names(number):
    """Return the names of so many services."""
    return [f"benchmark-{count}" for count in range(1, number + 1)]


def url(name, interface):
    """Return the URL of an endpoint."""
    return f"http://{interface}.{name}.example.org"


def password_key(name):
    """Return the pillar key of a service's password."""
    return f"benchmark:passwords:{name}"


def sls(services, update_password):
    """Return the states of these services as high data."""
    states = {
        "project": _identity("project_present", name=PROJECT),
        "role": _identity("role_present", name=ROLE),
    }
    for name in services:
        key = {"password_pillar": password_key(name)}
        user = {"name": name, **key, "update_password": update_password}
        service = {"name": name, "type": name}
        states[f"{name}-user"] = _identity("user_present", **user)
        states[f"{name}-role"] = _identity("assignment_present", name=name, project=PROJECT, roles=[ROLE])
        states[f"{name}-service"] = _identity("service_present", **service)
        for interface in INTERFACES:
            place = {"interface": interface, "region": REGION, "url": url(name, interface)}
            states[f"{name}-{interface}"] = _identity("endpoint_present", **service, **place)
        schema = {"character_set": "utf8mb4", "collation": "utf8mb4_general_ci"}
        grants = {"schema": name, "hosts": ["%"], "privileges": ["ALL PRIVILEGES"]}
        states[f"{name}-schema"] = _database("schema_present", name=name, **schema)
        states[f"{name}-account"] = _database("user_present", name=name, hosts=["%"], **key)
        states[f"{name}-grants"] = _database("grants_present", name=name, **grants)
    return states


def sls_absent(services):
    """Return the states that remove all of it."""
    states = {"project": _identity("project_absent", name=PROJECT), "role": _identity("role_absent", name=ROLE)}
    for name in services:
        states[f"{name}-service"] = _identity("service_absent", name=name, type=name)
        states[f"{name}-user"] = _identity("user_absent", name=name)
        states[f"{name}-account"] = _database("user_absent", name=name)
        states[f"{name}-schema"] = _database("schema_absent", name=name)
    return states


def playbook(services, database):
    """Return the play for these services; ``passwords`` is a variable of its own."""
    login = {f"login_{key}": database[key] for key in ("host", "port", "user", "password")}
    endpoints = [
        {"service": name, "endpoint_interface": interface, "url": url(name, interface)}
        for name in services
        for interface in INTERFACES
    ]
    each = {"loop": services}
    user = {"name": "{{ item }}", "password": "{{ passwords[item] }}", "domain": "default"}
    account = {"name": "{{ item }}", "host": "%", "password": "{{ passwords[item] }}", "priv": "{{ item }}.*:ALL"}
    schema = {"name": "{{ item }}", "encoding": "utf8mb4", "collation": "utf8mb4_general_ci"}
    endpoint = {key: f"{{{{ item.{key} }}}}" for key in ("service", "endpoint_interface", "url")}
    tasks = [
        {"openstack.cloud.project": {"name": PROJECT, "domain": "default"}},
        {"openstack.cloud.identity_role": {"name": ROLE}},
        # always would set every password again, and call that a change
        {"openstack.cloud.identity_user": {**user, "update_password": "on_create"}, "no_log": True, **each},
        {"openstack.cloud.role_assignment": {"user": "{{ item }}", "role": ROLE, "project": PROJECT}, **each},
        {"openstack.cloud.catalog_service": {"name": "{{ item }}", "service_type": "{{ item }}"}, **each},
        {"openstack.cloud.endpoint": {**endpoint, "region": REGION}, "loop": endpoints},
        {"community.mysql.mysql_db": schema, **each},
        {"community.mysql.mysql_user": {**account, "column_case_sensitive": True}, "no_log": True, **each},
    ]
    defaults = {"group/openstack.cloud.openstack": {"cloud": CLOUD}}
    defaults |= {f"community.mysql.{name}": login for name in ("mysql_db", "mysql_user")}
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "module_defaults": defaults}
    return [{**play, "tasks": tasks}]


def _identity(function, **arguments):
    return _state(f"openstack_identity.{function}", profile=IDENTITY, **arguments)


def _database(function, **arguments):
    return _state(f"openstack_database.{function}", profile=DATABASE, **arguments)


def _state(function, **arguments):
    return {function: [{key: value} for key, value in arguments.items()]}
