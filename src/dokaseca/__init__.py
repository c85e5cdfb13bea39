"""DoKa Seca: a GitOps platform. Start reading at `dokaseca.engine.one_pass`."""

__version__ = "0.1.0"
