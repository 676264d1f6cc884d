"""How Coralline's components are configured, wired and run."""
