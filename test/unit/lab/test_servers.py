import pytest
from lab import servers
from lab.settings import SUITES


@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_has_one_database_server(suite):
    assert servers.database_of(suite)["unit"] == ("mysql" if suite == "sid" else "mariadb")
