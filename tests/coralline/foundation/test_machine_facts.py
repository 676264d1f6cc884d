"""What is said of the machine and of the libraries."""

import platform

from coralline.foundation.machine_facts import cpu_name, library_versions, machine_facts


def test_the_processor_has_a_name():
    assert cpu_name().strip()


def test_the_machine_is_told_with_what_a_process_may_use():
    facts = machine_facts()
    assert {"host_name", "host_system", "host_cpu", "host_cpu_cores", "host_memory_bytes"} <= set(facts)
    assert facts["host_system"].startswith(platform.system()) and facts["host_cpu"] == cpu_name()
    assert facts["host_cpu_cores"] >= 1 and facts["host_memory_bytes"] > 100 << 20


def test_versions_are_those_that_are_installed():
    versions = library_versions()
    assert versions["python"] == platform.python_version()
    assert {"tensorflow", "tfx", "ml-metadata", "apache-beam", "ai-edge-litert"} <= set(versions)
