"""Assembly: settings, application, command line, supervision."""

__version__ = "0.1.0"
