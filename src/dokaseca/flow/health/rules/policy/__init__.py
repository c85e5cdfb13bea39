"""Health rules of one API group."""
